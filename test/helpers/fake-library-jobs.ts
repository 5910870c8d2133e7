import type { FastifyInstance } from 'fastify';
import type { Choice, Job, JobRow } from '../../src/library/web/api.js';
import { Refusal, type FakeLibrary, type FakeState } from './fake-library-state.js';
import { enrich, rowsOf } from './fake-library-iocs.js';

type Send = FakeLibrary['send'];

function change(state: FakeState, send: Send, id: string, changes: Partial<Job>): Job {
  const now = state.jobs.find((one) => one.id === id);
  if (now === undefined) throw new Refusal(404, 'There is no such job.');
  const next = { ...now, ...changes };
  state.jobs = state.jobs.map((one) => (one.id === id ? next : one));
  send('job', { job: next });
  return next;
}

/** Works on a job: enriches the next IOCs, and tells the page of each. */
export function advanceJob(library: Pick<FakeLibrary, 'state' | 'send'>, id: string, many: number): Job {
  const { state, send } = library;
  const ids = state.jobIds.get(id) ?? [];
  let job = change(state, send, id, {});
  for (const iocId of ids.slice(job.done, job.done + many)) {
    const row = enrich(state.rows.find((one) => one.ioc.id === iocId)!);
    send('ioc', { ioc: row.ioc });
    const done = job.done + 1;
    const isOver = done === job.total;
    job = change(state, send, id, {
      done,
      state: isOver ? 'finished' : 'running',
      etaSeconds: isOver ? null : (job.total - done) * 15,
    });
  }
  return job;
}

/** Puts a job to sleep until the quota is there again. */
export function holdJob(
  library: Pick<FakeLibrary, 'state' | 'send'>,
  id: string,
  changes: Partial<Job>,
): Job {
  return change(library.state, library.send, id, { state: 'waiting', etaSeconds: null, ...changes });
}

function rowsOfJob(state: FakeState, job: Job): JobRow[] {
  return (state.jobIds.get(job.id) ?? []).map((iocId, position) => {
    const { ioc } = state.rows.find((one) => one.ioc.id === iocId)!;
    const isDone = position < job.done;
    return {
      position,
      iocId,
      type: ioc.type,
      value: ioc.value,
      state: isDone ? 'done' : position === job.done && job.state === 'running' ? 'in_work' : 'open',
      verdict: isDone ? ioc.verdict : null,
      ratio: isDone ? ioc.ratio : null,
      message: state.rowMessage,
      finishedAt: isDone ? ioc.enrichedAt : null,
    };
  });
}

interface Id {
  Params: { id: string };
}

export function addJobs(app: FastifyInstance, state: FakeState, send: Send): void {
  app.post<{ Body: Choice }>('/api/bulk-enrich', (request, reply) => {
    const ids = rowsOf(state, request.body).map((one) => one.ioc.id);
    const job: Job = {
      id: `job-${state.jobs.length + 1}`,
      kind: 'enrich',
      state: 'running',
      total: ids.length,
      done: 0,
      failed: 0,
      createdAt: new Date().toISOString(),
      startedAt: new Date().toISOString(),
      finishedAt: null,
      resumeAt: null,
      reason: null,
      etaSeconds: ids.length * 15,
    };
    state.jobs = [job, ...state.jobs];
    state.jobIds.set(job.id, ids);
    return reply.status(202).send({ job });
  });
  app.get('/api/jobs', () => ({ items: state.jobs, total: state.jobs.length, page: 1, pageSize: 50 }));
  app.get<Id & { Querystring: { state?: string; page?: string } }>('/api/jobs/:id', (request) => {
    const job = change(state, () => undefined, request.params.id, {});
    const { state: wanted, page = '1' } = request.query;
    const rows = rowsOfJob(state, job).filter((one) => wanted === undefined || one.state === wanted);
    const from = (Number(page) - 1) * 50;
    return { job, items: rows.slice(from, from + 50), total: rows.length, page: Number(page), pageSize: 50 };
  });
  const steer = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const;
  for (const [action, next] of Object.entries(steer)) {
    app.post<Id>(`/api/jobs/:id/${action}`, (request) => ({
      job: change(state, send, request.params.id, {
        state: next,
        etaSeconds: null,
        resumeAt: null,
        reason: null,
      }),
    }));
  }
}
