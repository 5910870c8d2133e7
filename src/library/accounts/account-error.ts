import { ConnectorError } from '../../shared/connector-error.js';

/**
 * Why a change of accounts is refused: what was given is wrong, the actor has no right to it, there is no such thing
 * for the actor, or what is there already speaks against it.
 */
export type AccountRefusal = 'invalid' | 'forbidden' | 'not_found' | 'conflict';

/** A rule of accounts is against it; the message is a sentence for whoever asked. */
export class AccountError extends ConnectorError {
  readonly refusal: AccountRefusal;
  /** The part of the request that is wrong. */
  readonly field: string | undefined;

  constructor(refusal: AccountRefusal, message: string, field?: string) {
    super(message, 'invalid');
    this.refusal = refusal;
    this.field = field;
  }
}
