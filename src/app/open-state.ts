import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { Clock } from '../shared/clock.js';
import { openResilientStore, type RecordConflict, type ResilientStore } from '../state/resilient-store.js';
import { openSqliteStore } from '../state/sqlite-store.js';
import type { StateStore } from '../state/port.js';
import { LEDGER_BUCKET } from '../virustotal/quota/ledger-keeper.js';
import { mergedLedger } from '../virustotal/quota/merged-ledger.js';
import { ledgerFrom } from '../virustotal/quota/stored-ledger.js';

/** Begins every key in a Redis that others may use as well. */
const REDIS_PREFIX = 'opencti-virustotal';

/** What opening the state needs beside the configuration. */
export interface StateServices {
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * The state as configured; memory stands in while it cannot be used.
 *
 * @throws ConnectorError (`configuration`) when the Redis URL is not valid.
 */
export function openState(config: Config, services: StateServices): Promise<ResilientStore> {
  return openResilientStore({
    open: () => openStateProper(config, services),
    merge: (conflict) => mergeRecords(conflict, services.clock),
    ...services,
  });
}

/**
 * The state as configured, and nothing in its place.
 *
 * @throws StateError when it cannot be used; ConnectorError (`configuration`) when the Redis URL is not valid.
 */
export async function openStateProper({ state }: Config, services: StateServices): Promise<StateStore> {
  if (state.redisUrl === undefined) return openSqliteStore({ path: state.path, ...services });
  // Who needs no Redis does not pay for its client with memory.
  const { openRedisStore } = await import('../state/redis-store.js');
  return openRedisStore({ url: state.redisUrl, prefix: REDIS_PREFIX, ...services });
}

/**
 * Names this connector in records that belong to it alone, where connectors of other ids, and of other platforms, may
 * use the same state; `undefined` where it has the state to itself, and so takes over what it left under another id.
 */
export function ownerOf({ state, connector }: Config): string | undefined {
  return state.redisUrl === undefined ? undefined : connector.id;
}

/** Names the records of an API key, which itself is never stored. */
export function keyIdOf(apiKey: string): string {
  return createHash('sha256').update(apiKey).digest('hex').slice(0, 16);
}

/** What was spent on both sides counts; of any other record, such as a lease, what this process made of it. */
export function mergeRecords({ bucket, base, memory, primary }: RecordConflict, clock: Clock): unknown {
  if (bucket !== LEDGER_BUCKET) return memory;
  const parted = { base: ledgerFrom(base), memory: ledgerFrom(memory), primary: ledgerFrom(primary) };
  return mergedLedger(parted, clock.now());
}
