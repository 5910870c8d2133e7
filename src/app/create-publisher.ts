import type { Logger } from 'pino';
import type { AmqpLink } from '../platform/amqp/amqp-link.js';
import { BundlePublisher } from '../platform/outbound/bundle-publisher.js';
import type { Registrar } from '../platform/registrar.js';
import type { Telemetry } from '../shared/telemetry.js';

export interface PublisherServices {
  readonly registrar: Registrar;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** How long the broker may go without taking a message; the publisher's usual patience when absent. */
  readonly maxWaitMs?: number;
}

/** A publisher over a connection, which goes by what the platform said at the last registration. */
export function createPublisher(
  link: AmqpLink,
  { registrar, ...services }: PublisherServices,
): BundlePublisher {
  return new BundlePublisher({
    link,
    push: () => registrar.current.push,
    get dropsOvertakenBundles() {
      return registrar.current.capabilities.dropsOvertakenBundles;
    },
    renew: (reason) => {
      registrar.renew(reason);
    },
    get messages() {
      const { connectorUserId, capabilities } = registrar.current;
      return { connectorUserId, drafts: capabilities.drafts, wholeBundles: capabilities.wholeBundles };
    },
    ...services,
  });
}
