import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { AbandonRequest } from '../enrichment/abandon-request.js';
import { isPostponed, type HandleRequest } from '../enrichment/handle-request.js';
import type { Health } from '../observability/health.js';
import { CallbackListener } from '../platform/inbound/callback-listener.js';
import { platformTokenVerifier } from '../platform/inbound/token-verifier.js';
import type { RefuseMessage } from '../platform/inbound/unreadable-message.js';
import type { Registration } from '../platform/registration.js';
import type { Clock } from '../shared/clock.js';
import type { Telemetry } from '../shared/telemetry.js';
import type { StateStore } from '../state/port.js';
import { keepingHealth } from './health-parts.js';
import type { IntakeControl } from './intake-control.js';
import type { Lifecycle } from './lifecycle.js';
import { callbackTls } from './platform-options.js';
import { StoredCallbacks } from './stored-callbacks.js';

/** Callbacks that may wait for their turn; the platform's workers keep the rest. */
const MAX_QUEUED_CALLBACKS = 500;

/** What taking requests by HTTP callback needs of the rest of the connector. */
export interface CallbackServices {
  readonly handler: HandleRequest;
  /** Takes what cannot be read. */
  readonly refuse: RefuseMessage;
  readonly abandon: AbandonRequest | undefined;
  readonly registration: Registration;
  /** Registers again, which hands out the keys of callbacks anew. */
  readonly register: () => Promise<Registration>;
  /** Where accepted requests are kept; a test that replaces VirusTotal has none, and loses them with the process. */
  readonly store: StateStore | undefined;
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

/**
 * Takes up the callbacks that were accepted before, and begins to listen for others.
 *
 * @throws ConnectorError (`configuration`) when the port is taken, or the key or certificate cannot be used.
 */
export async function startCallbacks(config: Config, services: CallbackServices): Promise<void> {
  const { lifecycle, health, telemetry, intake } = services;
  const kept = storedCallbacks(config, services);
  const listener = createListener(config, services, kept);
  await intake.follow(listener);
  lifecycle.add('accepted callbacks', async () => kept?.close());
  lifecycle.add('callback listener', async () => {
    const drained = listener.drain(services.drainMs, services.expire);
    // What is in the state is taken up again; else nobody would have it back.
    if (kept !== undefined) services.sendWaitersAway();
    await drained;
  });
  // Before anybody can bring something newer.
  await kept?.watch((callbacks) => {
    listener.takeUp(callbacks);
  });
  await listener.start();
  telemetry.watchHeld(() => listener.held);
  health.watch('callbacks', () => {
    const taking = intake.health(listener.listening);
    if (kept === undefined) return { detail: 'accepted requests are kept in memory only', ...taking };
    const keeping = keepingHealth(kept.health());
    return keeping.ok ? taking : keeping;
  });
}

function storedCallbacks(config: Config, services: CallbackServices): StoredCallbacks | undefined {
  const { store, registration, clock, logger } = services;
  if (store === undefined) {
    logger.warn('accepted requests are kept in memory only, and are lost when the connector stops');
    return undefined;
  }
  const { connectorId } = registration;
  const isShared = config.state.redisUrl !== undefined;
  return new StoredCallbacks({ store, connectorId, isShared, clock, logger });
}

function createListener(
  config: Config,
  services: CallbackServices,
  store: StoredCallbacks | undefined,
): CallbackListener {
  const { connector, opencti } = config;
  const { handler, refuse, abandon, registration, register, unattendedLimit, clock, logger } = services;
  return new CallbackListener({
    port: connector.listenProtocolApiPort,
    path: connector.listenProtocolApiPath,
    tls: callbackTls(config),
    verifier: platformTokenVerifier({
      jwks: registration.jwks,
      token: opencti.token,
      refreshJwks: async () => (await register()).jwks,
      logger,
      clock,
    }),
    handler,
    refuse,
    concurrency: connector.concurrency,
    unattendedLimit,
    maxQueued: MAX_QUEUED_CALLBACKS,
    store,
    isPostponed,
    ...(abandon === undefined ? {} : { abandon }),
    logger,
    clock,
  });
}
