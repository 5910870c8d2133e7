/**
 * How many units of quota an enrichment costs: the same mix of requests, of which 60 % ask for what was asked for
 * before, to the built connector with its cache and without. The units are those that the simulator of VirusTotal has
 * counted.
 *
 *   npm run bench:quota              # needs RabbitMQ as the tests do
 */
import Table from 'cli-table3';
import type { Broker } from '../src/simulators/broker/broker.js';
import { startBenchWorld, withBroker } from './bench-world.js';
import { addMix, MIX_KINDS, requestMix, type MixKind } from './request-mix.js';

const REQUESTS = 1_000;
const REPEAT_RATE = 0.6;
const WITHOUT_CACHE = { VIRUSTOTAL_CACHE_TTL_MINUTES: '0', VIRUSTOTAL_CACHE_UNKNOWN_TTL_MINUTES: '0' };

const mix = requestMix(REQUESTS, REPEAT_RATE);

/** Units spent on each kind of observable. One kind after the other, so that they can be told apart. */
async function unitsSpent(
  broker: Broker,
  variables: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<MixKind, number>> {
  const world = await startBenchWorld({
    broker,
    concurrency: 8,
    latencyMs: 0,
    variables: {
      CONNECTOR_SCOPE: 'StixFile,Artifact,IPv4-Addr,Domain-Name,Url',
      VIRUSTOTAL_FILE_IMPORT_YARA: 'true',
      VIRUSTOTAL_FILE_UPLOAD_UNSEEN_ARTIFACTS: 'false',
      VIRUSTOTAL_URL_UPLOAD_UNSEEN: 'false',
      ...variables,
    },
  });
  try {
    const entityOf = addMix(world, mix);
    const spent = new Map<MixKind, number>();
    for (const kind of MIX_KINDS) {
      world.virusTotal.log.clear();
      await world.enrich(mix.filter((request) => request.kind === kind).map(entityOf));
      spent.set(kind, world.virusTotal.log.quotaUnits);
    }
    return spent;
  } finally {
    await world.close();
  }
}

function sum(units: ReadonlyMap<MixKind, number>): number {
  return [...units.values()].reduce((total, count) => total + count, 0);
}

await withBroker(async (broker) => {
  const cached = await unitsSpent(broker, {});
  const uncached = await unitsSpent(broker, WITHOUT_CACHE);
  const table = new Table({
    head: ['', 'requests', 'observables', 'units without cache', 'each', 'units with cache', 'each'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  const row = (name: string, requests: number, observables: number, without: number, units: number): void => {
    const each = (count: number): string => (count / requests).toFixed(2);
    table.push([name, requests, observables, without, each(without), units, each(units)]);
  };
  const different = (requests: typeof mix): number =>
    new Set(requests.map(({ kind, index }) => `${kind} ${index}`)).size;
  for (const kind of MIX_KINDS) {
    const requests = mix.filter((request) => request.kind === kind);
    row(kind, requests.length, different(requests), uncached.get(kind) ?? 0, cached.get(kind) ?? 0);
  }
  row('all', mix.length, different(mix), sum(uncached), sum(cached));
  console.log(table.toString());
});
