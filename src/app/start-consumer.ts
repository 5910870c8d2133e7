import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { HandleRequest } from '../enrichment/handle-request.js';
import type { Health, PartHealth } from '../observability/health.js';
import type { AmqpLink } from '../platform/amqp/amqp-link.js';
import { AmqpConsumer } from '../platform/inbound/amqp-consumer.js';
import type { RefuseMessage } from '../platform/inbound/unreadable-message.js';
import type { Registrar } from '../platform/registrar.js';
import type { Clock } from '../shared/clock.js';
import type { Telemetry } from '../shared/telemetry.js';
import { consumerLife } from './health-parts.js';
import { holdLimits } from './hold-limits.js';
import type { IntakeControl } from './intake-control.js';
import type { Lifecycle } from './lifecycle.js';

/** How long the queue may not be read, with nothing in the way, until a restart is the way out. */
const CONSUMER_GRACE_MS = 10 * 60_000;

/** What taking requests from the listen queue needs of the rest of the connector. */
export interface ConsumerServices {
  readonly handler: HandleRequest;
  /** Takes what cannot be read. */
  readonly refuse: RefuseMessage;
  /** The connection over which requests come. */
  readonly link: AmqpLink;
  /** The one over which copies of messages go back. */
  readonly publishingLink: AmqpLink | undefined;
  readonly registrar: Registrar;
  readonly unattendedLimit: number | undefined;
  readonly intake: IntakeControl;
  readonly lifecycle: Lifecycle;
  readonly health: Health;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a stop waits for requests in work. */
  readonly drainMs: number;
  /** Ends everything that requests in work wait for. */
  readonly expire: () => void;
  /** Ends the wait for a look-up. */
  readonly sendWaitersAway: () => void;
}

/** Begins to take requests from the listen queue. */
export async function startConsumer(config: Config, services: ConsumerServices): Promise<void> {
  const { handler, refuse, link, publishingLink, registrar, unattendedLimit, clock, logger } = services;
  const { intake, lifecycle, health, telemetry } = services;
  const consumer = new AmqpConsumer({
    link,
    publishingLink,
    queue: () => registrar.current.listen.queue,
    missing: (reason) => {
      registrar.renew(reason);
    },
    concurrency: config.connector.concurrency,
    unattendedLimit,
    handler,
    refuse,
    logger,
    clock,
    maxHoldMs: holdLimits(config).heldMs,
  });
  await intake.follow(consumer);
  consumer.start();
  lifecycle.add('consumer', async () => {
    const drained = consumer.drain(services.drainMs, services.expire);
    // Who waits for a look-up would hardly get it in that time, and goes back to the queue at once.
    services.sendWaitersAway();
    await drained;
  });
  telemetry.watchHeld(() => consumer.held);
  const consumerHealth = (): PartHealth => intake.health(consumer.consuming);
  health.watch('consumer', consumerHealth);
  health.watchLife('consumer', CONSUMER_GRACE_MS, () =>
    consumerLife(link, consumerHealth(), registrar.trouble),
  );
}
