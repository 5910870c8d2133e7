import type { JsonObject } from '../../shared/json.js';

/** A GraphQL request as it came, and how it was answered. */
export interface RecordedOperation {
  at: Date;
  /** Name of the operation in its document. */
  name: string | undefined;
  /** What it calls, down to the field of a work: `registerConnector`, `workEdit.toReceived`. */
  fields: string[];
  query: string;
  variables: JsonObject;
  /** All headers in lower case; credentials are replaced by `[redacted]`. */
  headers: Record<string, string>;
  /** Whether the token was the right one. */
  authenticated: boolean;
  httpStatus: number;
  errors: { code: string; message: string }[];
  /** Which fault was injected into it. */
  fault: string | undefined;
}

const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** Headers fit for a record: no credentials. */
export function recordableHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    record[name] = CREDENTIALS.has(name) ? '[redacted]' : Array.isArray(value) ? value.join(', ') : value;
  }
  return record;
}
