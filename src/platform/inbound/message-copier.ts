import type { ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { describeError } from '../../shared/connector-error.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
import { ConfirmedChannel, publishAndWait, type Properties } from '../amqp/confirmed-channel.js';
import type { KeptChannel } from '../amqp/kept-channel.js';

export interface MessageCopierOptions {
  /** Not the one over which messages are taken: the broker may stop reading from whoever publishes. */
  readonly link: AmqpLink;
  readonly queue: () => string;
  readonly logger: Logger;
}

/**
 * Whether a message has come back already, so that it may be dropped when it comes back again. Quorum queues count it in
 * `x-delivery-count`; before 4.3 each return counts, later only failures. Classic queues neither count nor drop.
 *
 * A quorum queue drops what came back more often than its delivery limit: 20 by default from RabbitMQ 4.0 on, but a
 * policy can set it to anything, and nobody tells a consumer. A crash or a lost connection counts as well.
 */
export function wouldComeBackAgain({ properties }: ConsumeMessage): boolean {
  const count: unknown = properties.headers?.['x-delivery-count'];
  return typeof count === 'number' && count >= 1;
}

/** Begins the ids of copies. */
const COPY = 'virustotal-copy-';

/** Whether a message is a copy: it has been delivered before, although the broker says that it has not. */
export function isCopy({ properties }: ConsumeMessage): boolean {
  const id: unknown = properties.messageId;
  return typeof id === 'string' && id.startsWith(COPY);
}

/**
 * Puts copies of messages at the end of their queue, by the default exchange. For the broker a copy has never been
 * delivered. The channel is opened with the first copy, so that a queue that does not count never sees it.
 */
export class MessageCopier {
  readonly #options: MessageCopierOptions;
  #kept: KeptChannel | undefined;
  #channel: ConfirmedChannel | undefined;
  #opened: Promise<void> | undefined;
  #copies = 0;
  /** The broker closed the channel because of a copy: this user may not publish there, and never will. */
  #refused = false;
  #complained = false;

  constructor(options: MessageCopierOptions) {
    this.#options = options;
  }

  /**
   * Puts a copy into the queue.
   *
   * @returns whether the broker has it for sure; only then may the original be acked. Never rejects.
   */
  async copy(message: ConsumeMessage): Promise<boolean> {
    if (this.#refused) return false;
    await this.#open();
    const channel = this.#channel;
    if (channel === undefined) return false;
    const queue = this.#options.queue();
    const properties = copiedProperties(message, `${COPY}${(this.#copies += 1)}`);
    try {
      // The default exchange has each queue under its name.
      const way = { exchange: '', routingKey: queue };
      const outcome = await publishAndWait(channel, way, message.content, properties);
      if (outcome.kind === 'taken') return true;
      this.#complain(queue, outcome.kind === 'returned' ? 'the queue is gone' : outcome.reason);
    } catch (error) {
      this.#complain(queue, describeError(error));
    }
    return false;
  }

  /** Once. */
  #complain(queue: string, reason: string): void {
    if (!this.#complained)
      this.#options.logger.warn(
        { queue, reason },
        'message that came back cannot be put back into its queue; it is kept',
      );
    this.#complained = true;
  }

  /** Closes the channel, if there is one. */
  async close(): Promise<void> {
    await this.#kept?.close();
  }

  #open(): Promise<void> {
    this.#opened ??= new Promise((resolve) => {
      this.#kept ??= this.#options.link.keepConfirmChannel({
        name: `copies for ${this.#options.queue()}`,
        setUp: (channel) => {
          this.#channel = new ConfirmedChannel(channel);
          resolve();
          return Promise.resolve();
        },
        lost: (_reason, alone) => {
          this.#channel = undefined;
          if (!alone) return;
          this.#refused = true;
          void this.close();
        },
      });
    });
    return this.#opened;
  }
}

/** What the broker counts is left out, and who published it, which a broker lets nobody else say. */
function copiedProperties(
  { properties: { userId: _, ...properties } }: ConsumeMessage,
  messageId: string,
): Properties {
  const headers = Object.entries(properties.headers ?? {}).filter(
    ([name]) => name !== 'x-delivery-count' && name !== 'x-acquired-count',
  );
  return {
    ...properties,
    headers: Object.fromEntries(headers),
    messageId,
  };
}
