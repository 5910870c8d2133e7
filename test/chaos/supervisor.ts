import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { MAIN } from '../helpers/built-product.js';

/** Before a connector that ended by itself is started again, so that one that cannot start does not spin. */
const RESTART_DELAY_MS = 500;

/** A line that a connector logged. */
export interface LoggedLine {
  /** Which process it was, from 1. */
  readonly run: number;
  readonly text: string;
}

/**
 * Keeps one connector alive, as a container's restart policy does: whenever its process ends, another one is started in
 * the same folder, until it is told to stop.
 */
export class Supervisor {
  /** Everything that was logged, by all processes. */
  readonly lines: LoggedLine[] = [];
  /** Ends that nobody asked for. */
  readonly ownEnds: string[] = [];
  readonly #directory: string;
  readonly #variables: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #runs = 0;
  /** The signal that was sent to the present process. */
  #sent: NodeJS.Signals | undefined;
  #isStopping = false;
  #running: Promise<number | string> = Promise.resolve('not started');

  /** @param directory - Working directory of the connector; its state survives there. */
  constructor(directory: string, variables: Readonly<Record<string, string>>) {
    this.#directory = directory;
    this.#variables = variables;
  }

  /** How many processes were started. */
  get runs(): number {
    return this.#runs;
  }

  start(): void {
    this.#running = this.#keepAlive();
  }

  /** Kills the present process without warning; the next one is started at once. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends the connector for good; returns its exit code, or the signal that killed it. */
  stop(signal: NodeJS.Signals): Promise<number | string> {
    this.#isStopping = true;
    void this.#end(signal);
    return this.#running;
  }

  /** What was logged with any of these texts in it. */
  linesAbout(texts: readonly string[]): LoggedLine[] {
    return this.lines.filter(({ text }) => texts.some((wanted) => text.includes(wanted)));
  }

  async #keepAlive(): Promise<number | string> {
    for (;;) {
      const code = await this.#run();
      if (this.#isStopping) return code;
      if (this.#sent !== undefined) continue;
      const tail = this.lines.slice(-5).map(({ text }) => text);
      this.ownEnds.push(`process ${this.#runs} ended by itself with ${code}:\n${tail.join('\n')}`);
      await pause(RESTART_DELAY_MS);
    }
  }

  async #run(): Promise<number | string> {
    this.#sent = undefined;
    this.#runs += 1;
    const run = this.#runs;
    const child = spawn(process.execPath, [MAIN, 'serve'], {
      cwd: this.#directory,
      env: { PATH: process.env.PATH, HOME: this.#directory, ...this.#variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) this.#record(run, stream);
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    return code ?? signal ?? 'unknown';
  }

  #record(run: number, stream: NodeJS.ReadableStream): void {
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const texts = (rest + chunk).split('\n');
      rest = texts.pop() ?? '';
      for (const text of texts) this.lines.push({ run, text });
    });
    stream.on('end', () => {
      if (rest !== '') this.lines.push({ run, text: rest });
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    this.#sent = signal;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }
}
