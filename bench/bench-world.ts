import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startConnectorProcess, type ConnectorProcess } from '../src/cli/demo/connector-process.js';
import type { Broker } from '../src/simulators/broker/broker.js';
import { findBroker, HOW_TO_GET_A_BROKER } from '../src/simulators/broker/find-broker.js';
import { startPlatformSimulator, type PlatformSimulator } from '../src/simulators/platform/simulator.js';
import { startVirusTotalSimulator, type VirusTotalSimulator } from '../src/simulators/virustotal/server.js';

/** The built product, from `dist-bench/bench`, where these scripts run. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface BenchWorldOptions {
  readonly broker: Broker;
  readonly concurrency: number;
  /** How long VirusTotal takes for an answer. */
  readonly latencyMs: number;
  /** More variables for the connector. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The built connector as a process of its own, between a real RabbitMQ and simulators that live in this process. */
export interface BenchWorld {
  readonly platform: PlatformSimulator;
  readonly virusTotal: VirusTotalSimulator;
  readonly connector: ConnectorProcess;
  /**
   * Has entities enriched automatically, all asked for at once, and waits until all works are complete.
   *
   * @param entityIds - Any ids that the platform knows; the same may come several times.
   * @returns how long that took, in seconds.
   * @throws Error when a work has errors.
   */
  enrich(entityIds: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** Starts everything, with no limits of ours on the quota. VirusTotal and the platform know nothing yet. */
export async function startBenchWorld(options: BenchWorldOptions): Promise<BenchWorld> {
  const virusTotal = await startVirusTotalSimulator({ latencyMs: options.latencyMs });
  const platform = await startPlatformSimulator({ amqp: options.broker });
  const directory = await mkdtemp(join(tmpdir(), 'virustotal-bench-'));
  const connector = startConnectorProcess(
    directory,
    {
      OPENCTI_URL: platform.url,
      OPENCTI_TOKEN: platform.token,
      VIRUSTOTAL_TOKEN: '0'.repeat(64),
      VIRUSTOTAL_API_URL: virusTotal.url,
      VIRUSTOTAL_QUOTA_PER_MINUTE: '0',
      VIRUSTOTAL_QUOTA_PER_DAY: '0',
      VIRUSTOTAL_QUOTA_PER_MONTH: '0',
      VIRUSTOTAL_IP_ADD_RELATIONSHIPS: 'true',
      STATE_PATH: join(directory, 'state.sqlite'),
      CONNECTOR_CONCURRENCY: String(options.concurrency),
      // As in the image.
      NODE_OPTIONS: '--max-semi-space-size=4',
      MALLOC_ARENA_MAX: '2',
      ...options.variables,
    },
    { main: MAIN },
  );
  const close = async (): Promise<void> => {
    await connector.stop('SIGTERM');
    await platform.close();
    await virusTotal.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      platform.until(() => platform.operationsOf('pingConnector').length > 0, { timeoutMs: 30_000 }),
      connector.ended.then(() => {
        throw new Error(`The connector ended early:\n${connector.log()}`);
      }),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    platform,
    virusTotal,
    connector,
    enrich: async (entityIds) => {
      const begin = performance.now();
      const works = await Promise.all(
        entityIds.map((entityId) => platform.requestEnrichment({ entityId, mode: 'auto' })),
      );
      await allComplete(platform, works);
      const seconds = (performance.now() - begin) / 1000;
      if (works.some((id) => platform.work(id)?.errors.length !== 0)) throw new Error('A work has errors.');
      return seconds;
    },
    close,
  };
}

/** Does something with a real RabbitMQ and stops it afterwards; ends the process when there is none. */
export async function withBroker(task: (broker: Broker) => Promise<void>): Promise<void> {
  const broker = await findBroker({ mayInstall: false, log: console.error });
  if (broker === undefined) {
    console.error(HOW_TO_GET_A_BROKER);
    process.exit(1);
  }
  try {
    await task(broker);
  } finally {
    await broker.stop();
  }
}

/** Looks on from the first work that was not complete, since it is asked again after everything that happens. */
async function allComplete(platform: PlatformSimulator, works: readonly string[]): Promise<void> {
  let done = 0;
  const isComplete = (id: string | undefined): boolean =>
    id !== undefined && platform.work(id)?.status === 'complete';
  await platform.until(
    () => {
      while (done < works.length && isComplete(works[done])) done += 1;
      return done === works.length;
    },
    { timeoutMs: 600_000, description: () => `completion of ${works.length - done} works` },
  );
}
