import { ConnectorError, type FailureKind } from '../../shared/connector-error.js';
import { CircuitOpenError } from '../../virustotal/http/circuit-open-error.js';
import {
  CredentialsError,
  ForbiddenError,
  isOutage,
  VirusTotalError,
  wantsPause,
} from '../../virustotal/errors.js';
import { PostponeError } from '../../virustotal/postpone-error.js';
import { QuotaExhaustedError } from '../../virustotal/quota/quota-exhausted-error.js';
import { StoppedError } from '../../virustotal/stopped-error.js';
import { UnpaidError } from '../../virustotal/unpaid-error.js';
import { WithdrawnError } from '../../virustotal/withdrawn-error.js';
import type { BudgetSpent } from '../store/usage-store.js';

/**
 * Why nothing was looked up.
 *
 * - `missing`: the organisation has no such IOC.
 * - `invalid`: the value is no IOC, or VirusTotal does not accept it.
 * - `caveat`: VirusTotal cannot know the IOC, and was not asked.
 * - `quota`, `budget`: of the key, of the organisation.
 * - `outage`: VirusTotal cannot be reached, or has a fault; `stopped`: the library stops.
 * - `key`: somebody must see to the key.
 * - `withdrawn`: nobody wants it any more.
 * - `failed`: anything else.
 */
export type RefusalCode =
  | 'missing'
  | 'invalid'
  | 'caveat'
  | 'quota'
  | 'budget'
  | 'outage'
  | 'stopped'
  | 'key'
  | 'withdrawn'
  | 'failed';

/** No look-up came about. The message is a sentence for a person that says what to do, or when to come back. */
export class LookUpRefused extends ConnectorError {
  constructor(
    message: string,
    readonly code: RefusalCode,
    /** From when on it is worth another try; `undefined` when waiting does not help, or nobody knows. */
    readonly retryAt?: Date,
    options?: ErrorOptions,
  ) {
    super(message, kindOf(code), options);
  }

  /** Whole seconds from now until {@link retryAt}, at least one. */
  retryAfterSeconds(now: Date): number | undefined {
    if (this.retryAt === undefined) return undefined;
    return Math.max(1, Math.ceil((this.retryAt.getTime() - now.getTime()) / 1000));
  }
}

/** The budget of the organisation is spent. */
export class BudgetSpentError extends UnpaidError {
  readonly retryAt: Date;

  constructor({ budget, limit, resetsAt }: BudgetSpent) {
    const [each, retryAt] = [budget === 'day' ? 'daily' : 'monthly', new Date(resetsAt)];
    super(
      `The ${each} budget of the organisation (${counted(limit)}) is spent; look-ups are possible again from ${shownMoment(retryAt)} on, or once a super admin raises the budget.`,
      'transient',
      { untouched: true },
    );
    this.retryAt = retryAt;
  }
}

/** The turn of a person would not come soon. */
export class NoTurnError extends WithdrawnError {
  constructor(readonly retryAt: Date) {
    super(SPENT.minute);
  }
}

/** The reason by which a signal says that nobody wants a look-up any more. */
export function withdrawal(): Error {
  return new WithdrawnError();
}

/** How long to leave VirusTotal alone that does not say how long itself. */
const PAUSE_MS = 60_000;

const SPENT = {
  minute: 'More look-ups are wanted than the VirusTotal quota of a minute allows',
  hour: 'The hourly VirusTotal quota of the key is used up',
  day: 'The daily VirusTotal quota of the key is used up',
  month: 'The monthly VirusTotal quota of the key is used up',
  blocked: 'VirusTotal refuses more look-ups with this key for now',
} as const;

/**
 * What a failed look-up means for whoever asked for it; `undefined` for what does not come of looking up, such as a
 * database that is away.
 */
export function refusalOf(error: unknown, now: Date): LookUpRefused | undefined {
  if (error instanceof LookUpRefused) return error;
  const cause = { cause: error };
  const later = (what: string, code: RefusalCode, at: Date): LookUpRefused =>
    new LookUpRefused(`${what}; look-ups are possible again from ${shownMoment(at)} on.`, code, at, cause);
  const soon = (afterMs: number = PAUSE_MS): Date => new Date(now.getTime() + afterMs);
  if (error instanceof BudgetSpentError)
    return new LookUpRefused(error.message, 'budget', error.retryAt, cause);
  if (error instanceof QuotaExhaustedError) return later(SPENT[error.window], 'quota', error.until);
  if (error instanceof NoTurnError) return later(error.message, 'quota', error.retryAt);
  if (error instanceof WithdrawnError) return new LookUpRefused(error.message, 'withdrawn', undefined, cause);
  if (wantsPause(error)) return later(SPENT.blocked, 'quota', soon(error.retryAfterMs));
  if (error instanceof StoppedError)
    return new LookUpRefused('The library stops; ask again in a minute.', 'stopped', soon(), cause);
  if (error instanceof CircuitOpenError)
    return new LookUpRefused(error.message, 'outage', error.retryAt, cause);
  if (error instanceof PostponeError) return new LookUpRefused(error.message, 'outage', error.until, cause);
  if (error instanceof CredentialsError)
    return new LookUpRefused(
      'VirusTotal does not take the API key: it is unknown, revoked, or its account is not active. A super admin must set a valid one.',
      'key',
      undefined,
      cause,
    );
  if (error instanceof ForbiddenError) return new LookUpRefused(error.message, 'key', undefined, cause);
  if (error instanceof VirusTotalError && (isOutage(error) || error.retryable))
    return new LookUpRefused(error.message, 'outage', soon(error.retryAfterMs), cause);
  if (error instanceof VirusTotalError)
    return new LookUpRefused(
      error.message,
      error.kind === 'invalid' ? 'invalid' : 'failed',
      undefined,
      cause,
    );
  return undefined;
}

function kindOf(code: RefusalCode): FailureKind {
  switch (code) {
    case 'missing':
    case 'invalid':
    case 'caveat':
      return 'invalid';
    case 'key':
      return 'configuration';
    case 'failed':
      return 'defect';
    default:
      return 'transient';
  }
}

function counted(lookUps: number): string {
  return lookUps === 1 ? '1 look-up' : `${lookUps} look-ups`;
}

/** `2026-01-31 00:00 UTC`, rounded up to the minute, so that nobody comes too early. */
function shownMoment(at: Date): string {
  const minute = new Date(Math.ceil(at.getTime() / 60_000) * 60_000);
  return `${minute.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
