import { randomUUID } from 'node:crypto';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { atMost } from '../../shared/at-most.js';
import { describeError } from '../../shared/connector-error.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
import type { KeptChannel } from '../amqp/kept-channel.js';

/** A message, and the channel on which alone it can be acked. */
export interface Delivery {
  readonly message: ConsumeMessage;
  readonly channel: Channel;
  /** It came because of {@link QueueReader.readAhead}. */
  readonly ahead: boolean;
}

export interface QueueReaderOptions {
  readonly link: AmqpLink;
  /** Asked whenever the queue is read anew: a later registration may name another one. */
  readonly queue: () => string;
  /** Messages that may be unsettled at once, beside those read ahead. */
  readonly prefetch: number;
  readonly logger: Logger;
  /** Called for each message in the order of the queue. Must not throw: amqplib would close the channel. */
  readonly take: (delivery: Delivery) => void;
  /** The channel is open, for the first time or again. */
  readonly opened: () => void;
  /** The queue is not there: somebody has to make the platform declare it. Must neither wait nor throw. */
  readonly missing?: ((reason: string) => void) | undefined;
  /** The channel is gone, and the broker has taken back every message that was not settled. */
  readonly lost: () => void;
}

interface Consumer {
  readonly channel: Channel;
  readonly tag: string;
  /** The broker has answered. */
  confirmed: boolean;
}

/** Why messages are read: to be worked on, or to find out what there is. */
type Purpose = 'work' | 'ahead';

const CANCEL_TIMEOUT_MS = 1_000;
/** AMQP reply code: there is no such queue. */
const NOT_FOUND = 404;

/**
 * Reads one queue over one channel that comes back after every loss. For a while it can read further ahead than there is
 * room for work: a second consumer on the same channel, with a prefetch of its own, so that what both get arrives in
 * the order of the queue.
 */
export class QueueReader {
  readonly #options: QueueReaderOptions;
  readonly #consuming = new Map<Purpose, Consumer>();
  #kept: KeptChannel | undefined;
  #channel: Channel | undefined;
  #stopped = false;

  constructor(options: QueueReaderOptions) {
    this.#options = options;
  }

  /** Whether messages would arrive now. */
  get consuming(): boolean {
    return this.#consuming.get('work')?.confirmed === true;
  }

  /** Whether a message can still be settled: its channel stands. */
  owns({ channel }: Delivery): boolean {
    return channel === this.#channel;
  }

  /** The one place that acks. On a channel that is gone, the broker has taken the message back already. */
  settle({ message, channel }: Delivery, verdict: 'ack' | 'requeue'): void {
    try {
      if (verdict === 'ack') channel.ack(message);
      else channel.nack(message, false, true);
    } catch (error) {
      this.#options.logger.debug(
        { reason: describeError(error), verdict },
        'channel is gone; the broker delivers the message again',
      );
    }
  }

  /** Opens the channel, now and after every loss of the connection, and reads unless {@link stop} was called. */
  open(): void {
    this.#kept ??= this.#options.link.keepChannel({
      name: `consumer of ${this.#options.queue()}`,
      setUp: async (channel) => {
        this.#channel = channel;
        if (!this.#stopped) await this.#consume('work', channel, this.#options.prefetch);
        this.#options.opened();
      },
      lost: (reason, _alone, code) => {
        this.#channel = undefined;
        this.#consuming.clear();
        if (code === NOT_FOUND) this.#options.missing?.(reason);
        this.#options.lost();
      },
    });
  }

  /** Takes no more messages, now and after a loss, until {@link resume}. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#cancel('work'), this.#cancel('ahead')]);
  }

  /** Takes messages again. */
  async resume(): Promise<void> {
    this.#stopped = false;
    await this.#consumeUnlessConsuming('work', this.#options.prefetch);
  }

  /** Takes so many messages more; harmless while it does already, or while there is no channel. */
  async readAhead(count: number): Promise<void> {
    if (!this.#stopped) await this.#consumeUnlessConsuming('ahead', count);
  }

  /** Reads no further ahead; what was read stays unsettled. */
  async stopReadingAhead(): Promise<void> {
    await this.#cancel('ahead');
  }

  /** Closes the channel, which hands back what is not settled. */
  async close(): Promise<void> {
    await this.#kept?.close();
  }

  async #consumeUnlessConsuming(purpose: Purpose, prefetch: number): Promise<void> {
    const channel = this.#channel;
    if (channel === undefined || this.#consuming.has(purpose)) return;
    try {
      await this.#consume(purpose, channel, prefetch);
    } catch (error) {
      this.#options.logger.debug({ reason: describeError(error) }, 'queue could not be read yet');
    }
  }

  async #consume(purpose: Purpose, channel: Channel, prefetch: number): Promise<void> {
    const tag = `virustotal-${purpose}-${randomUUID()}`;
    const consumer: Consumer = { channel, tag, confirmed: false };
    // Known before the broker answers, so that a stop in between finds it.
    this.#consuming.set(purpose, consumer);
    const take = (message: ConsumeMessage | null): void => {
      if (message === null) this.#vanished(consumer);
      else this.#options.take({ message, channel, ahead: purpose === 'ahead' });
    };
    try {
      // The prefetch holds for consumers that are added after it; nothing may come between the two.
      await Promise.all([
        channel.prefetch(prefetch),
        channel.consume(this.#options.queue(), take, { consumerTag: tag }),
      ]);
      consumer.confirmed = true;
    } catch (error) {
      if (this.#consuming.get(purpose) === consumer) this.#consuming.delete(purpose);
      throw error;
    }
  }

  /** The queue was deleted. The platform declares it when the connector registers; the channel is opened again. */
  #vanished({ channel }: Consumer): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#consuming.clear();
    const reason = 'listen queue was deleted';
    this.#options.logger.warn({ queue: this.#options.queue() }, `${reason}; waiting for the platform`);
    this.#options.missing?.(reason);
    channel.close().catch(() => undefined);
  }

  async #cancel(purpose: Purpose): Promise<void> {
    const consumer = this.#consuming.get(purpose);
    if (consumer === undefined) return;
    this.#consuming.delete(purpose);
    // A channel that is gone has no consumer any more, and a broker that is silent must not hold up a stop.
    await atMost(CANCEL_TIMEOUT_MS, cancelled(consumer));
  }
}

async function cancelled({ channel, tag }: Consumer): Promise<void> {
  await channel.cancel(tag);
}
