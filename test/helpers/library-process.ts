import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { MAIN, requireBuiltProduct } from './built-product.js';

/** The built library, running as a process of its own. */
export interface LibraryProcess {
  /** Where its page is. */
  readonly url: string;
  /** The one-time link of the first super admin; `undefined` when there is one. */
  readonly invitation: string | undefined;
  /** What it printed, log and greeting. */
  output(): string;
  /** Sends the signal and waits for the end; returns the exit code, or the name of the signal that killed it. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string>;
}

const START_MS = 30_000;

/**
 * Runs `main.js library` of the built product with these variables alone, and waits until it serves.
 *
 * @param directory - Working directory, where it keeps its state unless told otherwise.
 * @param main - The built product's command line, where it is not beside this file.
 * @throws {Error} with what it printed when it does not start.
 */
export async function startLibraryProcess(
  directory: string,
  variables: Readonly<Record<string, string>> = {},
  main = MAIN,
): Promise<LibraryProcess> {
  requireBuiltProduct(main);
  const port = variables.LIBRARY_LISTEN_PORT ?? String((await freePorts(1))[0]);
  const child = spawn(process.execPath, [main, 'library'], {
    cwd: directory,
    env: { PATH: process.env.PATH, LIBRARY_LISTEN_PORT: port, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const url = `http://127.0.0.1:${port}`;
  const stop: LibraryProcess['stop'] = (signal) => {
    child.kill(signal);
    return ended;
  };
  await new Promise<void>((resolve, reject) => {
    const failed = (why: string): void => {
      reject(new Error(`The library ${why}:\n${output}`));
    };
    const timer = setTimeout(failed, START_MS, 'did not start in time');
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (!output.includes('The IOC library is at') || !output.endsWith('\n')) return;
        clearTimeout(timer);
        resolve();
      });
    }
    void ended.then((code) => {
      clearTimeout(timer);
      failed(`ended with ${code}`);
    });
  }).catch(async (error: unknown) => {
    await stop('SIGKILL');
    throw error;
  });
  return {
    url,
    invitation: /^http\S+\/invitations\/\S+$/m.exec(output)?.[0],
    output: () => output,
    stop,
  };
}
