import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { Health } from '../observability/health.js';
import { Metrics } from '../observability/metrics.js';
import type { SecretRegistry } from '../observability/redact.js';
import type { PlatformClient } from '../platform/graphql/client.js';
import { PING } from '../platform/graphql/operations.js';
import type { Heartbeat } from '../platform/heartbeat.js';
import { Registrar } from '../platform/registrar.js';
import { registerConnector, type Registration } from '../platform/registration.js';
import { systemClock, type Clock } from '../shared/clock.js';
import { createStopController } from '../shared/stop-controller.js';
import { MemoryStore } from '../state/memory-store.js';
import type { VirusTotal } from '../virustotal/schema.js';
import { connectBroker, createLink, type BrokerLinks } from './broker-links.js';
import { createHandler, type WiredHandler } from './create-handler.js';
import { createSink } from './create-sink.js';
import type { OpenedVirusTotal } from './create-submissions.js';
import { createPacedVirusTotal } from './create-virustotal.js';
import { registrationHealth, startHealth, stateHealth } from './health-parts.js';
import { holdLimits } from './hold-limits.js';
import { IntakeControl } from './intake-control.js';
import { Lifecycle } from './lifecycle.js';
import { openState, ownerOf } from './open-state.js';
import { connectorDescription, createPlatformClient, needsBroker } from './platform-options.js';
import { createRefuseMessage, showDeadLetters } from './refuse-message.js';
import { startCallbacks } from './start-callbacks.js';
import { startConsumer } from './start-consumer.js';
import { startEndpoints } from './start-endpoints.js';
import { startHeartbeat } from './start-heartbeat.js';

/** How long a stop waits for requests in work before they go back to the queue. Docker kills after 10 s. */
const DRAIN_MS = 5_000;
/** What all that talks to others may take together at a stop; the state is closed after that. */
const STOP_BUDGET_MS = 7_000;

/** Dependencies that a test may replace; a part is built only when it is not given. */
export interface ConnectorOverrides {
  readonly clock?: Clock;
  readonly virusTotal?: VirusTotal;
}

/** The daemon. It is started once and stopped once. */
export interface Connector {
  /**
   * Registers, starts the heartbeat and takes requests. Waits for a platform or a broker that is away.
   *
   * @throws ConnectorError when the platform or the broker refuses the configuration.
   */
  start(): Promise<void>;
  /** Stops taking requests, finishes or hands back those in work, and closes everything that was started. */
  stop(): Promise<void>;
}

/** The composition root of the daemon: builds every part from the configuration and wires them. */
export function createConnector(
  config: Config,
  services: { readonly logger: Logger; readonly secrets: SecretRegistry },
  overrides: ConnectorOverrides = {},
): Connector {
  return new WiredConnector(config, services, overrides);
}

interface Intake {
  readonly handler: WiredHandler;
  readonly deadLetters: DeadLetters;
  readonly registration: Registration;
  readonly opened: OpenedVirusTotal;
  /** Absent where no broker is needed. */
  readonly links: BrokerLinks | undefined;
}

class WiredConnector implements Connector {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #secrets: SecretRegistry;
  readonly #clock: Clock;
  readonly #startedAt: Date;
  readonly #metrics: Metrics;
  readonly #health = new Health();
  readonly #lifecycle: Lifecycle;
  readonly #abort = createStopController();
  readonly #client: PlatformClient;
  readonly #givenVirusTotal: VirusTotal | undefined;
  readonly #intake = new IntakeControl();
  readonly #registrar: Registrar;
  #heartbeat: Heartbeat | undefined;
  /** What is being done while no requests are taken; `undefined` while they are. */
  #stage: string | undefined = 'it starts';
  #sendWaitersAway: () => void = () => undefined;

  constructor(
    config: Config,
    { logger, secrets }: { readonly logger: Logger; readonly secrets: SecretRegistry },
    overrides: ConnectorOverrides,
  ) {
    this.#config = config;
    this.#logger = logger;
    this.#secrets = secrets;
    this.#clock = overrides.clock ?? systemClock;
    this.#startedAt = this.#clock.now();
    this.#metrics = new Metrics(config.connector.metricsNamespace, config.connector.metricsSubsystem);
    this.#lifecycle = new Lifecycle(logger, STOP_BUDGET_MS);
    this.#client = createPlatformClient(config, {
      logger,
      telemetry: this.#metrics,
      stop: this.#abort.signal,
      onFailure: ({ name }, failure) => {
        if (name !== PING.name && failure.hintsAtOutage) this.#heartbeat?.suspect();
      },
    });
    this.#givenVirusTotal = overrides.virusTotal;
    this.#registrar = new Registrar({ register: (signal, before) => this.#register(signal, before), logger });
  }

  async start(): Promise<void> {
    const { connector } = this.#config;
    this.#health.watch('start', () => startHealth(this.#stage));
    this.#metrics.watchHealth(() => this.#health.report());
    await startEndpoints(this.#config, {
      metrics: this.#metrics,
      health: this.#health,
      lifecycle: this.#lifecycle,
      secrets: this.#secrets,
    });
    this.#stage = 'the state is being opened';
    const given = this.#givenVirusTotal;
    const opened: OpenedVirusTotal =
      given === undefined ? await this.#openVirusTotal() : { virusTotal: given };
    const deadLetters = await this.#openDeadLetters(opened);
    this.#lifecycle.add('registration', () => this.#registrar.close());
    this.#stage = 'the connector is not registered with OpenCTI yet';
    this.#health.watch('platform', () => registrationHealth(this.#registrar.trouble));
    const registration = await this.#registrar.first();
    const platform = { connectorId: registration.connectorId, platformVersion: registration.versionText };
    this.#logger.info(platform, 'registered with OpenCTI');
    this.#heartbeat = startHeartbeat({
      client: this.#client,
      registrar: this.#registrar,
      intake: this.#intake,
      telemetry: this.#metrics,
      lifecycle: this.#lifecycle,
      health: this.#health,
      clock: this.#clock,
      logger: this.#logger,
    });
    const heartbeat = this.#heartbeat;

    this.#stage = 'the connection to RabbitMQ is being made';
    const links = needsBroker(this.#config) ? await this.#connectBroker() : undefined;
    this.#stage = 'requests are about to be taken';
    const sinks = createSink(this.#config, {
      client: this.#client,
      link: links?.results,
      createLink: () => createLink('results', this.#config, this.#registrar, { logger: this.#logger }),
      registrar: this.#registrar,
      telemetry: this.#metrics,
      health: this.#health,
      clock: this.#clock,
      logger: this.#logger,
      lifecycle: this.#lifecycle,
    });
    const handler = createHandler(this.#config, {
      opened,
      sinks,
      registrar: this.#registrar,
      client: this.#client,
      startedAt: this.#startedAt,
      isPlatformThere: () => heartbeat.isPlatformThere(),
      signal: this.#abort.signal,
      telemetry: this.#metrics,
      lifecycle: this.#lifecycle,
      clock: this.#clock,
      logger: this.#logger,
    });
    await this.#takeRequests({ handler, deadLetters, registration, opened, links });
    // Last, so that what the broker delivers again after a crash is found parked before it is resumed.
    handler.startWatch();
    this.#stage = undefined;
    const { concurrency, listenProtocol, queueProtocol } = connector;
    this.#logger.info({ concurrency, listenProtocol, queueProtocol }, 'taking requests');
  }

  async stop(): Promise<void> {
    this.#stage = 'the connector is stopping';
    this.#metrics.stopped();
    await this.#lifecycle.stop();
    this.#abort.abort();
  }

  async #openVirusTotal(): Promise<OpenedVirusTotal> {
    const services = { logger: this.#logger, clock: this.#clock };
    const store = await openState(this.#config, services);
    this.#lifecycle.add('state', () => store.close(), 'done');
    this.#health.watch('state', () => stateHealth(store), { advisory: true });
    this.#logger.info({ store: store.description }, 'state opened');
    const paced = createPacedVirusTotal(
      this.#config,
      store,
      { ...services, telemetry: this.#metrics, signal: this.#abort.signal },
      this.#intake,
    );
    this.#sendWaitersAway = () => {
      // Whether that could be stored is told when the part is closed.
      paced.close().catch(() => undefined);
    };
    this.#lifecycle.add('quota', () => paced.close(), 'done');
    this.#health.watch('virustotal', () => paced.health());
    return { virusTotal: paced.virusTotal, submissions: paced.submissions, store };
  }

  async #openDeadLetters(opened: OpenedVirusTotal): Promise<DeadLetters> {
    // A test that replaces VirusTotal has no state; its messages would come again for ever.
    const { store = new MemoryStore({ isDurable: true }) } = opened;
    const owner = ownerOf(this.#config);
    const deadLetters = new DeadLetters({ store, logger: this.#logger, owner, clock: this.#clock });
    const count = await deadLetters.count();
    if (count > 0) this.#logger.warn({ count }, 'messages that could not be read wait as dead letters');
    showDeadLetters(deadLetters, this.#metrics, this.#health);
    return deadLetters;
  }

  /** Requests that nobody waits for are started only when they get their look-up long before the broker loses patience. */
  get #unattendedLimit(): number | undefined {
    const { quotaPerMinute } = this.#config.virustotal;
    return quotaPerMinute === 0 ? undefined : quotaPerMinute * holdLimits(this.#config).quotaMinutes;
  }

  async #register(signal: AbortSignal, before: Registration | undefined): Promise<Registration> {
    const description = connectorDescription(this.#config);
    // The registrar repeats.
    const context = { signal, maxAttempts: 1, before };
    const registration = await registerConnector(this.#client, description, this.#logger, context);
    this.#secrets.add(registration.connection.pass);
    return registration;
  }

  #connectBroker(): Promise<BrokerLinks> {
    return connectBroker(this.#config, this.#registrar, {
      telemetry: this.#metrics,
      logger: this.#logger,
      lifecycle: this.#lifecycle,
      health: this.#health,
    });
  }

  /** Takes requests, by whatever way they come. */
  async #takeRequests(intake: Intake): Promise<void> {
    const { handler, deadLetters, registration, opened, links } = intake;
    const logger = this.#logger;
    const refusal = { deadLetters, handler: handler.handle, telemetry: this.#metrics, logger };
    const common = {
      handler: handler.handle,
      unattendedLimit: this.#unattendedLimit,
      intake: this.#intake,
      lifecycle: this.#lifecycle,
      health: this.#health,
      telemetry: this.#metrics,
      clock: this.#clock,
      logger,
      drainMs: DRAIN_MS,
      expire: () => {
        this.#abort.abort();
      },
      sendWaitersAway: () => {
        this.#sendWaitersAway();
      },
    };
    if (links?.requests === undefined) {
      await startCallbacks(this.#config, {
        ...common,
        refuse: createRefuseMessage({ ...refusal, source: 'callback' }),
        abandon: handler.abandon,
        registration,
        register: () => this.#registrar.again(),
        store: opened.store,
      });
    } else {
      await startConsumer(this.#config, {
        ...common,
        refuse: createRefuseMessage({ ...refusal, source: 'queue' }),
        link: links.requests,
        publishingLink: links.results,
        registrar: this.#registrar,
      });
    }
  }
}
