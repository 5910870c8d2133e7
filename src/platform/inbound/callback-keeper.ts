import type { Logger } from 'pino';
import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import { describeError } from '../../shared/connector-error.js';
import type { CallbackStore } from './callback-store.js';

/** What {@link CallbackKeeper} needs; as in `CallbackQueueOptions`. */
export interface CallbackKeeperOptions {
  readonly store: CallbackStore;
  readonly maxStarts?: number;
  readonly abandon?: (request: EnrichmentRequest) => Promise<void>;
  readonly logger: Logger;
}

/** One of them may be the crash of another request; this many in a row are its own. */
const DEFAULT_MAX_STARTS = 5;

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

  /**
   * Works on a request that an earlier process has left behind. One whose work ended with the process again and again is
   * abandoned instead.
   *
   * @throws whatever the handler throws.
   */
  async tryLeftover(
    request: EnrichmentRequest,
    handler: (request: EnrichmentRequest) => Promise<void>,
  ): Promise<void> {
    const { store, abandon, maxStarts = DEFAULT_MAX_STARTS, logger } = this.#options;
    const { key } = request;
    const starts = await this.#unlessAway(() => store.begin(key), 0);
    try {
      if (starts <= maxStarts || abandon === undefined) {
        await handler(request);
        return;
      }
      logger.error(
        { ...factsOf(request), starts },
        'connector ended whenever it worked on a request, which is given up',
      );
      await abandon(request);
    } catch (error) {
      // The work has not ended with the process; a request to abandon stays one.
      if (starts <= maxStarts) await this.#unlessAway(() => store.survived(key), undefined);
      throw error;
    }
  }

  /** What counts starts must not keep a request from being settled. */
  async #unlessAway<T>(task: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await task();
    } catch (error) {
      this.#options.logger.debug(
        { reason: describeError(error) },
        'starts of a request could not be counted',
      );
      return otherwise;
    }
  }
}
