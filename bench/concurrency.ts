/**
 * How much faster are requests settled side by side? The same 200 automatic enrichments, through a real RabbitMQ, at
 * concurrency 1 and at concurrency 32, with a VirusTotal that takes 200 ms for each answer. Both runs happen in one
 * call of this script, each after a warm-up; what counts is their ratio.
 *
 *   npm run bench            # needs RabbitMQ as the tests do
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startConnectorProcess } from '../src/cli/demo/connector-process.js';
import type { Broker } from '../src/simulators/broker/broker.js';
import { findBroker, HOW_TO_GET_A_BROKER } from '../src/simulators/broker/find-broker.js';
import { startPlatformSimulator } from '../src/simulators/platform/simulator.js';
import { Catalog } from '../src/simulators/virustotal/catalog.js';
import { sampleIp } from '../src/simulators/virustotal/samples/reports.js';
import { startVirusTotalSimulator } from '../src/simulators/virustotal/server.js';

const REQUESTS = 200;
/** Requests before the clock starts. */
const WARM_UP = 64;
const LATENCY_MS = 200;
const WANTED_RATIO = 15;
const CONCURRENCIES = [1, 32] as const;

/** From `dist-bench/bench`, where this script runs. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

const addresses = Array.from(
  { length: REQUESTS + WARM_UP },
  (_, index) => `8.8.${Math.floor(index / 250)}.${(index % 250) + 1}`,
);

/** Seconds from the first request to the completion of the last work. */
async function measure(broker: Broker, concurrency: number): Promise<number> {
  const catalog = new Catalog();
  for (const [index, address] of addresses.entries()) {
    catalog.addIp(address, sampleIp(address, { verdicts: { malicious: index % 20 } }));
  }
  const virusTotal = await startVirusTotalSimulator({ catalog, latencyMs: LATENCY_MS });
  const platform = await startPlatformSimulator({ amqp: broker });
  const directory = await mkdtemp(join(tmpdir(), 'virustotal-bench-'));
  const variables = {
    OPENCTI_URL: platform.url,
    OPENCTI_TOKEN: platform.token,
    VIRUSTOTAL_TOKEN: '0'.repeat(64),
    VIRUSTOTAL_API_URL: virusTotal.url,
    VIRUSTOTAL_QUOTA_PER_MINUTE: '0',
    VIRUSTOTAL_QUOTA_PER_DAY: '0',
    VIRUSTOTAL_QUOTA_PER_MONTH: '0',
    STATE_PATH: join(directory, 'state.sqlite'),
    VIRUSTOTAL_IP_ADD_RELATIONSHIPS: 'true',
    CONNECTOR_CONCURRENCY: String(concurrency),
  };
  const connector = startConnectorProcess(directory, variables, MAIN);
  try {
    await platform.until(() => platform.operationsOf('pingConnector').length > 0, { timeoutMs: 30_000 });
    const entities = addresses.map((value) => platform.addObservable('IPv4-Addr', { value }));
    const settle = async (some: typeof entities): Promise<string[]> => {
      const works = await Promise.all(
        some.map(({ standardId }) => platform.requestEnrichment({ entityId: standardId, mode: 'auto' })),
      );
      await platform.until(() => works.every((id) => platform.work(id)?.status === 'complete'), {
        timeoutMs: 300_000,
        description: 'all works',
      });
      return works;
    };
    // A daemon runs for weeks; what it does in its first second, while code is compiled, says nothing.
    await settle(entities.slice(REQUESTS));
    virusTotal.log.clear();
    const begin = performance.now();
    const works = await settle(entities.slice(0, REQUESTS));
    const seconds = (performance.now() - begin) / 1000;
    if (works.some((id) => (platform.work(id)?.errors.length ?? 1) > 0))
      throw new Error('A work has errors.');
    if (virusTotal.log.lookUps().length !== REQUESTS) throw new Error('Not every request was one look-up.');
    return seconds;
  } finally {
    await connector.stop('SIGTERM');
    await platform.close();
    await virusTotal.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const broker = await findBroker({ mayInstall: false, log: console.error });
if (broker === undefined) {
  console.error(HOW_TO_GET_A_BROKER);
  process.exit(1);
}
try {
  const results: number[] = [];
  for (const concurrency of CONCURRENCIES) {
    const seconds = await measure(broker, concurrency);
    results.push(seconds);
    console.log(
      `concurrency ${String(concurrency).padStart(2)}: ${REQUESTS} requests in ${seconds.toFixed(2)} s (${(REQUESTS / seconds).toFixed(1)} per second)`,
    );
  }
  const [alone = NaN, together = NaN] = results;
  console.log(`ratio: ${(alone / together).toFixed(1)} times as fast (wanted: more than ${WANTED_RATIO})`);
  if (!(alone / together > WANTED_RATIO)) process.exitCode = 1;
} finally {
  await broker.stop();
}
