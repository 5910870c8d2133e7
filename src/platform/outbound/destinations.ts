import type { BundleSink, DeliveryReport, PreparedBundle } from '../../enrichment/ports.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { Bundle } from '../../stix/objects.js';
import type { ValidationMode } from '../graphql/capabilities.js';

export interface DestinationsOptions {
  readonly validation: {
    /** Every result is validated, not only where the request asks for it. */
    readonly always: boolean;
    /** Where, when the request does not say. */
    readonly mode: ValidationMode;
    /** Whether the platform has drafts; else there is nothing but the workbench. */
    readonly drafts: boolean;
  };
  /** To the platform's workers; `undefined` when results are not sent to the platform. */
  readonly queue: BundleSink | undefined;
  readonly workbench: BundleSink;
  /** Into drafts of their own; `undefined` when results are not sent to the platform. */
  readonly newDrafts: BundleSink | undefined;
  /** To a directory, beside the queue or instead of it. */
  readonly directory: CopySink | undefined;
}

/** Keeps a copy of what is sent. */
export interface CopySink extends BundleSink {
  /** Keeps a copy of what `sink` delivers. A copy that fails is told, and does not keep the results back. */
  copying(sink: BundleSink, request: EnrichmentRequest, bundle: Bundle): Promise<PreparedBundle>;
}

/**
 * Decides where the results of a request go (protocol reference §9.5, §9.7; ADR 21), in the order of the Python client:
 * first what a person validates, then the directory, then the queue. Playbook steps never come here.
 */
export class Destinations implements BundleSink {
  readonly #options: DestinationsOptions;

  constructor(options: DestinationsOptions) {
    this.#options = options;
  }

  prepare(request: EnrichmentRequest, bundle: Bundle): PreparedBundle | Promise<PreparedBundle> {
    const { workbench, queue, newDrafts, directory } = this.#options;
    const validation = validationOf(request, this.#options.validation);
    if (validation === 'workbench') return workbench.prepare(request, bundle);
    const sink = validation === 'draft' ? newDrafts : queue;
    // A file cannot say that it belongs into a draft: whoever reads it would import it into live knowledge.
    if (directory === undefined || request.draftId !== undefined)
      return required(sink).prepare(request, bundle);
    if (sink !== undefined) return directory.copying(sink, request, bundle);
    return validation === 'draft'
      ? required(sink).prepare(request, bundle)
      : directory.prepare(request, bundle);
  }
}

/** Where a person validates the results of a request; `undefined`: nowhere, or in the draft in which it was made. */
export function validationOf(
  { validation, draftId }: EnrichmentRequest,
  rules: DestinationsOptions['validation'],
): ValidationMode | undefined {
  if (draftId !== undefined || !(rules.always || validation.force)) return undefined;
  return rules.drafts ? (validation.mode ?? rules.mode) : 'workbench';
}

function required(sink: BundleSink | undefined): BundleSink {
  if (sink !== undefined) return sink;
  throw new ConnectorError(
    'the results belong into a draft, but CONNECTOR_SEND_TO_QUEUE=false keeps everything from OpenCTI; set it to true',
    'configuration',
  );
}

/** Nothing is queued for the work. */
export function withoutQueue(remark: string): DeliveryReport {
  return { undelivered: [], isUnqueued: true, remark };
}
