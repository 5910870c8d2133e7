import type { Clock } from '../../shared/clock.js';
import { LookUpRefused, type RefusalCode } from '../look-up/look-up-refused.js';
import { Refusal } from './refusal.js';

const STATUS: Readonly<Record<RefusalCode, number>> = {
  missing: 404,
  invalid: 400,
  caveat: 422,
  quota: 429,
  budget: 429,
  outage: 503,
  stopped: 503,
  key: 503,
  withdrawn: 503,
  failed: 502,
};

/** Does something that looks IOCs up; why that is refused is said with the time to come back. */
export async function unlessRefused<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LookUpRefused)) throw error;
    const { code, message } = error;
    const retryAfterSeconds = error.retryAfterSeconds(clock.now());
    throw new Refusal(STATUS[code], message, {
      code,
      ...(code === 'invalid' ? { field: 'value' } : {}),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
}
