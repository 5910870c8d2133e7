/**
 * How quick is the list of the IOC library at 100,000 IOCs? Fills a database of each kind with as many, of all types, two thirds
 * of them enriched, with tags, and prints the median time of what the page asks for. Everything beyond 100 ms fails.
 *
 *   npm run bench:library    # needs PostgreSQL as the tests do
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { IocFilter } from '../src/library/store/ioc-filter.js';
import type { IocListRequest } from '../src/library/store/ioc-list.js';
import { IocStore } from '../src/library/store/ioc-store.js';
import { openDatabase, type LibraryDatabase } from '../src/library/store/open-database.js';
import { OrganisationStore } from '../src/library/store/organisation-store.js';
import { createDatabase, findPostgres } from '../test/helpers/postgres-server.js';
import { fill, iocOf, IOCS, medianOf, tell } from './library-rows.js';

const logger = pino({ level: 'silent' });

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
    tell(what, await medianOf(task));
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
