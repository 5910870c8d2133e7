import type { ConfirmChannel, Message } from 'amqplib';
import type { Logger } from 'pino';
import type { BundleSink, DeliveryReport, PreparedBundle } from '../../enrichment/ports.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import type { Telemetry } from '../../shared/telemetry.js';
import type { Bundle } from '../../stix/objects.js';
import type { AmqpLink, KeptChannel } from '../amqp/amqp-link.js';
import { bundleMessages, type BundleMessage, type BundleMessageContext } from './bundle-message.js';

export interface BundlePublisherOptions {
  readonly link: AmqpLink;
  readonly push: { readonly exchange: string; readonly routingKey: string };
  readonly messages: BundleMessageContext;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

type Loss = DeliveryReport['undelivered'][number];

/** A message on its way to the broker. */
interface Outgoing extends BundleMessage {
  /** How often the broker closed the channel while this message was unconfirmed. */
  suspicions: number;
  readonly resolve: (losses: readonly Loss[]) => void;
  readonly reject: (error: Error) => void;
}

/** A message that was there so often when the channel was closed is taken for the reason. */
const MAX_SUSPICIONS = 3;

/**
 * Publishes bundles for the platform's workers: persistent, confirmed, in the order in which the bundles were sent, over
 * one long-lived channel.
 *
 * - A message that the broker returns as unroutable, or refuses, is reported as undelivered.
 * - When the connection breaks, what is unconfirmed is published again on the next one, for as long as it takes.
 *   A message may then arrive twice, which does no harm: its object has the same id. Giving the request back instead
 *   would announce its expectations twice, and its work would never complete.
 * - When the broker closes only the channel, some message may be the reason (too large, for example). Those that were
 *   unconfirmed are published again one by one, and the one that closes the channel again and again is given up.
 */
export class BundlePublisher implements BundleSink {
  readonly #options: BundlePublisherOptions;
  readonly #queue: Outgoing[] = [];
  readonly #unconfirmed = new Map<string, Outgoing>();
  readonly #returned = new Map<string, string>();
  #channel: ConfirmChannel | undefined;
  #congested = false;
  #closed = false;
  #published = 0;
  #kept: KeptChannel | undefined;

  constructor(options: BundlePublisherOptions) {
    this.#options = options;
  }

  /** Opens the channel, now and after every loss. */
  start(): void {
    this.#kept ??= this.#options.link.keepConfirmChannel({
      name: 'publisher',
      setUp: (channel) => {
        this.#opened(channel);
        return Promise.resolve();
      },
      lost: (reason, alone) => {
        this.#lost(reason, alone);
      },
    });
  }

  /** Messages that are not confirmed yet. */
  get pending(): number {
    return this.#queue.length + this.#unconfirmed.size;
  }

  /** Gives up what is not confirmed: its requests are delivered again. Drain the consumer first. */
  async close(): Promise<void> {
    this.#closed = true;
    const error = new ConnectorError(
      'The connector stopped before RabbitMQ had confirmed the results.',
      'transient',
    );
    for (const message of [...this.#unconfirmed.values(), ...this.#queue]) message.reject(error);
    this.#unconfirmed.clear();
    this.#queue.length = 0;
    await this.#kept?.close();
  }

  prepare(request: EnrichmentRequest, bundle: Bundle): PreparedBundle {
    const messages = bundleMessages(request, bundle, this.#options.messages);
    if (messages.length === 0) {
      throw new ConnectorError('None of the results is of a type that OpenCTI imports.', 'defect');
    }
    return {
      expectations: messages.reduce((sum, { objects }) => sum + objects.length, 0),
      send: () => ({ delivered: this.#send(messages) }),
    };
  }

  #send(messages: readonly BundleMessage[]): Promise<DeliveryReport> {
    const outcomes = messages.map(
      (message) =>
        new Promise<readonly Loss[]>((resolve, reject) => {
          if (this.#closed) {
            reject(new ConnectorError('The connector is stopping.', 'transient'));
          } else {
            this.#queue.push({ ...message, suspicions: 0, resolve, reject });
          }
        }),
    );
    this.#pump();
    const delivered = Promise.all(outcomes).then((losses) => ({ undelivered: losses.flat() }));
    // Whoever sends may look at the outcome later.
    delivered.catch(() => undefined);
    return delivered;
  }

  #opened(channel: ConfirmChannel): void {
    channel.on('drain', () => {
      this.#congested = false;
      this.#pump();
    });
    channel.on('return', (message: Message) => {
      const id = String(message.properties.messageId);
      const { replyText } = message.fields as { replyText?: unknown };
      this.#returned.set(id, typeof replyText === 'string' ? replyText : 'unroutable');
    });
    this.#channel = channel;
    this.#congested = false;
    this.#pump();
  }

  #lost(reason: string, alone: boolean): void {
    this.#channel = undefined;
    this.#returned.clear();
    const again = [...this.#unconfirmed.values()];
    this.#unconfirmed.clear();
    if (again.length > 0) {
      this.#options.logger.info(
        { messages: again.length, reason },
        'unconfirmed messages are published again',
      );
    }
    const kept = again.filter((message) => {
      if (alone) message.suspicions += 1;
      if (message.suspicions < MAX_SUSPICIONS) return true;
      this.#fail(message, `RabbitMQ closed the channel because of it: ${reason}`);
      return false;
    });
    this.#queue.unshift(...kept);
  }

  /** Publishes as much as the channel takes. A message under suspicion travels alone. */
  #pump(): void {
    while (this.#channel !== undefined && !this.#congested) {
      const next = this.#queue[0];
      if (next === undefined) return;
      const [oldest] = this.#unconfirmed.values();
      if (oldest !== undefined && (next.suspicions > 0 || oldest.suspicions > 0)) return;
      this.#queue.shift();
      this.#publish(this.#channel, next);
    }
  }

  #publish(channel: ConfirmChannel, message: Outgoing): void {
    const id = String((this.#published += 1));
    const { exchange, routingKey } = this.#options.push;
    this.#unconfirmed.set(id, message);
    try {
      const room = channel.publish(
        exchange,
        routingKey,
        message.body,
        // Without `mandatory` the broker confirms and forgets what no queue is bound for.
        { persistent: true, contentEncoding: 'utf-8', mandatory: true, messageId: id },
        (error: unknown) => {
          this.#confirmed(id, error);
        },
      );
      this.#congested = !room;
    } catch (error) {
      // The channel is closing; the message stays unconfirmed until the loss is told, and is then published again.
      this.#congested = true;
      this.#options.logger.debug({ reason: describeError(error) }, 'channel is closing');
    }
  }

  #confirmed(id: string, error: unknown): void {
    // amqplib calls back for every unconfirmed message of a channel that is gone; `lost` takes care of those.
    if (error instanceof Error && error.message === 'channel closed') return;
    const message = this.#unconfirmed.get(id);
    if (message === undefined) return;
    this.#unconfirmed.delete(id);
    const returned = this.#returned.get(id);
    this.#returned.delete(id);
    if (returned !== undefined) {
      this.#fail(
        message,
        `no queue takes the results of this connector (${returned}); is it still registered?`,
      );
    } else if (error != null) {
      this.#fail(message, 'RabbitMQ refused it');
    } else {
      this.#options.telemetry.bundlesSent(1);
      message.resolve([]);
    }
    this.#pump();
  }

  #fail(message: Outgoing, reason: string): void {
    const error = `The object could not be handed to RabbitMQ: ${reason}`;
    message.resolve(message.objects.map((object) => ({ error, source: JSON.stringify(object) })));
  }
}
