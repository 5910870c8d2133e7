import type { Logger } from 'pino';
import type { BundleQueue, DeliveryReport, WorkReporter } from '../../enrichment/ports.js';
import type { DeliveryAddress } from '../../enrichment/request.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { asText, isJsonObject } from '../../shared/json.js';
import type { Bundle } from '../../stix/objects.js';
import type { PlatformClient } from '../graphql/client.js';
import { PlatformError } from '../graphql/errors.js';
import { WORK_ADD } from '../graphql/operations.js';

export interface ExternalImportOptions {
  readonly client: PlatformClient;
  /** Of a connector that is registered. */
  readonly connectorId: string;
  readonly queue: BundleQueue;
  readonly works: WorkReporter;
  /** The platform opens a work for each bundle by itself (a push over the API that names none). */
  readonly opensWorks: boolean;
  readonly logger: Logger;
}

/**
 * Sends what nobody asked the connector for: each bundle in a work of its own (protocol reference §10), opened, announced,
 * handed over and ended before the next one begins. So works report in the order in which they were opened, and the
 * platform closes none for being overtaken.
 */
export class ExternalImport {
  readonly #options: ExternalImportOptions;

  constructor(options: ExternalImportOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the broker or the platform has taken the whole bundle. One of which something was not taken counts as not
   * sent; sent again it does no harm, since its objects have the same ids.
   *
   * @param title - Name of the work.
   * @throws ConnectorError saying what stands in the way; the work is told too, if the platform can be.
   */
  async deliver(title: string, bundle: Bundle): Promise<void> {
    const { id } = bundle;
    const workId = this.#options.opensWorks ? undefined : await this.#open(title);
    const address = { key: workId ?? id, entityId: id, workId, draftId: undefined, applicantId: undefined };
    try {
      await this.#send(address, bundle);
    } catch (error) {
      await this.#close(address, describeError(error), true);
      throw error;
    }
    await this.#close(address, title, false);
  }

  async #open(title: string): Promise<string> {
    const { client, connectorId } = this.#options;
    const answer = await client.execute<unknown>(WORK_ADD, { connectorId, friendlyName: title });
    const work = isJsonObject(answer) ? answer.workAdd : undefined;
    const id = isJsonObject(work) ? asText(work.id) : undefined;
    if (id !== undefined) return id;
    throw new PlatformError('OpenCTI opened no work for the bundle; check that OPENCTI_URL is a platform.', {
      kind: 'configuration',
      code: 'NO_WORK',
    });
  }

  async #send(address: DeliveryAddress, bundle: Bundle): Promise<void> {
    const { queue, works } = this.#options;
    const prepared = await queue.prepare(address, bundle);
    // In doubt whether it was counted, nothing is sent: some platforms throw away what was not announced.
    if (prepared.expectations > 0) await works.addExpectations(address, prepared.expectations);
    const { undelivered } = await prepared.send().delivered;
    if (undelivered.length > 0) await this.#lose(address, undelivered);
  }

  async #lose(address: DeliveryAddress, undelivered: DeliveryReport['undelivered']): Promise<never> {
    const [first] = undelivered;
    const count = undelivered.length === 1 ? '1 object was' : `${undelivered.length} objects were`;
    for (const loss of undelivered) await this.#options.works.reportExpectation(address, loss);
    throw new ConnectorError(`${count} not taken: ${first?.error ?? 'no reason was given'}`, 'configuration');
  }

  /** What was sent is sent, and what was not was told, whatever the platform makes of this. */
  async #close(address: DeliveryAddress, message: string, inError: boolean): Promise<void> {
    const { works, logger } = this.#options;
    try {
      await works.processed(address, message, inError);
    } catch (error) {
      logger.warn(
        { workId: address.workId, reason: describeError(error) },
        'end of a work could not be told',
      );
    }
  }
}
