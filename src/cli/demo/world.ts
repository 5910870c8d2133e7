import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBroker, type FindBrokerOptions } from '../../simulators/broker/find-broker.js';
import { startPlatformSimulator, type PlatformSimulator } from '../../simulators/platform/simulator.js';
import { demoCatalog } from '../../simulators/virustotal/samples/demo-catalog.js';
import { startVirusTotalSimulator } from '../../simulators/virustotal/server.js';
import { startConnectorProcess, type ConnectorProcess } from './connector-process.js';

/** A key of the right form that opens nothing. */
const DEMO_KEY = '0'.repeat(64);

/** The simulator allows everything. */
const noQuota = {
  VIRUSTOTAL_QUOTA_PER_MINUTE: '0',
  VIRUSTOTAL_QUOTA_PER_DAY: '0',
  VIRUSTOTAL_QUOTA_PER_MONTH: '0',
};

/** A demonstration publishes nothing on the real VirusTotal. */
const noUploads = {
  VIRUSTOTAL_FILE_UPLOAD_UNSEEN_ARTIFACTS: 'false',
  VIRUSTOTAL_URL_UPLOAD_UNSEEN: 'false',
};

/** Everything around the connector, and the connector itself as a process of its own. */
export interface DemoWorld {
  readonly platform: PlatformSimulator;
  /** How requests and bundles travel, in words. */
  readonly transport: string;
  /** Where the reports come from, in words. */
  readonly source: string;
  readonly realVirusTotal: boolean;
  /** The connector's process. */
  readonly connector: ConnectorProcess;
  close(): Promise<void>;
}

/**
 * Starts the simulators, a broker when one is at hand, and the real connector (`main.js serve`).
 *
 * @param log - Told what is being waited for.
 */
export async function startDemoWorld(log: FindBrokerOptions['log']): Promise<DemoWorld> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer().catch(() => undefined);
  };
  try {
    const token = process.env.VIRUSTOTAL_TOKEN ?? '';
    const realVirusTotal = token !== '';
    let apiUrl: string | undefined;
    if (!realVirusTotal) {
      const virusTotal = await startVirusTotalSimulator({ catalog: demoCatalog(new Date()), latencyMs: 150 });
      closers.push(() => virusTotal.close());
      apiUrl = virusTotal.url;
    }

    const broker = await findBroker({ mayInstall: false, log });
    if (broker !== undefined) closers.push(() => broker.stop());
    const platform = await startPlatformSimulator({ amqp: broker, callback: { retryDelayMs: 250 } });
    closers.push(() => platform.close());

    const directory = await mkdtemp(join(tmpdir(), 'virustotal-demo-'));
    closers.push(() => rm(directory, { recursive: true, force: true }));
    const connector = startConnectorProcess(directory, {
      CONNECTOR_SCOPE: 'StixFile,Artifact,IPv4-Addr,IPv6-Addr,Domain-Name,Url,Hostname,Indicator',
      CONNECTOR_AUTO: 'true',
      CONNECTOR_LOG_LEVEL: 'info',
      VIRUSTOTAL_IP_ADD_RELATIONSHIPS: 'true',
      VIRUSTOTAL_DOMAIN_ADD_RELATIONSHIPS: 'true',
      OPENCTI_URL: platform.url,
      OPENCTI_TOKEN: platform.token,
      VIRUSTOTAL_TOKEN: realVirusTotal ? token : DEMO_KEY,
      // A key of one's own keeps the limits of a free one.
      ...(apiUrl === undefined ? noUploads : { VIRUSTOTAL_API_URL: apiUrl, ...noQuota }),
      STATE_PATH: join(directory, 'state.sqlite'),
      ...(broker === undefined ? await callbackVariables() : {}),
    });
    closers.push(() => connector.stop('SIGTERM'));
    await Promise.race([
      platform.until(() => platform.operationsOf('pingConnector').length > 0, {
        timeoutMs: 30_000,
        description: 'registration of the connector',
      }),
      connector.ended.then(() => {
        throw new Error(`The connector ended early:\n${connector.log()}`);
      }),
    ]);
    return {
      platform,
      realVirusTotal,
      transport:
        broker === undefined
          ? 'the HTTP callback protocol (no RabbitMQ was found)'
          : `RabbitMQ (${broker.origin})`,
      source: realVirusTotal
        ? 'the real VirusTotal, with your key'
        : 'the VirusTotal simulator (invented reports)',
      connector,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The variables by which the connector needs no broker at all. */
async function callbackVariables(): Promise<Record<string, string>> {
  const port = await freePort();
  return {
    CONNECTOR_LISTEN_PROTOCOL: 'API',
    CONNECTOR_LISTEN_PROTOCOL_API_PORT: String(port),
    CONNECTOR_LISTEN_PROTOCOL_API_URI: `http://127.0.0.1:${port}`,
    CONNECTOR_QUEUE_PROTOCOL: 'api',
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 7070;
}
