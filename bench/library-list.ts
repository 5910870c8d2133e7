/**
 * How quick is the list of the IOC library at 100,000 IOCs? Fills a database of each kind with as many, of all types, two thirds
 * of them enriched, with tags, and prints the median time of what the page asks for. Everything beyond 100 ms fails.
 *
 *   npm run bench:library    # needs PostgreSQL as the tests do
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { Ioc } from '../src/library/ioc/ioc.js';
import type { IocFilter } from '../src/library/store/ioc-filter.js';
import type { IocListRequest } from '../src/library/store/ioc-list.js';
import { IocStore } from '../src/library/store/ioc-store.js';
import { openDatabase, type LibraryDatabase } from '../src/library/store/open-database.js';
import { OrganisationStore } from '../src/library/store/organisation-store.js';
import { createDatabase, findPostgres } from '../test/helpers/postgres-server.js';

const IOCS = 100_000;
const BATCH = 10_000;
/** IOCs with the same outcome of their enrichment: every 60th. */
const GROUPS = 60;
const ROUNDS = 15;
const WANTED_MS = 100;
const logger = pino({ level: 'silent' });

const VERDICTS = ['clean', 'clean', 'suspicious', 'malicious', 'unknown'] as const;

/** The same each time, and scattered as real ones are. */
function iocOf(index: number): Ioc {
  const hash = createHash('sha256').update(String(index)).digest('hex');
  const name = `${hash.slice(0, 9)}.${['com', 'net', 'example.org', 'xyz'][index % 4] ?? ''}`;
  const kinds: readonly Ioc[] = [
    { type: 'sha256', value: hash },
    { type: 'sha256', value: createHash('sha256').update(hash).digest('hex') },
    { type: 'sha1', value: hash.slice(0, 40) },
    { type: 'md5', value: hash.slice(0, 32) },
    { type: 'domain', value: name },
    { type: 'hostname', value: `www.${name}` },
    { type: 'url', value: `https://${name}/Path/${hash.slice(10, 30)}?id=${index}` },
    {
      type: 'ipv4',
      value: `${(index % 200) + 11}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
    },
  ];
  return kinds[index % kinds.length] ?? { type: 'sha256', value: hash };
}

async function fill(database: LibraryDatabase, organisationId: string): Promise<void> {
  const iocs = new IocStore(database);
  for (let start = 0; start < IOCS; start += BATCH) {
    const items = Array.from({ length: BATCH }, (_, index) => iocOf(start + index));
    const batch = start / BATCH;
    await iocs.import(organisationId, items, {
      tags: [`campaign-${batch}`, 'imported'],
      source: `feed-${batch % 3}`,
    });
  }
  const { kysely } = database;
  const rows = await kysely.selectFrom('iocs').select('id').orderBy('id').execute();
  for (let group = 0; group < GROUPS; group += 1) {
    if (group % 3 === 0) continue;
    const ids = rows.filter((_, index) => index % GROUPS === group).map(({ id }) => id);
    const verdict = VERDICTS[group % VERDICTS.length] ?? 'unknown';
    const malicious = verdict === 'malicious' ? 6 + group : verdict === 'suspicious' ? 1 + (group % 5) : 0;
    for (let start = 0; start < ids.length; start += 100) {
      const enrichedAt = new Date(Date.UTC(2026, 0, 1 + group) + start * 1_000).toISOString();
      await kysely
        .updateTable('iocs')
        .set({ verdict, malicious, suspicious: 0, engines: 72, enrichedAt, threatLabel: 'trojan.agent' })
        .where('id', 'in', ids.slice(start, start + 100))
        .execute();
    }
  }
}

async function medianOf(task: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await task();
    times.push(performance.now() - start);
  }
  return times.sort((one, other) => one - other)[Math.floor(ROUNDS / 2)] ?? NaN;
}

const FIRST_PAGE = { filter: {}, sort: 'createdAt', order: 'desc', page: 1, pageSize: 50 } as const;

const LISTS: Readonly<Record<string, Partial<IocListRequest>>> = {
  'first page': {},
  'last page': { page: IOCS / 50 },
  'by value': { sort: 'value', order: 'asc' },
  'by verdict': { sort: 'verdict' },
  'by detections': { sort: 'malicious' },
  'by detections, the other way': { sort: 'malicious', order: 'asc' },
  'by enrichment, page 1000': { sort: 'enrichedAt', page: 1_000 },
  'one type': { filter: { types: ['ipv4'] } },
  'one verdict': { filter: { verdicts: ['malicious'] }, sort: 'malicious' },
  'not enriched': { filter: { enriched: false } },
  'one tag of ten': { filter: { tags: ['campaign-4'] } },
  'a tag that all have': { filter: { tags: ['imported'] } },
  'one source': { filter: { source: 'feed-1' } },
  'search, a whole hash': { filter: { search: iocOf(70_000).value } },
  'search, frequent': { filter: { search: '.com' } },
  'search, rare': { filter: { search: 'ABCD1' } },
  'search, nothing found': { filter: { search: 'no such thing' } },
  'search, type and tag': {
    filter: { search: 'a1', types: ['domain', 'url'], tags: ['imported'] },
    sort: 'value',
  },
};

const FACETS: Readonly<Record<string, IocFilter>> = {
  'facets of all': {},
  'facets of a search, frequent': { search: 'a' },
  'facets of a search, rare': { search: 'abcd1' },
  'facets of a type': { types: ['sha256'] },
  'facets of a verdict': { verdicts: ['malicious'] },
  'facets of a tag': { tags: ['imported'] },
};

async function measure(database: LibraryDatabase): Promise<void> {
  const { id } = await new OrganisationStore(database).create({ name: 'bench' });
  const start = performance.now();
  await fill(database, id);
  console.log(
    `\n${database.dialect}: ${IOCS} IOCs filled in ${((performance.now() - start) / 1_000).toFixed(1)} s`,
  );
  // What autovacuum does within a minute or two.
  if (database.dialect === 'postgres') await sql`vacuum analyze iocs`.execute(database.kysely);
  const iocs = new IocStore(database);
  const report = async (what: string, task: () => Promise<unknown>): Promise<void> => {
    const median = await medianOf(task);
    console.log(
      `${what.padEnd(34)} ${median.toFixed(1).padStart(7)} ms${median > WANTED_MS ? '  TOO SLOW' : ''}`,
    );
    if (!(median <= WANTED_MS)) process.exitCode = 1;
  };
  for (const [what, request] of Object.entries(LISTS)) {
    await report(what, () => iocs.list(id, { ...FIRST_PAGE, ...request }));
  }
  for (const [what, filter] of Object.entries(FACETS)) await report(what, () => iocs.facets(id, filter));
}

async function measureSqlite(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-library-'));
  try {
    const path = join(folder, 'library.db');
    const database = await openDatabase({ path, logger });
    await measure(database);
    await database.close();
    console.log(`file: ${((await stat(path)).size / 1_048_576).toFixed(0)} MiB`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measurePostgres(): Promise<void> {
  const server = await findPostgres(console.log);
  try {
    const { url } = await createDatabase(server);
    const database = await openDatabase({ path: '', url, logger });
    await measure(database);
    await database.close();
  } finally {
    await server.stop();
  }
}

await measureSqlite();
await measurePostgres();
