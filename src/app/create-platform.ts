import type { Logger } from 'pino';
import { v5 as uuidv5 } from 'uuid';
import type { Config } from '../config/schema.js';
import type { BundleQueue } from '../enrichment/ports.js';
import type { Platform, PlatformConnection } from '../library/sending/platform-port.js';
import type { SecretRegistry } from '../observability/redact.js';
import type { PlatformClient } from '../platform/graphql/client.js';
import { ApiPush } from '../platform/outbound/api-push.js';
import { ExternalImport } from '../platform/outbound/external-import.js';
import { OnDemandBroker } from '../platform/outbound/on-demand-broker.js';
import { GraphqlWorkReporter } from '../platform/outbound/work-reporter.js';
import { Registrar } from '../platform/registrar.js';
import { registerConnector, type Registration } from '../platform/registration.js';
import { sleep as wallSleep, type Sleep } from '../shared/backoff.js';
import { ConnectorError } from '../shared/connector-error.js';
import { withDeadline } from '../shared/deadline.js';
import { createStopController } from '../shared/stop-controller.js';
import { noTelemetry } from '../shared/telemetry.js';
import { createLink } from './broker-links.js';
import { createPublisher } from './create-publisher.js';
import { connectorDescription, createPlatformClient } from './platform-options.js';

/** A person waits for each of these. */
const REGISTRATION_MS = 20_000;
const CALL_MS = 60_000;
const BROKER_MS = 30_000;
const RETRY = { maxAttempts: 3, baseMs: 500, maxMs: 3_000 };

/** Where workers take whole bundles, those up to 1 MiB travel as one message each (`bundle-message.ts`). */
const MESSAGE_CHARACTERS = 900_000;
/** Of a push over the API, far below the 50 MB that a platform takes; fewer bundles are fewer works. */
const PUSH_CHARACTERS = 8_000_000;

/** Of the names under which libraries register (RFC 9562 §5.5). */
const NAMESPACE = '7cefcf00-0ddc-4921-8af5-80310dea006e';

/** What a test may replace. */
export interface PlatformOverrides {
  /** The patience with a broker that does not answer. */
  readonly sleep?: Sleep;
}

/** The platform, and how the library leaves it. */
export interface OwnedPlatform extends Platform {
  /** Gives up what is under way. */
  close(): Promise<void>;
}

/**
 * The platform of the configuration, as the library sends IOCs to it: by the broker or the API, as
 * `CONNECTOR_QUEUE_PROTOCOL` says. The library is a connector of its own, `EXTERNAL_IMPORT`, with an id derived from
 * `CONNECTOR_ID`, so that the enrichment connector may run beside it; it is asked for nothing. It registers at each
 * sending, and so is never forgotten, knows the version of the platform, and has credentials that hold.
 *
 * @param config - The section `opencti` may be left out.
 * @returns `undefined` when no platform is configured.
 * @throws ConnectorError (`configuration`) when it is by half, or cannot be used as it is.
 */
export function createPlatform(
  config: Config,
  services: { readonly logger: Logger; readonly secrets: SecretRegistry },
  overrides: PlatformOverrides = {},
): OwnedPlatform | undefined {
  const { url, token } = config.opencti as Partial<Config['opencti']>;
  if (url === undefined && token === undefined) return undefined;
  if (url === undefined || token === undefined) {
    const [given, missing] =
      url === undefined ? ['OPENCTI_TOKEN', 'OPENCTI_URL'] : ['OPENCTI_URL', 'OPENCTI_TOKEN'];
    throw new ConnectorError(
      `${given} is set, but ${missing} is not. Set both to send IOCs to OpenCTI, or none of them.`,
      'configuration',
    );
  }
  return new LibraryPlatform(config, services, overrides.sleep ?? wallSleep);
}

class LibraryPlatform implements OwnedPlatform {
  readonly name: string;
  readonly maxCharacters: number;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #secrets: SecretRegistry;
  readonly #client: PlatformClient;
  readonly #registrar: Registrar;
  readonly #sleep: Sleep;
  readonly #stop = createStopController();
  /** Sendings, one after the other: their works then report in the order in which they were opened. */
  #last: Promise<unknown> = Promise.resolve();
  #current: PlatformConnection | undefined;

  constructor(
    config: Config,
    { logger, secrets }: { readonly logger: Logger; readonly secrets: SecretRegistry },
    sleep: Sleep,
  ) {
    this.#sleep = sleep;
    const { id, name, queueProtocol } = config.connector;
    const connector = {
      ...config.connector,
      id: uuidv5(id, NAMESPACE),
      name: `${name} IOC library`,
    };
    this.#config = { ...config, connector };
    this.#logger = logger;
    this.#secrets = secrets;
    this.name = new URL(config.opencti.url).host;
    this.maxCharacters = queueProtocol === 'api' ? PUSH_CHARACTERS : MESSAGE_CHARACTERS;
    this.#client = createPlatformClient(this.#config, {
      logger,
      stop: this.#stop.signal,
      retry: RETRY,
      timeoutMs: CALL_MS,
    });
    this.#registrar = new Registrar({ register: (signal, before) => this.#register(signal, before), logger });
  }

  async connect(): Promise<PlatformConnection> {
    let leave = (): void => undefined;
    const before = this.#last;
    this.#last = new Promise<void>((resolve) => {
      leave = resolve;
    });
    await before;
    try {
      const registration = await this.#registrar.again();
      return (this.#current = await this.#open(registration, leave));
    } catch (error) {
      leave();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#registrar.close();
    await this.#current?.close();
  }

  async #open({ connectorId, capabilities }: Registration, leave: () => void): Promise<PlatformConnection> {
    const client = this.#client;
    const isPush = this.#config.connector.queueProtocol === 'api';
    const broker = this.#broker();
    const queue: BundleQueue = isPush
      ? new ApiPush({
          client,
          connectorId,
          bundlePush: capabilities.bundlePush,
          telemetry: noTelemetry,
        })
      : await broker.reach();
    const logger = this.#logger;
    const works = new GraphqlWorkReporter(client, logger, () => capabilities);
    const opensWorks = isPush && capabilities.bundlePush === 'without-work';
    const way = new ExternalImport({ client, connectorId, queue, works, opensWorks, logger });
    return {
      deliver: (title, bundle) => way.deliver(title, bundle),
      close: async () => {
        await broker.close();
        leave();
      },
    };
  }

  /** Connected for one sending. */
  #broker(): OnDemandBroker {
    const registrar = this.#registrar;
    const logger = this.#logger;
    return new OnDemandBroker({
      link: undefined,
      createLink: () => createLink('results', this.#config, registrar, { logger }),
      createPublisher: (link) =>
        createPublisher(link, { registrar, telemetry: noTelemetry, logger, maxWaitMs: BROKER_MS }),
      sleep: this.#sleep,
    });
  }

  async #register(signal: AbortSignal, before: Registration | undefined): Promise<Registration> {
    const description = {
      ...connectorDescription(this.#config),
      type: 'EXTERNAL_IMPORT' as const,
      scope: ['Stix-Cyber-Observable', 'Indicator'],
      auto: false,
      autoUpdate: false,
      playbookCompatible: false,
      // Nobody calls it back.
      listenCallbackUri: undefined,
    };
    const registration = await withDeadline(REGISTRATION_MS, signal, (deadline) =>
      registerConnector(this.#client, description, this.#logger, { signal: deadline, before }),
    );
    this.#secrets.add(registration.connection.pass);
    return registration;
  }
}
