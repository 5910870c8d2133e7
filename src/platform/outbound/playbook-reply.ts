import type { Logger } from 'pino';
import type { PlaybookResponder } from '../../enrichment/ports.js';
import { factsOf, type EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { isJsonObject } from '../../shared/json.js';
import type { Bundle } from '../../stix/objects.js';
import type { PlatformClient } from '../graphql/client.js';
import { PLAYBOOK_STEP_EXECUTION, PLAYBOOK_STEP_EXECUTION_WITHOUT_EVENT } from '../graphql/operations.js';
import { bundleText } from './bundle-message.js';

/**
 * Answers playbook steps (protocol reference §9.4). Each call runs every following step, so none is repeated here unless
 * the platform surely did not get it. A step whose answer may be lost comes again and is answered again, within the
 * limits of `callUntilTaken`.
 */
export class PlaybookReply implements PlaybookResponder {
  readonly #client: PlatformClient;
  readonly #logger: Logger;

  constructor(client: PlatformClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /**
   * @throws ConnectorError (`defect`) for a request that is no playbook step.
   * @throws PlatformError when the platform refuses the answer or may not have got it.
   */
  async reply(request: EnrichmentRequest, bundle: Bundle): Promise<void> {
    const step = request.playbook;
    if (step === undefined) throw new ConnectorError('The request is not a playbook step.', 'defect');
    const variables = {
      execution_id: step.executionId,
      execution_start: request.receivedAt.toISOString(),
      data_instance_id: step.dataInstanceId,
      playbook_id: step.playbookId,
      previous_step_id: step.previousStepId,
      step_id: step.stepId,
      previous_bundle: JSON.stringify(step.bundle),
      bundle: bundleText(bundle),
    };
    const context = { about: factsOf(request) };
    // Platforms put an event id into the message if and only if they want it back.
    const answer =
      step.eventId === undefined
        ? await this.#client.execute<unknown>(PLAYBOOK_STEP_EXECUTION_WITHOUT_EVENT, variables, context)
        : await this.#client.execute<unknown>(
            PLAYBOOK_STEP_EXECUTION,
            { ...variables, event_id: step.eventId },
            context,
          );
    if (isJsonObject(answer) && answer.playbookStepExecution === false) {
      this.#logger.info(
        factsOf(request),
        'playbook or its step does not exist any more; the answer was dropped',
      );
    }
  }
}
