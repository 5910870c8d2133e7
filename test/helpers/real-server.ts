import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from '../../src/simulators/broker/command.js';
import { cleanUpWhenWeAreGone } from '../../src/simulators/broker/watchdog.js';

/** A real server one can connect to, whoever started it. */
export interface RealServer {
  /** With its password; the names that tests use on it must be unique. */
  readonly url: string;
  /** Where it comes from, for a log line; never holds the password. */
  readonly origin: string;
  /** Ends a server that was started here and removes its data; does nothing to one that was found running. */
  stop(): Promise<void>;
}

export type Log = (message: string) => void;
export type Answers = (url: string) => Promise<boolean>;

const START_TIMEOUT_MS = 30_000;
const PULL_TIMEOUT_MS = 300_000;
const COMMAND_TIMEOUT_MS = 30_000;

/**
 * The server that a variable names, as it is.
 *
 * @throws {Error} when nothing answers there.
 */
export async function namedServer(
  variable: string,
  url: string | undefined,
  answers: Answers,
): Promise<RealServer | undefined> {
  if (url === undefined || url === '') return undefined;
  if (!(await answers(url))) throw new Error(`${variable} is set, but no server answers there`);
  return { url, origin: variable, stop: () => Promise.resolve() };
}

/** The first of these programs in the folders of the PATH, then in the others. */
export async function findProgram(
  programs: readonly string[],
  otherFolders: readonly string[],
): Promise<string | undefined> {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...otherFolders,
  ];
  for (const path of folders.flatMap((folder) => programs.map((program) => join(folder, program)))) {
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

/** Whether it answers before half a minute is over; a server that is gone is not waited for. */
export async function answersInTime(
  url: string,
  answers: Answers,
  isGone: () => boolean = () => false,
): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !isGone()) {
    if (await answers(url)) return true;
    // A refused connection fails at once; without a pause this would spin.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

export interface ContainerOptions {
  readonly image: string;
  /** The port it listens to inside. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Its URL, given the port on this machine. */
  readonly url: (port: string) => string;
  readonly answers: Answers;
}

/** A server in a container of its own; `undefined` without Docker, or when it does not come up. */
export async function startContainer(options: ContainerOptions, log: Log): Promise<RealServer | undefined> {
  const { image, answers } = options;
  if (!(await runCommand('docker', ['info'], { timeoutMs: COMMAND_TIMEOUT_MS })).ok) return undefined;
  const name = `test-server-${randomBytes(6).toString('hex')}`;
  log(`starting ${image} in a container`);
  const variables = Object.entries(options.env ?? {}).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  const run = await runCommand(
    'docker',
    ['run', '-d', '--name', name, ...variables, '-p', `127.0.0.1::${options.port}`, image],
    { timeoutMs: PULL_TIMEOUT_MS },
  );
  const callOffWatchdog = cleanUpWhenWeAreGone('docker rm -f -v "$1" > /dev/null 2>&1', [name]);
  const stop = async (): Promise<void> => {
    await runCommand('docker', ['rm', '-f', '-v', name], { timeoutMs: COMMAND_TIMEOUT_MS });
    callOffWatchdog();
  };
  const published = await runCommand('docker', ['port', name, `${options.port}/tcp`], {
    timeoutMs: COMMAND_TIMEOUT_MS,
  });
  const port = /:(\d+)\s*$/m.exec(published.stdout)?.[1];
  const url = options.url(port ?? '');
  if (run.ok && port !== undefined && (await answersInTime(url, answers))) {
    return { url, origin: `container ${image}`, stop };
  }
  await stop();
  log(`docker could not start ${image}: ${run.stderr.trim()}`);
  return undefined;
}
