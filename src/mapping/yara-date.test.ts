import { describe, expect, it } from 'vitest';

import { yaraRuleDate } from './yara-date.js';

describe('yaraRuleDate', () => {
  it.each([
    ['2021-03-04', '2021-03-04T00:00:00.000Z'],
    ['2021/3/4', '2021-03-04T00:00:00.000Z'],
    ['2021.03.04', '2021-03-04T00:00:00.000Z'],
    ['20210304', '2021-03-04T00:00:00.000Z'],
    [' 2021-03-04 (first version)', '2021-03-04T00:00:00.000Z'],
    ['2021-03-04T05:06:07Z', '2021-03-04T05:06:07.000Z'],
    ['2021-03-04T05:06:07.123+02:00', '2021-03-04T03:06:07.000Z'],
    ['2021-03-04 05:06 -0130', '2021-03-04T06:36:00.000Z'],
    ['2021-03-04 99:99', '2021-03-04T00:00:00.000Z'],
    ['March 4, 2021', '2021-03-04T00:00:00.000Z'],
    ['MARCH 4 2021', '2021-03-04T00:00:00.000Z'],
    ['Mar. 4th 2021', '2021-03-04T00:00:00.000Z'],
    ['4 March 2021', '2021-03-04T00:00:00.000Z'],
    ['4th of march 2021', '2021-03-04T00:00:00.000Z'],
    ['04-MAR-2021', '2021-03-04T00:00:00.000Z'],
    ['04.03.2021', '2021-03-04T00:00:00.000Z'],
    ['25/03/2021', '2021-03-25T00:00:00.000Z'],
    ['03/25/2021', '2021-03-25T00:00:00.000Z'],
    ['04/04/2021', '2021-04-04T00:00:00.000Z'],
  ])('reads %j', (value, expected) => {
    const meta = new Map([
      ['date', value],
      ['other', '1999-01-01'],
    ]);
    expect(yaraRuleDate(meta)?.toISOString()).toBe(expected);
  });

  it.each([
    '03/04/2021',
    '2021-02-30',
    '2021-13-01',
    '1970-01-01',
    '2021',
    'yesterday',
    '',
    'true',
    'Foo 4, 2021',
    '1614816000',
    '2021030405',
  ])('does not guess from %j', (value) => {
    expect(yaraRuleDate(new Map([['date', value]]))).toBeUndefined();
  });

  it('takes the most common of the keys that hold a date', () => {
    const meta = new Map([
      ['malpedia_rule_date', '2020-01-01'],
      ['created', '2022-01-01'],
      ['date', 'unknown'],
    ]);
    expect(yaraRuleDate(meta)?.toISOString()).toBe('2022-01-01T00:00:00.000Z');
  });

  it('does not take the day of the last change for the day of writing', () => {
    expect(yaraRuleDate(new Map([['modified', '2021-03-04']]))).toBeUndefined();
  });
});
