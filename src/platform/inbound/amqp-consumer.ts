import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import { systemClock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { RequestFacts } from '../../shared/request-facts.js';
import type { HeldFigures } from '../../shared/telemetry.js';
import { createStopController } from '../../shared/stop-controller.js';
import { fullJitterMs, sleep as wallSleep, type Backoff } from '../../shared/backoff.js';
import type { AmqpConsumerOptions } from './amqp-consumer-options.js';
import { contentOf, isRedelivered, newFlight, wasDelivered, type Flight } from './flight.js';
import { HoldWatch } from './hold-watch.js';
import { readRequest } from './message.js';
import { MessageCopier, wouldComeBackAgain } from './message-copier.js';
import { QueueReader, type Delivery } from './queue-reader.js';
import { IdleWait } from './idle-wait.js';
import { RequestLine, type Admission } from './request-line.js';
import { SettledKeys } from './settled-keys.js';
import { UnreadableMessage } from './unreadable-message.js';

/** How long requests have to hand themselves back when a stop has cut short what they waited for. */
const LET_GO_MS = 1_000;
const DEFAULT_REQUEUE_BACKOFF: Backoff = { baseMs: 2_000, maxMs: 60_000 };
/** Requests among which the manual ones are looked for while automatic ones wait for quota. */
const MAX_READ_AHEAD = 1_000;
/** Less is not worth a consumer. */
const MIN_READ_AHEAD = 100;

/**
 * Consumes the listen queue. A message is acked after its request was settled, and nowhere else; what is not settled
 * goes back to the queue. A request that the broker delivers again while it is still at hand, because the connection
 * broke meanwhile, is not started twice: its new delivery shares the fate of the first.
 *
 * The queue knows no priorities. While requests wait for quota, many more are therefore read than are worked on, so that
 * manual ones behind automatic ones are found; those that are not started are held as they came, and go back to their
 * place in the queue, or where the queue counts returns to its end, long before the broker takes them away.
 */
export class AmqpConsumer {
  readonly #options: AmqpConsumerOptions;
  readonly #reader: QueueReader;
  readonly #copier: MessageCopier;
  readonly #line: RequestLine<Flight>;
  readonly #flights = new Map<string, Flight>();
  readonly #settled = new SettledKeys();
  readonly #draining = createStopController();
  readonly #idle = new IdleWait();
  readonly #holds: HoldWatch;
  #scarce = false;
  #rejections = 0;

  constructor(options: AmqpConsumerOptions) {
    this.#options = options;
    const { link, publishingLink = link, queue, concurrency, unattendedLimit, logger, sleep } = options;
    this.#holds = new HoldWatch({
      maxHoldMs: options.maxHoldMs,
      maxBytes: options.maxHeldBytes,
      sleep,
      signal: this.#draining.signal,
      expired: () => {
        this.#handBackHeld();
      },
    });
    this.#copier = new MessageCopier({ link: publishingLink, queue, logger });
    this.#line = new RequestLine({ concurrency, unattendedLimit, start: (flight) => this.#fly(flight) });
    this.#reader = new QueueReader({
      link,
      queue,
      missing: options.missing,
      prefetch: concurrency,
      logger,
      take: (delivery) => {
        this.#take(delivery);
      },
      opened: () => {
        this.#lookAhead();
      },
      lost: () => {
        this.#forgetHeld();
      },
    });
  }

  /** Requests at hand, in work or held. */
  get inFlight(): number {
    return this.#flights.size;
  }

  /** Whether messages would arrive now. */
  get consuming(): boolean {
    return this.#reader.consuming;
  }

  /** Requests at hand that are not worked on. */
  get held(): HeldFigures {
    return this.#line.figures(({ receivedAt }) => receivedAt);
  }

  /** Begins to consume, now and after every loss of the connection. */
  start(): void {
    this.#reader.open();
  }

  /** Takes no new messages, so that they wait in the queue, until {@link resume}. Requests in work go on. */
  pause(): Promise<void> {
    return this.serve('nobody');
  }

  /** Takes messages again. */
  resume(): Promise<void> {
    return this.serve('everyone');
  }

  /**
   * Starts only requests of these from now on. The others are held, as far as there is room, or stay in the queue; when
   * nobody is served, all stay there.
   */
  async serve(whom: Admission): Promise<void> {
    if (this.#draining.signal.aborted) return;
    this.#line.admit(whom);
    if (whom !== 'nobody') {
      await this.#reader.resume();
      this.#lookAhead();
      return;
    }
    await this.#reader.stop();
    // What was on its way has arrived by now.
    if (this.#line.admission === 'nobody') this.#handBackHeld();
  }

  /** Whether requests wait for quota, so that it matters whose turn is next. */
  expectWaiting(isWaiting: boolean): void {
    this.#scarce = isWaiting;
    this.#lookAhead();
  }

  /**
   * Stops consuming, waits for the requests in work, and hands back to the queue what is not settled in time.
   *
   * @param timeoutMs - How long to wait for requests in work.
   * @param expire - Called when that time is over, to end what they wait for; they get a moment to let go.
   */
  async drain(timeoutMs: number, expire: () => void = () => undefined): Promise<void> {
    this.#draining.abort();
    this.#line.admit('nobody');
    const stopped = this.#reader.stop().then(() => {
      this.#handBackHeld();
    });
    await Promise.all([stopped, this.#idleWithin(timeoutMs)]);
    expire();
    await this.#idleWithin(LET_GO_MS);
    if (this.#flights.size > 0) {
      this.#options.logger.warn({ requests: this.#flights.size }, 'unfinished requests go back to the queue');
    }
    for (const flight of [...this.#flights.values()])
      this.#finish(flight, flight.committed ? 'ack' : 'requeue');
    await Promise.all([this.#copier.close(), this.#reader.close()]);
  }

  /** Resolves when no request is in work, or when the time is over. */
  async #idleWithin(timeoutMs: number): Promise<void> {
    if (this.#flights.size > 0) await this.#idle.within(timeoutMs, this.#options.sleep ?? wallSleep);
  }

  /** Never throws: an exception here would make amqplib close the channel. */
  #take(delivery: Delivery): void {
    const { logger, clock = systemClock } = this.#options;
    if (this.#draining.signal.aborted) {
      this.#reader.settle(delivery, 'requeue');
      return;
    }
    const request = readRequest(delivery.message.content, clock.now());
    const { key, mode } = request;
    if (wasDelivered(delivery) && this.#settled.has(key)) {
      logger.debug(aboutOf(request), 'request was settled already; its acknowledgement was lost');
      this.#reader.settle(delivery, 'ack');
      return;
    }
    const present = this.#flights.get(key);
    if (present !== undefined) {
      logger.debug(aboutOf(request), 'request is being worked on already');
      present.deliveries.push(delivery);
      return;
    }
    if (delivery.ahead && mode !== 'manual' && this.#holds.isFull) {
      this.#reader.settle(delivery, 'requeue');
      return;
    }
    const flight = newFlight(request, delivery);
    this.#flights.set(key, flight);
    this.#lineUp(flight);
  }

  /** Starts a request, or holds it until it may start. */
  #lineUp(flight: Flight): void {
    flight.committed = false;
    flight.hold = this.#holds.begin(contentOf(flight).length);
    this.#line.enter(flight);
    // Either it was read already, or it is held as it came.
    flight.request = undefined;
    this.#lookAhead();
  }

  #letGo(flight: Flight): void {
    if (flight.hold !== undefined) this.#holds.end(flight.hold);
    flight.hold = undefined;
  }

  /** Reads ahead when that helps manual requests, and as far as there is room. */
  #lookAhead(): void {
    const { admission, waiting } = this.#line;
    const helps = admission === 'manual' || (admission === 'everyone' && this.#scarce);
    if (!helps || this.#holds.isFull || this.#draining.signal.aborted) {
      void this.#reader.stopReadingAhead();
      return;
    }
    const room = MAX_READ_AHEAD - waiting;
    if (this.#holds.isRoomy && room >= MIN_READ_AHEAD) void this.#reader.readAhead(room);
  }

  async #fly(flight: Flight): Promise<void> {
    const { sleep = wallSleep, requeueBackoff = DEFAULT_REQUEUE_BACKOFF, logger } = this.#options;
    this.#letGo(flight);
    let about: Partial<RequestFacts> | undefined;
    try {
      const decoded = flight.request ?? readRequest(contentOf(flight), flight.receivedAt);
      about = aboutOf(decoded);
      const commit = (isCommitted: boolean): void => {
        flight.committed = isCommitted;
      };
      const redelivered = isRedelivered(flight);
      if (decoded instanceof UnreadableMessage) await this.#options.refuse(decoded, commit, redelivered);
      else await this.#options.handler(redelivered ? { ...decoded, redelivered } : decoded, commit);
      this.#rejections = 0;
      this.#finish(flight, 'ack');
    } catch (error) {
      const delayMs = fullJitterMs(this.#rejections, requeueBackoff);
      this.#rejections += 1;
      logger.debug(
        { ...(about ?? { key: flight.key }), reason: describeError(error), delayMs },
        'request goes back to the queue',
      );
      await sleep(delayMs, this.#draining.signal);
      this.#handBack(flight);
    }
    this.#lookAhead();
  }

  /** All at once: handed back one by one, older requests would come behind younger ones that are held. */
  #handBackHeld(): void {
    const held = this.#line.empty();
    if (held.length === 0) return;
    this.#options.logger.debug({ requests: held.length }, 'held requests go back to the queue');
    for (const flight of held) {
      this.#letGo(flight);
      this.#handBack(flight);
    }
  }

  /** The channel is gone: what was held on it comes again. */
  #forgetHeld(): void {
    for (const flight of this.#line.empty()) {
      this.#letGo(flight);
      this.#remove(flight);
    }
  }

  #handBack(flight: Flight): void {
    const isDraining = this.#draining.signal.aborted;
    // What cannot be read and not be kept either would come back at once and stand before all requests.
    const toCopy = flight.deliveries.find(
      ({ message }) => flight.isUnreadable || wouldComeBackAgain(message),
    );
    if (toCopy === undefined || isDraining) this.#finish(flight, 'requeue');
    else void this.#replace(flight, toCopy);
  }

  /** Hands back a copy at the end of the queue, where the message itself would be dropped, or stand in the way. */
  async #replace(flight: Flight, { message }: Delivery): Promise<void> {
    const originals = new Set(flight.deliveries);
    const isCopied = await this.#copier.copy(message);
    if (this.#flights.get(flight.key) !== flight) return;
    if (isCopied) for (const delivery of originals) this.#reader.settle(delivery, 'ack');
    // The copy may be here already, and the channel may be gone.
    flight.deliveries = flight.deliveries.filter(
      (delivery) => this.#reader.owns(delivery) && !(isCopied && originals.has(delivery)),
    );
    if (flight.deliveries.length === 0) this.#remove(flight);
    else if (this.#draining.signal.aborted) this.#finish(flight, 'requeue');
    else this.#lineUp(flight);
  }

  #finish(flight: Flight, verdict: 'ack' | 'requeue'): void {
    if (!this.#remove(flight)) return;
    if (verdict === 'ack') this.#settled.add(flight.key);
    for (const delivery of flight.deliveries) this.#reader.settle(delivery, verdict);
  }

  #remove(flight: Flight): boolean {
    if (this.#flights.get(flight.key) !== flight) return false;
    this.#flights.delete(flight.key);
    if (this.#flights.size === 0) this.#idle.reached();
    return true;
  }
}

/** What is said of it in the log. */
function aboutOf(taken: EnrichmentRequest | UnreadableMessage): Partial<RequestFacts> {
  return taken instanceof UnreadableMessage ? { key: taken.key } : factsOf(taken);
}
