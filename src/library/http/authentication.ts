import type { FastifyRequest } from 'fastify';
import type { Accounts } from '../accounts/accounts.js';
import type { Actor } from '../accounts/actor.js';
import { principalOf, type Authentication } from './access.js';

/** Looks at each request anew: who is locked out is so at once. */
export function authenticationBy({ principals, tokens }: Accounts): Authentication {
  return {
    ofSession: (userId) => principals.ofUserId(userId),
    ofToken: (token) => tokens.authenticate(token),
  };
}

/** Who changes accounts by a request. */
export function actorOf(request: FastifyRequest): Actor {
  return { principal: principalOf(request), address: request.ip };
}
