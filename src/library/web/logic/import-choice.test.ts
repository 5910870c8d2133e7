import { describe, expect, it } from 'vitest';
import type { Preview } from '../api.js';
import { chosen, countsOf, firstChoice, parseTags } from './import-choice.js';

const preview: Preview = {
  format: 'text',
  items: [
    { type: 'domain', value: 'a.example', original: 'a[.]example', state: 'new', line: 1 },
    { type: 'ipv4', value: '198.51.100.7', original: '198.51.100.7', state: 'known', line: 2 },
    { type: 'domain', value: 'a.example', original: 'A.example', state: 'duplicate', line: 3 },
  ],
  faults: [{ line: 4, text: '999.1.1.1', reason: 'no IPv4 address' }],
  repeated: 7,
  faultsLeftOut: 2,
};

describe('the choice of what to import', () => {
  it('is what is new, at first', () => {
    expect([...firstChoice(preview)]).toEqual([0]);
    expect(countsOf(preview)).toEqual({ new: 1, known: 1, duplicate: 7, faults: 3 });
  });

  it('never sends a duplicate, and sends what is known when it is wished', () => {
    expect(chosen(preview, new Set([0, 1, 2]))).toEqual([
      { type: 'domain', value: 'a.example' },
      { type: 'ipv4', value: '198.51.100.7' },
    ]);
  });

  it.each([
    ['', []],
    [' Emotet , emotet,, apt 29 ', ['emotet', 'apt 29']],
  ])('the tags of "%s" are %j', (text, tags) => {
    expect(parseTags(text)).toEqual(tags);
  });
});
