import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { sendIocs } from '../sending/send-iocs.js';
import { SendingError, type Sent } from '../sending/sending-error.js';
import type { IocSelection } from '../store/ioc-filter.js';
import type { IocStore } from '../store/ioc-store.js';
import { allow, principalOf } from './access.js';
import { auditEntry } from './audited.js';
import { exportedPages } from './exported-pages.js';
import type { IocParts } from './ioc-parts.js';
import { CHOICE_BODY_LIMIT, choiceProperties, selectionOf } from './ioc-selection.js';
import type { Routes } from './library-app.js';
import { invalid, notFound, Refusal } from './refusal.js';
import { exactly } from './schemas.js';

/** A person waits for the answer; so many take some seconds. */
const MAX_SENT = 10_000;

/** IOCs to OpenCTI. Whatever an attempt ends in is in the audit log. */
export function iocSendRoutes({
  iocs,
  relations,
  organisations,
  audit,
  platform,
}: Pick<IocParts, 'iocs' | 'relations' | 'organisations' | 'audit' | 'platform'>): Routes {
  return (app) => {
    app.post(
      '/api/iocs/send',
      {
        config: allow('analyst', 'write'),
        bodyLimit: CHOICE_BODY_LIMIT,
        schema: {
          summary: 'Sends IOCs to OpenCTI: those named by ids, or all that a filter lets through',
          body: exactly(choiceProperties),
          response: { 202: Type.Object({ sent: Type.Integer(), bundles: Type.Integer() }) },
        },
      },
      async (request, reply) => {
        const selection = selectionOf(request.body);
        if (platform === undefined) throw notConfigured();
        const { organisationId } = principalOf(request);
        await checkCount(iocs, organisationId, selection);
        const organisation = await organisations.get(organisationId);
        if (organisation === undefined) throw notFound('organisation');
        const { name: author, createdAt } = organisation;
        const note = (sent: Sent, fault?: string): Promise<void> =>
          audit.add(
            auditEntry(request, 'ioc.send', platform.name, {
              ...chosen(request.body),
              ...sent,
              ...(fault === undefined ? {} : { fault }),
            }),
          );
        const pages = exportedPages(iocs, relations, organisationId, selection);
        try {
          const sent = await sendIocs(pages, { author, authorSince: new Date(createdAt) }, platform);
          await note(sent);
          return await reply.status(202).send(sent);
        } catch (error) {
          if (!(error instanceof SendingError)) throw error;
          await note(error.done, error.message);
          throw refusalOf(error, request);
        }
      },
    );
  };
}

function notConfigured(): Refusal {
  return new Refusal(
    409,
    'No OpenCTI platform is configured. Set OPENCTI_URL and OPENCTI_TOKEN for the library, and start it again.',
    { code: 'not-configured' },
  );
}

async function checkCount(iocs: IocStore, organisationId: string, selection: IocSelection): Promise<void> {
  const isByIds = 'ids' in selection;
  const count = isByIds ? selection.ids.length : await iocs.count(organisationId, selection.filter);
  if (count <= MAX_SENT) return;
  throw invalid(
    isByIds ? 'ids' : 'filter',
    `These are ${count} IOCs, and ${MAX_SENT} can be sent at once. Send them in parts, by type or by tag for example.`,
  );
}

function chosen({ ids, filter }: { readonly ids?: readonly string[]; readonly filter?: object }) {
  return ids === undefined ? { filter: { ...filter } } : { ids: ids.length };
}

/** The platform is away for now, or somebody has to act there or here; ours are the defects. */
function refusalOf(error: SendingError, request: FastifyRequest): Refusal {
  const { message, kind, retryAfterSeconds, cause } = error;
  if (kind === 'defect') {
    request.log.error({ err: cause }, 'sending to OpenCTI failed');
    return new Refusal(500, message, { code: 'sending-failed' });
  }
  return retryAfterSeconds === undefined
    ? new Refusal(502, message, { code: 'sending-refused' })
    : new Refusal(503, message, { code: 'platform-away', retryAfterSeconds });
}
