import type { ConfirmChannel } from 'amqplib';
import type { BundleQueue, DeliveryReport, PreparedBundle } from '../../enrichment/ports.js';
import type { DeliveryAddress } from '../../enrichment/request.js';
import { fullJitterMs, sleep as wallSleep, type Backoff, type Sleep } from '../../shared/backoff.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { createStopController } from '../../shared/stop-controller.js';
import type { Bundle } from '../../stix/objects.js';
import type { LinkHealth } from '../amqp/amqp-link.js';
import { ConfirmedChannel, type Outcome } from '../amqp/confirmed-channel.js';
import type { KeptChannel } from '../amqp/kept-channel.js';
import { bundleMessages, withoutWork, type BundleMessage } from './bundle-message.js';
import type { BundlePublisherOptions } from './bundle-publisher-options.js';
import { giveUp, putBack, type Lost, type Outgoing, type Refusal } from './outgoing.js';

/** A message that was there so often when the channel was closed is taken for the reason. */
const MAX_SUSPICIONS = 3;
const DEFAULT_BACKOFF: Backoff = { baseMs: 1_000, maxMs: 15_000 };
/**
 * Together with the wait for a look-up well below the time after which RabbitMQ closes the channel of whoever holds a
 * request (30 minutes); the requests of messages that wait are held.
 */
const DEFAULT_MAX_WAIT_MS = 300_000;
/** AMQP reply codes: the exchange does not exist, or may not be used. */
const NOWHERE_CODES: readonly (number | undefined)[] = [404, 403];

/**
 * Publishes bundles for the platform's workers: persistent, confirmed, in the order in which the bundles were sent, over
 * one long-lived channel (ADR 18).
 *
 * - What the broker refuses (`basic.nack`, as a full queue does) or returns as unroutable, or whose exchange is gone,
 *   is published again after growing delays: one message at a time and in the order, until one is confirmed. What has
 *   nowhere to go makes the connector register again, because that declares exchange and queue.
 * - When the connection breaks, what is unconfirmed is published again on the next one. A message may then arrive
 *   twice, which does no harm: its object has the same id.
 * - When the broker closes only the channel, some message may be the reason (too large, for example). Those that were
 *   unconfirmed are published again one by one, and the one that closes the channel again and again is given up.
 * - What was not taken for five minutes, also because the broker says nothing at all, is given back with its request, which comes again later and remembers what it
 *   has announced.
 */
export class BundlePublisher implements BundleQueue {
  readonly #options: BundlePublisherOptions;
  readonly #sleep: Sleep;
  readonly #stop = createStopController();
  readonly #queue: Outgoing[] = [];
  readonly #unconfirmed = new Map<number, Outgoing>();
  #channel: ConfirmedChannel | undefined;
  #congested = false;
  #published = 0;
  #numbered = 0;
  #bundles = 0;
  /** The newest bundle of a work of which something was confirmed. */
  #newestConfirmed = 0;
  #kept: KeptChannel | undefined;
  /** Since the broker refused something; `after`: the last message that was published before. */
  #trouble: { readonly reason: string; after: number; attempt: number } | undefined;
  #isResting = false;
  #isWatching = false;

  constructor(options: BundlePublisherOptions) {
    this.#options = options;
    this.#sleep = options.sleep ?? wallSleep;
    options.link.watchFlow(() => {
      this.#pump();
      void this.#watchWaiting();
    });
  }

  /** Opens the channel, now and after every loss. */
  start(): void {
    this.#kept ??= this.#options.link.keepConfirmChannel({
      name: 'publisher',
      isQuiet: true,
      setUp: (channel) => {
        this.#opened(channel);
        return Promise.resolve();
      },
      lost: (reason, alone, code) => {
        this.#lost(reason, alone, code);
      },
    });
  }

  /** Messages that are not confirmed yet. */
  get pending(): number {
    return this.#queue.length + this.#unconfirmed.size;
  }

  /** Whether results are taken. */
  get health(): LinkHealth {
    if (this.#trouble === undefined) return { ok: true };
    const waiting = this.pending === 0 ? 'results are not taken' : `${this.pending} messages wait`;
    return { ok: false, detail: `${waiting}: ${this.#trouble.reason}` };
  }

  /** Gives up what is not confirmed: its requests are delivered again. Drain the consumer first. */
  async close(): Promise<void> {
    this.#stop.abort();
    const error = new ConnectorError(
      'The connector stopped before RabbitMQ had confirmed the results.',
      'transient',
    );
    for (const message of [...this.#unconfirmed.values(), ...this.#queue]) message.reject(error);
    this.#unconfirmed.clear();
    this.#queue.length = 0;
    await this.#kept?.close();
  }

  prepare(request: DeliveryAddress, bundle: Bundle): PreparedBundle {
    const messages = bundleMessages(request, bundle, this.#options.messages);
    if (messages.length === 0) {
      throw new ConnectorError('None of the results is of a type that OpenCTI imports.', 'defect');
    }
    return {
      expectations: messages.reduce((sum, { objects }) => sum + objects.length, 0),
      send: () => ({ delivered: this.#send(messages, request.workId !== undefined) }),
    };
  }

  #send(messages: readonly BundleMessage[], hasWork: boolean): Promise<DeliveryReport> {
    const bundle = (this.#bundles += 1);
    const sentAt = performance.now();
    const outcomes = messages.map(
      (message) =>
        new Promise<readonly Lost[]>((resolve, reject) => {
          if (this.#stop.signal.aborted) {
            reject(new ConnectorError('The connector is stopping.', 'transient'));
            return;
          }
          const number = (this.#numbered += 1);
          const fresh = { number, bundle, hasWork, sentAt, suspicions: 0, refusal: undefined };
          this.#queue.push({ ...message, ...fresh, resolve, reject });
        }),
    );
    this.#pump();
    void this.#watchWaiting();
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
    this.#channel = new ConfirmedChannel(channel);
    this.#congested = false;
    this.#pump();
  }

  #lost(reason: string, alone: boolean, code: number | undefined): void {
    const { logger } = this.#options;
    this.#channel = undefined;
    const again = [...this.#unconfirmed.values()];
    this.#unconfirmed.clear();
    if (alone && NOWHERE_CODES.includes(code)) {
      for (const message of again) this.#refused(message, { kind: 'nowhere', reason });
    } else {
      if (alone) logger.warn({ messages: again.length, reason }, 'RabbitMQ closed the channel for results');
      else if (again.length > 0)
        logger.info({ messages: again.length, reason }, 'unconfirmed messages are published again');
      for (const message of again) {
        if (alone) message.suspicions += 1;
        if (message.suspicions < MAX_SUSPICIONS) putBack(this.#queue, message);
        else giveUp(message, `RabbitMQ closed the channel because of it: ${reason}`);
      }
    }
    void this.#watchWaiting();
  }

  /** Publishes as much as the channel takes. What is under suspicion or was refused travels alone. */
  #pump(): void {
    while (this.#channel !== undefined && !this.#congested && !this.#isResting) {
      const next = this.#queue[0];
      if (next === undefined || this.#options.link.blocked !== undefined) return;
      const [oldest] = this.#unconfirmed.values();
      const isAlone = this.#trouble !== undefined || next.suspicions > 0 || (oldest?.suspicions ?? 0) > 0;
      if (oldest !== undefined && isAlone) return;
      this.#queue.shift();
      this.#publish(this.#channel, next);
    }
  }

  #publish(channel: ConfirmedChannel, message: Outgoing): void {
    const id = (this.#published += 1);
    this.#unconfirmed.set(id, message);
    try {
      const room = channel.publish(
        this.#options.push(),
        this.#losesItsWork(message) ? withoutWork(message.body) : message.body,
        { persistent: true, contentEncoding: 'utf-8', messageId: String(id) },
        (outcome) => {
          this.#ended(id, outcome);
        },
      );
      this.#congested = !room;
    } catch (error) {
      // The channel is closing; the message stays unconfirmed until the loss is told, and is then published again.
      this.#congested = true;
      this.#options.logger.debug({ reason: describeError(error) }, 'channel is closing');
    }
  }

  /** Refused, and overtaken by the results of a newer work: see ADR 2 and ADR 18. */
  #losesItsWork({ refusal, bundle, hasWork }: Outgoing): boolean {
    const { dropsOvertakenBundles = false } = this.#options;
    return dropsOvertakenBundles && refusal !== undefined && hasWork && bundle < this.#newestConfirmed;
  }

  #ended(id: number, outcome: Outcome): void {
    // `lost` takes care of those.
    if (outcome.kind === 'unknown') return;
    const message = this.#unconfirmed.get(id);
    if (message === undefined) {
      // Handed back meanwhile; but messages are taken again.
      if (outcome.kind === 'taken') this.#endTrouble(id);
      this.#pump();
      return;
    }
    this.#unconfirmed.delete(id);
    if (outcome.kind === 'taken') {
      this.#taken(id, message);
    } else if (outcome.kind === 'refused') {
      this.#refused(message, { kind: 'full', reason: 'RabbitMQ refused it; the queue may be full' });
    } else {
      const reason = `no queue takes the results of this connector (${outcome.reason}); is it still registered?`;
      this.#refused(message, { kind: 'nowhere', reason });
    }
    this.#pump();
  }

  #taken(id: number, message: Outgoing): void {
    this.#options.telemetry.bundlesSent(1);
    if (message.hasWork) this.#newestConfirmed = Math.max(this.#newestConfirmed, message.bundle);
    message.resolve([]);
    this.#endTrouble(id);
  }

  /** @param id - Of a message that was taken. */
  #endTrouble(id: number): void {
    if (this.#trouble === undefined || id <= this.#trouble.after) return;
    this.#trouble = undefined;
    this.#options.logger.info('results are taken again');
  }

  #refused(message: Outgoing, refusal: Refusal): void {
    const { telemetry, logger, renew } = this.#options;
    message.refusal = refusal;
    putBack(this.#queue, message);
    telemetry.error();
    if (this.#trouble === undefined)
      logger.warn({ reason: refusal.reason }, 'results are not taken; they wait');
    const attempt = this.#trouble?.attempt ?? 0;
    this.#trouble = { reason: refusal.reason, after: this.#published, attempt };
    if (refusal.kind === 'nowhere') renew?.(refusal.reason);
    void this.#rest();
  }

  /** The pause before the next attempt. */
  async #rest(): Promise<void> {
    if (this.#isResting || this.#trouble === undefined) return;
    this.#isResting = true;
    const delayMs = fullJitterMs(this.#trouble.attempt, this.#options.backoff ?? DEFAULT_BACKOFF);
    this.#trouble.attempt += 1;
    void this.#watchWaiting();
    await this.#sleep(delayMs, this.#stop.signal);
    this.#isResting = false;
    this.#pump();
  }

  /** While something waits, looks now and then for what has waited too long. */
  async #watchWaiting(): Promise<void> {
    const { maxWaitMs = DEFAULT_MAX_WAIT_MS } = this.#options;
    if (this.#isWatching) return;
    this.#isWatching = true;
    while (this.pending > 0 && !this.#stop.signal.aborted) {
      await this.#sleep(maxWaitMs / 10, this.#stop.signal);
      this.#expire(performance.now() - maxWaitMs);
    }
    this.#isWatching = false;
  }

  /** Why nothing is taken just now. */
  get #obstacle(): string | undefined {
    const { link } = this.#options;
    if (this.#trouble !== undefined) return this.#trouble.reason;
    if (link.blocked !== undefined) return link.blocked;
    return this.#channel === undefined ? 'there is no connection' : undefined;
  }

  /**
   * Hands back what was handed over before a moment, on the clock of `performance.now()`. What only stands behind others
   * is not late as long as those are taken.
   */
  #expire(before: number): void {
    const late = [...this.#unconfirmed].filter(([, { sentAt }]) => sentAt < before);
    if (late.length > 0 && this.#obstacle === undefined) this.#silent();
    const obstacle = this.#obstacle;
    if (obstacle === undefined) return;
    const error = new ConnectorError(`RabbitMQ does not take the results: ${obstacle}`, 'transient');
    const waiting = this.#queue.splice(0);
    this.#queue.push(...waiting.filter(({ sentAt }) => sentAt >= before));
    for (const { sentAt, reject } of waiting) if (sentAt < before) reject(error);
    for (const [id, message] of late) {
      this.#unconfirmed.delete(id);
      message.reject(error);
    }
    // The one that travelled alone may be among them.
    this.#pump();
  }

  /** As of a quorum queue that has lost its majority: neither confirmed nor refused. Any confirmation ends it. */
  #silent(): void {
    const reason = 'RabbitMQ does not confirm them; has the queue lost the majority of its replicas?';
    this.#trouble = { reason, after: 0, attempt: 0 };
    this.#options.telemetry.error();
    this.#options.logger.warn({ reason }, 'results are not confirmed');
  }
}
