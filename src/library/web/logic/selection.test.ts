import { describe, expect, it } from 'vitest';
import {
  choiceOf,
  isSelected,
  NOTHING,
  pageState,
  selectedCount,
  selectRange,
  toggle,
  togglePage,
  type Selection,
} from './selection.js';

const page = ['a', 'b', 'c', 'd'];
const ids = (...list: string[]): Selection => ({ kind: 'ids', ids: new Set(list) });
const all: Selection = { kind: 'all', total: 5000 };

describe('the selection', () => {
  it('takes one in and out', () => {
    expect(toggle(NOTHING, 'a', page)).toEqual(ids('a'));
    expect(toggle(ids('a', 'z'), 'a', page)).toEqual(ids('z'));
  });

  it('keeps the rest of the page when one is taken out of all that match', () => {
    expect(toggle(all, 'b', page)).toEqual(ids('a', 'c', 'd'));
  });

  it.each([
    ['a', 'c', ['a', 'b', 'c']],
    ['d', 'b', ['b', 'c', 'd']],
    ['gone', 'b', ['b']],
  ])('from %s to %s is %j', (from, to, expected) => {
    expect(selectRange(NOTHING, page, from, to)).toEqual(ids(...expected));
  });

  it.each([
    [NOTHING, 'none'],
    [ids('a'), 'some'],
    [ids('a', 'b', 'c', 'd', 'elsewhere'), 'all'],
    [all, 'all'],
  ] as const)('knows how much of the page it holds', (selection, state) => {
    expect(pageState(selection, page)).toBe(state);
  });

  it('takes the page in, and out again, and leaves other pages alone', () => {
    const whole = togglePage(ids('elsewhere'), page);
    expect(selectedCount(whole)).toBe(5);
    expect(togglePage(whole, page)).toEqual(ids('elsewhere'));
    expect(togglePage(all, page)).toEqual(NOTHING);
  });

  it('becomes a filter when all that match are meant', () => {
    expect(choiceOf(all, { search: 'x' })).toEqual({ filter: { search: 'x' } });
    expect(choiceOf(ids('a'), { search: 'x' })).toEqual({ ids: ['a'] });
    expect(isSelected(all, 'any')).toBe(true);
  });
});
