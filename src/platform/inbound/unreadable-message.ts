import { createHash } from 'node:crypto';
import type { EnrichmentRequest, TriggerMode } from '../../enrichment/request.js';
import { ConnectorError } from '../../shared/connector-error.js';

/** A message that can never become a request, however often it is delivered. */
export class UndecodableMessageError extends ConnectorError {
  /** Path of the offending field, such as `event.entity_id`; `body` when the whole is unreadable. */
  readonly field: string;
  readonly remedy: string;

  constructor(field: string, problem: string, remedy: string) {
    super(`The message cannot be read: ${field} ${problem}; ${remedy}.`, 'invalid');
    this.field = field;
    this.remedy = remedy;
  }
}

/** A message that can never become a request, and what can be read of it all the same. */
export class UnreadableMessage {
  /** Made from the bytes, because nothing else is sure; so that a redelivery is recognised. */
  readonly key: string;
  /** Nothing is looked up, so it waits for no quota. */
  readonly mode: TriggerMode = 'manual';
  readonly body: Buffer;
  readonly receivedAt: Date;
  readonly error: UndecodableMessageError;
  /** The work that it names. */
  readonly workId: string | undefined;
  /** The entity that it names. */
  readonly entityId: string | undefined;
  /**
   * A request that can be settled, but not done: it names a work that would stay open, or a playbook step that would
   * wait for ever. `undefined` when there is nobody to tell.
   */
  readonly request: EnrichmentRequest | undefined;

  constructor(
    body: Buffer,
    receivedAt: Date,
    error: UndecodableMessageError,
    remains: Pick<EnrichmentRequest, 'workId' | 'playbook'> & { readonly entityId: string | undefined },
  ) {
    this.key = `unreadable ${createHash('sha256').update(body).digest('hex')}`;
    this.body = body;
    this.receivedAt = receivedAt;
    this.error = error;
    const { workId, entityId, playbook } = remains;
    this.workId = workId;
    this.entityId = entityId;
    if (workId === undefined && playbook === undefined) return;
    this.request = {
      key: this.key,
      mode: playbook === undefined ? 'manual' : 'playbook',
      entityId: entityId ?? 'unknown',
      entityType: undefined,
      workId: playbook === undefined ? workId : undefined,
      draftId: undefined,
      applicantId: undefined,
      playbook,
      entity: undefined,
      validation: { mode: undefined, force: false },
      refusal: error.message.replace(/^The/, 'the'),
      receivedAt,
    };
  }
}

/**
 * Takes a message that cannot be read to its end. Resolves: kept, and whoever waits for it was told. Rejects: it must be
 * delivered again.
 *
 * @param onCommit - As for a request.
 * @param redelivered - As for a request: how far it came has to be looked up.
 */
export type RefuseMessage = (
  message: UnreadableMessage,
  onCommit?: (isCommitted: boolean) => void,
  redelivered?: boolean,
) => Promise<void>;
