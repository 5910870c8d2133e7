import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { AccountError } from '../accounts/account-error.js';
import { isDatabaseAway } from '../store/database-away.js';
import { TakenError } from '../store/unique-violation.js';
import type { LibraryApp } from './library-app.js';
import { Refusal } from './refusal.js';
import { describeFault } from './validation.js';

/** Why a request was refused: RFC 9457, with the field that is wrong and when to come back. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    field: Type.Optional(Type.String()),
    retryAfterSeconds: Type.Optional(Type.Integer()),
  },
  { description: 'Why the request was refused (RFC 9457).' },
);

const ACCOUNT_STATUS = { invalid: 400, forbidden: 403, not_found: 404, conflict: 409 } as const;

const DATABASE_AWAY = 'database-away';

const INTERNAL = 'Something went wrong in the library; its log says more. Try again later.';

/** What is thrown in a handler, and what has no route, becomes a problem document. What is our fault goes to the log. */
export function answerWithProblems(app: LibraryApp): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = refusalOf(error);
    const route = request.routeOptions.url;
    // What a handler refuses on purpose, such as a look-up while VirusTotal is away, needs no stack.
    if (error instanceof Refusal && refusal.status >= 500)
      request.log.warn({ route, status: refusal.status, reason: refusal.detail }, 'refused');
    // As many requests fail as come in; where in the code is the same for all of them.
    else if (refusal.facts.code === DATABASE_AWAY)
      request.log.error({ route, reason: describeError(error) }, 'the database does not answer');
    else if (refusal.status >= 500) request.log.error({ err: error, route }, 'failed');
    return sendProblem(reply, refusal);
  });
}

/** Ends a request with a problem document. */
export function sendProblem(reply: FastifyReply, { status, detail, facts }: Refusal): FastifyReply {
  const title = STATUS_CODES[status] ?? 'Refused';
  const problem: Static<typeof Problem> = {
    type: 'about:blank',
    title,
    status,
    detail,
    ...facts,
    code: facts.code ?? title.toLowerCase().replaceAll(' ', '-'),
  };
  if (facts.retryAfterSeconds !== undefined) {
    void reply.header('retry-after', String(facts.retryAfterSeconds));
  }
  return reply.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Where nothing is. */
export function noSuchRoute({ method, url }: FastifyRequest): Refusal {
  return new Refusal(404, `There is no ${method} ${url.split('?', 1)[0] ?? ''}; see /api/openapi.json.`);
}

function refusalOf(error: FastifyError): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof TakenError) return new Refusal(409, error.message, { field: error.field });
  if (error instanceof AccountError) {
    const { refusal, message, field } = error;
    return new Refusal(ACCOUNT_STATUS[refusal], message, field === undefined ? {} : { field });
  }
  if (error instanceof ConnectorError) return refusalOfOurs(error);
  const [fault] = error.validation ?? [];
  if (fault !== undefined) {
    const { field, detail } = describeFault(fault, partName(error.validationContext));
    return new Refusal(400, detail, { field });
  }
  if (isDatabaseAway(error)) {
    const detail = 'The database of the library does not answer; try again in a few seconds.';
    return new Refusal(503, detail, { code: DATABASE_AWAY, retryAfterSeconds: 5 });
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) return new Refusal(500, INTERNAL);
  return new Refusal(status, DETAILS[error.code] ?? sentence(error.message));
}

/** The sentence of one of our errors is written for persons; a defect's is not. */
function refusalOfOurs(error: ConnectorError): Refusal {
  if (error.kind === 'invalid') return new Refusal(400, error.message);
  if (error.kind === 'defect') return new Refusal(500, INTERNAL);
  return new Refusal(503, error.message);
}

/** In place of what the server framework says. */
const DETAILS: Readonly<Record<string, string>> = {
  FST_CSRF_MISSING_SECRET: 'The CSRF cookie is missing; load the page again.',
  FST_CSRF_INVALID_TOKEN:
    'The header x-csrf-token is missing or stale; ask GET /api/session for another, or load the page again.',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The request is larger than this route takes; send less at once.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty; send a JSON object.',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is no valid JSON.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The body must be JSON (content-type: application/json).',
};

function partName(context: string | undefined): string {
  if (context === 'querystring') return 'query';
  return context === 'params' ? 'address' : (context ?? 'request');
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
