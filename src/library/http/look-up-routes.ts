import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { IocType } from '../ioc/ioc.js';
import { withdrawal } from '../look-up/look-up-refused.js';
import type { LookUpRequest } from '../look-up/look-ups.js';
import { allow, principalOf } from './access.js';
import { auditEntry } from './audited.js';
import { detailsOnTheWire } from './details-on-the-wire.js';
import { iocOnTheWire } from './ioc-on-the-wire.js';
import { DetailsOnTheWire, NamedIoc } from './ioc-schemas.js';
import { CHOICE_BODY_LIMIT, choiceProperties, selectionOf } from './ioc-selection.js';
import { JobOnTheWire, jobOnTheWire } from './job-schemas.js';
import type { Routes } from './library-app.js';
import type { LookUpParts } from './look-up-parts.js';
import { unlessRefused } from './look-up-refusal.js';
import { invalid } from './refusal.js';
import { exactly, Id, IocOnTheWire } from './schemas.js';

const Fresh = Type.Optional(
  Type.Boolean({ description: 'Whether VirusTotal is asked although an answer is at hand.' }),
);

const LookUpBody = exactly({
  id: Type.Optional(Id),
  type: Type.Optional(NamedIoc.type),
  value: Type.Optional(NamedIoc.value),
  fresh: Fresh,
});

/** Looking IOCs up: one at once, or many by a job. */
export function lookUpRoutes({ lookUps, bulk, audit, clock }: LookUpParts): Routes {
  return (app) => {
    app.post(
      '/api/lookup',
      {
        config: allow('analyst', 'lookup'),
        schema: {
          summary: 'Looks an IOC up on VirusTotal: one of the library by its id, or any by type and value',
          body: LookUpBody,
          response: { 200: Type.Object({ ioc: IocOnTheWire, details: DetailsOnTheWire }) },
        },
      },
      async (request, reply) => {
        const { organisationId, userId } = principalOf(request);
        const gone = whenGone(reply);
        const isFresh = request.body.fresh === true;
        const { ioc, details, isPaid } = await unlessRefused(clock, () =>
          lookUps.lookUp({
            organisationId,
            userId,
            subject: subjectOf(request.body),
            priority: 'manual',
            notBefore: isFresh ? clock.now() : undefined,
            signal: gone,
          }),
        );
        const { type, value } = ioc;
        await audit.add(auditEntry(request, 'ioc.look-up', ioc.id, { type, value, isPaid }));
        return { ioc: iocOnTheWire(ioc), details: detailsOnTheWire(details) };
      },
    );
    app.post(
      '/api/bulk-enrich',
      {
        config: allow('analyst', 'lookup'),
        bodyLimit: CHOICE_BODY_LIMIT,
        schema: {
          summary: 'Begins a job that looks IOCs up: those named by ids, or all that a filter lets through',
          body: exactly({ ...choiceProperties, fresh: Fresh }),
          response: { 202: Type.Object({ job: JobOnTheWire }) },
        },
      },
      async (request, reply) => {
        const { organisationId, userId } = principalOf(request);
        const { fresh } = request.body;
        const progress = await bulk.create(organisationId, {
          selection: selectionOf(request.body),
          fresh,
          userId,
        });
        const { id, total } = progress.job;
        await audit.add(auditEntry(request, 'job.create', id, { total, fresh: fresh === true }));
        return reply.status(202).send({ job: jobOnTheWire(progress) });
      },
    );
  };
}

/** Aborts when whoever asked has hung up: a look-up that still waits is not made then. */
function whenGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableEnded) gone.abort(withdrawal());
  });
  return gone.signal;
}

/** @throws Refusal when it is not said which IOC, or said twice. */
function subjectOf({
  id,
  type,
  value,
}: {
  readonly id?: string;
  readonly type?: IocType;
  readonly value?: string;
}): LookUpRequest['subject'] {
  if (id !== undefined && (type !== undefined || value !== undefined))
    throw invalid('id', 'Name the IOC by "id", or by "type" and "value", not by both.');
  if (id !== undefined) return { id };
  if (type !== undefined && value !== undefined) return { type, value };
  throw invalid(
    type === undefined && value === undefined ? 'id' : type === undefined ? 'type' : 'value',
    'Name the IOC by "id", or by "type" and "value".',
  );
}
