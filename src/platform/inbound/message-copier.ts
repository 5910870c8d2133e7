import type { ConfirmChannel, ConsumeMessage, Message, Options } from 'amqplib';
import type { Logger } from 'pino';
import { describeError } from '../../shared/connector-error.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
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
  readonly #returned = new Set<string>();
  #kept: KeptChannel | undefined;
  #channel: ConfirmChannel | undefined;
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
    const id = `${COPY}${(this.#copies += 1)}`;
    try {
      await new Promise<void>((resolve, reject) => {
        channel.sendToQueue(
          this.#options.queue(),
          message.content,
          copiedProperties(message, id),
          (error) => {
            if (error == null) resolve();
            else reject(error instanceof Error ? error : new Error('RabbitMQ refused it'));
          },
        );
      });
      if (!this.#returned.delete(id)) return true;
      throw new Error('the queue is gone');
    } catch (error) {
      if (!this.#complained) {
        this.#options.logger.warn(
          { queue: this.#options.queue(), reason: describeError(error) },
          'message that came back cannot be put back into its queue; it is kept',
        );
      }
      this.#complained = true;
      return false;
    }
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
          channel.on('return', (message: Message) => {
            this.#returned.add(String(message.properties.messageId));
          });
          this.#channel = channel;
          resolve();
          return Promise.resolve();
        },
        lost: (_reason, alone) => {
          this.#channel = undefined;
          this.#returned.clear();
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
): Options.Publish {
  const headers = Object.entries(properties.headers ?? {}).filter(
    ([name]) => name !== 'x-delivery-count' && name !== 'x-acquired-count',
  );
  return {
    ...properties,
    headers: Object.fromEntries(headers),
    messageId,
    // Without it the broker confirms and forgets what no queue takes.
    mandatory: true,
  };
}
