import { asText, isJsonObject, type JsonObject } from '../../shared/json.js';
import { failureFromAnswer, failureWithoutEnvelope, TransportError } from '../errors.js';
import { jsonObjectOf, type HttpAnswer } from './http-answer.js';
import { retryAfterMs } from './retry.js';

/** How an answer is read. */
export interface AnswerReading<T> {
  /** Gives `undefined` when the JSON is not an answer of VirusTotal to the call. */
  readonly parse: (json: JsonObject) => T | undefined;
  /** Makes VirusTotal's own words fit to be shown. */
  readonly clean: (text: string) => string;
  readonly now: Date;
}

/**
 * What an answer says. Only VirusTotal's own envelope says that an object is not known: a page that somebody in between
 * wrote is a failure, whatever its status.
 *
 * @returns `undefined` when VirusTotal does not know the object.
 * @throws VirusTotalError
 */
export function readAnswer<T>(answer: HttpAnswer, { parse, clean, now }: AnswerReading<T>): T | undefined {
  const { status } = answer;
  const json = jsonObjectOf(answer);
  if (status >= 200 && status < 300 && status !== 204) {
    const parsed = json === undefined ? undefined : parse(json);
    if (parsed !== undefined) return parsed;
    throw new TransportError(
      'What came back is not an answer of VirusTotal; check proxy, firewall and base URL.',
      { status },
    );
  }
  const waitMs = retryAfterMs(answer.retryAfter, now);
  const envelope = isJsonObject(json?.error) ? json.error : undefined;
  if (envelope === undefined) throw failureWithoutEnvelope(status, waitMs);
  const code = asText(envelope.code)?.slice(0, 100);
  if (status === 404 && code?.replace(/Error$/, '') === 'NotFound') return undefined;
  const message = clean(asText(envelope.message) ?? '');
  throw failureFromAnswer({ status, code: code && clean(code), message, retryAfterMs: waitMs });
}
