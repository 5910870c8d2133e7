import { Type, type Static } from 'typebox';
import type { JobProgress } from '../look-up/job-progress.js';
import type { JobItemRecord } from '../store/job-items.js';
import { detectionRatio } from '../verdict/badge.js';
import { Id, IocTypeName, oneOf, orNull, Time, VerdictName } from './schemas.js';

/** A job on the wire (docs/library.md); `done` is without the failed. */
export const JobOnTheWire = Type.Object({
  id: Id,
  kind: Type.String(),
  state: oneOf(['running', 'paused', 'waiting', 'cancelled', 'finished']),
  total: Type.Integer(),
  done: Type.Integer(),
  failed: Type.Integer(),
  createdAt: Time,
  startedAt: orNull(Time),
  finishedAt: orNull(Time),
  resumeAt: orNull(Time),
  reason: orNull(Type.String()),
  etaSeconds: orNull(Type.Integer()),
});

export const RowState = oneOf(['open', 'in_work', 'done', 'failed', 'skipped']);

/** One IOC of a job; id, type and value are `null` when it was deleted since. */
export const JobRow = Type.Object({
  position: Type.Integer(),
  iocId: orNull(Id),
  type: orNull(IocTypeName),
  value: orNull(Type.String()),
  state: RowState,
  verdict: orNull(VerdictName),
  ratio: orNull(Type.String()),
  message: orNull(Type.String()),
  finishedAt: orNull(Time),
});

/** A job as it goes out. */
export function jobOnTheWire({ job, etaSeconds }: JobProgress): Static<typeof JobOnTheWire> {
  const { id, kind, state, total, done, failed } = job;
  const { createdAt, startedAt, finishedAt, resumeAt, reason } = job;
  return {
    id,
    kind,
    state,
    total,
    done,
    failed,
    createdAt,
    startedAt,
    finishedAt,
    resumeAt,
    reason,
    etaSeconds,
  };
}

/** A row of a job as it goes out. */
export function jobRow(item: JobItemRecord): Static<typeof JobRow> {
  const { position, iocId, type, value, state, verdict, message, finishedAt } = item;
  const ratio = state === 'done' ? detectionRatio(item) : null;
  return { position, iocId, type, value, state, verdict, ratio, message, finishedAt };
}
