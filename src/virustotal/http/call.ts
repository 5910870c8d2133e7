import type { Readable } from 'node:stream';
import type { RequestFacts } from '../../shared/request-facts.js';
import type { Asker } from '../schema.js';
import type { Privilege } from './privilege-check.js';

/** Milliseconds; `total` bounds one attempt from its start to the end of its body. */
export interface ClientTimeouts {
  readonly headersMs: number;
  readonly bodyMs: number;
  readonly totalMs: number;
}

/** Look-ups take less than two seconds; large rulesets take longer. */
export const defaultTimeouts: ClientTimeouts = { headersMs: 30_000, bodyMs: 30_000, totalMs: 90_000 };

/** Where a call differs from the time-outs of the transport. */
export interface CallTimeouts {
  readonly headersMs?: number;
  readonly bodyMs?: number;
  readonly totalMs?: number;
  /**
   * Ends an attempt when no part of its body has left for so long. With it there is no `totalMs` unless the call names
   * one: how long an upload takes depends on the line, and only one that stands still is to end. Once the body has left,
   * `headersMs` bounds the wait for the answer.
   */
  readonly idleMs?: number;
}

/** What one attempt sends. */
export interface CallBody {
  /** A stream is read once and destroyed in the end, whatever comes of the attempt. */
  readonly content: string | Uint8Array | Readable;
  /** At least `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of a stream, where known; without it the body travels in chunks. Texts and bytes need none. */
  readonly contentLength?: number;
}

/** What is asked: a name for messages and the log, and the path, which may hold the key and is never shown. */
export interface Call {
  readonly operation: string;
  /** Below the base URL, with its query. */
  readonly path: string;
  /** Whose quota it costs; absent when it is free of charge. */
  readonly asker?: Asker | undefined;
  /** The request, for the log, where that is not said by the asker. */
  readonly about?: RequestFacts | undefined;
  /** Default: `GET`. */
  readonly method?: 'GET' | 'POST';
  /**
   * Gives the body, called once for each attempt. A {@link ConnectorError} that it throws, or that its stream ends with,
   * ends the call and is passed on as it is, since it says nothing of VirusTotal; the unit is given back.
   *
   * @param signal - Aborts when the attempt ends early: time-out, or the connector stops.
   */
  readonly body?: (signal: AbortSignal) => CallBody | Promise<CallBody>;
  /**
   * Whether doing it twice does no harm. Default: true for `GET`, false for `POST`. A call that is not repeatable is
   * made again only when it evidently had no effect: no connection came about, or VirusTotal refused it (429). Otherwise
   * its failure is thrown as it is (`uncertain`), and the caller finds out what became of it.
   */
  readonly repeatable?: boolean;
  readonly timeouts?: CallTimeouts;
  /** Another origin than that of the transport, such as the one of an upload URL. The key is sent there. */
  readonly baseUrl?: string;
  /**
   * What the key must be allowed for it. When VirusTotal refused that a short time ago the call fails at once, without a
   * unit; while nobody knows, one call at a time finds out. Absent for what every key may ask.
   */
  readonly privilege?: Privilege | undefined;
}
