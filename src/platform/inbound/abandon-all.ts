import type { Logger } from 'pino';
import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import { describeError } from '../../shared/connector-error.js';
import type { Sleep } from '../../shared/backoff.js';

/** How long the platform may take to hear of the requests that are lost. */
const ABANDON_MS = 2_000;
/** Requests of which the platform is told at the same time that they are lost. */
const ABANDON_CONCURRENCY = 10;

/** Tells the platform of requests that are lost, as far as there is time. Never rejects. */
export async function abandonAll(
  requests: readonly EnrichmentRequest[],
  abandon: (request: EnrichmentRequest) => Promise<void>,
  { logger, sleep }: { readonly logger: Logger; readonly sleep: Sleep },
): Promise<void> {
  const rest = [...requests];
  const timer = new AbortController();
  const next = async (): Promise<void> => {
    for (let request = rest.shift(); request !== undefined && !timer.signal.aborted; request = rest.shift()) {
      try {
        await abandon(request);
      } catch (error) {
        logger.warn(
          { ...factsOf(request), reason: describeError(error) },
          'platform could not be told of a lost request',
        );
      }
    }
  };
  const all = Promise.all(Array.from({ length: ABANDON_CONCURRENCY }, next));
  await Promise.race([all, sleep(ABANDON_MS, timer.signal)]);
  timer.abort();
}
