import { ConnectorError, type FailureKind } from '../shared/connector-error.js';

/** Facts about a failed call; all of them may be missing. */
export interface FailureDetails {
  /** HTTP status, when there was an answer. */
  readonly status?: number | undefined;
  /** `error.code` as sent, when the answer was VirusTotal's error envelope. */
  readonly code?: string | undefined;
  /** How long the answer asks to wait (`Retry-After`). */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
  /** Whether VirusTotal evidently did nothing: it was not reached, or refused. Default: false. */
  readonly untouched?: boolean | undefined;
}

/**
 * A call to VirusTotal failed. The subclasses name the failures that concern the key or the line; everything else is
 * this class with its `kind`. No message, stack or cause ever contains the API key.
 */
export class VirusTotalError extends ConnectorError {
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, kind: FailureKind, details: FailureDetails = {}) {
    super(message, kind, {
      ...(details.cause === undefined ? {} : { cause: details.cause }),
      untouched: details.untouched ?? false,
    });
    this.status = details.status;
    this.code = details.code;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** 429 `QuotaExceededError`: nothing more can be asked with this key until a quota is renewed. */
export class QuotaExceededError extends VirusTotalError {
  constructor(details: FailureDetails) {
    super(
      'The VirusTotal quota of the API key is used up; wait until it is renewed, or use a key with a larger quota.',
      'transient',
      { ...details, untouched: true },
    );
  }
}

/** 401: the key is missing, unknown, revoked, or its account is not active. */
export class CredentialsError extends VirusTotalError {
  constructor(message: string, details: FailureDetails) {
    super(message, 'configuration', details);
  }
}

/** 403 `ForbiddenError`: the key is valid and has no right to this. */
export class ForbiddenError extends VirusTotalError {
  constructor(details: FailureDetails) {
    super(
      'The VirusTotal API key has no right to what was asked; use a key with the needed privilege.',
      'configuration',
      details,
    );
  }
}

/** 400 `InvalidArgumentError` and its kin, 413 and 414: VirusTotal does not accept the value. */
export class InvalidArgumentError extends VirusTotalError {
  constructor(message: string, details: FailureDetails) {
    super(message, 'invalid', details);
  }
}

/** VirusTotal had a fault, or asked for fewer calls (5xx, 424, {@link TooManyRequestsError}): worth another try. */
export class TemporaryFailureError extends VirusTotalError {
  constructor(message: string, details: FailureDetails) {
    super(message, 'transient', details);
  }
}

/** 429 that is not about a quota (`TooManyRequestsError`, or a page of the front end): fewer calls for a while. */
export class TooManyRequestsError extends TemporaryFailureError {
  constructor(details: FailureDetails) {
    super('VirusTotal asks for fewer calls at the moment; try again later.', {
      ...details,
      untouched: true,
    });
  }
}

/** No answer of VirusTotal arrived: network, time-out, a proxy's page, a body that is not its JSON. */
export class TransportError extends VirusTotalError {
  constructor(message: string, details: FailureDetails = {}, kind: FailureKind = 'transient') {
    super(message, kind, details);
  }
}

/**
 * Whether a failure says that VirusTotal is down, or cannot be reached from here, rather than something about this call:
 * network, time-out, a page in its place, a fault of its own (5xx).
 */
export function isOutage(error: VirusTotalError): boolean {
  if (error instanceof TransportError) return error.kind !== 'defect';
  return error instanceof TemporaryFailureError && (error.status ?? 0) >= 500;
}

/** Whether VirusTotal wants the key to pause: it concerns every call that is made with it, and no value. */
export function wantsPause(error: unknown): error is QuotaExceededError | TooManyRequestsError {
  return error instanceof QuotaExceededError || error instanceof TooManyRequestsError;
}

/** VirusTotal's error envelope as received. */
export interface ErrorAnswer {
  readonly status: number;
  readonly code: string | undefined;
  /** VirusTotal's own words, already free of secrets. */
  readonly message: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

const MAX_QUOTED_LENGTH = 200;

/**
 * The error for an answer that carries VirusTotal's error envelope: classified by HTTP status first, refined by
 * `code`, of which a trailing `Error` is optional (https://docs.virustotal.com/reference/errors).
 */
export function failureFromAnswer(answer: ErrorAnswer): VirusTotalError {
  const { status, code, retryAfterMs } = answer;
  const details = { status, code, retryAfterMs };
  const named = code?.replace(/Error$/, '');
  const reason = `${code ?? 'no code'}${quoted(answer.message)}`;
  if (status === 401) return new CredentialsError(credentialsMessage(named), details);
  if (status === 403) return new ForbiddenError(details);
  if (status === 429 && named === 'QuotaExceeded') return new QuotaExceededError(details);
  if (status === 429 || status === 204) return new TooManyRequestsError(details);
  if (status === 424 || status >= 500) {
    return new TemporaryFailureError(
      `VirusTotal could not answer at the moment (HTTP ${status}, ${reason}); try again later.`,
      details,
    );
  }
  if (status === 400 && named === 'NotAvailableYet') {
    return new VirusTotalError(
      'VirusTotal has not finished this yet; try again in some minutes.',
      'transient',
      details,
    );
  }
  if (status === 413 || status === 414) return tooLong(details);
  if (status === 400) {
    return new InvalidArgumentError(
      `VirusTotal does not accept this value (${reason}); correct it.`,
      details,
    );
  }
  return new VirusTotalError(
    `VirusTotal refused the call (HTTP ${status}, ${reason}); report this if it happens again.`,
    'defect',
    details,
  );
}

/** The error for an answer of 3xx, 4xx or 5xx that VirusTotal's API did not write: a proxy, or Google's front end. */
export function failureWithoutEnvelope(status: number, retryAfterMs?: number): VirusTotalError {
  const details = { status, retryAfterMs };
  if (status === 204 || status === 429)
    return failureFromAnswer({ ...details, code: undefined, message: undefined });
  if (status === 401) return new CredentialsError(credentialsMessage(undefined), details);
  if (status === 413 || status === 414) return tooLong(details);
  if (status === 407) {
    return new TransportError(
      'The proxy wants credentials (HTTP 407); add them to its address.',
      details,
      'configuration',
    );
  }
  if (status >= 500 || status === 408) {
    return new TransportError(`VirusTotal is not available (HTTP ${status}); try again later.`, details);
  }
  return new TransportError(
    `Something between here and VirusTotal answered in its place (HTTP ${status}); check proxy, firewall and base URL.`,
    details,
    'configuration',
  );
}

/** 413 and 414 come of the request line: a look-up has no body. Front ends accept less than VirusTotal does. */
function tooLong(details: FailureDetails): InvalidArgumentError {
  return new InvalidArgumentError(
    `The value is too long for VirusTotal (HTTP ${details.status ?? 414}).`,
    details,
  );
}

function credentialsMessage(namedCode: string | undefined): string {
  switch (namedCode) {
    case 'UserNotActive':
      return 'The VirusTotal account of the API key is not active; activate it, or set VIRUSTOTAL_TOKEN to the key of another account.';
    case 'AuthenticationRequired':
      return 'VirusTotal received no API key; set VIRUSTOTAL_TOKEN, and check that no proxy removes the header x-apikey.';
    default:
      return 'VirusTotal rejected the API key; set VIRUSTOTAL_TOKEN to a valid one.';
  }
}

function quoted(message: string | undefined): string {
  // Control and format characters could rearrange the sentence that a person reads.
  const text = message?.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim() ?? '';
  if (text === '') return '';
  const characters = Array.from(text);
  return characters.length > MAX_QUOTED_LENGTH
    ? `: ${characters.slice(0, MAX_QUOTED_LENGTH).join('')}…`
    : `: ${text}`;
}
