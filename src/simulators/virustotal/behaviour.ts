import type { VerdictCounts } from './engine-verdicts.js';

/** How an analysis gets from `queued` over `in-progress` to `completed`. */
export type AnalysisPace =
  | { readonly by: 'time'; readonly queuedMs: number; readonly inProgressMs: number }
  | {
      readonly by: 'polls';
      /** How many polls still see `queued`, and then `in-progress`. */ readonly queued: number;
      readonly inProgress: number;
    };

/** What is being analysed. */
export interface AnalysisSubject {
  readonly type: 'file' | 'url' | 'domain' | 'ip_address';
  readonly id: string;
}

/**
 * Where the real API's behaviour is undocumented or has been seen to differ, a client must survive each variant.
 * Defaults are the likeliest ones.
 */
export interface Behaviour {
  /** Whether 429 answers of the quota carry `Retry-After` (seconds). The real API documents none. */
  retryAfter: boolean;
  /** Whether `attributes` and `exclude_attributes` are obeyed or ignored. */
  projection: 'honoured' | 'ignored';
  /** A name in `?relationships=` that is unknown or not for this key: the call fails, or the name is left out. */
  embeddedRefusal: 'refuse' | 'omit';
  /** Extra quota units for each name in `?relationships=`. */
  embeddedRelationshipUnits: number;
  /** `limit` above 40. */
  limitAboveMaximum: 'clamp' | 'refuse';
  /** A file id that is no MD5, SHA-1 or SHA-256. */
  invalidFileHash: 'not-found' | 'invalid';
  /** `GET /files/{id}` while the first analysis of the file runs. */
  pendingFile: 'not-found' | 'without-verdicts';
  /** `POST /files` with a file that is being analysed at this moment. */
  concurrentSubmission: 'reuse' | 'conflict';
  /** Pace of analyses. */
  analysisPace: AnalysisPace;
  /** By how much the refreshed object lags behind `completed`; only with a pace by time. */
  reportLagMs: number;
  /** How many engines say what about a subject analysed here; the rest finds nothing. */
  analyse: (subject: AnalysisSubject) => VerdictCounts;
  /** Largest upload through `POST /files`, bytes. */
  maxDirectUploadBytes: number;
  /** Largest upload through an upload URL, bytes. */
  maxUploadUrlBytes: number;
  /** Scheme, host and port in the answers of `upload_url`; `undefined` for those the client used. */
  uploadUrlOrigin: string | undefined;
  /** Awaited after each piece of an uploaded file, before more is read: a slow or stalling line. */
  uploadPace: (receivedBytes: number) => Promise<void> | undefined;
}

export const defaultBehaviour: Readonly<Behaviour> = {
  retryAfter: false,
  projection: 'honoured',
  embeddedRefusal: 'refuse',
  embeddedRelationshipUnits: 0,
  limitAboveMaximum: 'clamp',
  invalidFileHash: 'not-found',
  pendingFile: 'not-found',
  concurrentSubmission: 'reuse',
  analysisPace: { by: 'time', queuedMs: 5_000, inProgressMs: 10_000 },
  reportLagMs: 0,
  analyse: () => ({}),
  maxDirectUploadBytes: 32 * 1024 * 1024,
  maxUploadUrlBytes: 650 * 1024 * 1024,
  uploadUrlOrigin: undefined,
  uploadPace: () => undefined,
};
