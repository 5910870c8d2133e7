import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { createAbandonRequest, type AbandonRequest } from '../enrichment/abandon-request.js';
import { Attempts } from '../enrichment/attempts.js';
import { createEnrich } from '../enrichment/enrich.js';
import { createRequestHandler, isPostponed, type HandleRequest } from '../enrichment/handle-request.js';
import type { BundleSink } from '../enrichment/ports.js';
import { createSettle } from '../enrichment/settle.js';
import { Health, type PartHealth } from '../observability/health.js';
import { Metrics } from '../observability/metrics.js';
import type { SecretRegistry } from '../observability/redact.js';
import { Heartbeat } from '../platform/heartbeat.js';
import { AmqpConsumer } from '../platform/inbound/amqp-consumer.js';
import type { BrokerConnection } from '../platform/amqp/broker-connection.js';
import { AmqpLink } from '../platform/amqp/amqp-link.js';
import { CallbackListener } from '../platform/inbound/callback-listener.js';
import { JwtVerifier, sharedTokenVerifier, type TokenVerifier } from '../platform/inbound/token-verifier.js';
import { ApiPush } from '../platform/outbound/api-push.js';
import { BundlePublisher } from '../platform/outbound/bundle-publisher.js';
import { GraphqlEntityReader } from '../platform/outbound/entity-reader.js';
import { PlaybookReply } from '../platform/outbound/playbook-reply.js';
import { GraphqlWorkReporter } from '../platform/outbound/work-reporter.js';
import { DEFAULT_RETRY_POLICY, type PlatformClient } from '../platform/graphql/client.js';
import { registerConnector, type Registration } from '../platform/registration.js';
import { systemClock, type Clock } from '../shared/clock.js';
import { createStopController } from '../shared/stop-controller.js';
import type { VirusTotal } from '../virustotal/schema.js';
import { createSubmissions, type OpenedVirusTotal, type WiredSubmissions } from './create-submissions.js';
import { createPacedVirusTotal } from './create-virustotal.js';
import { IntakeControl } from './intake-control.js';
import { Lifecycle } from './lifecycle.js';
import {
  brokerHealth,
  consumerLife,
  heartbeatLife,
  platformHealth,
  startHealth,
  stateHealth,
} from './health-parts.js';
import { gateOptions, mappingOptions } from './mapping-options.js';
import { openState } from './open-state.js';
import {
  brokerConnection,
  brokerTls,
  callbackTls,
  connectorDescription,
  createPlatformClient,
  needsBroker,
} from './platform-options.js';
import { startEndpoints } from './start-endpoints.js';

/** How long a stop waits for requests in work before they go back to the queue. Docker kills after 10 s. */
const DRAIN_MS = 5_000;
/** How long a request in work may wait for its look-up. RabbitMQ takes back what is held for 30 minutes. */
const MAX_QUOTA_WAIT_MIN = 10;
/** How long the queue may not be read, with nothing in the way, until a restart is the way out. */
const CONSUMER_GRACE_MS = 10 * 60_000;
const MINUTE_MS = 60_000;
/** Callbacks that may wait for their turn; the platform's workers keep the rest. */
const MAX_QUEUED_CALLBACKS = 500;

/** Dependencies that a test may replace; a part is built only when it is not given. */
export interface ConnectorOverrides {
  readonly clock?: Clock;
  readonly virusTotal?: VirusTotal;
}

/** The daemon. It is started once and stopped once. */
export interface Connector {
  /**
   * Registers, starts the heartbeat and takes requests.
   *
   * @throws ConnectorError when the platform or the broker refuses the configuration, or the platform is away.
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
  #submissions: WiredSubmissions | undefined;
  /** As of the last registration: credentials may change while the connector runs. */
  #broker: BrokerConnection | undefined;
  /** What is being done while no requests are taken; `undefined` while they are. */
  #stage: string | undefined = 'it starts';
  #sendWaitersAway: () => void = () => undefined;
  #abandon: AbandonRequest | undefined;

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
    this.#lifecycle = new Lifecycle(logger);
    this.#client = createPlatformClient(config, logger, DEFAULT_RETRY_POLICY, this.#metrics);
    this.#givenVirusTotal = overrides.virusTotal;
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
    const opened = given === undefined ? await this.#openVirusTotal() : { virusTotal: given };
    this.#stage = 'the connector is not registered with OpenCTI yet';
    const registration = await this.#register();
    const platform = { connectorId: registration.connectorId, platformVersion: registration.versionText };
    this.#logger.info(platform, 'registered with OpenCTI');
    this.#startHeartbeat(registration);

    this.#stage = 'the connection to RabbitMQ is being made';
    const link = needsBroker(this.#config) ? await this.#connectBroker(registration) : undefined;
    const handler = this.#createHandler(opened, this.#createSink(link, registration), registration);
    if (connector.listenProtocol === 'API' || link === undefined) await this.#listen(handler, registration);
    else await this.#consume(handler, link, registration);
    // Last, so that what the broker delivers again after a crash is found parked before it is resumed.
    this.#submissions?.startWatch(this.#lifecycle);
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
    this.#lifecycle.add('state', () => store.close());
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
    this.#lifecycle.add('quota', () => paced.close());
    this.#health.watch('virustotal', () => paced.health());
    return { virusTotal: paced.virusTotal, submissions: paced.submissions, store };
  }

  /** Requests that nobody waits for are started only when they get their look-up long before the broker loses patience. */
  get #unattendedLimit(): number | undefined {
    const { quotaPerMinute } = this.#config.virustotal;
    return quotaPerMinute === 0 ? undefined : quotaPerMinute * MAX_QUOTA_WAIT_MIN;
  }

  async #register(): Promise<Registration> {
    const registration = await registerConnector(
      this.#client,
      connectorDescription(this.#config),
      this.#logger,
    );
    this.#secrets.add(registration.connection.pass);
    this.#broker = registration.connection;
    return registration;
  }

  #startHeartbeat(registration: Registration): void {
    const heartbeat = new Heartbeat({
      client: this.#client,
      connectorId: registration.connectorId,
      connectorInfo: registration.capabilities.connectorInfo,
      logger: this.#logger,
      telemetry: this.#metrics,
      onUnknownConnector: async () => {
        await this.#register();
      },
    });
    heartbeat.start();
    this.#lifecycle.add('heartbeat', () => heartbeat.close());
    this.#health.watch('platform', () => platformHealth(heartbeat));
    this.#health.watchLife('heartbeat', 0, () => heartbeatLife(heartbeat));
  }

  async #connectBroker(registration: Registration): Promise<AmqpLink> {
    const link = new AmqpLink({
      connection: () => brokerConnection(this.#config, this.#broker ?? registration.connection),
      tls: brokerTls(this.#config),
      connectionName: this.#config.connector.name,
      logger: this.#logger,
    });
    this.#lifecycle.add('broker connection', () => link.close());
    this.#health.watch('broker', () => brokerHealth(link));
    this.#metrics.watchBroker(() => ({ connected: link.connected, blocked: link.blockedFor !== undefined }));
    await link.start();
    return link;
  }

  #createSink(link: AmqpLink | undefined, registration: Registration): BundleSink {
    const { capabilities, connectorId, connectorUserId, push } = registration;
    if (this.#config.connector.queueProtocol === 'api' || link === undefined) {
      return new ApiPush({
        client: this.#client,
        connectorId,
        bundlePush: capabilities.bundlePush,
        telemetry: this.#metrics,
      });
    }
    const publisher = new BundlePublisher({
      link,
      push,
      messages: {
        connectorUserId,
        drafts: capabilities.drafts,
        wholeBundles: capabilities.wholeBundles,
      },
      telemetry: this.#metrics,
      logger: this.#logger,
    });
    publisher.start();
    this.#lifecycle.add('publisher', () => publisher.close());
    return publisher;
  }

  #createHandler(opened: OpenedVirusTotal, sink: BundleSink, { capabilities }: Registration): HandleRequest {
    const logger = this.#logger;
    const telemetry = this.#metrics;
    const works = new GraphqlWorkReporter(this.#client);
    const { signal } = this.#abort;
    const services = { clock: this.#clock, logger, signal };
    const entities = new GraphqlEntityReader(this.#client);
    const gate = gateOptions(this.#config);
    this.#submissions = createSubmissions(this.#config, opened, {
      ...services,
      client: this.#client,
      entities,
      exclusions: gate.exclusions,
      works,
      telemetry,
    });
    const enrich = createEnrich({
      entities,
      virusTotal: opened.virusTotal,
      clock: this.#clock,
      logger,
      gate,
      mapping: mappingOptions(this.#config),
      manualMaxAgeMs: this.#config.virustotal.manualMaxAgeMinutes * MINUTE_MS,
      analyses: this.#submissions?.analyses,
    });
    const playbooks = new PlaybookReply(this.#client, logger);
    const { dropsOvertakenBundles } = capabilities;
    const settle = createSettle({ works, sink, playbooks, telemetry, logger, dropsOvertakenBundles });
    const attempts = new Attempts();
    this.#abandon = createAbandonRequest({ settle, attempts });
    const analyses = this.#submissions?.analyses;
    const handler = createRequestHandler({
      ...services,
      startedAt: this.#startedAt,
      enrich,
      settle,
      works,
      isAnswered: (request) => analyses?.isAnswered(request) ?? Promise.resolve(false),
      telemetry,
      attempts,
    });
    return this.#submissions?.follow(handler, this.#lifecycle) ?? handler;
  }

  async #consume(handler: HandleRequest, link: AmqpLink, registration: Registration): Promise<void> {
    const consumer = new AmqpConsumer({
      link,
      queue: registration.listen.queue,
      concurrency: this.#config.connector.concurrency,
      unattendedLimit: this.#unattendedLimit,
      handler,
      logger: this.#logger,
      telemetry: this.#metrics,
      clock: this.#clock,
    });
    await this.#intake.follow(consumer);
    consumer.start();
    this.#lifecycle.add('consumer', async () => {
      const drained = consumer.drain(DRAIN_MS, () => {
        this.#abort.abort();
      });
      // Who waits for a look-up would hardly get it in that time, and goes back to the queue at once.
      this.#sendWaitersAway();
      await drained;
    });
    const health = (): PartHealth => this.#intake.health(consumer.consuming);
    this.#health.watch('consumer', health);
    this.#health.watchLife('consumer', CONSUMER_GRACE_MS, () => consumerLife(link, health()));
  }

  async #listen(handler: HandleRequest, registration: Registration): Promise<void> {
    const { connector } = this.#config;
    const listener = new CallbackListener({
      port: connector.listenProtocolApiPort,
      path: connector.listenProtocolApiPath,
      tls: callbackTls(this.#config),
      verifier: this.#tokenVerifier(registration),
      handler,
      concurrency: connector.concurrency,
      unattendedLimit: this.#unattendedLimit,
      maxQueued: MAX_QUEUED_CALLBACKS,
      isPostponed,
      ...(this.#abandon === undefined ? {} : { abandon: this.#abandon }),
      logger: this.#logger,
      telemetry: this.#metrics,
      clock: this.#clock,
    });
    await this.#intake.follow(listener);
    await listener.start();
    // Who waits for a look-up is not sent away: no queue would have it back.
    this.#lifecycle.add('callback listener', () =>
      listener.drain(DRAIN_MS, () => {
        this.#abort.abort();
      }),
    );
    this.#health.watch('callbacks', () => this.#intake.health(listener.listening));
  }

  /** Platforms that hand out a key set sign their callbacks; older ones present the connector's own token. */
  #tokenVerifier({ jwks }: Registration): TokenVerifier {
    if (jwks === undefined) return sharedTokenVerifier(this.#config.opencti.token);
    return new JwtVerifier({
      jwks,
      refreshJwks: async () => (await this.#register()).jwks,
      logger: this.#logger,
      clock: this.#clock,
    });
  }
}
