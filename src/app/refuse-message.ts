import type { Logger } from 'pino';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import type { Health } from '../observability/health.js';
import type { Metrics } from '../observability/metrics.js';
import type { RequestHandler } from '../platform/inbound/amqp-consumer-options.js';
import { excerptOf } from '../platform/inbound/message.js';
import type { DeadLetter, DeadLetterSource } from '../dead-letters/dead-letter.js';
import type { RefuseMessage, UnreadableMessage } from '../platform/inbound/unreadable-message.js';
import { describeError } from '../shared/connector-error.js';
import type { Telemetry } from '../shared/telemetry.js';
import { BoundedMap } from '../shared/bounded-map.js';

export interface RefusalDependencies {
  readonly deadLetters: DeadLetters;
  /** Settles the request that a message names: its work fails, its playbook goes on with what it had. */
  readonly handler: RequestHandler;
  readonly source: DeadLetterSource;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/** Messages that were handed back, of which is known whether they were told of. */
const MAX_HANDED_BACK = 1_000;

/**
 * Builds the function that takes messages which cannot be read to their end: kept as dead letters first, so that nothing
 * is lost when the process dies, then whoever waits for them is told (protocol reference §10). While they cannot be kept
 * they are handed back, which is logged once.
 *
 * A message may come again and again, until whoever waits for it could be told. It is an error in the log and in the
 * metrics when it is kept for the first time, a warning when the same bytes come afresh.
 */
export function createRefuseMessage(dependencies: RefusalDependencies): RefuseMessage {
  const { handler, telemetry, logger } = dependencies;
  const keep = letterKeeper(dependencies);
  // How often a letter was counted does not tell: memory, which stood in while it was kept, may have counted as well.
  const handedBack = new BoundedMap<'told' | 'untold'>(MAX_HANDED_BACK, () => 1);
  return async (message, onCommit, redelivered = false) => {
    const { key, body, error, workId, entityId, request } = message;
    const known = handedBack.get(key);
    // Until it is through.
    handedBack.set(key, known ?? 'untold');
    const { id, times } = await keep(message);
    const level = levelOf(known, times);
    if (level !== 'debug') telemetry.messageUnreadable();
    logger[level](
      { deadLetter: id, times, reason: error.message, workId, entityId, excerpt: excerptOf(body) },
      'message cannot be read and is kept as a dead letter',
    );
    handedBack.set(key, 'told');
    if (request !== undefined) {
      const refusal = `${request.refusal ?? ''} The operator of the connector finds it as dead letter ${id}.`;
      // A process may have died over it after it was kept; a worker that calls back does not say that it comes again.
      const cameBefore = redelivered || times > 1;
      await handler({ ...request, refusal, ...(cameBefore ? { redelivered: true } : {}) }, onCommit);
    }
    handedBack.delete(key);
  };
}

/** @param known - What is known of a message that was handed back by this process. */
function levelOf(known: 'told' | 'untold' | undefined, times: number): 'error' | 'warn' | 'debug' {
  if (known === 'told') return 'debug';
  return known === 'untold' || times === 1 ? 'error' : 'warn';
}

/** Each change of state is logged once. */
function letterKeeper({
  deadLetters,
  source,
  logger,
}: RefusalDependencies): (message: UnreadableMessage) => Promise<DeadLetter> {
  let isAway = false;
  return async ({ body, error, workId, entityId }) => {
    let letter: DeadLetter;
    try {
      letter = await deadLetters.keep({ body, reason: error.message, source, workId, entityId });
    } catch (failure) {
      if (!isAway)
        logger.error(
          { reason: describeError(failure) },
          'messages that cannot be read cannot be kept either, and come again until the state can be written',
        );
      isAway = true;
      throw failure;
    }
    if (isAway) logger.info('messages that cannot be read are kept again');
    isAway = false;
    return letter;
  };
}

/** Shows how many dead letters there are. They wait for a person, and make nothing unwell. */
export function showDeadLetters(deadLetters: DeadLetters, metrics: Metrics, health: Health): void {
  metrics.watchDeadLetters(() => deadLetters.count());
  health.watch('deadLetters', () => {
    // Others may have kept or dropped some; the next answer knows.
    deadLetters.count().catch(() => undefined);
    const { lastCount } = deadLetters;
    return lastCount === 0
      ? { ok: true }
      : { ok: true, detail: `${lastCount} messages could not be read; see the command dead-letters` };
  });
}
