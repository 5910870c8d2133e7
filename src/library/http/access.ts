import type { FastifyRequest } from 'fastify';
import type { Principal } from '../accounts/principal.js';
import { hasRightsOf, type Scope } from '../accounts/roles.js';
import type { Role } from '../store/tables.js';
import type { LibraryApp } from './library-app.js';
import { Refusal } from './refusal.js';

/** Who may use a route: everybody, or a user with the rights of a role, by an API token only where a scope is named. */
export type Access = 'anyone' | { readonly role: Role; readonly scope: Scope | undefined };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** `null` when nobody is logged in. */
    principal: Principal | null;
  }
}

/** Who somebody is. Both answer `undefined` for whom is not, or not any more. */
export interface Authentication {
  readonly ofSession: (userId: string) => Promise<Principal | undefined>;
  readonly ofToken: (token: string) => Promise<Principal | undefined>;
}

/** Paths that are served to whoever is allowed to, by their routes. */
export function isGuarded(url: string): boolean {
  return /^\/(?:api|health)(?:[/?]|$)/.test(url);
}

/**
 * For the options of a route.
 *
 * @param scope - What a token must have; a route without one is for persons alone.
 */
export function allow(role: Role, scope?: Scope): { readonly access: Access } {
  return { access: { role, scope } };
}

export const allowAnyone: { readonly access: Access } = { access: 'anyone' };

const CHANGES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Finds out on whose behalf a request is, and refuses it before its body is read when it must not be. A route that does not
 * say who may use it cannot be added.
 */
export function guard(app: LibraryApp, authentication: Authentication): void {
  app.decorateRequest('principal', null);
  app.addHook('onRoute', ({ url, config }) => {
    if (isGuarded(url) && config?.access === undefined) {
      throw new Error(`The route ${url} does not say who may use it.`);
    }
  });
  app.addHook('onRequest', async (request) => {
    const { access } = request.routeOptions.config;
    if (access === undefined) return;
    const token = bearerToken(request);
    request.principal = (await principalFor(request, token, authentication)) ?? null;
    if (access === 'anyone') return;
    if (request.principal === null) {
      throw new Refusal(
        401,
        token === undefined
          ? 'Log in first, or send an API token (Authorization: Bearer …).'
          : 'The API token is unknown or has expired; make another one under Settings, API tokens.',
      );
    }
    checkRights(request.principal, access);
  });
  app.addHook('onRequest', (request, reply, done) => {
    const isSession = bearerToken(request) === undefined;
    const { access } = request.routeOptions.config;
    // What a page of somebody else sends carries the cookies, but no such header.
    if (access !== undefined && isSession && CHANGES.has(request.method)) {
      app.csrfProtection(request, reply, done);
      return;
    }
    done();
  });
}

/** Who asks, in a handler of a route that is not for everybody. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new Error('This route is open to everybody.');
  return request.principal;
}

/**
 * Whether a request that lasts may go on: not when its session or token has ended since, or whoever sent it was locked out
 * or belongs to another organisation now.
 */
export async function mayGoOn(request: FastifyRequest, authentication: Authentication): Promise<boolean> {
  const token = bearerToken(request);
  if (token === undefined) await request.session.reload();
  const principal = await principalFor(request, token, authentication);
  return principal !== undefined && principal.organisationId === request.principal?.organisationId;
}

function bearerToken({ headers }: FastifyRequest): string | undefined {
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

async function principalFor(
  request: FastifyRequest,
  token: string | undefined,
  { ofSession, ofToken }: Authentication,
): Promise<Principal | undefined> {
  if (token !== undefined) return ofToken(token);
  const { userId } = request.session;
  return userId === undefined ? undefined : ofSession(userId);
}

function checkRights({ role, scopes }: Principal, access: Exclude<Access, 'anyone'>): void {
  if (!hasRightsOf(role, access.role)) {
    throw new Refusal(
      403,
      `This needs the role ${access.role.replace('_', ' ')}; yours is ${role.replace('_', ' ')}.`,
    );
  }
  if (scopes === undefined) return;
  if (access.scope === undefined) {
    throw new Refusal(403, 'This cannot be done with an API token; log in to the page.');
  }
  if (!scopes.includes(access.scope)) {
    throw new Refusal(403, `The API token lacks the scope ${access.scope}; make another one that has it.`);
  }
}
