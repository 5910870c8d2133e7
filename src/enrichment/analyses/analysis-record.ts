import { createHash } from 'node:crypto';
import { asNumber, asText, isJsonObject, type JsonObject } from '../../shared/json.js';
import type { StateStore } from '../../state/port.js';
import { objectPath } from '../../virustotal/object-id.js';
import type { Priority, Submission, VtObject } from '../../virustotal/schema.js';

/** Bucket of what VirusTotal was asked to analyse. */
export const ANALYSIS_BUCKET = 'analyses';

/**
 * How far it is. `submitting`: from before the call until its answer is recorded, so that a crash in between is
 * noticed. `waiting`: VirusTotal has it. `completed` and `given-up` are ends: parked requests are resumed.
 */
export type AnalysisStage = 'submitting' | 'waiting' | 'completed' | 'given-up';

const STAGES: readonly AnalysisStage[] = ['submitting', 'waiting', 'completed', 'given-up'];

/** Best first. */
const PRIORITIES: readonly Priority[] = ['manual', 'playbook', 'auto'];

/** One object that is being analysed, for any number of requests. Moments are milliseconds since the epoch. */
export interface AnalysisRecord {
  readonly object: VtObject;
  readonly stage: AnalysisStage;
  readonly begunAt: number;
  /** Of the most urgent request that waits for it. */
  readonly priority: Priority;
  /** Absent when VirusTotal took it from somebody else: then only look-ups tell when it is done. */
  readonly submission?: Submission | undefined;
  /** The last analysis before this one, when VirusTotal knew the object. */
  readonly staleSince?: number | undefined;
  /** How often it was asked for. */
  readonly polls: number;
  /** How often the report was not there yet although the analysis had ended. */
  readonly lateReports: number;
  /** How often the answer to a submission was lost. */
  readonly lostAnswers?: number | undefined;
  /** When to ask next. */
  readonly dueAt: number;
  readonly giveUpAt: number;
  readonly endedAt?: number | undefined;
  /** A sentence about an end that brought no fresh report. */
  readonly remark?: string | undefined;
}

/** Names the record of an object. Hashed, because a URL may be long and is nobody's business. */
export function analysisKeyOf(object: VtObject): string {
  return `${object.kind} ${createHash('sha256').update(objectPath(object)).digest('hex')}`;
}

/** A record as it was stored; `undefined` when it cannot be read, such as one of another version. */
export function analysisFrom(value: unknown): AnalysisRecord | undefined {
  if (!isJsonObject(value)) return undefined;
  const object = objectFrom(value.object);
  const stage = STAGES.find((name) => name === value.stage);
  const begunAt = asNumber(value.begunAt);
  const dueAt = asNumber(value.dueAt);
  const giveUpAt = asNumber(value.giveUpAt);
  if (object === undefined || stage === undefined) return undefined;
  if (begunAt === undefined || dueAt === undefined || giveUpAt === undefined) return undefined;
  return {
    object,
    stage,
    begunAt,
    priority: priorityFrom(value.priority),
    submission: submissionFrom(value.submission),
    staleSince: asNumber(value.staleSince),
    polls: asNumber(value.polls) ?? 0,
    lateReports: asNumber(value.lateReports) ?? 0,
    lostAnswers: asNumber(value.lostAnswers),
    dueAt,
    giveUpAt,
    endedAt: asNumber(value.endedAt),
    remark: asText(value.remark),
  };
}

/** All analyses, by key, and the keys of records that cannot be read. @throws StateError */
export async function listAnalyses(
  store: Pick<StateStore, 'list'>,
): Promise<{ readonly analyses: Map<string, AnalysisRecord>; readonly unreadable: readonly string[] }> {
  const analyses = new Map<string, AnalysisRecord>();
  const unreadable: string[] = [];
  for (const { key, value } of await store.list(ANALYSIS_BUCKET)) {
    const record = analysisFrom(value);
    if (record === undefined) unreadable.push(key);
    else analyses.set(key, record);
  }
  return { analyses, unreadable };
}

/** Deletes a record that cannot be read. @throws StateError */
export function forgetUnreadable(store: Pick<StateStore, 'update'>, key: string): Promise<void> {
  return store.update<unknown, undefined>(ANALYSIS_BUCKET, key, (current) =>
    analysisFrom(current) === undefined ? { next: undefined, result: undefined } : { result: undefined },
  );
}

/** Reads one record. @throws StateError */
export function readAnalysis(
  store: Pick<StateStore, 'update'>,
  key: string,
): Promise<AnalysisRecord | undefined> {
  return store.update(ANALYSIS_BUCKET, key, (current: unknown) => ({ result: analysisFrom(current) }));
}

/**
 * Changes one record, atomically, and returns what it has become.
 *
 * @param change - Pure; the same record, or `undefined` for none, leaves things as they are or deletes.
 * @throws StateError
 */
export function changeAnalysis(
  store: Pick<StateStore, 'update'>,
  key: string,
  change: (current: AnalysisRecord | undefined) => AnalysisRecord | undefined,
): Promise<AnalysisRecord | undefined> {
  return store.update(ANALYSIS_BUCKET, key, (current: unknown) => {
    const before = analysisFrom(current);
    const next = change(before);
    return next === before && next !== undefined ? { result: next } : { next, result: next };
  });
}

/** Rank of a priority: 0 is the most urgent. */
export function urgencyOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

/** The more urgent of two. */
export function moreUrgent(a: Priority, b: Priority): Priority {
  return urgencyOf(a) <= urgencyOf(b) ? a : b;
}

function priorityFrom(value: unknown): Priority {
  return value === 'manual' || value === 'playbook' ? value : 'auto';
}

function submissionFrom(value: unknown): Submission | undefined {
  const analysisId = isJsonObject(value) ? asText(value.analysisId) : undefined;
  return analysisId === undefined ? undefined : { analysisId, free: (value as JsonObject).free === true };
}

function objectFrom(value: unknown): VtObject | undefined {
  if (!isJsonObject(value)) return undefined;
  const hash = asText(value.hash);
  const address = asText(value.address);
  const name = asText(value.name);
  const url = asText(value.url);
  if (value.kind === 'file' && hash !== undefined) return { kind: 'file', hash };
  if (value.kind === 'ip_address' && address !== undefined) return { kind: 'ip_address', address };
  if (value.kind === 'domain' && name !== undefined) return { kind: 'domain', name };
  return value.kind === 'url' && url !== undefined ? { kind: 'url', url } : undefined;
}
