import type { DeliveryReport } from '../../enrichment/ports.js';
import type { BundleMessage } from './bundle-message.js';

/** An object that was lost, as the work is told of it. */
export type Lost = DeliveryReport['undelivered'][number];

/** Why the broker did not take a message. */
export interface Refusal {
  /**
   * `full`: the queue takes no more for now (`basic.nack`). `nowhere`: no queue is bound, or there is no exchange, or
   * it may not be used: the platform has to declare what is missing.
   */
  readonly kind: 'full' | 'nowhere';
  readonly reason: string;
}

/** A message on its way to the broker. */
export interface Outgoing extends BundleMessage {
  /** Its place in the order. */
  readonly number: number;
  /** Number of its bundle. */
  readonly bundle: number;
  readonly hasWork: boolean;
  /** When it was handed over, on the clock of `performance.now()`. */
  readonly sentAt: number;
  /** How often the broker closed the channel while this message was unconfirmed. */
  suspicions: number;
  /** Why the broker did not take it the last time; `undefined`: it was not refused. */
  refusal: Refusal | undefined;
  readonly resolve: (losses: readonly Lost[]) => void;
  readonly reject: (error: Error) => void;
}

/** Ends a message that will not be taken: each of its objects is lost. */
export function giveUp(message: Outgoing, reason: string): void {
  const error = `The object could not be handed to RabbitMQ: ${reason}`;
  message.resolve(message.objects.map((object) => ({ error, source: JSON.stringify(object) })));
}

/** Puts a message back into the place that it had in the order. */
export function putBack(queue: Outgoing[], message: Outgoing): void {
  const place = queue.findIndex(({ number }) => number > message.number);
  queue.splice(place === -1 ? queue.length : place, 0, message);
}
