import type { ConfirmChannel, Message, Options } from 'amqplib';
import { describeError } from '../../shared/connector-error.js';

/** What became of a message. */
export type Outcome =
  /** The broker has it for sure. */
  | { readonly kind: 'taken' }
  /** No queue is bound for it. */
  | { readonly kind: 'returned'; readonly reason: string }
  /** `basic.nack`: the queue is full, for example. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The channel was closed before the broker answered: it may have it or not. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Properties of a message; the id must differ from those of other messages that are not confirmed yet. */
export type Properties = Options.Publish & { readonly messageId: string };

/** A channel on which the broker says of each message what became of it. */
export class ConfirmedChannel {
  readonly #channel: ConfirmChannel;
  readonly #returned = new Map<string, string>();

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
    // It comes before the confirmation of the same message.
    channel.on('return', ({ fields, properties }: Message) => {
      const { replyText } = fields as { replyText?: unknown };
      const reason = typeof replyText === 'string' ? replyText : 'unroutable';
      this.#returned.set(String(properties.messageId), reason);
    });
  }

  /**
   * Publishes a message. `mandatory` is added: without it the broker confirms and forgets what no queue is bound for.
   *
   * @param done - Called once; also when the channel is lost, but not after an exception.
   * @returns whether the channel takes more at once.
   * @throws {Error} when the channel is closing.
   */
  publish(
    { exchange, routingKey }: { readonly exchange: string; readonly routingKey: string },
    body: Buffer,
    properties: Properties,
    done: (outcome: Outcome) => void,
  ): boolean {
    return this.#channel.publish(
      exchange,
      routingKey,
      body,
      { ...properties, mandatory: true },
      (error: unknown) => {
        done(this.#outcome(properties.messageId, error));
      },
    );
  }

  #outcome(messageId: string, error: unknown): Outcome {
    const returned = this.#returned.get(messageId);
    if (returned !== undefined) {
      this.#returned.delete(messageId);
      return { kind: 'returned', reason: returned };
    }
    if (error == null) return { kind: 'taken' };
    // amqplib calls back for every unconfirmed message of a channel that is gone.
    const isClosed = error instanceof Error && error.message === 'channel closed';
    return { kind: isClosed ? 'unknown' : 'refused', reason: describeError(error) };
  }
}

/** Publishes a message and waits for what becomes of it. Rejects when the channel is closing. */
export function publishAndWait(
  channel: ConfirmedChannel,
  ...[way, body, properties]: [{ exchange: string; routingKey: string }, Buffer, Properties]
): Promise<Outcome> {
  return new Promise((resolve) => {
    channel.publish(way, body, properties, resolve);
  });
}
