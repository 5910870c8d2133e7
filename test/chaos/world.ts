import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from '../../src/simulators/broker/broker.js';
import { startPlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { startVirusTotalSimulator } from '../../src/simulators/virustotal/server.js';
import { requireBuiltProduct } from '../helpers/built-product.js';
import { EVERY_TYPE } from '../helpers/connector-world.js';
import { uniqueConnectorId } from '../helpers/shared-broker.js';
import type { Simulators } from './load.js';
import { Supervisor } from './supervisor.js';

/** A key that is found wherever it leaks. */
const API_KEY = 'c4a05c4a05'.padEnd(64, 'd');
const START_MS = 60_000;

export interface ChaosWorld extends Simulators {
  readonly supervisor: Supervisor;
  /** What must never be logged. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** Starts the simulators, and the connector under a supervisor; resolves when it takes requests. */
export async function startChaosWorld(
  broker: Broker,
  options: { readonly version: string | undefined; readonly concurrency: number },
): Promise<ChaosWorld> {
  requireBuiltProduct();
  const { version, concurrency } = options;
  const virusTotal = await startVirusTotalSimulator({
    behaviour: { analysisPace: { by: 'polls', queued: 0, inProgress: 1 }, analyse: () => ({ malicious: 4 }) },
  });
  const platform = await startPlatformSimulator({
    amqp: broker,
    ...(version === undefined ? {} : { version }),
  });
  const directory = await mkdtemp(join(tmpdir(), 'virustotal-chaos-'));
  const supervisor = new Supervisor(directory, {
    CONNECTOR_ID: uniqueConnectorId(),
    CONNECTOR_SCOPE: EVERY_TYPE,
    CONNECTOR_LOG_LEVEL: 'debug',
    CONNECTOR_CONCURRENCY: String(concurrency),
    OPENCTI_URL: platform.url,
    OPENCTI_TOKEN: platform.token,
    VIRUSTOTAL_TOKEN: API_KEY,
    VIRUSTOTAL_API_URL: virusTotal.url,
    VIRUSTOTAL_QUOTA_PER_MINUTE: '0',
    VIRUSTOTAL_QUOTA_PER_DAY: '0',
    VIRUSTOTAL_QUOTA_PER_MONTH: '0',
    VIRUSTOTAL_ANALYSIS_POLL_SECONDS: '1',
    STATE_PATH: join(directory, 'state.sqlite'),
  });
  const close = async (): Promise<void> => {
    await supervisor.stop('SIGKILL');
    await platform.close();
    await virusTotal.close();
    await rm(directory, { recursive: true, force: true });
  };
  supervisor.start();
  try {
    await platform.until(() => platform.operationsOf('pingConnector').length > 0, {
      timeoutMs: START_MS,
      description: () => `the first ping of:\n${supervisor.lines.map(({ text }) => text).join('\n')}`,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { platform, virusTotal, supervisor, secrets: [API_KEY, platform.token, broker.password], close };
}
