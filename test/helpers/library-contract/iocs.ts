import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_VALUE_LENGTH, type Ioc } from '../../../src/library/ioc/ioc.js';
import type { LibraryVerdict } from '../../../src/library/verdict/badge.js';
import { EnrichmentStore } from '../../../src/library/store/enrichment-store.js';
import type { IocFilter } from '../../../src/library/store/ioc-filter.js';
import type { IocSort } from '../../../src/library/store/ioc-list.js';
import type { LibraryDatabase } from '../../../src/library/store/open-database.js';
import { RelationStore } from '../../../src/library/store/relation-store.js';
import { all, domains, libraryWorld } from './world.js';

const MISSING = '00000000-0000-7000-8000-000000000000';

/** What the store of IOCs must do on every database. */
export function itKeepsIocs(open: () => Promise<LibraryDatabase>): void {
  const world = libraryWorld(open);
  const enrich = (iocId: string, verdict: LibraryVerdict, malicious: number, at: string): Promise<unknown> =>
    new EnrichmentStore(world.database, world.clock).save(world.own, iocId, {
      fetchedAt: new Date(at),
      known: true,
      verdict,
      malicious,
      suspicious: 0,
      engines: 72,
      threatLabel: null,
      report: null,
      changes: [],
    });
  const listed = async (
    filter: IocFilter,
    sort: IocSort = 'createdAt',
    order: 'asc' | 'desc' = 'asc',
  ): Promise<string[]> => {
    const page = await world.iocs.list(world.own, { filter, sort, order, page: 1, pageSize: 100 });
    expect(page.total).toBe(page.items.length);
    return page.items.map(({ value }) => value);
  };
  /** Six IOCs, three enriched, of three types and two sources. */
  const sample = async (): Promise<string[]> => {
    const { iocs, own, other } = world;
    const first = await iocs.import(
      own,
      [
        { type: 'domain', value: 'alpha.example' },
        { type: 'ipv4', value: '192.0.2.7' },
        { type: 'url', value: 'https://beta.example/Path_100%?a=B' },
      ],
      { tags: ['red', 'blue'], source: 'mail', note: 'a note', createdBy: 'somebody' },
    );
    world.clock.pass(1_000);
    const second = await iocs.import(
      own,
      [
        { type: 'domain', value: 'gamma.example' },
        { type: 'url', value: 'https://beta.example/path-100x?a=b' },
        { type: 'ipv4', value: '192.0.2.8' },
      ],
      { tags: ['red'], source: 'feed' },
    );
    await iocs.import(other, [{ type: 'domain', value: 'alpha.example' }, ...domains(3)], {
      tags: ['red'],
      source: 'mail',
    });
    const ids = [...first.ids, ...second.ids];
    await enrich(ids[0]!, 'malicious', 45, '2026-01-05T00:00:00.000Z');
    await enrich(ids[1]!, 'clean', 0, '2026-01-04T00:00:00.000Z');
    await enrich(ids[3]!, 'unknown', 0, '2026-01-03T00:00:00.000Z');
    return ids;
  };
  const ALPHA = 'alpha.example';
  const SEVEN = '192.0.2.7';
  const PATH = 'https://beta.example/Path_100%?a=B';
  const GAMMA = 'gamma.example';
  const OTHER_PATH = 'https://beta.example/path-100x?a=b';
  const EIGHT = '192.0.2.8';

  describe('an import', () => {
    it('adds what is new once, and says what was known', async () => {
      const { iocs, own } = world;
      const [a, b, c] = domains(3) as [never, never, never];
      const first = await iocs.import(own, [a, b, a], { tags: ['one'], source: 'first', note: 'n' });
      expect(first.created).toHaveLength(2);
      expect(first.ids).toEqual(first.created);
      expect(first.known).toEqual([]);
      const second = await iocs.import(own, [c, b], { tags: ['two'], source: 'second' });
      expect(second.known).toEqual([first.ids[1]]);
      expect(second.ids).toEqual([second.created[0], first.ids[1]]);
      expect(await iocs.get(own, first.ids[1]!)).toMatchObject({
        type: 'domain',
        value: 'd1.example',
        tags: ['one', 'two'],
        source: 'first',
        note: 'n',
        verdict: null,
        enrichedAt: null,
        createdAt: '2026-01-02T03:04:05.678Z',
      });
    });

    it('of the same IOCs by several at once keeps each once', async () => {
      const { iocs, own } = world;
      const results = await Promise.all([1, 2, 3].map(() => iocs.import(own, domains(50))));
      expect(results.flatMap(({ created }) => created)).toHaveLength(50);
      for (const { ids } of results) expect(ids).toEqual(results[0]!.ids);
    });

    it('of the same IOCs in another order at the same time waits its turn, as do changes of many', async () => {
      const items = Array.from({ length: 1_200 }, (_, index): Ioc => ({
        type: 'domain',
        value: `n${index}.example`,
      }));
      const backwards = items.toReversed();
      const answers = await Promise.all(
        ['one', 'two', 'three', 'four'].map((tag, index) =>
          world.iocs.import(world.own, index % 2 === 0 ? items : backwards, { tags: [tag] }),
        ),
      );
      expect(answers.map(({ created }) => created.length).toSorted()).toEqual([0, 0, 0, 1_200]);
      const ids = answers[0]?.ids ?? [];
      const changed = await Promise.all([
        world.iocs.tag(world.own, { ids }, ['five']),
        world.iocs.untag(world.own, { ids: ids.toReversed() }, ['one']),
        world.iocs.tag(world.own, { ids: ids.toReversed() }, ['six']),
      ]);
      expect(changed).toEqual([1_200, 1_200, 1_200]);
    });

    it('takes more than fit into one statement', async () => {
      const { iocs, own } = world;
      const { created } = await iocs.import(own, domains(1_701), { tags: ['many'] });
      expect(created).toHaveLength(1_701);
      expect(await iocs.count(own, { tags: ['many'] })).toBe(1_701);
    });

    it('keeps texts with NUL readable, and tags in lower case without control characters', async () => {
      const { iocs, own } = world;
      const { ids } = await iocs.import(own, domains(1), {
        tags: [' A\nb\0 ', '', '\n', '%', 'a b'],
        note: 'one\0two',
      });
      expect(await iocs.get(own, ids[0]!)).toMatchObject({
        note: 'one\ufffdtwo',
        tags: ['%', 'a b'],
      });
      expect(await listed({ tags: ['a\nb'] })).toHaveLength(1);
      expect(await listed({ tags: ['a'] })).toEqual([]);
      expect(await iocs.untag(own, { ids }, ['A b'])).toBe(1);
      expect((await iocs.get(own, ids[0]!))?.tags).toEqual(['%']);
    });

    it('takes the longest value, and refuses a longer one with all the others', async () => {
      const { iocs, own } = world;
      const noise = randomBytes(2_000).toString('hex');
      const value = (length: number): string => `https://x.example/${noise}`.slice(0, length);
      const { ids } = await iocs.import(own, [{ type: 'url', value: value(MAX_VALUE_LENGTH) }]);
      expect(await iocs.patch(own, ids[0]!, { tags: [noise], source: noise })).toBeDefined();
      await expect(
        iocs.import(own, [...domains(2), { type: 'url', value: value(MAX_VALUE_LENGTH + 1) }]),
      ).rejects.toMatchObject({ kind: 'invalid' });
      expect(await iocs.count(own, {})).toBe(1);
    });

    it('of nothing is nothing', async () => {
      expect(await world.iocs.import(world.own, [])).toEqual({ created: [], known: [], ids: [] });
    });

    it('previewed says which are known, of the same type and organisation', async () => {
      const { iocs, own, other } = world;
      await iocs.import(other, domains(1));
      const { ids } = await iocs.import(own, [{ type: 'domain', value: 'x.example' }]);
      expect(
        await iocs.findIds(own, [
          ...domains(1),
          { type: 'domain', value: 'x.example' },
          { type: 'hostname', value: 'x.example' },
        ]),
      ).toEqual([undefined, ids[0], undefined]);
      expect((await iocs.find(own, { type: 'domain', value: 'x.example' }))?.id).toBe(ids[0]);
    });
  });

  describe('the list', () => {
    it.each<[string, IocFilter, string[]]>([
      ['everything', {}, [ALPHA, SEVEN, PATH, GAMMA, OTHER_PATH, EIGHT]],
      ['parts of a value in either case', { search: 'PATH' }, [PATH, OTHER_PATH]],
      ['the beginning of a value', { search: '192.0' }, [SEVEN, EIGHT]],
      ['a percent sign that means itself', { search: '100%' }, [PATH]],
      ['an underscore that means itself', { search: 'h_1' }, [PATH]],
      ['a backslash that means itself', { search: '\\' }, []],
      ['types', { types: ['domain', 'ipv4'] }, [ALPHA, SEVEN, GAMMA, EIGHT]],
      ['verdicts', { verdicts: ['malicious', 'unknown'] }, [ALPHA, GAMMA]],
      ['what is enriched', { enriched: true }, [ALPHA, SEVEN, GAMMA]],
      ['what is not enriched', { enriched: false }, [PATH, OTHER_PATH, EIGHT]],
      ['a source', { source: 'feed' }, [GAMMA, OTHER_PATH, EIGHT]],
      ['all of several tags', { tags: ['red', 'blue'] }, [ALPHA, SEVEN, PATH]],
      [
        'all of it together',
        { search: 'a', types: ['domain'], tags: ['red'], enriched: true, source: 'mail' },
        [ALPHA],
      ],
    ])('is filtered by %s', async (_what, filter, values) => {
      await sample();
      expect((await listed(filter)).sort()).toEqual([...values].sort());
    });

    it.each<[IocSort, string[]]>([
      ['value', [SEVEN, EIGHT, ALPHA, GAMMA, PATH, OTHER_PATH]],
      ['type', [ALPHA, GAMMA, SEVEN, EIGHT, PATH, OTHER_PATH]],
      ['verdict', [PATH, OTHER_PATH, EIGHT, GAMMA, SEVEN, ALPHA]],
      ['malicious', [PATH, OTHER_PATH, EIGHT, SEVEN, GAMMA, ALPHA]],
      ['createdAt', [ALPHA, SEVEN, PATH, GAMMA, OTHER_PATH, EIGHT]],
      ['enrichedAt', [PATH, OTHER_PATH, EIGHT, GAMMA, SEVEN, ALPHA]],
    ])('is sorted by %s both ways', async (sort, values) => {
      await sample();
      expect(await listed({}, sort, 'asc')).toEqual(values);
      expect(await listed({}, sort, 'desc')).toEqual([...values].reverse());
    });

    it('comes in pages that leave nothing out', async () => {
      const { iocs, own } = world;
      await iocs.import(own, domains(25));
      const values: string[] = [];
      for (const page of [1, 2, 3, 4]) {
        const found = await iocs.list(own, {
          filter: {},
          sort: 'verdict',
          order: 'desc',
          page,
          pageSize: 10,
        });
        expect(found.total).toBe(25);
        values.push(...found.items.map(({ value }) => value));
      }
      expect(new Set(values).size).toBe(25);
      expect(values).toHaveLength(25);
    });

    it('comes in pages whether a filter lets through few or many', async () => {
      const { iocs, own } = world;
      await iocs.import(own, domains(1_005, 'many'));
      await iocs.import(own, domains(30, 'few'));
      for (const [search, total, page] of [
        ['many', 1_005, 101],
        ['few', 30, 3],
      ] as const) {
        const request = { filter: { search }, sort: 'createdAt', order: 'asc', pageSize: 10 } as const;
        const last = await iocs.list(own, { ...request, page });
        expect(last.total).toBe(total);
        const values = last.items.map(({ value }) => value);
        expect(values.at(-1)).toBe(`${search}${total - 1}.example`);
        expect((await iocs.list(own, { ...request, page: 1, order: 'desc' })).items[0]?.value).toBe(
          values.at(-1),
        );
      }
    });

    it('takes any text as a search, and finds what contains it', async () => {
      const { iocs, own } = world;
      const values = ['plain', 'a%b_c', "it's", 'back\\slash', 'https://x.example/%25?q=[a]*'];
      await iocs.import(
        own,
        values.map((value) => ({ type: 'url', value })),
      );
      const texts = fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('%', '_', '\\', "'", '\0', 'A%', '\\%'),
      );
      await fc.assert(
        fc.asyncProperty(texts, async (search) => {
          const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
          const wanted = values.filter((value) => lower(value).includes(lower(search)));
          expect((await listed({ search })).sort()).toEqual(wanted.sort());
        }),
        { numRuns: 60 },
      );
    });
  });

  describe('the facets', () => {
    it('count what there is', async () => {
      await sample();
      expect(await world.iocs.facets(world.own, {})).toEqual({
        types: expect.arrayContaining([
          { type: 'domain', count: 2 },
          { type: 'ipv4', count: 2 },
          { type: 'url', count: 2 },
        ]),
        verdicts: expect.arrayContaining([
          { verdict: 'malicious', count: 1 },
          { verdict: 'clean', count: 1 },
          { verdict: 'unknown', count: 1 },
        ]),
        tags: [
          { tag: 'red', count: 6 },
          { tag: 'blue', count: 3 },
        ],
        enriched: { yes: 3, no: 3 },
      });
    });

    it('leave their own part of the filter out, and only that', async () => {
      await sample();
      const facets = await world.iocs.facets(world.own, { types: ['ipv4'], enriched: true, search: 'e' });
      expect(facets.types).toEqual([{ type: 'domain', count: 2 }]);
      expect(facets.verdicts).toEqual([]);
      const others = await world.iocs.facets(world.own, { types: ['domain'], verdicts: ['malicious'] });
      expect(others.types).toEqual([{ type: 'domain', count: 1 }]);
      expect(others.verdicts).toHaveLength(2);
      expect(others.enriched).toEqual({ yes: 1, no: 0 });
      expect(others.tags).toEqual([
        { tag: 'blue', count: 1 },
        { tag: 'red', count: 1 },
      ]);
    });
  });

  describe('a change', () => {
    it('of one IOC sets what is given and leaves the rest', async () => {
      const [id] = (await sample()) as [string];
      world.clock.pass(60_000);
      expect(await world.iocs.patch(world.own, id, { note: 'new', tags: ['green'] })).toMatchObject({
        note: 'new',
        source: 'mail',
        tags: ['green'],
        updatedAt: world.clock.now().toISOString(),
      });
      expect(await world.iocs.patch(world.own, id, { note: null, source: null })).toMatchObject({
        note: null,
        source: null,
        tags: ['green'],
      });
    });

    it('of a selection by filter or by ids tags, untags and deletes it, and counts what changed', async () => {
      const ids = await sample();
      const { iocs, own } = world;
      expect(await iocs.tag(own, { filter: { types: ['domain', 'ipv4'] } }, ['blue'])).toBe(2);
      expect(await iocs.tag(own, { ids: [ids[0]!, ids[4]!, ids[4]!, MISSING] }, ['blue'])).toBe(1);
      expect(await iocs.count(own, { tags: ['blue'] })).toBe(6);
      expect(await iocs.untag(own, { filter: { tags: ['blue'], types: ['url'] } }, ['blue'])).toBe(2);
      expect(await iocs.untag(own, { ids }, ['blue'])).toBe(4);
      expect(await iocs.count(own, { tags: ['blue'] })).toBe(0);
      // One of the tags being part of the filter.
      expect(await iocs.tag(own, { filter: { tags: ['red'] } }, ['red', 'one', 'two'])).toBe(6);
      expect(await iocs.tag(own, { ids }, ['two', 'one'])).toBe(0);
      expect(await iocs.untag(own, { filter: { tags: ['one'] } }, ['two', 'one', 'none'])).toBe(6);
      expect((await iocs.get(own, ids[0]!))?.tags).toEqual(['red']);
      expect(await iocs.delete(own, { ids: [ids[0]!, MISSING] })).toBe(1);
      expect(await iocs.delete(own, { filter: { types: ['url'] } })).toBe(2);
      expect(await iocs.count(own, {})).toBe(3);
    });

    it('that exports IOCs finds where they lead', async () => {
      const relations = new RelationStore(world.database, world.clock);
      const { ids } = await world.iocs.import(world.own, domains(3));
      const [first = '', second = '', third = ''] = ids;
      const theirs = await world.iocs.import(world.other, domains(1));
      await relations.add(world.own, first, [
        { targetId: third, relation: 'subdomains' },
        { targetId: second, relation: 'siblings' },
      ]);
      await relations.add(world.own, third, [{ targetId: first, relation: 'siblings' }]);
      const leadTo = (value: string, relation: string): object => ({
        relation,
        target: { type: 'domain', value },
      });
      expect([...(await relations.targetsOf(world.own, [...ids, ...theirs.ids]))]).toEqual([
        [first, [leadTo('d2.example', 'subdomains'), leadTo('d1.example', 'siblings')]],
        [third, [leadTo('d0.example', 'siblings')]],
      ]);
      expect([...(await relations.targetsOf(world.other, ids))]).toEqual([]);
      expect([...(await relations.targetsOf(world.own, []))]).toEqual([]);
    });

    it('that deletes an IOC takes its tags, enrichments and relations along', async () => {
      const [id, related] = (await sample()) as [string, string];
      const relations = new RelationStore(world.database, world.clock);
      await relations.add(world.own, related, [{ targetId: id, relation: 'resolutions' }]);
      await world.iocs.delete(world.own, { ids: [id] });
      expect(await relations.of(world.own, related)).toEqual([]);
      expect(await new EnrichmentStore(world.database, world.clock).history(world.own, id)).toEqual([]);
      expect((await world.iocs.facets(world.own, {})).tags).toContainEqual({ tag: 'red', count: 5 });
    });
  });

  it('gives every selected IOC to an export', async () => {
    const { iocs, own, other } = world;
    const { ids } = await iocs.import(own, domains(1_203), { tags: ['many'] });
    await iocs.import(other, domains(3));
    const byFilter = await all(iocs.iterate(own, { filter: { tags: ['many'] } }));
    expect(byFilter.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(byFilter[0]!.tags).toEqual(['many']);
    const byIds = await all(iocs.iterate(own, { ids: [...ids.slice(0, 700), MISSING] }));
    expect(byIds.map(({ id }) => id).sort()).toEqual(ids.slice(0, 700).sort());
  });

  it('shows and changes nothing of another organisation', async () => {
    const { iocs, own, other } = world;
    const { ids } = await iocs.import(other, domains(2), { tags: ['secret'], source: 'theirs' });
    const id = ids[0]!;
    expect(await listed({})).toEqual([]);
    expect(await iocs.get(own, id)).toBeUndefined();
    expect(await iocs.find(own, domains(1)[0]!)).toBeUndefined();
    expect(await iocs.patch(own, id, { note: 'x', tags: [] })).toBeUndefined();
    expect(await all(iocs.iterate(own, { ids }))).toEqual([]);
    for (const selection of [{ ids }, { filter: {} }, { filter: { tags: ['secret'] } }]) {
      expect(await iocs.tag(own, selection, ['mine'])).toBe(0);
      expect(await iocs.untag(own, selection, ['secret'])).toBe(0);
      expect(await iocs.delete(own, selection)).toBe(0);
    }
    expect(await iocs.facets(own, {})).toEqual({
      types: [],
      verdicts: [],
      tags: [],
      enriched: { yes: 0, no: 0 },
    });
    expect(await iocs.get(other, id)).toMatchObject({ note: null, tags: ['secret'] });
  });
}
