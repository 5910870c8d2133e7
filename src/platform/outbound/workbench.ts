import type { BundleSink, DeliveryReport, PreparedBundle } from '../../enrichment/ports.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { asTextList, isJsonObject } from '../../shared/json.js';
import type { Bundle } from '../../stix/objects.js';
import type { PlatformClient } from '../graphql/client.js';
import { PlatformError } from '../graphql/errors.js';
import { MARKING_IDS, UPLOAD_PENDING, UPLOAD_PENDING_WITHOUT_MARKINGS } from '../graphql/operations.js';
import { bundleText } from './bundle-message.js';

export interface WorkbenchOptions {
  readonly client: PlatformClient;
  /** Whether the platform takes the markings of the file, or may take them. */
  readonly fileMarkings: boolean;
}

/**
 * Leaves results in a workbench: a file in the platform that holds the whole bundle and waits until a person validates
 * it (protocol reference §9.5). Nothing is queued.
 *
 * The file is marked like the enriched entity, so that nobody reads there what they must not read in the entity.
 * Platforms before 6.5.2 cannot mark it; the objects in it are marked on all of them.
 */
export class Workbench implements BundleSink {
  readonly #options: WorkbenchOptions;
  #takesNoMarkings = false;

  constructor(options: WorkbenchOptions) {
    this.#options = options;
  }

  prepare(request: EnrichmentRequest, bundle: Bundle): PreparedBundle {
    const file = {
      name: validationName(request),
      mimeType: 'application/json',
      text: bundleText(bundle),
    };
    return {
      // Reported as soon as the file is there: some platforms never complete a work that expects nothing.
      expectations: 0,
      send: () => {
        const delivered = this.#upload(request, bundle, file);
        delivered.catch(() => undefined);
        return { delivered };
      },
    };
  }

  /** @throws PlatformError */
  async #upload(
    request: EnrichmentRequest,
    bundle: Bundle,
    file: { readonly name: string; readonly mimeType: string; readonly text: string },
  ): Promise<DeliveryReport> {
    const { client, fileMarkings } = this.#options;
    // Without an entity, as the Python client does: the validated bundle is imported as it is, with nothing linked to it.
    const variables = { entityId: null };
    const marked = fileMarkings && !this.#takesNoMarkings;
    try {
      if (marked) {
        const markings = await this.#markings(request, bundle);
        await client.execute(UPLOAD_PENDING, { ...variables, file_markings: markings }, { file });
      } else await client.execute(UPLOAD_PENDING_WITHOUT_MARKINGS, variables, { file });
    } catch (error) {
      // A platform that hides its version: one that does not know the argument has no way to mark the file.
      const isUnknown = error instanceof PlatformError && error.code === 'GRAPHQL_VALIDATION_FAILED';
      if (!marked || !isUnknown) throw error;
      this.#takesNoMarkings = true;
      return this.#upload(request, bundle, file);
    }
    return { undelivered: [], isUnqueued: true, remark: `the results wait in the workbench ${file.name}` };
  }

  /** By their internal ids: by another one the platform would let nobody see the file. */
  async #markings(request: EnrichmentRequest, bundle: Bundle): Promise<readonly string[]> {
    const entity = bundle.objects.find(({ id }) => id === request.entityId);
    if (asTextList(entity?.object_marking_refs).length === 0) return [];
    const answer = await this.#options.client.execute<unknown>(MARKING_IDS, { id: request.entityId });
    const found = isJsonObject(answer) ? answer.stixCoreObject : undefined;
    const markings = isJsonObject(found) && Array.isArray(found.objectMarking) ? found.objectMarking : [];
    const ids = markings.filter(isJsonObject).flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
    if (ids.length > 0) return ids;
    throw new PlatformError(
      'OpenCTI does not say how the entity is marked, so its results cannot be put into a workbench with the same markings; check that the user of OPENCTI_TOKEN may see the entity and its markings.',
      { kind: 'configuration', code: 'MARKINGS_UNKNOWN', untouched: true },
    );
  }
}

/** What the workbench or draft of a request is called: after its work, also when the results travel without that. */
export function validationName({ workId, key }: EnrichmentRequest): string {
  return `${workId ?? key.split(' ')[0] ?? key}.json`;
}
