import type { BundleQueue } from '../../enrichment/ports.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { Sleep } from '../../shared/backoff.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
import type { BrokerOnDemand } from './api-queue.js';
import type { BundlePublisher } from './bundle-publisher.js';

type Link = Pick<AmqpLink, 'start' | 'connected' | 'health' | 'close'>;
type Publisher = BundleQueue & Pick<BundlePublisher, 'start' | 'close'>;

export interface OnDemandBrokerOptions {
  /** The connection by which requests arrive, when they do; else one is made when it is needed. */
  readonly link: AmqpLink | undefined;
  readonly createLink: () => AmqpLink;
  readonly createPublisher: (link: AmqpLink) => Publisher;
  readonly sleep: Sleep;
}

/** A person waits, and those behind as well. */
const PATIENCE_MS = 5_000;

/**
 * The way to RabbitMQ of whoever needs it now and then: connected when the first bundle does. A broker that cannot be
 * reached is tried again with the next one.
 */
export class OnDemandBroker implements BrokerOnDemand {
  readonly #options: OnDemandBrokerOptions;
  #own: AmqpLink | undefined;
  #publisher: Publisher | undefined;
  #connecting: Promise<AmqpLink> | undefined;

  constructor(options: OnDemandBrokerOptions) {
    this.#options = options;
  }

  get reached(): BundleQueue | undefined {
    const link = this.#link;
    return link?.connected === true ? this.#publisherOver(link) : undefined;
  }

  async reach(): Promise<BundleQueue> {
    const link = this.#link ?? (await (this.#connecting ??= this.#connect()));
    if (link.connected) return this.#publisherOver(link);
    throw new ConnectorError('the connection to RabbitMQ is broken at the moment.', 'transient');
  }

  /** Gives up what is not confirmed. The connection by which requests arrive is not its to close. */
  async close(): Promise<void> {
    await this.#publisher?.close();
    await this.#own?.close();
  }

  get #link(): AmqpLink | undefined {
    return this.#options.link ?? this.#own;
  }

  #publisherOver(link: AmqpLink): BundleQueue {
    if (this.#publisher === undefined) {
      this.#publisher = this.#options.createPublisher(link);
      this.#publisher.start();
    }
    return this.#publisher;
  }

  async #connect(): Promise<AmqpLink> {
    const link = this.#options.createLink();
    try {
      await this.#started(link);
      return (this.#own = link);
    } catch (error) {
      await link.close();
      throw error;
    } finally {
      this.#connecting = undefined;
    }
  }

  async #started(link: Link): Promise<void> {
    const patience = new AbortController();
    const lost = this.#options.sleep(PATIENCE_MS, patience.signal).then(() => {
      const { detail = 'it does not answer' } = link.health;
      throw new ConnectorError(
        `RabbitMQ cannot be reached within ${PATIENCE_MS / 1_000} s: ${detail}`,
        'transient',
      );
    });
    const started = link.start();
    try {
      await Promise.race([started, lost]);
    } finally {
      started.catch(() => undefined);
      lost.catch(() => undefined);
      patience.abort();
    }
  }
}
