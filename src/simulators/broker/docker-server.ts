import { randomBytes } from 'node:crypto';
import { brokerUrl, untilItAnswers, type Broker, type BrokerLog } from './broker.js';
import { runCommand } from './command.js';
import { cleanUpWhenWeAreGone } from './watchdog.js';

const IMAGE = 'rabbitmq:4-alpine';
const PULL_TIMEOUT_MS = 300_000;
const COMMAND_TIMEOUT_MS = 30_000;
const START_TIMEOUT_MS = 90_000;

/** Starts RabbitMQ in a container of its own, or answers `undefined` when there is no usable Docker. */
export async function startDockerServer(log: BrokerLog): Promise<Broker | undefined> {
  const available = await runCommand('docker', ['info'], { timeoutMs: COMMAND_TIMEOUT_MS });
  if (!available.ok) return undefined;

  const name = `simulator-rabbitmq-${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  log(`starting ${IMAGE} in a container`);
  const run = await runCommand(
    'docker',
    // The credentials are named only, so that the password is not on a command line.
    ['run', '-d', '--name', name, '-p', '127.0.0.1::5672'].concat(
      ['-e', 'RABBITMQ_DEFAULT_USER', '-e', 'RABBITMQ_DEFAULT_PASS'],
      IMAGE,
    ),
    {
      timeoutMs: PULL_TIMEOUT_MS,
      env: { RABBITMQ_DEFAULT_USER: 'simulator', RABBITMQ_DEFAULT_PASS: password },
    },
  );
  const remove = async (): Promise<void> => {
    await runCommand('docker', ['rm', '-f', '-v', name], { timeoutMs: COMMAND_TIMEOUT_MS });
  };
  if (!run.ok) {
    await remove();
    log(`docker could not start ${IMAGE}: ${run.stderr.trim()}`);
    return undefined;
  }
  const callOffWatchdog = cleanUpWhenWeAreGone('docker rm -f -v "$1" > /dev/null 2>&1', [name]);
  const stop = async (): Promise<void> => {
    await remove();
    callOffWatchdog();
  };
  try {
    const coordinates = {
      host: '127.0.0.1',
      port: await publishedPort(name),
      user: 'simulator',
      password,
      vhost: '/',
    };
    const url = brokerUrl(coordinates);
    await untilItAnswers(url, START_TIMEOUT_MS, () => undefined);
    return { url, ...coordinates, origin: `container ${IMAGE}`, stop };
  } catch (error) {
    await stop();
    log(`${IMAGE} did not come up: ${(error as Error).message}`);
    return undefined;
  }
}

async function publishedPort(container: string): Promise<number> {
  const answer = await runCommand('docker', ['port', container, '5672/tcp'], {
    timeoutMs: COMMAND_TIMEOUT_MS,
  });
  const port = /:(\d+)\s*$/m.exec(answer.stdout)?.[1];
  if (port === undefined) throw new Error('docker published no port');
  return Number(port);
}
