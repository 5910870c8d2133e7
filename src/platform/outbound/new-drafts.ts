import type { Logger } from 'pino';
import type { BundleSink, DeliveryReport, PreparedBundle } from '../../enrichment/ports.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { asText, isJsonObject } from '../../shared/json.js';
import type { Bundle } from '../../stix/objects.js';
import type { PlatformClient } from '../graphql/client.js';
import { PlatformError } from '../graphql/errors.js';
import { DRAFT_WORKSPACE_ADD, WORK_ADD_DRAFT_CONTEXT } from '../graphql/operations.js';
import { validationName } from './workbench.js';

export interface NewDraftsOptions {
  readonly client: PlatformClient;
  /** Takes the results into the draft. */
  readonly queue: BundleSink;
  /** Whether a work can be told its draft. */
  readonly draftContext: boolean;
  readonly logger: Logger;
}

/** Stands for the id of a draft that is not there yet; it is never sent. */
const NOT_YET = 'draft-to-be';
/** Drafts whose results may be sent again; as many requests are in work at most. */
const MAX_REMEMBERED = 512;

/**
 * Opens a draft for the results of each request, in which a person validates them (protocol reference §9.5). The draft
 * is opened once, as late as possible: when the results cannot be sent after all, no empty one is left behind.
 */
export class NewDrafts implements BundleSink {
  readonly #options: NewDraftsOptions;
  /** Opened, but not filled yet, by the key of the request. */
  readonly #opened = new Map<string, string>();

  constructor(options: NewDraftsOptions) {
    this.#options = options;
  }

  async prepare(request: EnrichmentRequest, bundle: Bundle): Promise<PreparedBundle> {
    // Says whether the results can get into a draft at all.
    const trial = await this.#options.queue.prepare({ ...request, draftId: NOT_YET }, bundle);
    return {
      expectations: trial.expectations,
      send: () => {
        const delivered = this.#send(request, bundle);
        delivered.catch(() => undefined);
        return { delivered };
      },
    };
  }

  /** @throws ConnectorError */
  async #send(request: EnrichmentRequest, bundle: Bundle): Promise<DeliveryReport> {
    const name = validationName(request);
    const draftId = this.#opened.get(request.key) ?? (await this.#open(request, name));
    const prepared = await this.#options.queue.prepare({ ...request, draftId }, bundle);
    const report = await prepared.send().delivered;
    this.#opened.delete(request.key);
    return { ...report, remark: report.remark ?? `the results wait in the draft ${name}` };
  }

  async #open(request: EnrichmentRequest, name: string): Promise<string> {
    // Without an entity, as the Python client does. When the answer is lost, an empty draft may stay behind.
    const answer = await this.#options.client.execute<unknown>(DRAFT_WORKSPACE_ADD, {
      input: { name, entity_id: null },
    });
    const draft = isJsonObject(answer) ? answer.draftWorkspaceAdd : undefined;
    const draftId = isJsonObject(draft) ? asText(draft.id) : undefined;
    if (draftId === undefined) {
      throw new PlatformError('OpenCTI opened no draft for the results; check whether drafts are enabled.', {
        kind: 'configuration',
        code: 'NO_DRAFT',
      });
    }
    this.#opened.set(request.key, draftId);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > MAX_REMEMBERED && oldest !== undefined) this.#opened.delete(oldest);
    await this.#tellTheWork(request, draftId);
    return draftId;
  }

  /** Only shown in the platform: that it fails is no reason to lose the results. */
  async #tellTheWork({ workId }: EnrichmentRequest, draftId: string): Promise<void> {
    const { client, draftContext, logger } = this.#options;
    if (!draftContext || workId === undefined) return;
    try {
      await client.execute(WORK_ADD_DRAFT_CONTEXT, { id: workId, draftContext: draftId });
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      logger.warn({ workId, draftId, reason: describeError(error) }, 'work could not be told its draft');
    }
  }
}
