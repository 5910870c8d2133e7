import { ConnectorError } from '../../shared/connector-error.js';
import type { Priority } from '../../virustotal/schema.js';
import { urgencyOf } from './analysis-record.js';

/** Somebody more urgent wants the turn; nothing was done in it that counts. */
export class OvertakenError extends ConnectorError {
  constructor() {
    super('Somebody more urgent wants to submit the same object.', 'transient', { untouched: true });
  }
}

/** The right to submit an object, alone. */
export interface Turn {
  /** Aborts, with an {@link OvertakenError}, when somebody more urgent waits: who waits as well gives the turn away. */
  readonly signal: AbortSignal;
  end(): void;
}

interface Waiting {
  readonly priority: Priority;
  readonly take: (turn: Turn) => void;
}

interface Line {
  current: { readonly priority: Priority; readonly overtaken: AbortController } | undefined;
  readonly waiting: Waiting[];
}

/** One after the other for each object, the most urgent first. */
export class Turns {
  readonly #lines = new Map<string, Line>();

  /** Waits for the turn; it has to be ended. */
  take(key: string, priority: Priority): Promise<Turn> {
    const line = this.#lines.get(key) ?? { current: undefined, waiting: [] };
    this.#lines.set(key, line);
    const turn = new Promise<Turn>((take) => line.waiting.push({ priority, take }));
    const { current } = line;
    if (current === undefined) this.#next(key, line);
    else if (urgencyOf(priority) < urgencyOf(current.priority)) current.overtaken.abort(new OvertakenError());
    return turn;
  }

  #next(key: string, line: Line): void {
    const first = line.waiting.reduce<Waiting | undefined>(
      (best, one) => (best === undefined || urgencyOf(one.priority) < urgencyOf(best.priority) ? one : best),
      undefined,
    );
    if (first === undefined) {
      this.#lines.delete(key);
      return;
    }
    line.waiting.splice(line.waiting.indexOf(first), 1);
    const current = { priority: first.priority, overtaken: new AbortController() };
    line.current = current;
    first.take({
      signal: current.overtaken.signal,
      end: () => {
        if (line.current !== current) return;
        line.current = undefined;
        this.#next(key, line);
      },
    });
  }
}
