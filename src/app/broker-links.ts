import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { Health } from '../observability/health.js';
import { AmqpLink } from '../platform/amqp/amqp-link.js';
import type { Registrar } from '../platform/registrar.js';
import type { Telemetry } from '../shared/telemetry.js';
import { brokerHealth } from './health-parts.js';
import type { Lifecycle } from './lifecycle.js';
import { brokerConnection, brokerTls } from './platform-options.js';

/** The connections to the broker. */
export interface BrokerLinks {
  /** Requests come over it; `undefined` in API listen mode. */
  readonly requests: AmqpLink | undefined;
  /** Results go over it. */
  readonly results: AmqpLink;
}

/**
 * Connects to the broker: once to take requests and once to publish, because a broker that is short of resources stops
 * reading from whoever publishes, and acknowledgements must still reach it (ADR 18). Resolves with the first connection
 * of both.
 *
 * @throws ConnectorError (`configuration`) when TLS cannot work as it is configured.
 */
export async function connectBroker(
  config: Config,
  registrar: Registrar,
  services: {
    readonly logger: Logger;
    readonly lifecycle: Lifecycle;
    readonly health: Health;
    readonly telemetry: Telemetry;
  },
): Promise<BrokerLinks> {
  const { logger, lifecycle, health, telemetry } = services;
  const open = (purpose: LinkPurpose): AmqpLink => createLink(purpose, config, registrar, { logger });
  const results = open('results');
  const requests = config.connector.listenProtocol === 'API' ? undefined : open('requests');
  const links = requests === undefined ? [results] : [requests, results];
  lifecycle.add('broker connections', async () => {
    await Promise.all(links.map((link) => link.close()));
  });
  health.watch('broker', () => brokerHealth(links));
  telemetry.watchBroker(() => ({
    connected: links.every((link) => link.connected),
    blocked: links.some((link) => link.blocked !== undefined),
  }));
  await Promise.all(links.map((link) => link.start()));
  return { requests, results };
}

type LinkPurpose = 'requests' | 'results';

/** A connection to the broker that is not begun yet, with the credentials of the last registration. */
export function createLink(
  purpose: LinkPurpose,
  config: Config,
  registrar: Registrar,
  { logger }: { readonly logger: Logger },
): AmqpLink {
  return new AmqpLink({
    connection: () => brokerConnection(config, registrar.current.connection),
    tls: brokerTls(config),
    connectionName: `${config.connector.name} (${purpose})`,
    purpose,
    renew: (reason) => {
      registrar.renew(reason);
    },
    logger,
  });
}
