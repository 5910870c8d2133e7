import type { BundleSink } from '../../enrichment/ports.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { Sleep } from '../../shared/backoff.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
import type { BrokerOnDemand } from './api-queue.js';
import type { BundlePublisher } from './bundle-publisher.js';

type Link = Pick<AmqpLink, 'start' | 'connected' | 'health' | 'close'>;
type Publisher = BundleSink & Pick<BundlePublisher, 'start' | 'close'>;

export interface DraftBrokerOptions {
  /** The connection by which requests arrive, when they do; else one is made when it is needed. */
  readonly link: AmqpLink | undefined;
  readonly createLink: () => AmqpLink;
  readonly createPublisher: (link: AmqpLink) => Publisher;
  readonly sleep: Sleep;
}

/** A person waits for what is to come of a draft, and those behind it as well. */
const PATIENCE_MS = 5_000;

/**
 * The way to RabbitMQ of a connector whose results go over the API: connected when the first result needs it. A broker
 * that cannot be reached is tried again with the next one.
 */
export class DraftBroker implements BrokerOnDemand {
  readonly #options: DraftBrokerOptions;
  #own: AmqpLink | undefined;
  #publisher: Publisher | undefined;
  #connecting: Promise<AmqpLink> | undefined;

  constructor(options: DraftBrokerOptions) {
    this.#options = options;
  }

  get reached(): BundleSink | undefined {
    const link = this.#link;
    return link?.connected === true ? this.#publisherOver(link) : undefined;
  }

  async reach(): Promise<BundleSink> {
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

  #publisherOver(link: AmqpLink): BundleSink {
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
