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
import type { BundlePublisher } from '../platform/outbound/bundle-publisher.js';
import { Destinations } from '../platform/outbound/destinations.js';
import { DirectorySink } from '../platform/outbound/directory-sink.js';
import { OnDemandBroker } from '../platform/outbound/on-demand-broker.js';
import { NewDrafts } from '../platform/outbound/new-drafts.js';
import { Workbench } from '../platform/outbound/workbench.js';
import type { Registrar } from '../platform/registrar.js';
import { sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import type { Telemetry } from '../shared/telemetry.js';
import { createPublisher } from './create-publisher.js';
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
  /** As the platform is now. */
  readonly emptyWorks: () => EmptyWorkRule;
}

/**
 * Wires where results go. The options of each part are read when they are needed: the platform may be upgraded meanwhile.
 *
 * @throws ConnectorError (`configuration`) when the platform takes no bundles over its API and they should go there,
 *   or when they should be validated where they may not go.
 */
export function createSink(config: Config, services: SinkServices): WiredSinks {
  const { connector } = config;
  const { client, logger, registrar } = services;
  const { drafts, validationMode } = registrar.current.capabilities;
  if (connector.validateBeforeImport && !connector.sendToQueue && drafts && validationMode === 'draft') {
    throw new ConnectorError(
      'This OpenCTI has results validated in drafts (CONNECTOR_VALIDATE_BEFORE_IMPORT=true), which CONNECTOR_SEND_TO_QUEUE=false would leave empty; set one of them the other way.',
      'configuration',
    );
  }
  const queue = connector.sendToQueue ? createQueue(config, services) : undefined;
  const workbench = {
    client,
    get fileMarkings(): boolean {
      return registrar.current.capabilities.pendingFileMarkings;
    },
  };
  const sink = new Destinations({
    get validation() {
      const { validationMode: mode, drafts: hasDrafts } = registrar.current.capabilities;
      return { always: connector.validateBeforeImport, mode, drafts: hasDrafts };
    },
    queue,
    workbench: new Workbench(workbench),
    newDrafts: queue === undefined ? undefined : createNewDrafts(queue, client, registrar, logger),
    directory: createDirectory(config, services),
  });
  return { sink, emptyWorks: () => emptyWorkRule(registrar.current.capabilities, queue) };
}

function createNewDrafts(
  queue: BundleSink,
  client: PlatformClient,
  registrar: Registrar,
  logger: Logger,
): NewDrafts {
  return new NewDrafts({
    client,
    queue,
    get draftContext() {
      return registrar.current.capabilities.draftContext;
    },
    logger,
  });
}

function emptyWorkRule(
  { completesUnannounced, dropsOvertakenBundles }: Capabilities,
  queue: BundleSink | undefined,
): EmptyWorkRule {
  if (completesUnannounced) return { by: 'end' };
  // Without a queue no results wait in it that could be thrown away.
  return dropsOvertakenBundles && queue !== undefined ? { by: 'message', queue } : { by: 'report' };
}

function createQueue(config: Config, services: SinkServices): BundleSink {
  const { client, link, createLink, registrar, health, telemetry, logger, lifecycle } = services;
  const over = (way: AmqpLink): BundlePublisher => createPublisher(way, { registrar, telemetry, logger });
  if (config.connector.queueProtocol !== 'api' && link !== undefined) {
    const publisher = over(link);
    publisher.start();
    lifecycle.add('publisher', () => publisher.close());
    health.watch('publisher', () => publisherHealth(publisher.health));
    return publisher;
  }
  const api = new ApiPush({
    client,
    connectorId: registrar.current.connectorId,
    get bundlePush() {
      return registrar.current.capabilities.bundlePush;
    },
    telemetry,
  });
  const broker = new OnDemandBroker({ link, createLink, createPublisher: over, sleep });
  lifecycle.add('publisher', () => broker.close());
  return new ApiQueue({
    api,
    broker,
    get connectorUserId() {
      return registrar.current.connectorUserId;
    },
  });
}

function createDirectory(
  { connector }: Config,
  { registrar, telemetry, clock, logger }: SinkServices,
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
  const { connectorUserId } = registrar.current;
  return new DirectorySink({ directory, connector, connectorUserId, telemetry, logger });
}
