import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { sleep as sleepOnTheWallClock, type Sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { describeError } from '../shared/connector-error.js';
import { withAnySignal } from '../shared/any-signal.js';
import { StateError } from '../state/errors.js';
import { withLease } from '../state/lease.js';
import type { StateStore } from '../state/port.js';
import type { AcrossReplicas } from '../virustotal/cache/answer-cache.js';

/** How long the other replicas wait for one that died; a living one renews its lease in time. */
const LEASE_MS = 10_000;

export interface ReplicaServices {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends waiting for other replicas when the connector stops. */
  readonly signal?: AbortSignal | undefined;
  readonly sleep?: Sleep;
}

/**
 * Single flight across the replicas that share the store, by leases in it. A store that fails costs at most a look-up
 * that another replica has made as well.
 */
export function acrossReplicas(store: StateStore, services: ReplicaServices): AcrossReplicas {
  const { clock, logger, signal: stop, sleep = sleepOnTheWallClock } = services;
  const holder = randomUUID();
  return async (key, { ready, task }, signal) => {
    let begun = false as boolean;
    const work = {
      ready,
      task: () => {
        begun = true;
        return task();
      },
    };
    try {
      return await withAnySignal([signal, stop], (either) =>
        withLease({ store, key, holder, ttlMs: LEASE_MS, clock, sleep, signal: either }, work),
      );
    } catch (error) {
      if (begun || !(error instanceof StateError)) throw error;
      logger.warn({ reason: describeError(error) }, 'other replicas cannot be told; VirusTotal is asked');
      return task();
    }
  };
}
