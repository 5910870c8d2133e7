import { ConnectorError } from '../../shared/connector-error.js';

/** What was taken by the platform. */
export interface Sent {
  /** IOCs. */
  readonly sent: number;
  readonly bundles: number;
}

/** A platform or a broker that restarts is back by then. */
const RETRY_AFTER_SECONDS = 30;

/** A sending ended before everything was taken; sending all of it again does no harm. */
export class SendingError extends ConnectorError {
  /** What was taken before. */
  readonly done: Sent;
  /** When to try again; `undefined` when somebody has to act first. */
  readonly retryAfterSeconds: number | undefined;

  /** @param cause - Only what was thrown for people is shown to them. */
  constructor(done: Sent, cause: unknown) {
    const known = cause instanceof ConnectorError ? cause : undefined;
    const reason = known?.message ?? 'the library failed; its log says why';
    super(sentence(done, reason), known?.kind ?? 'defect', { cause });
    this.done = done;
    this.retryAfterSeconds = this.retryable ? RETRY_AFTER_SECONDS : undefined;
  }
}

function sentence({ sent }: Sent, reason: string): string {
  const why = reason.endsWith('.') ? reason : `${reason}.`;
  if (sent === 0) return `Nothing was sent: ${why}`;
  const count = sent === 1 ? '1 IOC was' : `${sent} IOCs were`;
  return `Only ${count} sent: ${why} Send the same selection again: what arrived already is not doubled.`;
}
