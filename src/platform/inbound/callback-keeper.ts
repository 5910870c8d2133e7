import type { Logger } from 'pino';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { describeError } from '../../shared/connector-error.js';
import type { CallbackStore } from './callback-store.js';

/** What {@link CallbackKeeper} needs; as in `CallbackQueueOptions`. */
export interface CallbackKeeperOptions {
  readonly store: CallbackStore;
  readonly logger: Logger;
}

/** The store as the queue uses it: a state that fails refuses new requests, and stops no work. */
export class CallbackKeeper {
  readonly #options: CallbackKeeperOptions;
  #isAway = false;

  constructor(options: CallbackKeeperOptions) {
    this.#options = options;
  }

  /** Keeps a request before it is accepted; each change of state is logged once. Never rejects. */
  async keep(request: EnrichmentRequest, body: Buffer): Promise<'kept' | 'elsewhere' | 'unavailable'> {
    const { store, logger } = this.#options;
    try {
      const kept = await store.keep({ key: request.key, body, receivedAt: request.receivedAt });
      if (this.#isAway) logger.info('accepted requests can be kept in the state again');
      this.#isAway = false;
      return kept;
    } catch (error) {
      const reason = describeError(error);
      if (!this.#isAway)
        logger.error({ reason }, 'requests cannot be kept in the state; callbacks are answered with 503');
      this.#isAway = true;
      return 'unavailable';
    }
  }

  /** Forgets a request that is settled. Never rejects: at worst it is settled once more after a restart. */
  async forget(key: string): Promise<void> {
    const { store, logger } = this.#options;
    try {
      await store.forget(key);
    } catch (error) {
      logger.warn({ key, reason: describeError(error) }, 'settled request stays in the state');
    }
  }
}
