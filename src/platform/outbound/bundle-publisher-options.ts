import type { Logger } from 'pino';
import type { Backoff, Sleep } from '../../shared/backoff.js';
import type { Telemetry } from '../../shared/telemetry.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
import type { BundleMessageContext } from './bundle-message.js';

/** What publishing bundles needs. */
export interface BundlePublisherOptions {
  /** A connection of its own: the broker may stop reading from it. */
  readonly link: Pick<AmqpLink, 'keepConfirmChannel' | 'blocked' | 'watchFlow'>;
  /** As of the last registration. */
  readonly push: () => { readonly exchange: string; readonly routingKey: string };
  readonly messages: BundleMessageContext;
  /** The platform throws bundles of works away that are older than one with a report (`Capabilities`). */
  readonly dropsOvertakenBundles?: boolean;
  /** Makes the platform declare its queues again. Must neither wait nor throw. */
  readonly renew?: (reason: string) => void;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** Between attempts to publish what the broker refused. */
  readonly backoff?: Backoff;
  /** How long the broker may go without taking a message that was handed over. */
  readonly maxWaitMs?: number;
  readonly sleep?: Sleep;
}
