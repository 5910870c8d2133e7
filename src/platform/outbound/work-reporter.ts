import type { Logger } from 'pino';
import type { WorkKeeper, WorkLiveness, WorkReporter } from '../../enrichment/ports.js';
import { factsOf, type DeliveryAddress } from '../../enrichment/request.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { UNKNOWN_VERSION, type Capabilities } from '../graphql/capabilities.js';
import type { PlatformClient } from '../graphql/client.js';
import { missingWork, PlatformError } from '../graphql/errors.js';
import {
  WORK_ADD_EXPECTATIONS,
  WORK_IS_ALIVE,
  WORK_PING,
  WORK_REPORT_EXPECTATION,
  WORK_TO_PROCESSED,
  WORK_TO_RECEIVED,
  type Operation,
} from '../graphql/operations.js';

/** The platform replaces sources above 50 000 characters by a placeholder. */
const MAX_SOURCE_LENGTH = 50_000;
const MAX_MESSAGE_LENGTH = 5_000;
/** Within some seconds: what passes by itself has passed, or fails otherwise. */
const PINGS_OF_DOUBT = 3;

/**
 * Reports works over GraphQL. For a request without a work (playbook steps, works that the platform has closed) every
 * call does nothing.
 *
 * All methods throw PlatformError; with code `WORK_NOT_ALIVE` or kind `invalid` the work is gone. Old platforms do not say
 * so but fail: then the work is pinged, which every platform fails at when there is none, in words of its own.
 */
export class GraphqlWorkReporter implements WorkReporter, WorkKeeper, WorkLiveness {
  readonly #client: PlatformClient;
  readonly #logger: Logger;
  readonly #capabilities: () => Pick<Capabilities, 'toleratesDeletedWorks'>;
  /** The platform refused to say: our user lacks a capability, and is not asked for again. */
  #isUntold = false;

  /** @param capabilities - What the platform can do now; without it, as of one that does not say its version. */
  constructor(
    client: PlatformClient,
    logger: Logger,
    capabilities: () => Pick<Capabilities, 'toleratesDeletedWorks'> = () => UNKNOWN_VERSION,
  ) {
    this.#client = client;
    this.#logger = logger;
    this.#capabilities = capabilities;
  }

  async received(request: DeliveryAddress, message: string): Promise<void> {
    await this.#edit(request, WORK_TO_RECEIVED, { message: cut(message, MAX_MESSAGE_LENGTH) });
  }

  async addExpectations(request: DeliveryAddress, count: number): Promise<void> {
    await this.#edit(request, WORK_ADD_EXPECTATIONS, { expectations: count });
  }

  async reportExpectation(
    request: DeliveryAddress,
    error?: { error: string; source: string },
  ): Promise<void> {
    await this.#edit(request, WORK_REPORT_EXPECTATION, {
      error:
        error === undefined
          ? null
          : { error: cut(error.error, MAX_MESSAGE_LENGTH), source: cut(error.source, MAX_SOURCE_LENGTH) },
    });
  }

  async processed(request: DeliveryAddress, message: string, inError: boolean): Promise<void> {
    await this.#edit(request, WORK_TO_PROCESSED, { message: cut(message, MAX_MESSAGE_LENGTH), inError });
  }

  async ping(request: DeliveryAddress): Promise<void> {
    await this.#edit(request, WORK_PING, {});
  }

  async isAlive(request: DeliveryAddress): Promise<boolean | undefined> {
    const { workId } = request;
    if (workId === undefined || this.#isUntold) return undefined;
    try {
      const answer = await this.#client.execute<{ readonly isWorkAlive?: unknown }>(
        WORK_IS_ALIVE,
        { id: workId },
        { maxAttempts: 2, about: factsOf(request) },
      );
      return typeof answer.isWorkAlive === 'boolean' ? answer.isWorkAlive : undefined;
    } catch (error) {
      const reason = describeError(error);
      if (error instanceof ConnectorError && !error.retryable) {
        this.#isUntold = true;
        this.#logger.info({ reason }, 'platform does not say which works are alive; our own order tells');
      } else {
        this.#logger.debug(
          { ...factsOf(request), reason },
          'platform could not be asked whether a work is alive',
        );
      }
      return undefined;
    }
  }

  async #edit(request: DeliveryAddress, operation: Operation, variables: object): Promise<void> {
    const { workId } = request;
    if (workId === undefined) return;
    const about = factsOf(request);
    const isFinal = ({ isStumble }: PlatformError): boolean =>
      isStumble && !this.#capabilities().toleratesDeletedWorks;
    try {
      await this.#client.execute(operation, { id: workId, ...variables }, { about, isFinal });
    } catch (error) {
      // Newer platforms fail in the same words only for other reasons, such as while they start.
      const mayBeMissing =
        !this.#capabilities().toleratesDeletedWorks &&
        error instanceof PlatformError &&
        error.isFailureWithin;
      if (mayBeMissing && (await this.#isMissing(request))) throw missingWork(operation.name, error);
      throw error;
    }
  }

  /** Whether the platform has deleted the work, as far as can be told; asked only when a call about it has failed. */
  async #isMissing(request: DeliveryAddress): Promise<boolean> {
    const context = { about: factsOf(request), maxAttempts: PINGS_OF_DOUBT };
    try {
      await this.#client.execute(WORK_PING, { id: request.workId }, context);
      return false;
    } catch (error) {
      return error instanceof PlatformError && error.isStumble;
    }
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
