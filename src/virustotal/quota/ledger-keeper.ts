import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import { emptyLedger, type QuotaLedger } from './ledger.js';
import { mergedLedger } from './merged-ledger.js';
import { ledgerFrom } from './stored-ledger.js';

/** Bucket of the ledgers. */
export const LEDGER_BUCKET = 'ledger';

/** What a change makes of the ledger, and what it answers. */
export interface Changed<R> {
  readonly ledger: QuotaLedger;
  readonly result: R;
}

/** Where the ledger of a key is kept. */
export interface LedgerKeeperOptions {
  readonly store: Pick<StateStore, 'update'>;
  /** Names the ledger in the store: a hash of the API key, never the key. */
  readonly keyId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Changes the ledger in the store; while the store fails, the copy at hand, so that quota is kept all the same. */
export class LedgerKeeper {
  private copy: QuotaLedger = emptyLedger;
  /** The store has failed since it last took a change, when the ledger was this: it knows less than the copy. */
  private base: QuotaLedger | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: LedgerKeeperOptions) {}

  /** As it was after the last change made here. */
  get latest(): QuotaLedger {
    return this.copy;
  }

  /** @param change - Pure; may run more than once. */
  update<R>(change: (ledger: QuotaLedger, now: Date) => Changed<R>): Promise<R> {
    // One at a time: two changes that find the store back must not both add what was spent meanwhile.
    const applied = this.last.then(() => this.apply(change));
    this.last = applied.catch(() => undefined);
    return applied;
  }

  /** Resolves when the changes asked for so far are stored, as far as they can be. */
  async idle(): Promise<void> {
    await this.last;
  }

  private async apply<R>(change: (ledger: QuotaLedger, now: Date) => Changed<R>): Promise<R> {
    const { store, keyId, clock, logger } = this.options;
    const now = clock.now();
    try {
      const changed = await store.update(LEDGER_BUCKET, keyId, (record: unknown) => {
        const stored = ledgerFrom(record);
        const { base, copy: memory } = this;
        const ledger = base === undefined ? stored : mergedLedger({ base, memory, primary: stored }, now);
        const result = change(ledger, now);
        return { next: result.ledger, result };
      });
      if (this.base !== undefined) logger.info('quota ledger is stored again');
      this.base = undefined;
      this.copy = changed.ledger;
      return changed.result;
    } catch (error) {
      if (this.base === undefined) {
        logger.warn({ reason: describeError(error) }, 'quota ledger cannot be stored; it is kept in memory');
      }
      this.base ??= this.copy;
      const changed = change(this.copy, now);
      this.copy = changed.ledger;
      return changed.result;
    }
  }
}
