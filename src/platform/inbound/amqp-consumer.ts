import { randomUUID } from 'node:crypto';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { systemClock, type Clock } from '../../shared/clock.js';
import { atMost } from '../../shared/at-most.js';
import { describeError } from '../../shared/connector-error.js';
import { createStopController } from '../../shared/stop-controller.js';
import { fullJitterMs, sleep as wallSleep, type Backoff, type Sleep } from '../../shared/backoff.js';
import type { AmqpLink, KeptChannel } from '../amqp/amqp-link.js';
import { decodeRequest, excerptOf } from './message.js';

/** Takes a request to its end. Resolves: settled. Rejects: it must be delivered again. */
export type RequestHandler = (request: EnrichmentRequest, onCommit?: () => void) => Promise<void>;

export interface AmqpConsumerOptions {
  readonly link: AmqpLink;
  /** Name of the listen queue, as registration returned it. */
  readonly queue: string;
  /** Requests that are worked on at the same time. */
  readonly concurrency: number;
  /** Called synchronously, in the order of arrival. */
  readonly handler: RequestHandler;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Delay before a rejected request goes back, growing with consecutive rejections, so that it cannot spin. */
  readonly requeueBackoff?: Backoff;
  readonly sleep?: Sleep;
}

/** A message, and the channel on which alone it can be acked. */
interface Delivery {
  readonly message: ConsumeMessage;
  readonly channel: Channel;
}

/** A request that is being worked on. More than one delivery: the broker delivered it again after a lost connection. */
interface Flight {
  readonly key: string;
  deliveries: Delivery[];
  /** Something has begun that must not happen twice: a stop does not hand it back any more. */
  committed: boolean;
}

const CANCEL_TIMEOUT_MS = 1_000;
/** How long requests have to hand themselves back when a stop has cut short what they waited for. */
const LET_GO_MS = 1_000;
/** Settled requests whose redelivery is recognised; the broker holds no more unacknowledged than the prefetch. */
const MAX_REMEMBERED = 1_024;
const DEFAULT_REQUEUE_BACKOFF: Backoff = { baseMs: 2_000, maxMs: 60_000 };

/**
 * Consumes the listen queue. A message is acked after its request was settled, and nowhere else; what is not settled
 * goes back to the queue. A request that the broker delivers again while it is still being worked on, because the
 * connection broke meanwhile, is not started twice: its new delivery shares the fate of the work under way.
 */
export class AmqpConsumer {
  readonly #options: AmqpConsumerOptions;
  readonly #flights = new Map<string, Flight>();
  readonly #settled = new Set<string>();
  readonly #draining = createStopController();
  readonly #idle = new Set<() => void>();
  #kept: KeptChannel | undefined;
  #channel: Channel | undefined;
  #consuming: { channel: Channel; tag: string } | undefined;
  #paused = false;
  #rejections = 0;

  constructor(options: AmqpConsumerOptions) {
    this.#options = options;
  }

  /** Requests in work. */
  get inFlight(): number {
    return this.#flights.size;
  }

  /** Whether messages would arrive now. */
  get consuming(): boolean {
    return this.#consuming !== undefined;
  }

  /** Begins to consume, now and after every loss of the connection. */
  start(): void {
    this.#kept ??= this.#options.link.keepChannel({
      name: `consumer of ${this.#options.queue}`,
      setUp: (channel) => this.#setUp(channel),
      lost: () => {
        this.#channel = undefined;
        this.#consuming = undefined;
      },
    });
  }

  /** Takes no new messages, so that they wait in the queue, until {@link resume}. Requests in work go on. */
  async pause(): Promise<void> {
    this.#paused = true;
    await this.#cancel();
  }

  /** Takes messages again. */
  async resume(): Promise<void> {
    if (!this.#paused) return;
    this.#paused = false;
    const channel = this.#channel;
    if (channel === undefined || this.#draining.signal.aborted) return;
    try {
      await this.#consume(channel);
    } catch (error) {
      this.#options.logger.debug({ reason: describeError(error) }, 'consumer could not resume yet');
    }
  }

  /**
   * Stops consuming, waits for the requests in work, and hands back to the queue what is not settled in time.
   *
   * @param timeoutMs - How long to wait for requests in work.
   * @param expire - Called when that time is over, to end what they wait for; they get a moment to let go.
   */
  async drain(timeoutMs: number, expire: () => void = () => undefined): Promise<void> {
    this.#draining.abort();
    await this.#cancel();
    await this.#idleWithin(timeoutMs);
    expire();
    await this.#idleWithin(LET_GO_MS);
    if (this.#flights.size > 0) {
      this.#options.logger.warn({ requests: this.#flights.size }, 'unfinished requests go back to the queue');
    }
    for (const flight of [...this.#flights.values()])
      this.#finish(flight, flight.committed ? 'ack' : 'requeue');
    await this.#kept?.close();
  }

  /** Resolves when no request is in work, or when the time is over. */
  async #idleWithin(timeoutMs: number): Promise<void> {
    if (this.#flights.size === 0) return;
    const { sleep = wallSleep } = this.#options;
    const stop = new AbortController();
    const idle = new Promise<void>((resolve) => this.#idle.add(resolve));
    await Promise.race([idle, sleep(timeoutMs, stop.signal)]);
    stop.abort();
  }

  async #setUp(channel: Channel): Promise<void> {
    await channel.prefetch(this.#options.concurrency);
    this.#channel = channel;
    if (!this.#paused && !this.#draining.signal.aborted) await this.#consume(channel);
  }

  async #consume(channel: Channel): Promise<void> {
    const tag = `virustotal-${randomUUID()}`;
    // Known before the broker answers, so that a pause in between finds it.
    this.#consuming = { channel, tag };
    const take = (message: ConsumeMessage | null): void => {
      if (message === null) this.#vanished(channel);
      else this.#take({ message, channel });
    };
    try {
      await channel.consume(this.#options.queue, take, { consumerTag: tag });
    } catch (error) {
      this.#consuming = undefined;
      throw error;
    }
  }

  /** The queue was deleted. A closed channel is opened again, and the platform declares the queue with each ping. */
  #vanished(channel: Channel): void {
    this.#options.logger.warn(
      { queue: this.#options.queue },
      'listen queue was deleted; waiting for the platform',
    );
    this.#consuming = undefined;
    channel.close().catch(() => undefined);
  }

  async #cancel(): Promise<void> {
    const consuming = this.#consuming;
    this.#consuming = undefined;
    if (consuming === undefined) return;
    // A channel that is gone has no consumer any more, and a broker that is silent must not hold up a stop.
    await atMost(CANCEL_TIMEOUT_MS, consuming.channel.cancel(consuming.tag));
  }

  /** Never throws: an exception here would make amqplib close the channel. */
  #take(delivery: Delivery): void {
    const { logger, clock = systemClock, handler } = this.#options;
    if (this.#draining.signal.aborted) {
      this.#settle(delivery, 'requeue');
      return;
    }
    let request: EnrichmentRequest;
    try {
      request = decodeRequest(delivery.message.content, clock.now());
    } catch (error) {
      logger.error(
        { reason: describeError(error), excerpt: excerptOf(delivery.message.content) },
        'message cannot be read and is dropped',
      );
      this.#settle(delivery, 'ack');
      return;
    }
    if (delivery.message.fields.redelivered && this.#settled.has(request.key)) {
      logger.debug({ key: request.key }, 'request was settled already; its acknowledgement was lost');
      this.#settle(delivery, 'ack');
      return;
    }
    const running = this.#flights.get(request.key);
    if (running !== undefined) {
      logger.debug({ key: request.key }, 'request is being worked on already');
      running.deliveries.push(delivery);
      return;
    }
    const flight: Flight = { key: request.key, deliveries: [delivery], committed: false };
    this.#flights.set(flight.key, flight);
    void this.#fly(flight, request, handler);
  }

  async #fly(flight: Flight, request: EnrichmentRequest, handler: RequestHandler): Promise<void> {
    const { sleep = wallSleep, requeueBackoff = DEFAULT_REQUEUE_BACKOFF, logger } = this.#options;
    try {
      await handler(request, () => {
        flight.committed = true;
      });
      this.#rejections = 0;
      this.#finish(flight, 'ack');
    } catch (error) {
      const delayMs = fullJitterMs(this.#rejections, requeueBackoff);
      this.#rejections += 1;
      logger.debug(
        { key: flight.key, reason: describeError(error), delayMs },
        'request goes back to the queue',
      );
      await sleep(delayMs, this.#draining.signal);
      this.#finish(flight, 'requeue');
    }
  }

  #finish(flight: Flight, verdict: 'ack' | 'requeue'): void {
    if (this.#flights.get(flight.key) !== flight) return;
    this.#flights.delete(flight.key);
    if (verdict === 'ack') this.#remember(flight.key);
    for (const delivery of flight.deliveries) this.#settle(delivery, verdict);
    if (this.#flights.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  /** An ack on a connection that is breaking may be lost in silence, and the broker then delivers again. */
  #remember(key: string): void {
    this.#settled.add(key);
    const [oldest] = this.#settled;
    if (this.#settled.size > MAX_REMEMBERED && oldest !== undefined) this.#settled.delete(oldest);
  }

  /** The one place that acks. On a channel that is gone, the broker has taken the message back already. */
  #settle({ message, channel }: Delivery, verdict: 'ack' | 'requeue'): void {
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
}
