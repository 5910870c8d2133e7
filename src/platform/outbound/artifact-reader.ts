import type { ArtifactFile, ArtifactReader } from '../../enrichment/ports.js';
import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { asNumber, asText, asTextList, isJsonObject, type JsonObject } from '../../shared/json.js';
import { extensionOf, OCTI_EXTENSION, readAttribute } from '../../stix/extensions.js';
import { markingsOf } from '../../stix/markings.js';
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

/** As the STIX form lists it: without its size, but from 6.3.12 on with its markings. */
interface ListedFile extends AttachedFile {
  readonly markings: readonly string[] | undefined;
}

const STORAGE_PATH = '/storage/get/';
const BYTES_PER_MB = 1024 * 1024;

/**
 * Finds the file of an Artifact in the platform's storage (protocol reference §13) and reads it from there. The
 * platform itself is asked for the files, since only that tells their size; their markings are in the STIX form alone,
 * whose list counts as a whole where the platform does not show the Artifact.
 */
export class StorageArtifactReader implements ArtifactReader {
  readonly #client: PlatformClient;
  readonly #maxBytes: number;

  constructor({ client, maxBytes }: ArtifactReaderOptions) {
    this.#client = client;
    this.#maxBytes = maxBytes;
  }

  async contentOf(request: EnrichmentRequest, entity: JsonObject): Promise<ArtifactFile | undefined> {
    const listed = filesInExtension(entity);
    const files = (await this.#importFiles(request)) ?? listed;
    const file = fileOfArtifact(files, entity);
    if (file === undefined) return undefined;
    if (file.sizeBytes !== undefined && file.sizeBytes > this.#maxBytes) throw this.#tooLarge(file.sizeBytes);
    const hash = hashOf(entity);
    if (hash === undefined) {
      throw new ConnectorError(
        'The artifact has no MD5, SHA-1 or SHA-256 hash, so nobody can tell whether the attached file is its own; add one.',
        'invalid',
        { untouched: true },
      );
    }
    return {
      name: file.name,
      sizeBytes: file.sizeBytes,
      hash,
      markings: markingsOfFile(file, listed),
      open: async (signal) =>
        this.#limited(await this.#client.download(file.id, { draftId: request.draftId, signal })),
    };
  }

  /** `undefined` when the platform does not show the entity. */
  async #importFiles(request: EnrichmentRequest): Promise<AttachedFile[] | undefined> {
    const answer = await this.#client.execute<unknown>(
      IMPORT_FILES,
      { id: request.entityId },
      { draftId: request.draftId, about: factsOf(request) },
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

/** The list that the STIX form carries. */
function filesInExtension(entity: JsonObject): ListedFile[] {
  return objectsIn(extensionOf(entity, OCTI_EXTENSION)?.files).flatMap((file) => {
    const uri = asText(file.uri);
    const id = uri?.startsWith(STORAGE_PATH) === true ? uri.slice(STORAGE_PATH.length) : undefined;
    return attachedFile(id, file.name, undefined).map((one) => ({ ...one, markings: markingsOf(file) }));
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
 * The markings that the STIX form has for the file. A draft may spell its path otherwise, so that its name tells as well;
 * `undefined` when it is not listed, since nobody knows its markings then.
 */
function markingsOfFile(file: AttachedFile, listed: readonly ListedFile[]): readonly string[] | undefined {
  const same = listed.filter(({ id, name }) => id === file.id || name === file.name);
  const markings = same.flatMap((one) => one.markings ?? []);
  return same.length > 0 && same.every((one) => one.markings !== undefined) ? markings : undefined;
}

/**
 * People may attach more files to an Artifact: a report, a screenshot. Its own was the first, and gave it one of its
 * names.
 */
function fileOfArtifact(files: readonly AttachedFile[], entity: JsonObject): AttachedFile | undefined {
  const names = [...asTextList(readAttribute(entity, 'additional_names')), asText(entity.name)];
  return files.find((file) => names.includes(file.name)) ?? files[0];
}

/** The hashes by which VirusTotal knows files, the strongest first, with the number of their hex digits. */
const hashForms = [
  ['SHA256', 64],
  ['SHA1', 40],
  ['MD5', 32],
] as const;

/** The strongest well-formed hash that the Artifact stands for, in lower-case hex. */
function hashOf(entity: JsonObject): string | undefined {
  const hashes = isJsonObject(entity.hashes) ? Object.entries(entity.hashes) : [];
  return hashForms
    .flatMap(([algorithm, length]) =>
      hashes
        .filter(([name]) => name.toUpperCase().replace(/[^A-Z0-9]/g, '') === algorithm)
        .map(([, digest]) => asText(digest)?.trim().toLowerCase() ?? '')
        .filter((digest) => digest.length === length && /^[0-9a-f]+$/.test(digest)),
    )
    .at(0);
}

function objectsIn(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
