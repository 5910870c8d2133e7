import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { PartHealth } from '../observability/health.js';
import type { CallbackStore, KeptCallback } from '../platform/inbound/callback-store.js';
import { sleep as wallSleep, type Sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { describeError } from '../shared/connector-error.js';
import { asNumber, asText, isJsonObject } from '../shared/json.js';
import { isAborted } from '../shared/is-aborted.js';
import { StateError } from '../state/errors.js';
import type { StateStore } from '../state/port.js';
import { Holders, LOOK_INTERVAL_MS } from './callback-holders.js';

/** What {@link StoredCallbacks} needs. */
export interface StoredCallbacksOptions {
  readonly store: StateStore;
  /** Others may keep their callbacks in the same state. */
  readonly connectorId: string;
  /** Whether replicas work on the same records. One process alone never waits for another: that would be itself. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sleep?: Sleep;
}

const IN_MEMORY = 'The state is kept in memory.';

/** An accepted callback as it is stored. */
interface CallbackRecord {
  /** Base64 of the bytes as they were received. */
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The process that has it. */
  readonly holder: string;
}

/**
 * Accepted callbacks in the state, one record each, and the loop that takes up what dead processes left behind
 * ([why](../../docs/adr/0019-accepted-callbacks-are-in-the-state.md)).
 */
export class StoredCallbacks implements CallbackStore {
  readonly #options: StoredCallbacksOptions;
  readonly #bucket: string;
  readonly #holder = randomUUID();
  /** The other replicas; nobody where the state is ours alone. */
  readonly #holders: Holders | undefined;
  readonly #stopping = new AbortController();
  /** Whether all that was left behind is taken up. Replicas are never through: another one may die. */
  #isThrough = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: StoredCallbacksOptions) {
    this.#options = options;
    this.#bucket = `callback ${options.connectorId}`;
    if (options.isShared) this.#holders = new Holders({ ...options, holder: this.#holder });
  }

  /** What health says: while callbacks cannot be kept, they are refused. */
  health(): PartHealth {
    if (this.#options.store.isDurable) return { ok: true };
    return { ok: false, detail: 'callbacks are answered with 503 until the state can be written' };
  }

  async keep({ key, body, receivedAt }: KeptCallback): Promise<'kept' | 'elsewhere'> {
    const { store } = this.#options;
    this.#mustBeDurable();
    const next: CallbackRecord = {
      body: body.toString('base64'),
      receivedAt: receivedAt.getTime(),
      holder: this.#holder,
    };
    const answer = await store.update<unknown, 'kept' | 'elsewhere'>(this.#bucket, key, (current) =>
      this.#isElsewhere(recordFrom(current)) ? { result: 'elsewhere' } : { next, result: 'kept' },
    );
    if (store.isDurable) return answer;
    // Memory has stood in meanwhile; what it has would end with the process.
    if (answer === 'kept') await this.forget(key);
    throw new StateError(IN_MEMORY);
  }

  forget(key: string): Promise<void> {
    return this.#options.store.update<unknown, undefined>(this.#bucket, key, () => ({
      next: undefined,
      result: undefined,
    }));
  }

  /**
   * Takes up what dead processes left behind, now and until it is closed, each callback in one replica.
   *
   * @param take - Gets what was taken up, the oldest first.
   */
  async watch(take: (callbacks: readonly KeptCallback[]) => void): Promise<void> {
    await this.#round(take);
    this.#loop = this.#run(take);
  }

  /** Leaves what is not settled to the next process, or to another replica. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await this.#holders?.leave();
  }

  /** @throws StateError */
  #mustBeDurable(): void {
    if (!this.#options.store.isDurable) throw new StateError(IN_MEMORY);
    if (this.#holders?.isKnown === false) throw new StateError('The other replicas do not know of this one.');
  }

  #isElsewhere(current: CallbackRecord | undefined): boolean {
    return this.#holders !== undefined && current !== undefined && current.holder !== this.#holder;
  }

  async #run(take: (callbacks: readonly KeptCallback[]) => void): Promise<void> {
    const { sleep = wallSleep } = this.#options;
    const { signal } = this.#stopping;
    while (!this.#isThrough && !signal.aborted) {
      await sleep(LOOK_INTERVAL_MS, signal);
      if (!isAborted(signal)) await this.#round(take);
    }
  }

  /** Never rejects. */
  async #round(take: (callbacks: readonly KeptCallback[]) => void): Promise<void> {
    const { logger } = this.#options;
    const taken: KeptCallback[] = [];
    try {
      await this.#takeUp(taken);
    } catch (error) {
      logger.warn({ reason: describeError(error) }, 'accepted requests in the state could not be looked at');
    }
    if (taken.length === 0) return;
    logger.info({ count: taken.length }, 'accepted requests that were not settled are taken up');
    take(taken);
  }

  /** @param taken - Gets each callback as soon as it is ours, also when the state fails after that. */
  async #takeUp(taken: KeptCallback[]): Promise<void> {
    const { store } = this.#options;
    const others = await this.#holders?.look();
    if (!store.isDurable || others?.haveNews === false) return;
    const records = await this.#list();
    const left = records.filter(({ record: { holder } }) => holder !== this.#holder);
    const dead = left.filter(({ record: { holder } }) => others?.isDead(holder) ?? true);
    for (const { key, record } of dead.toSorted((a, b) => a.record.receivedAt - b.record.receivedAt)) {
      if (!(await this.#claim(key, record.holder))) continue;
      const body = Buffer.from(record.body, 'base64');
      taken.push({ key, body, receivedAt: new Date(record.receivedAt) });
    }
    await others?.bury();
    this.#isThrough = this.#holders === undefined && store.isDurable;
  }

  async #list(): Promise<{ readonly key: string; readonly record: CallbackRecord }[]> {
    const { store, logger } = this.#options;
    const readable: { readonly key: string; readonly record: CallbackRecord }[] = [];
    for (const { key, value } of await store.list(this.#bucket)) {
      const record = recordFrom(value);
      if (record !== undefined) {
        readable.push({ key, record });
        continue;
      }
      logger.error({ key }, 'accepted request in the state cannot be read and is dropped');
      await this.forget(key);
    }
    return readable;
  }

  /** @returns whether it is ours now; another replica may have been faster. */
  #claim(key: string, holder: string): Promise<boolean> {
    return this.#options.store.update<unknown, boolean>(this.#bucket, key, (current) => {
      const record = recordFrom(current);
      if (record?.holder !== holder) return { result: false };
      return { next: { ...record, holder: this.#holder }, result: true };
    });
  }
}

function recordFrom(value: unknown): CallbackRecord | undefined {
  if (!isJsonObject(value)) return undefined;
  const body = asText(value.body);
  const receivedAt = asNumber(value.receivedAt);
  const holder = asText(value.holder);
  if (body === undefined || receivedAt === undefined || holder === undefined) return undefined;
  return { body, receivedAt, holder };
}
