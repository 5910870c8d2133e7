import type { Logger } from 'pino';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import type { Backoff, Sleep } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
import type { RefuseMessage } from './unreadable-message.js';

/** Takes a request to its end. Resolves: settled. Rejects: it must be delivered again. */
export type RequestHandler = (
  request: EnrichmentRequest,
  onCommit?: (isCommitted: boolean) => void,
) => Promise<void>;

/** What the consumer of the listen queue needs. */
export interface AmqpConsumerOptions {
  readonly link: AmqpLink;
  /** Over which copies of messages go back to the queue; `link` when absent. */
  readonly publishingLink?: AmqpLink | undefined;
  /** Name of the listen queue, as the last registration returned it. */
  readonly queue: () => string;
  /** The queue is not there: see {@link QueueReaderOptions}. */
  readonly missing?: ((reason: string) => void) | undefined;
  /** Requests that are worked on at the same time; see {@link RequestLine} for manual ones. */
  readonly concurrency: number;
  /** Requests beside manual ones that are worked on at the same time; `concurrency` when absent. */
  readonly unattendedLimit?: number | undefined;
  /** Called synchronously, in the order in which requests are served. */
  readonly handler: RequestHandler;
  /** Called for what is no request. */
  readonly refuse: RefuseMessage;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Delay before a rejected request goes back, growing with consecutive rejections, so that it cannot spin. */
  readonly requeueBackoff?: Backoff;
  readonly sleep?: Sleep;
  /** Requests that are held without being worked on go back after this long at the latest. */
  readonly maxHoldMs?: number;
  /** Bytes of held requests beyond which nothing is read ahead. */
  readonly maxHeldBytes?: number;
}
