import { sleep as sleepOnTheWallClock, type Sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import type { StateStore } from './port.js';

/** Bucket of the leases. They are short-lived; a merge after an outage may take either side. */
export const LEASE_BUCKET = 'lease';

/** Record of who works on something until when, so that no other replica does. */
export interface Lease {
  readonly holder: string;
  /** Milliseconds since the epoch by the holder's clock; replicas whose clocks differ see it shifted by as much. */
  readonly expiresAt: number;
}

/** What became of an attempt to take a lease. */
export type LeaseAnswer = { readonly held: true } | { readonly held: false; readonly until: Date };

/**
 * Takes a lease that is free or expired, or renews one that this holder has.
 *
 * @param holder - Unique among all processes; two tasks of one holder are not kept apart.
 * @throws StateError
 */
export function acquireLease(
  store: StateStore,
  key: string,
  holder: string,
  ttlMs: number,
  now: Date,
): Promise<LeaseAnswer> {
  return store.update<Lease, LeaseAnswer>(LEASE_BUCKET, key, (current) => {
    if (current !== undefined && current.holder !== holder && current.expiresAt > now.getTime()) {
      return { result: { held: false, until: new Date(current.expiresAt) } };
    }
    return { next: { holder, expiresAt: now.getTime() + ttlMs }, result: { held: true } };
  });
}

/** Gives a lease back; does nothing when another holder has taken it over. @throws StateError */
export function releaseLease(store: StateStore, key: string, holder: string): Promise<void> {
  return store.update<Lease, undefined>(LEASE_BUCKET, key, (current) =>
    current?.holder === holder ? { next: undefined, result: undefined } : { result: undefined },
  );
}

/** Removes the leases that processes left behind when they died. @throws StateError */
export async function sweepLeases(store: StateStore, now: Date): Promise<void> {
  for (const { key, value } of await store.list(LEASE_BUCKET)) {
    if ((value as Lease).expiresAt > now.getTime()) continue;
    await store.update<Lease, undefined>(LEASE_BUCKET, key, (current) =>
      current !== undefined && current.expiresAt <= now.getTime()
        ? { next: undefined, result: undefined }
        : { result: undefined },
    );
  }
}

/** Under what terms {@link withLease} works. */
export interface LeaseTerms {
  readonly store: StateStore;
  readonly key: string;
  readonly holder: string;
  /** How long others wait for a holder that died; a living one renews in time. */
  readonly ttlMs: number;
  /** How often one who waits looks again, half a second by default. */
  readonly pollMs?: number;
  readonly clock: Clock;
  readonly sleep?: Sleep;
  /** Ends waiting for another holder. */
  readonly signal?: AbortSignal;
}

/** The work that a lease protects. */
export interface LeasedWork<T> {
  /** What another holder may have left behind meanwhile, such as a cached answer; `undefined` if there is nothing. */
  readonly ready: () => Promise<T | undefined>;
  readonly task: () => Promise<T>;
}

/**
 * Single flight across replicas: runs the task while holding the lease, or waits for the replica that holds it and
 * takes what it left. Look for a ready answer before; `ready` is asked only once a lease was taken or waited for.
 *
 * @throws StateError, the error of the task, or the signal's reason.
 */
export async function withLease<T>(terms: LeaseTerms, work: LeasedWork<T>): Promise<T> {
  const { store, key, holder, ttlMs, clock, signal, pollMs = 500, sleep = sleepOnTheWallClock } = terms;
  for (;;) {
    signal?.throwIfAborted();
    const lease = await acquireLease(store, key, holder, ttlMs, clock.now());
    if (lease.held) break;
    await sleep(Math.max(1, Math.min(pollMs, lease.until.getTime() - clock.now().getTime())), signal);
    const left = await work.ready();
    if (left !== undefined) return left;
  }
  const stopRenewing = new AbortController();
  const renewing = renew(terms, sleep, stopRenewing.signal);
  try {
    // The former holder may have finished between our look before and the lease.
    return (await work.ready()) ?? (await work.task());
  } finally {
    stopRenewing.abort();
    // A renewal under way would otherwise bring the lease back.
    await renewing;
    // A lease that cannot be given back expires; the answer must not be lost over it.
    await releaseLease(store, key, holder).catch(() => undefined);
  }
}

async function renew(terms: LeaseTerms, sleep: Sleep, stopped: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(terms.ttlMs / 3, stopped);
    if (stopped.aborted) return;
    await acquireLease(terms.store, terms.key, terms.holder, terms.ttlMs, terms.clock.now()).catch(
      () => undefined,
    );
  }
}
