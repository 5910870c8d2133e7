import { createHash } from 'node:crypto';
import type { Ioc } from '../src/library/ioc/ioc.js';
import { IocStore } from '../src/library/store/ioc-store.js';
import type { LibraryDatabase } from '../src/library/store/open-database.js';

/** IOCs in the library of the benchmarks. */
export const IOCS = 100_000;
/** More is too slow. */
export const WANTED_MS = 100;
const BATCH = 10_000;
/** IOCs with the same outcome of their enrichment: every 60th. */
const GROUPS = 60;
const ROUNDS = 15;

const VERDICTS = ['clean', 'clean', 'suspicious', 'malicious', 'unknown'] as const;

/** The same each time, and scattered as real ones are. */
export function iocOf(index: number): Ioc {
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

/** Of all types, two thirds of them enriched, with tags and sources. */
export async function fill(database: LibraryDatabase, organisationId: string): Promise<void> {
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

/** Median time of a task in milliseconds. */
export async function medianOf(task: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await task();
    times.push(performance.now() - start);
  }
  return times.sort((one, other) => one - other)[Math.floor(ROUNDS / 2)] ?? NaN;
}

/** Prints how long something takes, and makes the benchmark fail when that is too long. */
export function tell(what: string, ms: number, wantedMs = WANTED_MS): void {
  console.log(`${what.padEnd(34)} ${ms.toFixed(1).padStart(7)} ms${ms > wantedMs ? '  TOO SLOW' : ''}`);
  if (!(ms <= wantedMs)) process.exitCode = 1;
}
