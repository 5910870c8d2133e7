import type { BundleQueue, BundleSink, PreparedBundle } from '../../enrichment/ports.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import type { Bundle } from '../../stix/objects.js';

export interface ApiQueueOptions {
  /** Pushes over the API, without draft and in the name of the connector's own user. */
  readonly api: BundleQueue;
  readonly broker: BrokerOnDemand;
  /** Whom the platform takes for the applicant of what comes over the API. */
  readonly connectorUserId: string | undefined;
}

/** The way over RabbitMQ, where not everything goes over it. */
export interface BrokerOnDemand {
  /** Connects if need be. @throws ConnectorError saying why RabbitMQ cannot be reached now. */
  reach(): Promise<BundleQueue>;
  /** What is connected already. */
  readonly reached: BundleQueue | undefined;
}

/**
 * Pushes bundles over the API, but for what the platform would lose on that way (protocol reference §9.6): what belongs
 * into a draft goes over RabbitMQ, or nowhere, since over the API it would end up in live knowledge. What is imported in
 * the name of another user goes over RabbitMQ where that is connected, and else in the name of the connector's own.
 */
export class ApiQueue implements BundleSink {
  readonly #options: ApiQueueOptions;

  constructor(options: ApiQueueOptions) {
    this.#options = options;
  }

  prepare(request: EnrichmentRequest, bundle: Bundle): PreparedBundle | Promise<PreparedBundle> {
    const { api, broker, connectorUserId } = this.#options;
    if (request.draftId !== undefined) return this.#overBroker(request, bundle);
    const isForOther = request.applicantId !== undefined && request.applicantId !== connectorUserId;
    return ((isForOther ? broker.reached : undefined) ?? api).prepare(request, bundle);
  }

  async #overBroker(request: EnrichmentRequest, bundle: Bundle): Promise<PreparedBundle> {
    let sink: BundleQueue;
    try {
      sink = await this.#options.broker.reach();
    } catch (error) {
      throw new ConnectorError(
        `OpenCTI cannot take results for a draft over its API (CONNECTOR_QUEUE_PROTOCOL=api), and RabbitMQ is not there either: ${describeError(error)} Let the connector reach RabbitMQ, or enrich outside of the draft.`,
        'configuration',
        { cause: error },
      );
    }
    return sink.prepare(request, bundle);
  }
}
