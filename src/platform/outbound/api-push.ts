import type { BundleQueue, DeliveryReport, PreparedBundle } from '../../enrichment/ports.js';
import { factsOf, type DeliveryAddress } from '../../enrichment/request.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { Telemetry } from '../../shared/telemetry.js';
import type { Bundle } from '../../stix/objects.js';
import type { BundlePushSupport } from '../graphql/capabilities.js';
import type { PlatformClient } from '../graphql/client.js';
import { STIX_BUNDLE_PUSH, STIX_BUNDLE_PUSH_WITHOUT_WORK } from '../graphql/operations.js';
import { bundleText } from './bundle-message.js';
import { withoutQueue } from './destinations.js';

export interface ApiPushOptions {
  readonly client: PlatformClient;
  readonly connectorId: string;
  readonly bundlePush: BundlePushSupport;
  readonly telemetry: Telemetry;
}

/**
 * Hands whole bundles to the platform over GraphQL (protocol reference §9.6), which queues them for its workers and
 * adds the expectations itself. Where the platform does not take the work, or would throw the bundle away for it, the
 * bundle is imported in a work that the platform makes for it, and ours ends with the push. Bundles are pushed one after
 * the other, in the order in which they were sent.
 *
 * No platform version keeps the draft of a pushed bundle, so one for a draft is refused: it would end up in live
 * knowledge. `ApiQueue` knows another way for those.
 */
export class ApiPush implements BundleQueue {
  readonly #options: ApiPushOptions;
  #last: Promise<unknown> = Promise.resolve();

  /** @throws ConnectorError (`configuration`) when the platform takes no bundles over its API. */
  constructor(options: ApiPushOptions) {
    if (options.bundlePush === 'unavailable') {
      throw new ConnectorError(
        'This OpenCTI takes no bundles over its API; set CONNECTOR_QUEUE_PROTOCOL=amqp or upgrade to 6.2.6.',
        'configuration',
      );
    }
    this.#options = options;
  }

  prepare(request: DeliveryAddress, bundle: Bundle): PreparedBundle {
    if (request.draftId !== undefined) {
      throw new ConnectorError(
        'OpenCTI cannot take results for a draft over its API; they must go over RabbitMQ.',
        'defect',
      );
    }
    const text = bundleText(bundle);
    // Decided once: the platform may become another version before it is sent.
    const namesWork = this.#options.bundlePush === 'with-work';
    return {
      // Added by the platform where the push names the work; else nobody would ever report anything for it.
      expectations: 0,
      send: () => ({ delivered: this.#send(request, text, namesWork) }),
    };
  }

  /** Rejects with a PlatformError when the push fails. */
  #send(request: DeliveryAddress, bundle: string, namesWork: boolean): Promise<DeliveryReport> {
    const delivered = this.#last.then(() => this.#push(request, bundle, namesWork));
    this.#last = delivered.catch(() => undefined);
    return delivered;
  }

  async #push(request: DeliveryAddress, bundle: string, namesWork: boolean): Promise<DeliveryReport> {
    const { client, connectorId, telemetry } = this.#options;
    const context = { about: factsOf(request) };
    if (namesWork && request.workId !== undefined) {
      const variables = { connectorId, bundle, work_id: request.workId };
      await client.execute(STIX_BUNDLE_PUSH, variables, context);
    } else {
      await client.execute(STIX_BUNDLE_PUSH_WITHOUT_WORK, { connectorId, bundle }, context);
    }
    telemetry.bundlesSent(1);
    if (namesWork) return { undelivered: [] };
    return withoutQueue('OpenCTI imports the results in a work of their own');
  }
}
