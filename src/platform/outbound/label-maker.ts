import type { Logger } from 'pino';
import type { LabelKeeper } from '../../enrichment/ports.js';
import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { isJsonObject } from '../../shared/json.js';
import { SingleFlight } from '../../shared/single-flight.js';
import { labelId } from '../../stix/ids.js';
import type { PlatformClient } from '../graphql/client.js';
import { PlatformError } from '../graphql/errors.js';
import { LABEL, LABEL_ADD } from '../graphql/operations.js';

/** Far more labels than a connector uses; then it begins anew. */
const MAX_KNOWN = 10_000;
/** Calls for one request at a time. */
const MAX_CALLS = 4;

export interface LabelMakerOptions {
  readonly client: PlatformClient;
  /** `#rrggbb`. */
  readonly color: string;
  readonly logger: Logger;
}

/**
 * Creates labels with a colour before a bundle names them, because a bundle has no place for it: the platform gives a
 * label that it does not know a colour of its own (protocol reference §6.4). Each label is looked for once in the life of
 * the process; one that exists keeps its colour.
 */
export class LabelMaker implements LabelKeeper {
  readonly #options: LabelMakerOptions;
  readonly #known = new Set<string>();
  readonly #flights = new SingleFlight<void>();
  #isRefused = false;

  constructor(options: LabelMakerOptions) {
    this.#options = options;
  }

  async prepare(labels: readonly string[], request: EnrichmentRequest): Promise<void> {
    if (this.#isRefused) return;
    const missing = new Set(labels.filter((label) => !this.#known.has(label)));
    if (missing.size === 0) return;
    let goesOn = true;
    // All take from one queue; a failure ends them all, so that a platform that hangs is not waited for label by label.
    const queue = missing.values();
    const work = async (): Promise<void> => {
      for (const label of queue) {
        if (!goesOn) return;
        // Another request may have made it meanwhile.
        if (this.#known.has(label)) continue;
        goesOn = (await this.#make(label, request)) && goesOn;
      }
    };
    await Promise.all(Array.from({ length: MAX_CALLS }, work));
  }

  /** @returns whether it makes sense to go on with others. */
  async #make(label: string, request: EnrichmentRequest): Promise<boolean> {
    try {
      await this.#flights.run(label, () => this.#find(label, request));
      this.#remember(label);
      return true;
    } catch (error) {
      return this.#failed(label, error, request);
    }
  }

  async #find(label: string, request: EnrichmentRequest): Promise<void> {
    const { client, color } = this.#options;
    const context = { maxAttempts: 1, about: factsOf(request) };
    // Looked for first: older platforms may give one that exists the new colour.
    const answer = await client.execute<unknown>(LABEL, { id: labelId(label) }, context);
    if (isJsonObject(answer) && isJsonObject(answer.label)) return;
    await client.execute(LABEL_ADD, { input: { value: label, color } }, context);
  }

  #remember(label: string): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(label);
  }

  #failed(label: string, error: unknown, request: EnrichmentRequest): boolean {
    const { logger } = this.#options;
    const reason = describeError(error);
    if (isRefusal(error)) {
      if (!this.#isRefused) {
        logger.warn(
          { reason },
          'platform does not let this user create labels, so that they get its own colours: give the user the capability to manage labels',
        );
      }
      this.#isRefused = true;
      return false;
    }
    logger.debug({ ...factsOf(request), label, reason }, 'label could not be given its colour');
    // Away, or with another token: so it is for all of them, and may be over with the next request.
    if (error instanceof ConnectorError && (error.retryable || error.kind === 'configuration')) return false;
    this.#remember(label);
    return true;
  }
}

/** Of everything of the kind, and not of this one label. */
function isRefusal(error: unknown): boolean {
  return error instanceof PlatformError && (error.code === 'FORBIDDEN_ACCESS' || error.isVersionMismatch);
}
