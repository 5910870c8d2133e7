import { Type, type Static } from 'typebox';
import type { Accounts } from '../accounts/accounts.js';
import type { UserRecord } from '../store/user-store.js';
import { allow, principalOf } from './access.js';
import { Email, Name, RoleName, UserOnTheWire } from './account-schemas.js';
import { actorOf } from './authentication.js';
import type { Routes } from './library-app.js';
import { exactly, Id, IdParams, onePage, pageOf, Time } from './schemas.js';

/**
 * The users of an organisation, and of all for super admins.
 *
 * @param linkFor - The address that leads an invited person to the page, made of the invitation's token.
 */
export function userRoutes(accounts: Accounts, linkFor: (token: string) => string): Routes {
  /** With the names of their organisations. */
  const describer = async (): Promise<(user: UserRecord) => Static<typeof UserOnTheWire>> => {
    const organisations = await accounts.organisations.list();
    const names = new Map(organisations.map(({ id, name }) => [id, name]));
    return (user) => userOnTheWire(user, names.get(user.organisationId) ?? '');
  };

  return (app) => {
    app.get(
      '/api/users',
      {
        config: allow('admin'),
        schema: { summary: 'Users, by address', response: { 200: pageOf(UserOnTheWire) } },
      },
      async (request) => {
        const users = await accounts.users.list(principalOf(request));
        return onePage(users.map(await describer()));
      },
    );

    app.post(
      '/api/users',
      {
        config: allow('admin'),
        schema: {
          summary: 'Invite somebody; whoever has not taken an invitation up gets a new link',
          body: exactly({
            email: Email,
            name: Name,
            role: RoleName,
            organisationId: Type.Optional(Id),
          }),
          response: {
            201: Type.Object({ user: UserOnTheWire, link: Type.String(), expiresAt: Time }),
          },
        },
      },
      async (request, reply) => {
        const { user, token, expiresAt } = await accounts.invitations.invite(actorOf(request), request.body);
        const describe = await describer();
        return reply.status(201).send({ user: describe(user), link: linkFor(token), expiresAt });
      },
    );

    app.patch(
      '/api/users/:id',
      {
        config: allow('admin'),
        schema: {
          summary: 'Change the role of somebody else, or lock them out',
          params: IdParams,
          body: exactly({ role: Type.Optional(RoleName), disabled: Type.Optional(Type.Boolean()) }),
          response: { 200: UserOnTheWire },
        },
      },
      async (request) => {
        const user = await accounts.users.change(actorOf(request), request.params.id, request.body);
        return (await describer())(user);
      },
    );

    app.delete(
      '/api/users/:id',
      {
        config: allow('admin'),
        schema: {
          summary: 'Delete somebody else, with sessions and tokens',
          params: IdParams,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await accounts.users.delete(actorOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );
  };
}

function userOnTheWire(user: UserRecord, organisationName: string): Static<typeof UserOnTheWire> {
  const { id, email, name, role, organisationId, disabled, createdAt, lastLoginAt } = user;
  return {
    id,
    email,
    name,
    role,
    organisation: { id: organisationId, name: organisationName },
    disabled,
    invited: user.passwordHash === null,
    createdAt,
    lastLoginAt,
  };
}
