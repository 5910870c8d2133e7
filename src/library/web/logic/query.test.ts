import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changed,
  FIRST_QUERY,
  filterOf,
  parseQuery,
  sortedBy,
  toggled,
  toParams,
  toSearch,
} from './query.js';

const read = (text: string): ReturnType<typeof parseQuery> => parseQuery(new URLSearchParams(text));

describe('the query of the list', () => {
  it.each([
    ['', FIRST_QUERY],
    ['search=evil', { ...FIRST_QUERY, search: 'evil' }],
    ['type=md5&type=url', { ...FIRST_QUERY, type: ['md5', 'url'] }],
    ['type=nonsense&verdict=clean', { ...FIRST_QUERY, verdict: ['clean'] }],
    ['tag=a&tag=a&tag=', { ...FIRST_QUERY, tag: ['a'] }],
    ['enriched=false', { ...FIRST_QUERY, enriched: false }],
    ['enriched=perhaps', FIRST_QUERY],
    ['sort=value&order=asc&page=3', { ...FIRST_QUERY, sort: 'value', order: 'asc', page: 3 }],
    ['page=-1&pageSize=9999', FIRST_QUERY],
    ['page=1e9', FIRST_QUERY],
    ['pageSize=200', { ...FIRST_QUERY, pageSize: 200 }],
  ])('is read from the address "%s"', (address, query) => {
    expect(read(address)).toEqual(query);
  });

  it('survives the way through the address, whatever the address was', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom(
              'search',
              'type',
              'verdict',
              'tag',
              'enriched',
              'sort',
              'order',
              'page',
              'source',
            ),
            fc.oneof(fc.string(), fc.constantFrom('md5', 'clean', 'true', 'asc', 'value', '7')),
          ),
        ),
        (pairs) => {
          const query = parseQuery(new URLSearchParams(pairs));
          expect(read(toSearch(query))).toEqual(query);
        },
      ),
    );
  });

  it('leaves the defaults out of the address, but not out of a request', () => {
    expect(toSearch({ ...FIRST_QUERY, search: 'a b' })).toBe('search=a+b');
    expect(toParams(FIRST_QUERY).toString()).toBe('sort=createdAt&order=desc&page=1&pageSize=50');
  });

  it('goes back to the first page when anything but the page changes', () => {
    const third = { ...FIRST_QUERY, page: 3, search: 'x' };
    expect(changed(third, { type: ['md5'] }).page).toBe(1);
    expect(changed(third, { page: 4 }).page).toBe(4);
    expect(changed(third, { search: '' })).toEqual(FIRST_QUERY);
  });

  it('turns the order when a column is chosen twice', () => {
    const byValue = sortedBy(FIRST_QUERY, 'value');
    expect(byValue).toMatchObject({ sort: 'value', order: 'asc' });
    expect(sortedBy(byValue, 'value').order).toBe('desc');
    expect(sortedBy(byValue, 'malicious').order).toBe('desc');
  });

  it('gives the filter without order and page', () => {
    expect(filterOf({ ...FIRST_QUERY, tag: ['a'], enriched: false })).toEqual({
      tag: ['a'],
      enriched: false,
    });
  });

  it('adds and takes away one value of a list', () => {
    expect(toggled(undefined, 'a')).toEqual(['a']);
    expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
    expect(toggled(['a'], 'a')).toBeUndefined();
  });
});
