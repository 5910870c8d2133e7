import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../shared/clock.js';
import { MemoryStore } from '../../state/memory-store.js';
import { StateError } from '../../state/errors.js';
import type { Change } from '../../state/port.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { emptyLedger, presentUse, type QuotaLedger, spend } from './ledger.js';
import { type Changed, LEDGER_BUCKET, LedgerKeeper } from './ledger-keeper.js';

const clock = fixedClock('2026-03-15T12:00:00.000Z');
const KEY = 'key-1';

const takeOne = (ledger: QuotaLedger, now: Date): Changed<undefined> => ({
  ledger: spend(ledger, now, 'auto'),
  result: undefined,
});

/** Answers late, like a store beyond the network, and refuses while it is away. */
class DistantStore {
  away = false;

  constructor(private readonly store: MemoryStore) {}

  async update<T, R>(
    bucket: string,
    key: string,
    change: (current: T | undefined) => Change<T, R>,
  ): Promise<R> {
    if (this.away) throw new StateError('The store is away.');
    const result = await this.store.update(bucket, key, change);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    return result;
  }
}

describe('LedgerKeeper', () => {
  it('adds the units of an outage to those of others once, however many changes find the store back', async () => {
    const shared = new MemoryStore();
    const store = new DistantStore(shared);
    const keeper = new LedgerKeeper({ store, keyId: KEY, clock, logger: recordedLogger().logger });
    await keeper.update(takeOne);
    store.away = true;
    await keeper.update(takeOne);
    await keeper.update(takeOne);
    const byOther = spend(spend(keeperBase(), clock.now(), 'auto'), clock.now(), 'auto');
    await shared.update(LEDGER_BUCKET, KEY, () => ({ next: byOther, result: undefined }));
    store.away = false;
    await Promise.all([keeper.update(takeOne), keeper.update(takeOne), keeper.update(takeOne)]);
    // One before the outage, two by us and two by others during it, three after it.
    expect(presentUse(keeper.latest, 'day').spent).toBe(8);
  });

  /** As it was stored before the outage. */
  function keeperBase(): QuotaLedger {
    return spend(emptyLedger, clock.now(), 'auto');
  }
});
