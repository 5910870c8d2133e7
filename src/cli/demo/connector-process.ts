import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The real connector, running as a process of its own. */
export interface ConnectorProcess {
  /** `undefined` when it could not be started. */
  readonly pid: number | undefined;
  /** Resolves with the exit code, or the name of the signal that killed it. */
  readonly ended: Promise<number | string>;
  /** What it logged, or the end of that. */
  log(): string;
  /** Sends the signal and waits for the end; returns the exit code, or the name of the signal that killed it. */
  stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | string>;
}

/** The built product, from here in `dist` as well as from here in `src`. */
const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** Of the caller's own environment, what a process needs to run at all and to get out through a proxy. */
const INHERITED = ['PATH', 'HOME', 'HTTPS_PROXY', 'NO_PROXY'] as const;

export interface ConnectorProcessOptions {
  /** Path of the built product's `main.js`. */
  readonly main?: string;
  /** How much of the end of its log is kept; `Infinity` for all of it. */
  readonly keptLogCharacters?: number;
}

/**
 * Runs `main.js serve` of the built product with these variables alone.
 *
 * @param directory - Working directory; it should hold no configuration file.
 */
export function startConnectorProcess(
  directory: string,
  variables: Readonly<Record<string, string>>,
  { main = MAIN, keptLogCharacters = 100_000 }: ConnectorProcessOptions = {},
): ConnectorProcess {
  const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
  const child = spawn(process.execPath, [main, 'serve'], {
    cwd: directory,
    env: { ...inherited, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let lines = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lines = (lines + text).slice(-keptLogCharacters);
  });
  // `close`, not `exit`: only then has everything that it logged been read.
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return {
    pid: child.pid,
    ended,
    log: () => lines,
    stop: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}
