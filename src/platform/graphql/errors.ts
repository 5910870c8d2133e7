import { ConnectorError, type FailureKind } from '../../shared/connector-error.js';
import { ProxyError } from '../../shared/proxy-error.js';

export interface PlatformErrorDetails {
  readonly kind: FailureKind;
  /** Code of the GraphQL error, a Node or undici code for a network failure, or `HTTP_<status>`. */
  readonly code: string;
  readonly httpStatus?: number | undefined;
  /** Whether it is certain that the platform did not execute the operation, so that repeating it is always safe. */
  readonly untouched?: boolean;
  /** Whether an answer says that it failed, maybe after a part was done. */
  readonly mayBePartial?: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The platform refused an operation, failed to execute it, or could not be reached. */
export class PlatformError extends ConnectorError {
  readonly code: string;
  /** `http_status` of the error envelope, or the status of the response; undefined when none arrived. */
  readonly httpStatus: number | undefined;
  /** What the platform or a proxy asked us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: PlatformErrorDetails) {
    super(message, details.kind, {
      untouched: details.untouched ?? false,
      mayBePartial: details.mayBePartial ?? false,
      ...(details.cause === undefined ? {} : { cause: details.cause }),
    });
    this.code = details.code;
    this.httpStatus = details.httpStatus;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Whether the platform does not know a field or argument that was sent: it is older, or newer, than believed. */
  get isVersionMismatch(): boolean {
    return VERSION_MISMATCH_CODES.has(this.code);
  }

  /** Whether the platform as such may be away, or refuse us as such: other calls would fail as well. */
  get hintsAtOutage(): boolean {
    if (this.retryable) return !this.isStumble && !ABOUT_ONE_OBJECT.has(this.code);
    return this.kind === 'configuration' && this.code !== 'FORBIDDEN_ACCESS';
  }

  /**
   * Whether the platform's own code stumbled over something that is not there, instead of saying that it is not: so it
   * fails over deleted works (protocol reference §10). A database that is away or busy fails in other words.
   */
  get isStumble(): boolean {
    return STUMBLE_CODES.has(this.code) && STUMBLE.test(this.message);
  }

  /** Whether the platform was there, and failed at what it was asked to do. */
  get isFailureWithin(): boolean {
    return STUMBLE_CODES.has(this.code) || this.code === 'DATABASE_ERROR';
  }
}

const ABOUT_ONE_OBJECT = new Set(['LOCK_ERROR', 'MISSING_REFERENCE_ERROR']);

/** `BAD_USER_INPUT` is named `VALIDATION_ERROR` in 6.2.14–6.4.6 (protocol reference §1.4). */
const VERSION_MISMATCH_CODES = new Set(['GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'VALIDATION_ERROR']);

/** What the platform did not mean to throw has the first, or where it caught it the second. */
const STUMBLE_CODES = new Set(['INTERNAL_SERVER_ERROR', 'UNKNOWN_ERROR']);
const STUMBLE = /Cannot read properties of (?:undefined|null)/;

interface Rule {
  readonly kind: FailureKind;
  /** What to do, appended to what the platform said. */
  readonly remedy: string;
}

const TOKEN_REMEDY = 'check OPENCTI_TOKEN and the state of its user';

/** Meaning of the platform's error codes (protocol reference §1.4). */
const RULES: Readonly<Record<string, Rule>> = {
  AUTH_REQUIRED: { kind: 'configuration', remedy: TOKEN_REMEDY },
  AUTH_FAILURE: { kind: 'configuration', remedy: TOKEN_REMEDY },
  PASSWORD_CHANGE_REQUIRED: {
    kind: 'configuration',
    remedy: 'the user of OPENCTI_TOKEN must change its password first',
  },
  LTS_REQUIRED_ACTIVATION: {
    kind: 'configuration',
    remedy: 'the platform needs its licence to be activated',
  },
  FORBIDDEN_ACCESS: {
    kind: 'configuration',
    remedy: 'give the user of OPENCTI_TOKEN the missing capability (the role "Connector" has them all)',
  },
  IP_FORBIDDEN: {
    kind: 'configuration',
    remedy: "add this connector's address to the allow-list of its user",
  },
  LOCK_ERROR: { kind: 'transient', remedy: 'the object is locked by another operation; try again later' },
  DATABASE_ERROR: { kind: 'transient', remedy: "look at the platform's log if it persists" },
  UNKNOWN_ERROR: { kind: 'transient', remedy: "look at the platform's log if it persists" },
  INTERNAL_SERVER_ERROR: { kind: 'transient', remedy: "look at the platform's log if it persists" },
  MISSING_REFERENCE_ERROR: { kind: 'transient', remedy: 'an object it refers to does not exist yet' },
  CLIENT_ABORT_ERROR: { kind: 'transient', remedy: 'the connection was closed before the answer' },
  DRAFT_LOCKED: {
    kind: 'invalid',
    remedy: 'the draft was validated, closed or deleted; enrich again elsewhere',
  },
  WORK_NOT_ALIVE: { kind: 'invalid', remedy: 'the work was deleted or closed by the platform' },
  FUNCTIONAL_ERROR: { kind: 'invalid', remedy: 'repeating it changes nothing' },
  VALIDATION_ERROR: { kind: 'invalid', remedy: 'repeating it changes nothing' },
  UNSUPPORTED_ERROR: { kind: 'invalid', remedy: 'this platform does not support it' },
  ALREADY_DELETED_ERROR: { kind: 'invalid', remedy: 'the object was deleted' },
  RESOURCE_NOT_FOUND: { kind: 'invalid', remedy: 'the object does not exist, or the user may not see it' },
  GRAPHQL_VALIDATION_FAILED: {
    kind: 'defect',
    remedy: 'the platform does not know a field of it; please report this with the version of the platform',
  },
  GRAPHQL_PARSE_FAILED: { kind: 'defect', remedy: 'please report this with the version of the platform' },
  BAD_USER_INPUT: {
    kind: 'defect',
    remedy: 'the platform does not know an input of it; please report this with the version of the platform',
  },
};

const OTP_RULE: Rule = {
  kind: 'configuration',
  remedy: 'the user of OPENCTI_TOKEN must not be asked for a second factor; use a service account',
};

/** What an error of a GraphQL envelope said, whichever era it comes from. */
export interface EnvelopeError {
  readonly code: string;
  readonly httpStatus: number | undefined;
  readonly text: string;
}

/** The failure that an error envelope means. */
export function envelopeFailure(operation: string, error: EnvelopeError): PlatformError {
  const rule = ruleFor(error.code, error.httpStatus);
  const remedy = rule.remedy === '' ? '' : `; ${rule.remedy}`;
  return new PlatformError(`OpenCTI refused ${operation}: ${error.text} (${error.code})${remedy}.`, {
    kind: rule.kind,
    code: error.code,
    httpStatus: error.httpStatus,
    mayBePartial: rule.kind === 'transient',
  });
}

function ruleFor(code: string, httpStatus: number | undefined): Rule {
  if (code.startsWith('OTP_REQUIRED')) return OTP_RULE;
  const rule = Object.hasOwn(RULES, code) ? RULES[code] : undefined;
  if (rule !== undefined) return rule;
  if (httpStatus === 401 || httpStatus === 403) return { kind: 'configuration', remedy: TOKEN_REMEDY };
  if (httpStatus === 429 || httpStatus === undefined || httpStatus >= 500) {
    return { kind: 'transient', remedy: "look at the platform's log if it persists" };
  }
  return { kind: 'invalid', remedy: 'repeating it changes nothing' };
}

/**
 * The failure that a response without a GraphQL envelope means: a proxy, the rate limiter or another server answered.
 *
 * 429, 503 and what says that there is no platform here (404, 405, a redirection) are counted as proof that nothing was
 * executed: the rate limiter stands before GraphQL, and a proxy that has no platform to hand the request to answers in
 * its place, as some do with 404 while it restarts. So these may pass. A 502 may as well mean that the platform died
 * while it was executing, and a 504 (524 of Cloudflare) that it is still at it: that is a time-out, which a proxy lost
 * patience over before we did.
 */
export function responseFailure(operation: string, status: number, retryAfterMs?: number): PlatformError {
  const base = { code: `HTTP_${status}`, httpStatus: status, retryAfterMs };
  if (status === 429) {
    return new PlatformError(
      `OpenCTI refused ${operation}: too many requests; raise its rate limit or exempt this connector.`,
      { ...base, kind: 'transient', untouched: true },
    );
  }
  if (status === 401 || status === 403 || status === 407) {
    return new PlatformError(
      `${operation} was refused with HTTP ${status} before it reached OpenCTI; a proxy wants credentials, see OPENCTI_CUSTOM_HEADERS.`,
      { ...base, kind: 'configuration' },
    );
  }
  if (status === 413) {
    return new PlatformError(
      `${operation} is too large for OpenCTI or a proxy before it (HTTP 413); raise max_payload_body_size or the limit of the proxy.`,
      { ...base, kind: 'invalid' },
    );
  }
  if (status >= 300 && status < 400) {
    return new PlatformError(
      `${operation} was redirected (HTTP ${status}); set OPENCTI_URL to the address that the platform redirects to.`,
      { ...base, kind: 'transient', untouched: true },
    );
  }
  if (status === 404 || status === 405) {
    return new PlatformError(
      `There is no OpenCTI API at the configured address (HTTP ${status}); check OPENCTI_URL and its base path.`,
      { ...base, kind: 'transient', untouched: true },
    );
  }
  if (status < 400) {
    return new PlatformError(
      `${operation} was not answered by the OpenCTI API but by something else; check OPENCTI_URL if it persists.`,
      { ...base, kind: 'transient' },
    );
  }
  const isTimeout = status === 504 || status === 524;
  const mayPass = status >= 500 || status === 408 || status === 425;
  return new PlatformError(`OpenCTI is not available for ${operation} (HTTP ${status}).`, {
    ...base,
    kind: mayPass ? 'transient' : 'invalid',
    untouched: status === 503,
    mayBePartial: mayPass && status !== 502 && status !== 503,
    ...(isTimeout ? { cause: new DOMException(`HTTP ${status} of a proxy`, 'TimeoutError') } : {}),
  });
}

/** The failure of an operation on a work that the platform does not have any more, in the words of newer platforms. */
export function missingWork(operation: string, cause: PlatformError): PlatformError {
  return new PlatformError(
    `OpenCTI failed at ${operation} because it has no such work any more; ${RULES.WORK_NOT_ALIVE?.remedy ?? ''}.`,
    { kind: 'invalid', code: 'WORK_NOT_ALIVE', httpStatus: cause.httpStatus, cause },
  );
}

/** Failures before a connection exists: not one byte of the request has left. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The failure of a request that got no response. */
export function networkFailure(operation: string, error: unknown, timeoutMs: number): PlatformError {
  if (error instanceof ProxyError) {
    return new PlatformError(`OpenCTI could not be reached for ${operation}: ${error.message}.`, {
      kind: 'transient',
      code: error.code,
      untouched: true,
      cause: error,
    });
  }
  const code = networkCode(error);
  if (code === 'TIMEOUT') {
    return new PlatformError(`OpenCTI did not answer ${operation} within ${timeoutMs / 1_000} s.`, {
      kind: 'transient',
      code,
      cause: error,
    });
  }
  if (isCertificateCode(code)) {
    return new PlatformError(
      `The certificate of OpenCTI is not trusted (${code}); give its CA in OPENCTI_SSL_VERIFY or HTTPS_CA_CERTIFICATES.`,
      { kind: 'configuration', code, untouched: true, cause: error },
    );
  }
  return new PlatformError(
    `OpenCTI could not be reached for ${operation} (${code}); check OPENCTI_URL, and that the platform is up.`,
    {
      kind: 'transient',
      code,
      untouched: NEVER_CONNECTED.has(code),
      cause: error,
    },
  );
}

function isCertificateCode(code: string): boolean {
  return (
    code.startsWith('CERT_') ||
    code.startsWith('ERR_TLS_CERT') ||
    code.includes('SELF_SIGNED_CERT') ||
    code.startsWith('UNABLE_TO_')
  );
}

/** `fetch` hides the reason in `cause`, and a failed connection to several addresses in an AggregateError. */
function networkCode(error: unknown): string {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if (current.name === 'TimeoutError') return 'TIMEOUT';
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return 'NETWORK_ERROR';
}
