import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRelated, parseRelatedTotals } from './parse-related.js';

describe('parseRelated', () => {
  it('reads the descriptors of each relationship, in their order', () => {
    expect(
      parseRelated({
        urls: {
          data: [
            { type: 'url', id: 'aa11', context_attributes: { url: 'https://192.0.2.1/' } },
            { type: 'url', id: 'bb22' },
          ],
          links: { self: 'https://www.virustotal.com/api/v3/ip_addresses/192.0.2.1/relationships/urls' },
        },
        communicating_files: { meta: { cursor: 'STIwCi4=' }, data: [] },
        last_serving_ip_address: { data: { type: 'ip_address', id: '192.0.2.9' } },
        network_location: { data: null },
        parent: {},
      }),
    ).toEqual({
      urls: [
        { type: 'url', id: 'aa11', url: 'https://192.0.2.1/' },
        { type: 'url', id: 'bb22', url: undefined },
      ],
      communicating_files: [],
      last_serving_ip_address: [{ type: 'ip_address', id: '192.0.2.9', url: undefined }],
      network_location: [],
      parent: [],
    });
  });

  it('keeps the id of an object of which VirusTotal has no report', () => {
    const error = { code: 'NotFoundError', message: 'File "ab" not found' };
    expect(parseRelated({ dropped_files: { data: [{ type: 'file', id: 'ab', error }] } })).toEqual({
      dropped_files: [{ type: 'file', id: 'ab', url: undefined }],
    });
  });

  it('drops what has no type or no id, and nothing else', () => {
    const data = [
      null,
      'x',
      { type: 'file' },
      { id: 'x' },
      { type: 'file', id: 7 },
      { type: 'file', id: 'y' },
    ];
    expect(parseRelated({ dropped_files: { data } })).toEqual({
      dropped_files: [{ type: 'file', id: 'y', url: undefined }],
    });
    expect(parseRelated({ dropped_files: { data: [{ type: 'file', id: 'z'.repeat(1001) }] } })).toEqual({
      dropped_files: [],
    });
  });

  it.each([undefined, null, 'text', 7, [], [{ data: [] }]])('reads %j as no relationships at all', (sent) => {
    expect(parseRelated(sent)).toEqual({});
  });

  it('never throws, and never changes what other objects inherit', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        parseRelated(value);
        parseRelated({ ['__proto__']: { data: [{ type: 'file', id: 'x' }] }, a: { data: value } });
        expect(({} as Record<string, unknown>).type).toBeUndefined();
      }),
    );
  });
});

describe('the context of a descriptor', () => {
  it('is read: the name of a bundled file', () => {
    const sent = {
      bundled_files: { data: [{ type: 'file', id: 'ab', context_attributes: { filename: 'a.exe' } }] },
    };
    expect(parseRelated(sent)).toEqual({ bundled_files: [{ type: 'file', id: 'ab', filename: 'a.exe' }] });
  });
});

describe('parseRelatedTotals', () => {
  it('names the relationships of which more exist, with the number where it is known', () => {
    const data = [{ type: 'file', id: 'ab' }];
    expect(
      parseRelatedTotals({
        dropped_files: { data, meta: { count: 57, cursor: 'STIwCi4=' } },
        communicating_files: { data, meta: { cursor: 'STIwCi4=' } },
        execution_parents: { data, meta: { count: 1 } },
        bundled_files: { data, meta: { count: -1, cursor: 7 } },
        contacted_ips: { data: [] },
        last_serving_ip_address: { data: null },
      }),
    ).toEqual({ dropped_files: 57, communicating_files: 'more' });
    expect(parseRelatedTotals(undefined)).toEqual({});
  });
});
