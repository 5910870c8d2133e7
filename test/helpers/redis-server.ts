import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { runCommand } from '../../src/simulators/broker/command.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { cleanUpWhenWeAreGone } from '../../src/simulators/broker/watchdog.js';
import { installRedisPackage } from './redis-package.js';

/** A Redis one can connect to, whoever started it. */
export interface RedisServer {
  /** `redis://:password@host:port`; the names that tests use on it must be unique. */
  readonly url: string;
  /** Where it comes from, for a log line; never holds the password. */
  readonly origin: string;
  /** Ends a server that was started here and removes its data; does nothing to one that was found running. */
  stop(): Promise<void>;
}

type Log = (message: string) => void;

const HOW_TO_GET_REDIS = [
  'No Redis was found. Do one of these and try again:',
  '  - set REDIS_URL to a running server, for example redis://127.0.0.1:6379',
  '  - install redis-server (Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis);',
  '    it need not run: a private one is started on a free port and removed afterwards',
  '  - start Docker',
].join('\n');

const PROGRAMS = ['redis-server', 'valkey-server'];
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin'];
const IMAGE = 'redis:7-alpine';
const START_TIMEOUT_MS = 30_000;
const PULL_TIMEOUT_MS = 300_000;
const COMMAND_TIMEOUT_MS = 30_000;

/**
 * Finds or starts a real Redis: `REDIS_URL`, else an installed server started privately, else Docker, else Debian's
 * package.
 *
 * @throws {Error} when there is none, and says how to get one: tests must not be skipped for want of it; also when
 *   `REDIS_URL` is set but nothing answers there.
 */
export async function findRedis(log: Log, env: NodeJS.ProcessEnv = process.env): Promise<RedisServer> {
  const named = env.REDIS_URL;
  if (named !== undefined && named !== '') {
    if (!(await answers(named))) throw new Error('REDIS_URL is set, but no Redis answers there');
    return { url: named, origin: 'REDIS_URL', stop: () => Promise.resolve() };
  }
  const server =
    (await startInstalled(log)) ??
    (await startContainer(log)) ??
    ((await installRedisPackage(log)) ? await startInstalled(log) : undefined);
  if (server === undefined) throw new Error(HOW_TO_GET_REDIS);
  return server;
}

async function startInstalled(log: Log): Promise<RedisServer | undefined> {
  const program = await findProgram();
  if (program === undefined) return undefined;
  const [port] = (await freePorts(1)) as [number];
  const password = randomBytes(12).toString('hex');
  const folder = await mkdtemp(join(tmpdir(), 'private-redis-'));
  const configuration = join(folder, 'redis.conf');
  await writeFile(
    configuration,
    [`bind 127.0.0.1`, `port ${port}`, `requirepass ${password}`, `dir ${folder}`, 'save ""', ''].join('\n'),
    { mode: 0o600 },
  );
  const server = spawn(program, [configuration], { cwd: folder, detached: true, stdio: 'ignore' });
  const exit = once(server, 'exit').catch(() => undefined);
  server.unref();
  const callOffWatchdog = cleanUpWhenWeAreGone('kill -s KILL -- "$2"; sleep 1; rm -rf -- "$1"', [
    folder,
    String(server.pid ?? ''),
  ]);
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) server.kill('SIGKILL');
    await exit;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    callOffWatchdog();
  };
  const url = `redis://:${password}@127.0.0.1:${port}`;
  if (await answersInTime(url, () => server.exitCode !== null)) {
    return { url, origin: `private server (${program})`, stop };
  }
  await stop();
  log(`${program} did not come up`);
  return undefined;
}

async function startContainer(log: Log): Promise<RedisServer | undefined> {
  if (!(await runCommand('docker', ['info'], { timeoutMs: COMMAND_TIMEOUT_MS })).ok) return undefined;
  const name = `test-redis-${randomBytes(6).toString('hex')}`;
  log(`starting ${IMAGE} in a container`);
  const run = await runCommand('docker', ['run', '-d', '--name', name, '-p', '127.0.0.1::6379', IMAGE], {
    timeoutMs: PULL_TIMEOUT_MS,
  });
  const callOffWatchdog = cleanUpWhenWeAreGone('docker rm -f -v "$1" > /dev/null 2>&1', [name]);
  const stop = async (): Promise<void> => {
    await runCommand('docker', ['rm', '-f', '-v', name], { timeoutMs: COMMAND_TIMEOUT_MS });
    callOffWatchdog();
  };
  const published = await runCommand('docker', ['port', name, '6379/tcp'], { timeoutMs: COMMAND_TIMEOUT_MS });
  const port = /:(\d+)\s*$/m.exec(published.stdout)?.[1];
  const url = `redis://127.0.0.1:${port ?? ''}`;
  if (run.ok && port !== undefined && (await answersInTime(url, () => false))) {
    return { url, origin: `container ${IMAGE}`, stop };
  }
  await stop();
  log(`docker could not start ${IMAGE}: ${run.stderr.trim()}`);
  return undefined;
}

async function findProgram(): Promise<string | undefined> {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...FOLDERS,
  ];
  for (const path of folders.flatMap((folder) => PROGRAMS.map((program) => join(folder, program)))) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    ) {
      return path;
    }
  }
  return undefined;
}

async function answersInTime(url: string, isGone: () => boolean): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !isGone()) {
    if (await answers(url)) return true;
    // A refused connection fails at once; without a pause this would spin.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function answers(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 3_000 });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return true;
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
