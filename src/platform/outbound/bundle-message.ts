import type { EnrichmentRequest } from '../../enrichment/request.js';
import type { Bundle } from '../../stix/objects.js';

export interface BundleMessageContext {
  readonly connectorUserId: string | undefined;
  /** Whether the workers read `draft_id`. */
  readonly drafts: boolean;
  /** Place in the sequence of messages of this bundle, from 1. */
  readonly sequence: number;
}

/** The message by which a worker imports one bundle (protocol reference §9.1). */
export function encodeBundleMessage(
  request: EnrichmentRequest,
  bundle: Bundle,
  context: BundleMessageContext,
): Buffer {
  return Buffer.from(
    JSON.stringify({
      bundle_type: 'QUEUE_BUNDLE',
      applicant_id: request.applicantId ?? context.connectorUserId ?? null,
      action_sequence: context.sequence,
      entities_types: [],
      content: Buffer.from(bundleText(bundle), 'utf8').toString('base64'),
      update: false,
      ...(request.workId === undefined ? {} : { work_id: request.workId }),
      ...draftOf(request, context),
    }),
    'utf8',
  );
}

/** Without the field, or with null, a worker writes into the active draft of the user it impersonates. */
function draftOf(request: EnrichmentRequest, { drafts }: BundleMessageContext): { draft_id?: string } {
  if (request.draftId !== undefined) return { draft_id: request.draftId };
  return drafts ? { draft_id: '' } : {};
}

/**
 * The JSON text of a bundle. Half characters (lone surrogates), which VirusTotal can hand on from the names of files,
 * are replaced: Python reads them from JSON, but cannot encode them again.
 */
export function bundleText(bundle: Bundle): string {
  const text = JSON.stringify(bundle);
  // JSON.stringify writes a lone surrogate, and nothing else, as an escape of this form.
  if (!/\\ud[89a-f]/.test(text)) return text;
  return JSON.stringify(bundle, (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(/\p{Cs}/gu, '\uFFFD') : value,
  );
}
