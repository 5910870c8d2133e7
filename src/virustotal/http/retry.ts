import { fullJitterMs } from '../../shared/backoff.js';
import {
  TemporaryFailureError,
  TooManyRequestsError,
  TransportError,
  type VirusTotalError,
} from '../errors.js';

export const MAX_ATTEMPTS = 3;
const BASE_DELAY_MS = 1000;
const MAX_DELAY_MS = 60_000;

/**
 * How long to wait before the same call is made again, or `undefined` when it is not to be: exponential with full
 * jitter, but at least as long as `Retry-After` says. When that is more than a minute, the caller is not kept waiting.
 *
 * @param failedAttempts - How often the call has been made, from 1.
 * @param random - A number in [0, 1).
 */
export function retryDelayMs(
  error: VirusTotalError,
  failedAttempts: number,
  random: () => number,
): number | undefined {
  const worthwhile = error instanceof TemporaryFailureError || error instanceof TransportError;
  if (!worthwhile || !error.retryable || failedAttempts >= MAX_ATTEMPTS) return undefined;
  const asked = error.retryAfterMs ?? 0;
  if (asked > MAX_DELAY_MS) return undefined;
  return Math.max(
    asked,
    fullJitterMs(failedAttempts - 1, { baseMs: BASE_DELAY_MS, maxMs: MAX_DELAY_MS }, random),
  );
}

/**
 * How long the key is to pause after a 429 that is not retried any more, as far as the answer says so. A `Retry-After`
 * that was kept to in vain was too short; whoever pauses the key finds longer and longer ones by himself.
 */
export function askedPauseMs(error: VirusTotalError): number | undefined {
  const { retryAfterMs: asked = 0 } = error;
  if (error instanceof TooManyRequestsError && asked <= MAX_DELAY_MS) return undefined;
  return error.retryAfterMs;
}

/**
 * Milliseconds from now that a `Retry-After` header means: seconds or an HTTP date (RFC 9110, section 10.2.3).
 * VirusTotal does not document the header, proxies send it.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Za-z]{3}/.test(text)) return undefined;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now.getTime());
}
