import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { BundleSink } from '../enrichment/ports.js';
import type { EmptyWorkRule } from '../enrichment/work-end.js';
import type { Health } from '../observability/health.js';
import type { AmqpLink } from '../platform/amqp/amqp-link.js';
import type { Capabilities } from '../platform/graphql/capabilities.js';
import type { PlatformClient } from '../platform/graphql/client.js';
import { ApiPush } from '../platform/outbound/api-push.js';
import { ApiQueue } from '../platform/outbound/api-queue.js';
import { BundleDirectory } from '../platform/outbound/bundle-directory.js';
import { BundlePublisher } from '../platform/outbound/bundle-publisher.js';
import { Destinations } from '../platform/outbound/destinations.js';
import { DirectorySink } from '../platform/outbound/directory-sink.js';
import { DraftBroker } from '../platform/outbound/draft-broker.js';
import { NewDrafts } from '../platform/outbound/new-drafts.js';
import { Workbench } from '../platform/outbound/workbench.js';
import type { Registrar } from '../platform/registrar.js';
import type { Registration } from '../platform/registration.js';
import { sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import type { Telemetry } from '../shared/telemetry.js';
import { publisherHealth } from './health-parts.js';
import type { Lifecycle } from './lifecycle.js';

export interface SinkServices {
  readonly client: PlatformClient;
  /** The connection to the broker; `undefined` when neither requests nor results need one. */
  readonly link: AmqpLink | undefined;
  /** Makes one for the results that cannot go over the API. */
  readonly createLink: () => AmqpLink;
  readonly registrar: Registrar;
  readonly health: Health;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

/** Where results go, and how works without any come to their end. */
export interface WiredSinks {
  readonly sink: BundleSink;
  readonly emptyWorks: EmptyWorkRule;
}

/**
 * Wires where results go.
 *
 * @throws ConnectorError (`configuration`) when the platform takes no bundles over its API and they should go there,
 *   or when they should be validated where they may not go.
 */
export function createSink(config: Config, registration: Registration, services: SinkServices): WiredSinks {
  const { connector } = config;
  const { capabilities } = registration;
  const { client, logger } = services;
  const { drafts, validationMode } = capabilities;
  if (connector.validateBeforeImport && !connector.sendToQueue && drafts && validationMode === 'draft') {
    throw new ConnectorError(
      'This OpenCTI has results validated in drafts (CONNECTOR_VALIDATE_BEFORE_IMPORT=true), which CONNECTOR_SEND_TO_QUEUE=false would leave empty; set one of them the other way.',
      'configuration',
    );
  }
  const queue = connector.sendToQueue ? createQueue(config, registration, services) : undefined;
  const sink = new Destinations({
    validation: {
      always: connector.validateBeforeImport,
      mode: validationMode,
      drafts,
    },
    queue,
    workbench: new Workbench({ client, fileMarkings: capabilities.pendingFileMarkings }),
    newDrafts:
      queue === undefined
        ? undefined
        : new NewDrafts({ client, queue, draftContext: capabilities.draftContext, logger }),
    directory: createDirectory(config, registration, services),
  });
  return { sink, emptyWorks: emptyWorkRule(capabilities, queue) };
}

function emptyWorkRule(
  { completesUnannounced, dropsOvertakenBundles }: Capabilities,
  queue: BundleSink | undefined,
): EmptyWorkRule {
  if (completesUnannounced) return { by: 'end' };
  // Without a queue no results wait in it that could be thrown away.
  return dropsOvertakenBundles && queue !== undefined ? { by: 'message', queue } : { by: 'report' };
}

function createQueue(config: Config, registration: Registration, services: SinkServices): BundleSink {
  const { client, link, createLink, registrar, health, telemetry, logger, lifecycle } = services;
  const { capabilities, connectorId, connectorUserId } = registration;
  const createPublisher = (over: AmqpLink): BundlePublisher =>
    new BundlePublisher({
      link: over,
      push: () => registrar.current.push,
      dropsOvertakenBundles: capabilities.dropsOvertakenBundles,
      renew: (reason) => {
        registrar.renew(reason);
      },
      messages: {
        connectorUserId,
        drafts: capabilities.drafts,
        wholeBundles: capabilities.wholeBundles,
      },
      telemetry,
      logger,
    });
  if (config.connector.queueProtocol !== 'api' && link !== undefined) {
    const publisher = createPublisher(link);
    publisher.start();
    lifecycle.add('publisher', () => publisher.close());
    health.watch('publisher', () => publisherHealth(publisher.health));
    return publisher;
  }
  const { bundlePush } = capabilities;
  const api = new ApiPush({ client, connectorId, bundlePush, telemetry });
  const broker = new DraftBroker({ link, createLink, createPublisher, sleep });
  lifecycle.add('publisher', () => broker.close());
  return new ApiQueue({ api, broker, connectorUserId });
}

function createDirectory(
  { connector }: Config,
  { connectorUserId }: Registration,
  { telemetry, clock, logger }: SinkServices,
): DirectorySink | undefined {
  const { sendToDirectory, sendToDirectoryPath: path, sendToDirectoryRetention: retentionDays } = connector;
  if (!sendToDirectory || path === undefined) return undefined;
  const directory = new BundleDirectory({
    path,
    retentionDays,
    connectorName: connector.name,
    clock,
    logger,
  });
  return new DirectorySink({ directory, connector, connectorUserId, telemetry, logger });
}
