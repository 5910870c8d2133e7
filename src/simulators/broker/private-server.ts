import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brokerUrl, untilItAnswers, type Broker, type BrokerCoordinates, type BrokerLog } from './broker.js';
import { runCommand } from './command.js';
import { freePorts } from './free-port.js';
import { cleanUpWhenWeAreGone } from './watchdog.js';

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 20_000;
const COMMAND_TIMEOUT_MS = 60_000;

/** Where a private server lives and how it is reached. */
interface Home {
  folder: string;
  coordinates: BrokerCoordinates;
  distributionPort: number;
  epmdPort: number;
  nodeName: string;
}

/** A running server and Erlang's port mapper beside it; both lead a process group of their own. */
interface Running {
  server: ChildProcess;
  portMapper: ChildProcess;
  callOffWatchdog: () => void;
}

/**
 * Starts an installed rabbitmq-server on free ports of the loopback interface, with a data folder, a node name, a
 * cookie and a port mapper of its own, so that it neither disturbs nor depends on a broker of the machine.
 *
 * @param script - Path of RabbitMQ's own `rabbitmq-server` script (not a distribution's wrapper, which changes user).
 * @param settings - Further lines of `rabbitmq.conf`.
 * @throws {Error} with the end of the server's output when it does not come up.
 */
export async function startPrivateServer(
  script: string,
  log: BrokerLog,
  settings: readonly string[] = [],
): Promise<Broker> {
  const home = await makeHome(settings);
  const url = brokerUrl(home.coordinates);
  let running: Running | undefined;

  const start = async (): Promise<void> => {
    const started = await launch(script, home);
    running = started;
    try {
      await untilItAnswers(url, START_TIMEOUT_MS, () =>
        ended(started.server) ? 'rabbitmq-server ended before it answered' : undefined,
      );
    } catch (error) {
      const output = await readFile(join(home.folder, 'output.log'), 'utf8').catch(() => '');
      await endProcesses('SIGKILL');
      throw new Error(`${(error as Error).message}\n${output.slice(-2_000)}`.trim(), { cause: error });
    }
  };

  const endProcesses = async (signal: NodeJS.Signals): Promise<void> => {
    if (running === undefined) return;
    const { server, portMapper, callOffWatchdog } = running;
    running = undefined;
    await endGroup(server, signal);
    await endGroup(portMapper, 'SIGKILL');
    callOffWatchdog();
  };

  const stop = async (): Promise<void> => {
    await endProcesses('SIGKILL');
    await rm(home.folder, { recursive: true, force: true, maxRetries: 5 });
  };

  log(`starting a private RabbitMQ on port ${home.coordinates.port} (${script})`);
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    ...home.coordinates,
    origin: `private rabbitmq-server (${script})`,
    control: {
      kill: () => endProcesses('SIGKILL'),
      restart: async () => {
        await endProcesses('SIGTERM');
        await start();
      },
      command: (...args) => runControl(script, home, args),
    },
    stop,
  };
}

async function makeHome(settings: readonly string[]): Promise<Home> {
  const [port, distributionPort, epmdPort] = (await freePorts(3)) as [number, number, number];
  const folder = await mkdtemp(join(tmpdir(), 'private-rabbitmq-'));
  await Promise.all([mkdir(join(folder, 'data')), mkdir(join(folder, 'log'))]);
  const coordinates = {
    host: '127.0.0.1',
    port,
    user: 'simulator',
    password: randomBytes(12).toString('hex'),
    vhost: '/',
  };
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      `default_user = ${coordinates.user}`,
      `default_pass = ${coordinates.password}`,
      // The default limits would block publishers on a nearly full disk; here nothing large is ever stored.
      'disk_free_limit.absolute = 10MB',
      ...settings,
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  await writeFile(join(folder, 'enabled_plugins'), '[].\n');
  return {
    folder,
    coordinates,
    distributionPort,
    epmdPort,
    nodeName: `simulator-${randomBytes(6).toString('hex')}@localhost`,
  };
}

/** The control script lies beside the server's; distributions wrap both elsewhere. */
async function runControl(script: string, home: Home, args: readonly string[]): Promise<string> {
  const control = join(dirname(script), 'rabbitmqctl');
  const { ok, stdout, stderr } = await runCommand(control, ['-n', home.nodeName, ...args], {
    timeoutMs: COMMAND_TIMEOUT_MS,
    env: environmentOf(home),
  });
  if (!ok) throw new Error(`rabbitmqctl ${args[0] ?? ''} failed: ${stderr.trim()}`);
  return stdout;
}

async function launch(script: string, home: Home): Promise<Running> {
  const { folder } = home;
  const environment = environmentOf(home);
  // In the foreground: left to itself, the server would leave a port mapper behind as a daemon.
  const portMapper = spawn('epmd', ['-port', String(home.epmdPort), '-address', '127.0.0.1'], {
    env: environment,
    detached: true,
    stdio: 'ignore',
  });
  portMapper.on('error', () => undefined);
  portMapper.unref();
  const output = join(folder, 'output.log');
  const server = spawn('sh', ['-c', 'exec "$0" >> "$1" 2>&1', script, output], {
    env: environment,
    cwd: folder,
    detached: true,
    stdio: 'ignore',
  });
  server.on('error', () => undefined);
  server.unref();
  const callOffWatchdog = cleanUpWhenWeAreGone(
    'for group in "$2" "$3"; do [ -n "$group" ] && kill -s KILL -- "-$group"; done; sleep 1; rm -rf -- "$1"',
    [folder, String(server.pid ?? ''), String(portMapper.pid ?? '')],
  );
  return Promise.resolve({ server, portMapper, callOffWatchdog });
}

function environmentOf(home: Home): NodeJS.ProcessEnv {
  const { folder } = home;
  return {
    // Settings of the machine's own RabbitMQ (RABBITMQ_…, ERL_…) must not reach the private one.
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(RABBITMQ_|ERL_)/.test(name))),
    HOME: folder,
    ERL_EPMD_PORT: String(home.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: home.nodeName,
    RABBITMQ_DIST_PORT: String(home.distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_LOGS: join(folder, 'log', 'broker.log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
  };
}

function ended(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Signals the whole process group and waits for its leader to end; a polite signal is followed by SIGKILL. */
async function endGroup(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const exit = ended(child) ? Promise.resolve() : once(child, 'exit');
  const insist = setTimeout(() => {
    signalGroup(pid, 'SIGKILL');
  }, STOP_TIMEOUT_MS);
  signalGroup(pid, signal);
  await exit;
  clearTimeout(insist);
  // Helpers of the Erlang machine that outlived their leader.
  signalGroup(pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
