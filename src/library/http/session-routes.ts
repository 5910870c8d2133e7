import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import type { Accounts } from '../accounts/accounts.js';
import type { Principal } from '../accounts/principal.js';
import { allow, allowAnyone } from './access.js';
import { Email, InvitationOnTheWire, Name, Password, SessionOnTheWire } from './account-schemas.js';
import { actorOf } from './authentication.js';
import type { Routes } from './library-app.js';
import { Refusal } from './refusal.js';
import { exactly } from './schemas.js';

type Session = Static<typeof SessionOnTheWire>;

/** A token longer than any is none. */
const TokenParams = exactly({ token: Type.String({ maxLength: 100 }) });

/** What a session tells of the library. */
export interface SessionFacts {
  /** Whether look-ups are answered by the simulator now. */
  readonly isSimulated: () => boolean | Promise<boolean>;
  /** Host of the platform to which IOCs can be sent; for whoever is logged in. */
  readonly opencti?: string | undefined;
  /** Whether an organisation looks up whatever is imported. */
  readonly enrichesImports: (organisationId: string) => Promise<boolean>;
}

/** Logging in and out, invitations, and the own password. */
export function sessionRoutes(
  accounts: Accounts,
  { isSimulated, opencti, enrichesImports }: SessionFacts,
): Routes {
  const describe = async (reply: FastifyReply, principal: Principal | null): Promise<Session> => ({
    user: principal === null ? null : userOf(principal),
    csrfToken: reply.generateCsrf({ userInfo: reply.request.session.userId ?? 'nobody' }),
    simulated: await isSimulated(),
    opencti: (principal === null ? undefined : opencti) ?? null,
    enrichesImports: principal !== null && (await enrichesImports(principal.organisationId)),
  });
  /** Under a new id: who knew the one before shall not be logged in. */
  const enter = async (
    request: FastifyRequest,
    reply: FastifyReply,
    principal: Principal,
  ): Promise<Session> => {
    await request.session.regenerate();
    request.session.userId = principal.userId;
    return describe(reply, principal);
  };

  return (app) => {
    app.get(
      '/api/session',
      { config: allowAnyone, schema: { summary: 'Who is logged in', response: { 200: SessionOnTheWire } } },
      (request, reply) => describe(reply, request.principal),
    );

    app.post(
      '/api/session',
      {
        config: allowAnyone,
        schema: {
          summary: 'Log in',
          body: exactly({ email: Email, password: Password }),
          response: { 200: SessionOnTheWire },
        },
      },
      async (request, reply) => {
        const { email, password } = request.body;
        const answer = await accounts.logIn.logIn(email, password, request.ip);
        if (answer === undefined) {
          throw new Refusal(401, 'E-mail address or password is wrong.', { code: 'wrong-credentials' });
        }
        if ('retryAfterSeconds' in answer) throw tooManyAttempts(answer.retryAfterSeconds);
        return enter(request, reply, answer.principal);
      },
    );

    app.delete(
      '/api/session',
      { config: allowAnyone, schema: { summary: 'Log out', response: { 204: Type.Null() } } },
      async (request, reply) => {
        const { userId } = request.session;
        await request.session.destroy();
        if (request.principal?.userId === userId && userId !== undefined) {
          await accounts.logIn.logOut(actorOf(request));
        }
        return reply.status(204).send(null);
      },
    );

    app.get(
      '/api/invitations/:token',
      {
        config: allowAnyone,
        schema: {
          summary: 'Who is invited by a one-time link',
          params: TokenParams,
          response: { 200: InvitationOnTheWire },
        },
      },
      async ({ params: { token } }) => {
        const invitation = await accounts.invitations.read(token);
        if (invitation === undefined) throw noInvitation();
        return invitation;
      },
    );

    app.post(
      '/api/invitations/:token',
      {
        config: allowAnyone,
        schema: {
          summary: 'Take an invitation up, and log in',
          params: TokenParams,
          body: exactly({ name: Name, password: Password }),
          response: { 200: SessionOnTheWire },
        },
      },
      async (request, reply) => {
        const principal = await accounts.invitations.accept(request.params.token, request.body, request.ip);
        if (principal === undefined) throw noInvitation();
        return enter(request, reply, principal);
      },
    );

    app.put(
      '/api/me/password',
      {
        config: allow('viewer'),
        schema: {
          summary: 'Change the own password; all other sessions end',
          body: exactly({ current: Password, next: Password }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const actor = actorOf(request);
        const { sessionId } = request.session;
        const retryAfterSeconds = await accounts.ownPassword.change(actor, request.body, sessionId);
        if (retryAfterSeconds > 0) throw tooManyAttempts(retryAfterSeconds);
        await request.session.regenerate(['userId']);
        return reply.status(204).send(null);
      },
    );
  };
}

function userOf({ userId, email, name, role, organisationId, organisationName }: Principal): Session['user'] {
  return { id: userId, email, name, role, organisation: { id: organisationId, name: organisationName } };
}

function tooManyAttempts(retryAfterSeconds: number): Refusal {
  const detail = `Too many attempts failed; try again in ${retryAfterSeconds} s.`;
  return new Refusal(429, detail, { retryAfterSeconds, code: 'too-many-attempts' });
}

function noInvitation(): Refusal {
  return new Refusal(
    404,
    'This link was used, was replaced by another one, or has expired; ask for a new one.',
  );
}
