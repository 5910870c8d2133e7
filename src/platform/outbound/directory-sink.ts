import type { Logger } from 'pino';
import type { BundleSink, DeliveryReport, PreparedBundle } from '../../enrichment/ports.js';
import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import { describeError } from '../../shared/connector-error.js';
import type { JsonObject } from '../../shared/json.js';
import type { Telemetry } from '../../shared/telemetry.js';
import type { Bundle } from '../../stix/objects.js';
import { bundleText } from './bundle-message.js';
import type { BundleDirectory } from './bundle-directory.js';
import { withoutQueue, type CopySink } from './destinations.js';

export interface DirectorySinkOptions {
  readonly directory: Pick<BundleDirectory, 'write'>;
  /** Of whom the bundles are, as the documents say it. */
  readonly connector: {
    readonly id: string;
    readonly name: string;
    readonly scope: readonly string[];
    readonly auto: boolean;
    readonly validateBeforeImport: boolean;
  };
  readonly connectorUserId: string | undefined;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/** Leaves bundles in a directory, whole, with what their import elsewhere needs (protocol reference §9.7). */
export class DirectorySink implements CopySink {
  readonly #options: DirectorySinkOptions;

  constructor(options: DirectorySinkOptions) {
    this.#options = options;
  }

  /** Instead of the queue: a bundle that cannot be written is not delivered. */
  prepare(request: EnrichmentRequest, bundle: Bundle): PreparedBundle {
    return {
      expectations: 0,
      send: () => {
        const delivered = this.#write(request, bundle).then((name) =>
          withoutQueue(`the results were written to ${name} and not sent to OpenCTI`),
        );
        delivered.catch(() => undefined);
        return { delivered };
      },
    };
  }

  async copying(sink: BundleSink, request: EnrichmentRequest, bundle: Bundle): Promise<PreparedBundle> {
    const prepared = await sink.prepare(request, bundle);
    return {
      expectations: prepared.expectations,
      send: () => {
        const copied = this.#copy(request, bundle);
        const { delivered } = prepared.send();
        const both = this.#both(delivered, copied);
        both.catch(() => undefined);
        return { delivered: both };
      },
    };
  }

  async #both(
    delivered: Promise<DeliveryReport>,
    copied: Promise<string | undefined>,
  ): Promise<DeliveryReport> {
    const failure = await copied;
    const report = await delivered;
    const remarks = [report.remark, failure].filter((remark) => remark !== undefined);
    return remarks.length === 0 ? report : { ...report, remark: remarks.join('; ') };
  }

  /** What is to be said of a copy that failed; the results themselves are not concerned. */
  async #copy(request: EnrichmentRequest, bundle: Bundle): Promise<string | undefined> {
    const { telemetry, logger } = this.#options;
    try {
      await this.#write(request, bundle);
      return undefined;
    } catch (error) {
      telemetry.error();
      logger.error({ ...factsOf(request), reason: describeError(error) }, 'bundle could not be written');
      return describeError(error);
    }
  }

  #write(request: EnrichmentRequest, bundle: Bundle): Promise<string> {
    const { directory, connector, connectorUserId } = this.#options;
    const { id, name, scope, auto, validateBeforeImport } = connector;
    return directory.write({
      bundle_type: 'DIRECTORY_BUNDLE',
      applicant_id: request.applicantId ?? connectorUserId ?? null,
      connector: {
        id,
        name,
        type: 'INTERNAL_ENRICHMENT',
        // As the Python client hands it on: whoever imports the file splits it.
        scope: scope.join(','),
        auto,
        validate_before_import: validateBeforeImport || request.validation.force,
      },
      entities_types: [],
      bundle: JSON.parse(bundleText(bundle)) as JsonObject,
      update: false,
    });
  }
}
