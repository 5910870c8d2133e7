import { randomUUID } from 'node:crypto';
import type { Exclusive } from '../enrichment/analyses/exclusive.js';
import type { Sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { acquireLease, withLease, type LeaseTerms } from '../state/lease.js';
import type { StateStore } from '../state/port.js';

/** How long the other replicas wait for one that died; a living one renews its lease in time. */
const LEASE_MS = 20_000;

export interface LeaseServices {
  readonly clock: Clock;
  readonly sleep: Sleep;
  /** Ends waiting for other replicas when the connector stops. */
  readonly signal: AbortSignal;
}

/** One process has no other to wait for, and after a crash would wait for itself. */
export const alone: Exclusive = {
  attempt: async (_key, task) => {
    await task();
    return true;
  },
  once: async (_key, { ready, task }) => (await ready()) ?? task(),
};

/** By leases in the store that the replicas share. */
export function exclusiveByLeases(store: StateStore, { clock, sleep, signal }: LeaseServices): Exclusive {
  const holder = randomUUID();
  const terms = (key: string): LeaseTerms => ({ store, key, holder, ttlMs: LEASE_MS, clock, sleep, signal });
  return {
    attempt: async (key, task) => {
      const lease = await acquireLease(store, key, holder, LEASE_MS, clock.now());
      if (!lease.held) return false;
      await withLease<undefined>(terms(key), {
        ready: () => Promise.resolve(undefined),
        task: async () => {
          await task();
          return undefined;
        },
      });
      return true;
    },
    once: (key, work) => withLease(terms(key), work),
  };
}
