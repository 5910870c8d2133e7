import { spawn, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { runCommand } from '../../src/simulators/broker/command.js';
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

const HOW_TO_GET_POSTGRESQL = [
  'No PostgreSQL was found. Do one of these and try again:',
  '  - set POSTGRES_URL to a running server, for example postgresql://user:password@127.0.0.1:5432/postgres;',
  '    the user must be allowed to create databases',
  '  - install postgresql (Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql);',
  '    it need not run: a private one is started on a free port and removed afterwards',
  '  - start Docker',
].join('\n');

/** Debian keeps each version's programs in a folder of its own, off the PATH. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin'];
const INITDB_TIMEOUT_MS = 60_000;
const COMMAND_TIMEOUT_MS = 30_000;

/**
 * Finds or starts a real PostgreSQL: `POSTGRES_URL`, else an installed server started privately, else Docker, else
 * Debian's package.
 *
 * @throws {Error} when there is none, and says how to get one: tests must not be skipped for want of it; also when
 *   `POSTGRES_URL` is set but nothing answers there.
 */
export async function findPostgres(log: Log, env: NodeJS.ProcessEnv = process.env): Promise<RealServer> {
  const server =
    (await namedServer('POSTGRES_URL', env.POSTGRES_URL, answers)) ??
    (await startInstalled(log)) ??
    (await startPostgresContainer(log)) ??
    ((await installDebianPackage('postgresql', log)) ? await startInstalled(log) : undefined);
  if (server === undefined) throw new Error(HOW_TO_GET_POSTGRESQL);
  return server;
}

/** An empty database of its own on a server, so that tests do not meet. */
export async function createDatabase(
  server: RealServer,
): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  await command(server.url, `create database ${name}`);
  return { url: url.href, drop: () => command(server.url, `drop database if exists ${name} with (force)`) };
}

async function command(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function startInstalled(log: Log): Promise<RealServer | undefined> {
  const initdb = await findProgram(['initdb'], [...(await debianFolders()), ...FOLDERS]);
  const user = await unprivilegedUser();
  if (initdb === undefined || user === undefined) return undefined;
  const program = join(dirname(initdb), 'postgres');
  const folder = await mkdtemp(join(tmpdir(), 'private-postgres-'));
  const data = join(folder, 'data');
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user.uid !== undefined) {
    for (const path of [folder, passwordFile]) await chown(path, user.uid, user.gid);
  }
  const made = await ended(
    initdb,
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C',
      '-N',
    ],
    { ...user, cwd: folder },
  );
  if (!made) {
    await rm(folder, { recursive: true, force: true });
    log(`${initdb} failed`);
    return undefined;
  }
  const [port] = (await freePorts(1)) as [number];
  // Without -F, each commit waits for the disk, which has nothing to do with what is tested.
  const server = spawn(program, ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'], {
    ...user,
    cwd: folder,
    detached: true,
    stdio: 'ignore',
  });
  const exit = once(server, 'exit').catch(() => undefined);
  server.unref();
  // QUIT is the immediate shutdown, which takes the server's children along
  // (https://www.postgresql.org/docs/current/server-shutdown.html).
  const callOffWatchdog = cleanUpWhenWeAreGone('kill -s QUIT -- "$2"; sleep 2; rm -rf -- "$1"', [
    folder,
    String(server.pid ?? ''),
  ]);
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) server.kill('SIGQUIT');
    await exit;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    callOffWatchdog();
  };
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  if (await answersInTime(url, answers, () => server.exitCode !== null)) {
    return { url, origin: `private server (${program})`, stop };
  }
  await stop();
  log(`${program} did not come up`);
  return undefined;
}

function startPostgresContainer(log: Log): Promise<RealServer | undefined> {
  const password = randomBytes(12).toString('hex');
  return startContainer(
    {
      image: 'postgres:16-alpine',
      port: 5432,
      env: { POSTGRES_PASSWORD: password },
      url: (port) => `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
      answers,
    },
    log,
  );
}

/** The newest version first. */
async function debianFolders(): Promise<readonly string[]> {
  const versions = await readdir(DEBIAN_FOLDER).catch((): string[] => []);
  return versions
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(DEBIAN_FOLDER, version, 'bin'));
}

/** Neither is set where the server may run as this user. */
type Owner = { readonly uid: number; readonly gid: number } | { readonly uid?: never; readonly gid?: never };

/** Whom to run the server as: PostgreSQL refuses root. `undefined` when there is nobody; empty for this user. */
async function unprivilegedUser(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([numberOf('-u', name), numberOf('-g', name)]);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  return undefined;
}

async function numberOf(flag: '-u' | '-g', user: string): Promise<number | undefined> {
  const { ok, stdout } = await runCommand('id', [flag, user], { timeoutMs: COMMAND_TIMEOUT_MS });
  return ok ? Number(stdout) : undefined;
}

/** Whether a command ended well. */
async function ended(program: string, args: readonly string[], options: SpawnOptions): Promise<boolean> {
  const child = spawn(program, args, { ...options, stdio: 'ignore', timeout: INITDB_TIMEOUT_MS });
  const [status] = (await once(child, 'exit').catch(() => [undefined])) as [number | null | undefined];
  return status === 0;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
