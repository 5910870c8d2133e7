import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startConnectorProcess, type ConnectorProcess } from '../../src/cli/demo/connector-process.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import {
  startPlatformSimulator,
  type AmqpCoordinates,
  type PlatformSimulator,
  type PlatformSimulatorOptions,
} from '../../src/simulators/platform/simulator.js';
import { demoCatalog } from '../../src/simulators/virustotal/samples/demo-catalog.js';
import {
  startVirusTotalSimulator,
  type VirusTotalSimulator,
  type VirusTotalSimulatorOptions,
} from '../../src/simulators/virustotal/server.js';
import { requireBuiltProduct } from './built-product.js';
import { startGatedProxy, type GatedProxy } from './gated-proxy.js';
import { sharedBroker, uniqueConnectorId } from './shared-broker.js';

/** A key of the right form that opens nothing. */
export const API_KEY = '0badc0de'.repeat(8);

/** Every type that can be enriched. */
export const EVERY_TYPE = 'StixFile,Artifact,IPv4-Addr,IPv6-Addr,Domain-Name,Hostname,Url,Indicator';

export interface ConnectorWorldOptions {
  /** Platform version; the newest by default. */
  readonly version?: string;
  readonly platform?: Omit<PlatformSimulatorOptions, 'version' | 'amqp'>;
  readonly virusTotal?: VirusTotalSimulatorOptions;
  /** Environment of the connector beside addresses, credentials and scope. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Called with the working directory before the connector starts; gives variables that depend on it, or on the servers. */
  readonly prepareDirectory?: (
    directory: string,
    servers: Pick<ConnectorWorld, 'platform' | 'gate'>,
  ) => Promise<Readonly<Record<string, string>>>;
  /** Called before the connector starts, to plan faults of its start. */
  readonly beforeStart?: (platform: PlatformSimulator) => void;
  /** `callback`: requests and results travel over HTTP, and there is no broker at all. */
  readonly transport?: 'amqp' | 'callback';
  /** Instead of the broker that all test files share. */
  readonly broker?: AmqpCoordinates;
}

/** The simulators, and the built connector as a process of its own between them. */
export interface ConnectorWorld {
  readonly platform: PlatformSimulator;
  readonly virusTotal: VirusTotalSimulator;
  /** Stands between the connector and VirusTotal; open unless a test holds answers back. */
  readonly gate: GatedProxy;
  /** The connector that was started last. */
  readonly connector: ConnectorProcess;
  /** The environment of the connector. */
  readonly variables: Readonly<Record<string, string>>;
  /** Working directory of the connector: empty but for what it writes itself. */
  readonly directory: string;
  /**
   * Starts a further process of the same connector, beside those that run, and waits until it has registered and
   * pinged.
   *
   * @param changes - Variables that differ from those of the others.
   */
  startConnector(changes?: Readonly<Record<string, string>>): Promise<ConnectorProcess>;
  /**
   * Stops everything.
   *
   * @throws {Error} when a connector did not stop with code 0, logged a secret, or asked VirusTotal for something
   * that does not exist.
   */
  close(): Promise<void>;
}

/**
 * Starts both simulators and the connector.
 *
 * @throws {Error} when the product was not built, or the connector ends before it is ready.
 */
export async function startConnectorWorld(options: ConnectorWorldOptions = {}): Promise<ConnectorWorld> {
  requireBuiltProduct();
  const closers: (() => Promise<unknown>)[] = [];
  const connectors: ConnectorProcess[] = [];
  try {
    const virusTotal = await startVirusTotalSimulator({ catalog: demoCatalog(), ...options.virusTotal });
    closers.push(() => virusTotal.close());
    const gate = await startGatedProxy(virusTotal.url);
    closers.push(() => gate.close());
    const broker = options.transport === 'callback' ? undefined : (options.broker ?? sharedBroker());
    const platform = await startPlatformSimulator({
      ...options.platform,
      ...(options.version === undefined ? {} : { version: options.version }),
      amqp: broker,
    });
    closers.push(() => platform.close());
    const directory = await mkdtemp(join(tmpdir(), 'virustotal-test-'));
    closers.push(() => rm(directory, { recursive: true, force: true }));

    const variables: Record<string, string> = {
      CONNECTOR_ID: uniqueConnectorId(),
      CONNECTOR_SCOPE: EVERY_TYPE,
      CONNECTOR_LOG_LEVEL: 'debug',
      OPENCTI_URL: platform.url,
      OPENCTI_TOKEN: platform.token,
      VIRUSTOTAL_TOKEN: API_KEY,
      VIRUSTOTAL_API_URL: gate.url,
      VIRUSTOTAL_QUOTA_PER_MINUTE: '0',
      VIRUSTOTAL_QUOTA_PER_DAY: '0',
      VIRUSTOTAL_QUOTA_PER_MONTH: '0',
      STATE_PATH: join(directory, 'state.sqlite'),
      ...(broker === undefined ? await callbackVariables() : {}),
      ...options.variables,
      ...(await options.prepareDirectory?.(directory, { platform, gate })),
    };
    const apiKey = variables.VIRUSTOTAL_TOKEN ?? API_KEY;
    const secrets = [apiKey, platform.token, ...(broker === undefined ? [] : [broker.password])];

    const world = {
      platform,
      virusTotal,
      gate,
      variables,
      directory,
      get connector(): ConnectorProcess {
        const last = connectors.at(-1);
        if (last === undefined) throw new Error('no connector was started');
        return last;
      },
      startConnector: async (changes: Readonly<Record<string, string>> = {}): Promise<ConnectorProcess> => {
        const connector = startConnectorProcess(
          directory,
          { ...variables, ...changes },
          { keptLogCharacters: Infinity },
        );
        connectors.push(connector);
        await untilReady(connector, platform);
        return connector;
      },
      close: async (): Promise<void> => {
        const faults: string[] = [];
        for (const connector of connectors) {
          const code = await connector.stop('SIGTERM');
          const log = connector.log();
          // Only a test that wants it kills.
          if (code !== 0 && code !== 'SIGKILL') faults.push(`the connector ended with ${code}:\n${log}`);
          // Shorter ones cannot be told from ordinary words, such as the user name "guest".
          if (secrets.some((secret) => secret.length > 5 && log.includes(secret)))
            faults.push(`the connector logged a secret:\n${log}`);
        }
        for (const request of virusTotal.log.unexpected())
          faults.push(`VirusTotal has no ${request.method} ${request.path}`);
        for (const closer of closers.splice(0).reverse()) await closer();
        if (faults.length > 0) throw new Error(faults.join('\n'));
      },
    };
    options.beforeStart?.(platform);
    await world.startConnector();
    return world;
  } catch (error) {
    for (const connector of connectors) await connector.stop('SIGKILL');
    for (const closer of closers.reverse()) await closer();
    throw error;
  }
}

/** A connector pings as soon as it has registered; what is sent to it from then on waits in its queue. */
async function untilReady(connector: ConnectorProcess, platform: PlatformSimulator): Promise<void> {
  const before = platform.operationsOf('pingConnector').length;
  const ready = platform
    .until(() => platform.operationsOf('pingConnector').length > before, {
      timeoutMs: 30_000,
      description: () => `the first ping of the connector, which logged:\n${connector.log()}`,
    })
    .then(() => undefined);
  const code = await Promise.race([ready, connector.ended]);
  if (code === undefined) return;
  ready.catch(() => undefined);
  throw new Error(`the connector ended with ${code} before it was ready:\n${connector.log()}`);
}

/** The variables by which a connector needs no broker at all. */
async function callbackVariables(): Promise<Record<string, string>> {
  const [port = 0] = await freePorts(1);
  return {
    CONNECTOR_LISTEN_PROTOCOL: 'API',
    CONNECTOR_LISTEN_PROTOCOL_API_PORT: String(port),
    CONNECTOR_LISTEN_PROTOCOL_API_URI: `http://127.0.0.1:${port}`,
    CONNECTOR_QUEUE_PROTOCOL: 'api',
  };
}
