import { describeError } from '../../shared/connector-error.js';
import { answers, parseBrokerUrl, type Broker, type BrokerLog } from './broker.js';
import { installDebianPackage } from './debian-package.js';
import { startDockerServer } from './docker-server.js';
import { findInstalledServer } from './installed-server.js';
import { startPrivateServer } from './private-server.js';

/** What to tell a person when {@link findBroker} found nothing. */
export const HOW_TO_GET_A_BROKER = [
  'No RabbitMQ was found. Do one of these and try again:',
  '  - set AMQP_URL to a running broker, for example amqp://guest:guest@127.0.0.1:5672',
  '  - install rabbitmq-server (Debian and Ubuntu: apt-get install rabbitmq-server; macOS: brew install rabbitmq);',
  '    it need not run: a private one is started on a free port and removed afterwards',
  '  - start Docker',
].join('\n');

/** Options of {@link findBroker}. */
export interface FindBrokerOptions {
  /** Whether a package may be installed (as root, with apt-get) when nothing else is there. */
  mayInstall: boolean;
  log: BrokerLog;
  /** Environment to read `AMQP_URL` from; the process's own by default. */
  env?: NodeJS.ProcessEnv;
}

/**
 * Finds or starts a real RabbitMQ: `AMQP_URL`, else an installed rabbitmq-server started privately, else Docker,
 * else Debian's package if it may be installed. `undefined` when there is none; see {@link HOW_TO_GET_A_BROKER}.
 *
 * @throws {Error} when `AMQP_URL` is set but nothing answers there: falling back would hide the mistake.
 */
export async function findBroker(options: FindBrokerOptions): Promise<Broker | undefined> {
  const { log, mayInstall, env = process.env } = options;
  const url = env.AMQP_URL;
  if (url !== undefined && url !== '') return namedBroker(url);
  return (
    (await startInstalled(log)) ??
    (await startDockerServer(log)) ??
    (mayInstall && (await installDebianPackage(log)) ? await startInstalled(log) : undefined)
  );
}

/**
 * Starts a broker nobody else uses, for tests that kill it. `undefined` when no rabbitmq-server is installed.
 *
 * @param settings - Further lines of its `rabbitmq.conf`.
 * @throws {Error} when it is installed but does not come up.
 */
export async function startOwnBroker(
  log: BrokerLog,
  settings: readonly string[] = [],
): Promise<Broker | undefined> {
  const script = await findInstalledServer();
  return script === undefined ? undefined : startPrivateServer(script, log, settings);
}

async function namedBroker(url: string): Promise<Broker> {
  if (!(await answers(url))) throw new Error('AMQP_URL is set, but no broker accepts a connection there');
  const coordinates = parseBrokerUrl(url);
  return { url, ...coordinates, origin: 'AMQP_URL', stop: () => Promise.resolve() };
}

async function startInstalled(log: BrokerLog): Promise<Broker | undefined> {
  try {
    return await startOwnBroker(log);
  } catch (error) {
    log(`the installed rabbitmq-server did not come up: ${describeError(error)}`);
    return undefined;
  }
}
