import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import { emptyLedger, type QuotaLedger, tighterOf } from './ledger.js';
import { ledgerFrom } from './stored-ledger.js';

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
  /** The store has failed since it last took a change: it knows less than the copy. */
  private storeIsBehind = false;

  constructor(private readonly options: LedgerKeeperOptions) {}

  /** As it was after the last change made here. */
  get latest(): QuotaLedger {
    return this.copy;
  }

  /** @param change - Pure; may run more than once. */
  async update<R>(change: (ledger: QuotaLedger, now: Date) => Changed<R>): Promise<R> {
    const { store, keyId, clock, logger } = this.options;
    const now = clock.now();
    try {
      const changed = await store.update('ledger', keyId, (record: unknown) => {
        const stored = ledgerFrom(record);
        const result = change(this.storeIsBehind ? tighterOf(stored, this.copy, now) : stored, now);
        return { next: result.ledger, result };
      });
      if (this.storeIsBehind) logger.info('quota ledger is stored again');
      this.storeIsBehind = false;
      this.copy = changed.ledger;
      return changed.result;
    } catch (error) {
      if (!this.storeIsBehind) {
        logger.warn({ reason: describeError(error) }, 'quota ledger cannot be stored; it is kept in memory');
      }
      this.storeIsBehind = true;
      const changed = change(this.copy, now);
      this.copy = changed.ledger;
      return changed.result;
    }
  }
}
