import { describe, expect, it } from 'vitest';
import { agreedValues } from './votes.js';

describe('agreedValues', () => {
  it('have most votes first, whatever the order sent', () => {
    const values = [
      { value: 'second', count: 12 },
      { value: 'first', count: 40 },
      { value: 'also second', count: 12 },
    ];
    expect(agreedValues(values, 2)).toEqual(['first', 'second', 'also second']);
  });

  it('have as many votes as are needed, and a sixth of those of the leading one', () => {
    const values = [
      { value: 'leading', count: 18 },
      { value: 'enough', count: 3 },
      { value: 'too few', count: 2 },
    ];
    expect(agreedValues(values, 1)).toEqual(['leading', 'enough']);
    expect(agreedValues(values, 4)).toEqual(['leading']);
    expect(agreedValues(values, 19)).toEqual([]);
    expect(agreedValues([{ value: 'nobody', count: 0 }], 1)).toEqual([]);
    expect(agreedValues([], 1)).toEqual([]);
  });
});
