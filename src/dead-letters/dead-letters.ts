import type { Logger } from 'pino';
import { systemClock, type Clock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import type { StateStore } from '../state/port.js';
import {
  deadLetterFrom,
  deadLetterId,
  recordOf,
  type DeadLetter,
  type DeadLetterSource,
} from './dead-letter.js';

/** Where letters are. They are kept apart from the bytes, so that a list does not read those. */
interface Shelf {
  readonly letters: string;
  readonly bodies: string;
}

const COMMON_SHELF: Shelf = { letters: 'dead-letters', bodies: 'dead-letter-bodies' };

const MEBIBYTE = 1_048_576;

/** How much is kept. */
export interface DeadLetterBounds {
  /** Bytes of one message; of a larger one the beginning is kept, and its true size. 1 MiB by default. */
  readonly bodyBytes: number;
  /** Messages, 500 by default. */
  readonly count: number;
  /** Bytes of all messages together, 16 MiB by default. */
  readonly totalBytes: number;
}

const DEFAULT_BOUNDS: DeadLetterBounds = { bodyBytes: MEBIBYTE, count: 500, totalBytes: 16 * MEBIBYTE };

export interface DeadLettersOptions {
  readonly store: StateStore;
  readonly logger: Logger;
  /**
   * Names the connector where others may share the state: a letter is replayed into the queue of its own connector only.
   * Absent where it has the state to itself.
   */
  readonly owner?: string | undefined;
  readonly clock?: Clock;
  readonly bounds?: Partial<DeadLetterBounds>;
}

/** A message as it came, and what is known about it. */
export interface LetterToKeep extends Pick<DeadLetter, 'reason' | 'source' | 'workId' | 'entityId'> {
  readonly body: Uint8Array;
}

export type { DeadLetter, DeadLetterSource };

/**
 * Messages that could not be read, as they came, in the state: they survive a restart, and replicas with one Redis
 * share them. When there are too many, those that came last the longest time ago give way, each with a line in the log.
 *
 * Earlier versions did not say which connector a letter came to: such letters are shown to all.
 *
 * A letter is written before its bytes and deleted after them, so that no bytes stay behind unseen. All methods throw
 * StateError when the state cannot be used.
 */
export class DeadLetters {
  readonly #store: StateStore;
  /** Where new letters come. */
  readonly #shelf: Shelf;
  /** Where letters may be, ours first. */
  readonly #shelves: readonly Shelf[];
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #bounds: DeadLetterBounds;
  #lastCount = 0;

  constructor({ store, logger, owner, clock = systemClock, bounds = {} }: DeadLettersOptions) {
    this.#store = store;
    this.#shelf = shelfOf(owner);
    this.#shelves = owner === undefined ? [this.#shelf] : [this.#shelf, COMMON_SHELF];
    this.#logger = logger;
    this.#clock = clock;
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds };
  }

  /** How many there were when they were last looked at. */
  get lastCount(): number {
    return this.#lastCount;
  }

  /**
   * Keeps a message; one that is kept already is counted.
   *
   * @throws ConnectorError (`transient`) while memory stands in for the state: what only memory knows ends with the process, and the
   *   message would be gone.
   */
  async keep({ body, ...about }: LetterToKeep): Promise<DeadLetter> {
    this.#mustBeDurable();
    const id = deadLetterId(body);
    const kept = body.subarray(0, this.#bounds.bodyBytes);
    const now = this.#clock.now();
    const letter = await this.#store.update<unknown, DeadLetter>(this.#shelf.letters, id, (current) => {
      const known = deadLetterFrom(id, current);
      const next: DeadLetter = {
        ...about,
        id,
        size: body.byteLength,
        kept: kept.byteLength,
        firstAt: known?.firstAt ?? now,
        lastAt: now,
        times: (known?.times ?? 0) + 1,
      };
      return { next: recordOf(next), result: next };
    });
    await this.#store.update<string, undefined>(this.#shelf.bodies, id, (current) =>
      current === undefined
        ? { next: Buffer.from(kept).toString('base64'), result: undefined }
        : { result: undefined },
    );
    await this.#makeRoom();
    // Memory may have stood in meanwhile. What it has is carried over, and counted once more when the message comes again.
    this.#mustBeDurable();
    return letter;
  }

  /** All of them, the one that came first the longest time ago first. */
  async list(): Promise<readonly DeadLetter[]> {
    const found = new Map<string, DeadLetter>();
    for (const shelf of this.#shelves) {
      for (const { key, value } of await this.#store.list(shelf.letters)) {
        const letter = found.get(key) ?? deadLetterFrom(key, value);
        if (letter !== undefined) found.set(key, letter);
      }
    }
    this.#lastCount = found.size;
    return [...found.values()].sort(
      (a, b) => a.firstAt.getTime() - b.firstAt.getTime() || (a.id < b.id ? -1 : 1),
    );
  }

  /** How many there are. */
  async count(): Promise<number> {
    return (await this.list()).length;
  }

  /** The letter; `undefined` when there is none of that id. */
  async find(id: string): Promise<DeadLetter | undefined> {
    for (const { letters } of this.#shelves) {
      const letter = deadLetterFrom(id, await this.#read(letters, id));
      if (letter !== undefined) return letter;
    }
    return undefined;
  }

  /** The bytes that are kept; `undefined` when there are none, as after a crash while it was being kept. */
  async bodyOf(id: string): Promise<Buffer | undefined> {
    for (const { bodies } of this.#shelves) {
      const text = await this.#read(bodies, id);
      if (typeof text === 'string') return Buffer.from(text, 'base64');
    }
    return undefined;
  }

  /** Forgets a letter. @returns whether there was one. */
  async remove(id: string): Promise<boolean> {
    let wasThere = false;
    for (const { letters, bodies } of this.#shelves) {
      await this.#store.update(bodies, id, () => ({ next: undefined, result: undefined }));
      const isOurs = await this.#store.update<unknown, boolean>(letters, id, (current) => ({
        next: undefined,
        result: current !== undefined,
      }));
      wasThere ||= isOurs;
    }
    return wasThere;
  }

  #read(bucket: string, key: string): Promise<unknown> {
    return this.#store.update<unknown, unknown>(bucket, key, (current) => ({ result: current }));
  }

  #mustBeDurable(): void {
    if (!this.#store.isDurable) throw new ConnectorError('The state is kept in memory.', 'transient');
  }

  async #makeRoom(): Promise<void> {
    const letters = [...(await this.list())].sort((a, b) => a.lastAt.getTime() - b.lastAt.getTime());
    let bytes = letters.reduce((sum, { kept }) => sum + kept, 0);
    for (let count = letters.length; count > 1; count -= 1) {
      if (count <= this.#bounds.count && bytes <= this.#bounds.totalBytes) break;
      const oldest = letters.shift();
      if (oldest === undefined) break;
      bytes -= oldest.kept;
      // Another replica may have been faster.
      if (await this.remove(oldest.id)) this.#logDropped(oldest);
    }
    this.#lastCount = letters.length;
  }

  #logDropped({ id, reason, workId, lastAt }: DeadLetter): void {
    this.#logger.warn(
      { deadLetter: id, reason, workId, lastAt: lastAt.toISOString() },
      'dead letter was dropped to make room for newer ones',
    );
  }
}

function shelfOf(owner: string | undefined): Shelf {
  if (owner === undefined) return COMMON_SHELF;
  return { letters: `${COMMON_SHELF.letters} ${owner}`, bodies: `${COMMON_SHELF.bodies} ${owner}` };
}
