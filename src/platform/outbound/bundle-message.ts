import type { DeliveryAddress } from '../../enrichment/request.js';
import type { JsonObject } from '../../shared/json.js';
import type { Bundle, StixObject } from '../../stix/objects.js';
import { arrangeBundle, splitBundle } from '../../stix/split-bundle.js';

/** What a message says beside its request and its bundle. */
export interface BundleMessageContext {
  /** Whom the workers impersonate when a request names nobody. */
  readonly connectorUserId: string | undefined;
  /** Whether the workers read `draft_id`. */
  readonly drafts: boolean;
  /** Whether the workers import a message of several objects as a whole when it says so. */
  readonly wholeBundles: boolean;
}

/** A message for the workers, and the objects in it: a worker reports one expectation for each. */
export interface BundleMessage {
  readonly body: Buffer;
  readonly objects: readonly StixObject[];
}

/** Bundles longer than this travel object by object: RabbitMQ 4 takes messages of 16 MiB, an operator may allow less. */
const MAX_WHOLE_CHARACTERS = 1024 * 1024;

/**
 * The messages by which workers import a bundle. Where they understand it, the bundle is one message: a single worker
 * then imports the objects in their order, so that none meets an object that refers to one which another worker still
 * has in hand. Else each object is a message (protocol reference §9.2, §9.3). Empty when nothing can be imported.
 */
export function bundleMessages(
  request: DeliveryAddress,
  bundle: Bundle,
  context: BundleMessageContext,
): readonly BundleMessage[] {
  const arranged = arrangeBundle(bundle);
  const { objects } = arranged;
  if (context.wholeBundles && objects.length > 1) {
    const text = bundleText(arranged);
    if (text.length <= MAX_WHOLE_CHARACTERS) {
      return [{ body: encode(request, text, { no_split: true, action_sequence: 1 }, context), objects }];
    }
  }
  return splitBundle(arranged).map((part, index) => ({
    body: encode(request, bundleText(part), { action_sequence: index + 1 }, context),
    objects: part.objects,
  }));
}

/** Protocol reference §9.1. */
function encode(
  request: DeliveryAddress,
  text: string,
  fields: JsonObject,
  context: BundleMessageContext,
): Buffer {
  return Buffer.from(
    JSON.stringify({
      bundle_type: 'QUEUE_BUNDLE',
      applicant_id: request.applicantId ?? context.connectorUserId ?? null,
      ...fields,
      entities_types: [],
      content: Buffer.from(text, 'utf8').toString('base64'),
      update: false,
      ...(request.workId === undefined ? {} : { work_id: request.workId }),
      ...draftOf(request, context),
    }),
    'utf8',
  );
}

/** The same message for no work: workers import it unconditionally (protocol reference §10). */
export function withoutWork(body: Buffer): Buffer {
  const fields = JSON.parse(body.toString('utf8')) as JsonObject;
  return Buffer.from(JSON.stringify({ ...fields, work_id: undefined }), 'utf8');
}

/** Without the field, or with null, a worker writes into the active draft of the user it impersonates. */
function draftOf(request: DeliveryAddress, { drafts }: BundleMessageContext): { draft_id?: string } {
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
