import type { ArtifactReader } from '../../enrichment/ports.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { asNumber, asText, asTextList, isJsonObject, type JsonObject } from '../../shared/json.js';
import { extensionOf, OCTI_EXTENSION, readAttribute } from '../../stix/extensions.js';
import type { PlatformClient } from '../graphql/client.js';
import { IMPORT_FILES } from '../graphql/operations.js';

export interface ArtifactReaderOptions {
  readonly client: PlatformClient;
  /** Larger files are refused: before they are opened when the platform knows their size, else while they are read. */
  readonly maxBytes: number;
}

/** A file of an entity, as the platform names it. */
interface AttachedFile {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number | undefined;
}

type Content = Awaited<ReturnType<ArtifactReader['contentOf']>>;

const STORAGE_PATH = '/storage/get/';
const BYTES_PER_MB = 1024 * 1024;

/**
 * Finds the file of an Artifact in the platform's storage (protocol reference §13) and reads it from there. The
 * platform itself is asked for the files, since only that tells their size; where it does not show the Artifact, the
 * list in the STIX form counts.
 */
export class StorageArtifactReader implements ArtifactReader {
  readonly #client: PlatformClient;
  readonly #maxBytes: number;

  constructor({ client, maxBytes }: ArtifactReaderOptions) {
    this.#client = client;
    this.#maxBytes = maxBytes;
  }

  async contentOf(request: EnrichmentRequest, entity: JsonObject): Promise<Content> {
    const files = (await this.#importFiles(request)) ?? filesInExtension(entity);
    const file = fileOfArtifact(files, entity);
    if (file === undefined) return undefined;
    if (file.sizeBytes !== undefined && file.sizeBytes > this.#maxBytes) throw this.#tooLarge(file.sizeBytes);
    return {
      name: file.name,
      sizeBytes: file.sizeBytes,
      sha256: sha256Of(entity),
      open: async (signal) =>
        this.#limited(await this.#client.download(file.id, { draftId: request.draftId, signal })),
    };
  }

  /** `undefined` when the platform does not show the entity. */
  async #importFiles(request: EnrichmentRequest): Promise<AttachedFile[] | undefined> {
    const answer = await this.#client.execute<unknown>(
      IMPORT_FILES,
      { id: request.entityId },
      { draftId: request.draftId },
    );
    const observable = isJsonObject(answer) ? answer.stixCyberObservable : undefined;
    if (!isJsonObject(observable)) return undefined;
    const edges = isJsonObject(observable.importFiles) ? observable.importFiles.edges : undefined;
    return objectsIn(edges).flatMap(({ node }) =>
      isJsonObject(node) ? attachedFile(asText(node.id), node.name, node.size) : [],
    );
  }

  async *#limited(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    let received = 0;
    for await (const piece of pieces) {
      received += piece.length;
      if (received > this.#maxBytes) throw this.#tooLarge();
      yield piece;
    }
  }

  #tooLarge(sizeBytes?: number): ConnectorError {
    const limit = `${Math.floor(this.#maxBytes / BYTES_PER_MB)} MB`;
    const size = sizeBytes === undefined ? '' : ` of ${(sizeBytes / BYTES_PER_MB).toFixed(1)} MB`;
    return new ConnectorError(
      `The file${size} is larger than the ${limit} that may be uploaded; raise VIRUSTOTAL_FILE_UPLOAD_MAX_MB to upload it.`,
      'invalid',
      { untouched: true },
    );
  }
}

/** The list that the STIX form carries, without sizes. */
function filesInExtension(entity: JsonObject): AttachedFile[] {
  return objectsIn(extensionOf(entity, OCTI_EXTENSION)?.files).flatMap((file) => {
    const uri = asText(file.uri);
    const id = uri?.startsWith(STORAGE_PATH) === true ? uri.slice(STORAGE_PATH.length) : undefined;
    return attachedFile(id, file.name, undefined);
  });
}

function attachedFile(id: string | undefined, name: unknown, size: unknown): AttachedFile[] {
  if (id === undefined) return [];
  const bytes = asNumber(size);
  // Older uploads are listed with a size of 0 or none.
  const sizeBytes = Number.isSafeInteger(bytes) && bytes !== undefined && bytes > 0 ? bytes : undefined;
  return [{ id, name: asText(name) ?? id.split('/').at(-1) ?? id, sizeBytes }];
}

/**
 * People may attach more files to an Artifact: a report, a screenshot. Its own was the first, and gave it one of its
 * names.
 */
function fileOfArtifact(files: readonly AttachedFile[], entity: JsonObject): AttachedFile | undefined {
  const names = [...asTextList(readAttribute(entity, 'additional_names')), asText(entity.name)];
  return files.find((file) => names.includes(file.name)) ?? files[0];
}

/** The SHA-256 that the Artifact stands for, when it has a well-formed one. */
function sha256Of(entity: JsonObject): string | undefined {
  const hashes = isJsonObject(entity.hashes) ? Object.entries(entity.hashes) : [];
  const named = hashes.find(([name]) => /^sha-?256$/i.test(name));
  const digest = asText(named?.[1])?.trim().toLowerCase() ?? '';
  return /^[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

function objectsIn(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
