import type { EntityReader, IndicatorReader } from '../../enrichment/ports.js';
import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { StixId } from '../../stix/objects.js';
import type { PlatformClient } from '../graphql/client.js';
import { PlatformError } from '../graphql/errors.js';
import { STIX } from '../graphql/operations.js';

/** Reads entities by the platform's `stix` query, which gives the form that messages carry (protocol reference §5.1). */
export class GraphqlEntityReader implements EntityReader, IndicatorReader {
  readonly #client: PlatformClient;

  constructor(client: PlatformClient) {
    this.#client = client;
  }

  readEntity(request: EnrichmentRequest): Promise<JsonObject | undefined> {
    return this.#read(request.entityId, request);
  }

  readIndicator(id: StixId, request: EnrichmentRequest): Promise<JsonObject | undefined> {
    return this.#read(id, request);
  }

  async #read(id: string, request: EnrichmentRequest): Promise<JsonObject | undefined> {
    const answer = await this.#client.execute<unknown>(
      STIX,
      { id },
      { draftId: request.draftId, about: factsOf(request) },
    );
    const text = isJsonObject(answer) ? answer.stix : undefined;
    if (isJsonObject(text)) return text;
    if (typeof text !== 'string' || text === '') return undefined;
    const entity = parse(text);
    if (entity === null) return undefined;
    if (!isJsonObject(entity)) {
      throw new PlatformError('OpenCTI answered with an entity that is not a STIX object.', {
        kind: 'defect',
        code: 'BAD_ENTITY',
      });
    }
    return entity;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
