import type { GraphQLError } from 'graphql';
import type { JsonObject } from '../../shared/json.js';
import type { Since } from './version.js';

/** Error codes of the platform with the HTTP status they carry in their data (the transport itself stays 200). */
const STATUS_OF_CODE = {
  AUTH_REQUIRED: 401,
  FORBIDDEN_ACCESS: 403,
  FUNCTIONAL_ERROR: 400,
  VALIDATION_ERROR: 400,
  UNSUPPORTED_ERROR: 500,
  ALREADY_DELETED_ERROR: 404,
  RESOURCE_NOT_FOUND: 404,
  MISSING_REFERENCE_ERROR: 404,
  LOCK_ERROR: 500,
  DATABASE_ERROR: 500,
  UNKNOWN_ERROR: 500,
  DRAFT_LOCKED: 400,
  WORK_NOT_ALIVE: 400,
} as const;

/** A code the platform's own code raises. */
export type PlatformErrorCode = keyof typeof STATUS_OF_CODE;

/** A failure the platform reports in the `errors` of a GraphQL answer. */
export class PlatformError extends Error {
  readonly code: string;
  readonly data: JsonObject;

  constructor(code: string, message: string, data: JsonObject = {}) {
    super(message);
    this.name = 'PlatformError';
    this.code = code;
    const httpStatus = (STATUS_OF_CODE as Record<string, number | undefined>)[code] ?? 500;
    this.data = { http_status: httpStatus, genre: httpStatus >= 500 ? 'TECHNICAL' : 'BUSINESS', ...data };
  }
}

/** The failure of a request without a valid token. */
export function authRequired(): PlatformError {
  return new PlatformError('AUTH_REQUIRED', 'You must be logged in to do this.');
}

/** The failure of a user who lacks a capability. */
export function forbidden(): PlatformError {
  return new PlatformError('FORBIDDEN_ACCESS', 'You are not allowed to do this.');
}

/** The failure of a request that can never succeed as it is. */
export function functionalError(message: string, data?: JsonObject): PlatformError {
  return new PlatformError('FUNCTIONAL_ERROR', message, data);
}

/** Code of a variable that does not fit its input type; it had another name in 6.2.14 – 6.4.6. */
export function badInputCode(since: Since): string {
  return since('6.2.14') && !since('6.5.0') ? 'VALIDATION_ERROR' : 'BAD_USER_INPUT';
}

/** One error of an answer, by era: see {@link errorEnvelope}. */
export type ErrorEnvelope = JsonObject;

/**
 * The platform's form of an error.
 *
 * Up to 6.2.13 the code is the `name` of the platform's own errors and `extensions.code` of the framework's;
 * from 6.2.14 on it is both. What the platform did not mean to throw the framework calls `INTERNAL_SERVER_ERROR`
 * (OpenCTI issue 4078).
 */
export function errorEnvelope(error: GraphQLError, since: Since, now: Date): ErrorEnvelope {
  const cause = error.originalError instanceof PlatformError ? error.originalError : undefined;
  const frameworkCode = error.extensions.code;
  const code = cause?.code ?? (typeof frameworkCode === 'string' ? frameworkCode : 'INTERNAL_SERVER_ERROR');
  const place = {
    ...(error.path === undefined ? {} : { path: error.path }),
    ...(error.locations === undefined ? {} : { locations: error.locations }),
  };
  if (since('6.2.14')) {
    return {
      name: code,
      message: error.message,
      ...place,
      extensions: { code, ...(cause === undefined ? {} : { data: cause.data }) },
    };
  }
  if (cause === undefined) {
    return { message: error.message, ...place, extensions: { code } };
  }
  return {
    name: code,
    message: error.message,
    time_thrown: now.toISOString(),
    data: { ...cause.data, reason: error.message },
    ...place,
  };
}

/** The code a client reads from an envelope of either era. */
export function codeOf(envelope: ErrorEnvelope): string {
  const extensions = envelope.extensions as { code?: string } | undefined;
  return extensions?.code ?? (envelope.name as string | undefined) ?? 'UNKNOWN';
}
