import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { cleanUpWhenWeAreGone } from '../../src/simulators/broker/watchdog.js';
import { installDebianPackage } from './debian-package.js';
import {
  answersInTime,
  findProgram,
  namedServer,
  startContainer,
  type Log,
  type RealServer,
} from './real-server.js';

/** A Redis one can connect to; its URL reads `redis://:password@host:port`. */
export type RedisServer = RealServer;

const HOW_TO_GET_REDIS = [
  'No Redis was found. Do one of these and try again:',
  '  - set REDIS_URL to a running server, for example redis://127.0.0.1:6379',
  '  - install redis-server (Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis);',
  '    it need not run: a private one is started on a free port and removed afterwards',
  '  - start Docker',
].join('\n');

const PROGRAMS = ['redis-server', 'valkey-server'];
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin'];
const CONTAINER = {
  image: 'redis:7-alpine',
  port: 6379,
  url: (port: string) => `redis://127.0.0.1:${port}`,
  answers,
};

/**
 * Finds or starts a real Redis: `REDIS_URL`, else an installed server started privately, else Docker, else Debian's
 * package.
 *
 * @throws {Error} when there is none, and says how to get one: tests must not be skipped for want of it; also when
 *   `REDIS_URL` is set but nothing answers there.
 */
export async function findRedis(log: Log, env: NodeJS.ProcessEnv = process.env): Promise<RedisServer> {
  const server =
    (await namedServer('REDIS_URL', env.REDIS_URL, answers)) ??
    (await startInstalled(log)) ??
    (await startContainer(CONTAINER, log)) ??
    ((await installDebianPackage('redis-server', log)) ? await startInstalled(log) : undefined);
  if (server === undefined) throw new Error(HOW_TO_GET_REDIS);
  return server;
}

async function startInstalled(log: Log): Promise<RedisServer | undefined> {
  const program = await findProgram(PROGRAMS, FOLDERS);
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
  if (await answersInTime(url, answers, () => server.exitCode !== null)) {
    return { url, origin: `private server (${program})`, stop };
  }
  await stop();
  log(`${program} did not come up`);
  return undefined;
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
