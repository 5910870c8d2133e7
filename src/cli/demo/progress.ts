import { createLogUpdate } from 'log-update';
import type { DemoRun } from './runs.js';

const SYMBOLS = { waiting: '·', working: '…', settled: '✔', failed: '✘' } as const;

/** A live display on a terminal; one line for each change elsewhere. */
export class Progress {
  readonly #live = createLogUpdate(process.stdout, { showCursor: true });
  readonly #shown = new Map<DemoRun, string>();

  /** Shows how far each request is. */
  show(runs: readonly DemoRun[]): void {
    const lines = runs.map((run) => line(run));
    if (process.stdout.isTTY) {
      this.#live(lines.join('\n'));
      return;
    }
    for (const [index, run] of runs.entries()) {
      const text = lines[index] ?? '';
      if (run.state === 'waiting' || this.#shown.get(run) === run.state) continue;
      this.#shown.set(run, run.state);
      console.log(text);
    }
  }

  /** Leaves the last state on the screen. */
  done(): void {
    if (process.stdout.isTTY) this.#live.done();
  }
}

function line({ demoCase, state, text }: DemoRun): string {
  const label = demoCase.label.length > 40 ? `${demoCase.label.slice(0, 37)}…` : demoCase.label;
  return `${SYMBOLS[state]} ${demoCase.entityType.padEnd(12)} ${label.padEnd(40)} ${text}`.slice(
    0,
    (process.stdout.columns || 200) - 1,
  );
}
