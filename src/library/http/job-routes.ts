import { Type } from 'typebox';
import { allow, principalOf } from './access.js';
import { auditEntry } from './audited.js';
import { JobOnTheWire, jobOnTheWire, JobRow, jobRow, RowState } from './job-schemas.js';
import type { Routes } from './library-app.js';
import type { LookUpParts } from './look-up-parts.js';
import { notFound, Refusal } from './refusal.js';
import { exactly, IdParams, pageOf, pageQuery } from './schemas.js';

const CHANGES = {
  pause: { summary: 'Pauses a job; what is on its way ends', into: 'paused' },
  resume: { summary: 'A job that is paused or waits goes on', into: 'running' },
  cancel: { summary: 'Ends a job for good; what is on its way ends', into: 'cancelled' },
} as const;

/** Jobs that look IOCs up: how they stand, and pausing, resuming and cancelling them. */
export function jobRoutes({ bulk, jobs, audit }: LookUpParts): Routes {
  return (app) => {
    app.get(
      '/api/jobs',
      {
        config: allow('viewer', 'read'),
        schema: { summary: 'Jobs, the newest first; 200 at most', response: { 200: pageOf(JobOnTheWire) } },
      },
      async (request) => {
        const items = (await bulk.list(principalOf(request).organisationId)).map(jobOnTheWire);
        return { items, total: items.length, page: 1, pageSize: items.length };
      },
    );
    app.get(
      '/api/jobs/:id',
      {
        config: allow('viewer', 'read'),
        schema: {
          summary: 'One job, with its rows by state and page',
          params: IdParams,
          querystring: exactly({ ...pageQuery, state: Type.Optional(RowState) }),
          response: { 200: Type.Object({ job: JobOnTheWire, ...pageOf(JobRow).properties }) },
        },
      },
      async (request) => {
        const { organisationId } = principalOf(request);
        const { id } = request.params;
        const progress = await bulk.get(organisationId, id);
        if (progress === undefined) throw notFound('job');
        const { page, pageSize } = request.query;
        const { items, total } = await jobs.items(organisationId, id, request.query);
        return { job: jobOnTheWire(progress), items: items.map(jobRow), total, page, pageSize };
      },
    );
    for (const change of ['pause', 'resume', 'cancel'] as const) {
      const { summary, into } = CHANGES[change];
      app.post(
        `/api/jobs/:id/${change}`,
        {
          config: allow('analyst', 'lookup'),
          schema: { summary, params: IdParams, response: { 200: Type.Object({ job: JobOnTheWire }) } },
        },
        async (request) => {
          const { organisationId } = principalOf(request);
          const { id } = request.params;
          const before = await jobs.get(organisationId, id);
          const progress = await bulk[change](organisationId, id);
          if (before === undefined || progress === undefined) throw notFound('job');
          const { state } = progress.job;
          const isOver = state === 'finished' || state === 'cancelled';
          if (isOver && state !== into) throw new Refusal(409, `The job is ${state} already.`);
          if (state !== before.state) await audit.add(auditEntry(request, `job.${change}`, id));
          return { job: jobOnTheWire(progress) };
        },
      );
    }
  };
}
