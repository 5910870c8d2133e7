import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { markingsOf, type Tlp } from '../../stix/markings.js';
import type { FileContent, VtObject } from '../../virustotal/schema.js';
import type { Exclusions } from '../exclusions.js';
import { HandBackError } from '../platform-call.js';
import type { ArtifactReader, EntityReader } from '../ports.js';
import type { EnrichmentRequest } from '../request.js';
import { targetsOf } from '../subject.js';
import { publicationRefusal } from './wish.js';

export interface PublicationOptions {
  readonly entities: EntityReader;
  readonly artifacts: ArtifactReader;
  readonly exclusions: Exclusions;
  /** Highest TLP of what may be published. */
  readonly maxTlp: Tlp;
}

const CHANGED = 'its value or hashes were changed meanwhile; enrich it again.';

/** What may be published: a URL needs no content. Or a sentence that says why nothing is. */
export type Clearance = { readonly content: FileContent | undefined } | { readonly refusal: string };

/**
 * Says at the last moment whether an entity may be published, by what the platform holds then: the message may have
 * waited for a day, somebody may have marked the entity meanwhile, and what was published cannot be taken back.
 */
export class Publication {
  readonly #options: PublicationOptions;

  constructor(options: PublicationOptions) {
    this.#options = options;
  }

  /**
   * @param object - What is to be published.
   * @throws HandBackError when the platform cannot be asked at present. A playbook step is answered whatever happens, so
   *   that is a refusal for it.
   */
  async clear(request: EnrichmentRequest, object: VtObject): Promise<Clearance> {
    try {
      return await this.#clear(request, object);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      if (error.retryable && request.playbook === undefined) throw new HandBackError(error);
      return { refusal: `It was not submitted: ${describeError(error)}` };
    }
  }

  async #clear(request: EnrichmentRequest, object: VtObject): Promise<Clearance> {
    const { entities, artifacts, exclusions, maxTlp } = this.#options;
    const entity = await entities.readEntity(request);
    if (entity === undefined) {
      return { refusal: 'It was not submitted: OpenCTI does not show it to this connector any more.' };
    }
    const refusal = publicationRefusal('its marking', markingsOf(entity), maxTlp);
    if (refusal !== undefined) return { refusal };
    const targets = targetsOf(entity, object.kind === 'url' ? 'Url' : 'Artifact', exclusions);
    if ('skipped' in targets) {
      const reason = targets.skipped.reason === 'excluded' ? 'it is excluded (VIRUSTOTAL_EXCLUDE).' : CHANGED;
      return { refusal: `It was not submitted: ${reason}` };
    }
    if (object.kind === 'url') {
      const isSame = targets.valid.some(
        (target) => target.object.kind === 'url' && target.object.url === object.url,
      );
      return isSame ? { content: undefined } : { refusal: `It was not submitted: ${CHANGED}` };
    }
    const file = await artifacts.contentOf(request, entity);
    if (file === undefined) return { refusal: 'It was not submitted: no file is attached to it.' };
    const fileRefusal = publicationRefusal('the marking of its file', file.markings, maxTlp);
    return fileRefusal === undefined ? { content: file } : { refusal: fileRefusal };
  }
}
