import { Type, type Static } from 'typebox';
import type { Accounts } from '../accounts/accounts.js';
import { SCOPES } from '../accounts/roles.js';
import type { TokenRecord } from '../store/token-store.js';
import { allow, principalOf } from './access.js';
import { Name, TokenOnTheWire } from './account-schemas.js';
import { actorOf } from './authentication.js';
import type { Routes } from './library-app.js';
import { exactly, IdParams, oneOf, onePage, pageOf, Time } from './schemas.js';

/** One's own API tokens. */
export function tokenRoutes({ tokens }: Accounts): Routes {
  return (app) => {
    app.get(
      '/api/tokens',
      {
        config: allow('analyst'),
        schema: { summary: 'Own API tokens, the newest first', response: { 200: pageOf(TokenOnTheWire) } },
      },
      async (request) => onePage((await tokens.list(principalOf(request))).map(tokenOnTheWire)),
    );

    app.post(
      '/api/tokens',
      {
        config: allow('analyst'),
        schema: {
          summary: 'Make an API token, which is shown once; it ends after a year unless said otherwise',
          body: exactly({
            name: Name,
            scopes: Type.Array(oneOf(SCOPES), { maxItems: SCOPES.length }),
            expiresAt: Type.Optional(Time),
          }),
          response: { 201: Type.Object({ token: Type.String(), item: TokenOnTheWire }) },
        },
      },
      async (request, reply) => {
        const { token, record } = await tokens.create(actorOf(request), request.body);
        return reply.status(201).send({ token, item: tokenOnTheWire(record) });
      },
    );

    app.delete(
      '/api/tokens/:id',
      {
        config: allow('analyst'),
        schema: { summary: 'Revoke an API token', params: IdParams, response: { 204: Type.Null() } },
      },
      async (request, reply) => {
        await tokens.delete(actorOf(request), request.params.id);
        return reply.status(204).send(null);
      },
    );
  };
}

function tokenOnTheWire(token: TokenRecord): Static<typeof TokenOnTheWire> {
  const { id, name, createdAt, expiresAt, lastUsedAt } = token;
  const scopes = SCOPES.filter((scope) => token.scopes.includes(scope));
  return { id, name, scopes, createdAt, expiresAt, lastUsedAt };
}
