import { PostponeError } from '../virustotal/postpone-error.js';
import type { EnrichmentRequest } from './request.js';

/** Whether a request that met this error shall be delivered again instead of failing. */
export function comesAgain(error: unknown, { mode }: EnrichmentRequest): boolean {
  return error instanceof PostponeError && error.postpones(mode);
}
