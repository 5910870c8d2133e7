import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { errorBody } from './envelope.js';
import type { Fault } from './faults.js';

/** An answer as it goes over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A JSON answer. */
export function jsonAnswer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** A page for people, as proxies and front ends send it. */
export function htmlAnswer(status: number, body?: string): WireAnswer {
  const page =
    body ?? `<!DOCTYPE html><html><head><title>${status}</title></head><body>Error ${status}</body></html>`;
  return {
    status,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    body: Buffer.from(page),
  };
}

/** What a fault puts in the place of the answer, or `undefined` when it only spoils the real one. */
export function replacementOf(fault: Fault | undefined): WireAnswer | undefined {
  switch (fault?.kind) {
    case 'error':
      return jsonAnswer(fault.status, errorBody(fault.code, fault.message ?? ''), fault.headers);
    case 'html':
      return htmlAnswer(fault.status, fault.body);
    case 'raw':
      return { status: fault.status, headers: fault.headers ?? {}, body: Buffer.from(fault.body) };
    case 'empty':
      return {
        status: fault.status ?? 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.alloc(0),
      };
    case undefined:
    default:
      return undefined;
  }
}

/**
 * Compresses a successful answer the way the front end of the API does: only for clients that accept gzip and
 * name it in their User-Agent. Errors always travel plain.
 */
export function compress(answer: WireAnswer, request: IncomingMessage): WireAnswer {
  const { 'accept-encoding': accepted = '', 'user-agent': agent = '' } = request.headers;
  if (answer.status !== 200 || !accepted.includes('gzip') || !agent.includes('gzip')) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, 'content-encoding': 'gzip' },
    body: gzipSync(answer.body),
  };
}

/**
 * Sends an answer, spoiled by the fault.
 *
 * @param closing - Aborted when the simulator closes: whatever waits stops waiting.
 * @returns the status sent, or `undefined` when the connection was cut instead.
 */
export async function deliver(
  response: ServerResponse,
  answer: WireAnswer,
  fault: Fault | undefined,
  closing: AbortSignal,
): Promise<number | undefined> {
  const { status, headers, body } = mismatchEncoding(answer, fault);
  if (fault?.kind === 'slow-headers') await delay(fault.delayMs, undefined, { signal: closing });
  if (fault?.kind === 'silence') await silence(response, fault.forMs, closing);
  if (fault?.kind === 'silence' || (fault?.kind === 'reset' && fault.when !== 'in-body')) {
    response.socket?.resetAndDestroy();
    return undefined;
  }
  const half = body.subarray(0, Math.floor(body.length / 2));
  response.writeHead(status, headers);
  switch (fault?.kind) {
    case 'truncated-json':
      response.end(half);
      return status;
    case 'reset':
      response.write(half, () => response.socket?.resetAndDestroy());
      return undefined;
    case 'slow-body':
      response.write(half);
      await delay(fault.delayMs, undefined, { signal: closing });
      response.end(body.subarray(half.length));
      return status;
    case undefined:
    default:
      response.end(body);
      return status;
  }
}

/** Ends when the client gives up, or when the time is over if there is one. */
async function silence(
  response: ServerResponse,
  forMs: number | undefined,
  closing: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([closing, over.signal]);
  const ends: Promise<unknown>[] = [once(response, 'close', { signal })];
  if (forMs !== undefined) ends.push(delay(forMs, undefined, { signal }));
  try {
    await Promise.race(ends);
  } finally {
    over.abort();
    await Promise.allSettled(ends);
  }
}

function mismatchEncoding(answer: WireAnswer, fault: Fault | undefined): WireAnswer {
  if (fault?.kind !== 'gzip-mismatch') return answer;
  return fault.sends === 'plain-declared-gzip'
    ? { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' } }
    : { ...answer, body: gzipSync(answer.body) };
}
