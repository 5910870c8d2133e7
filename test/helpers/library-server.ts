import type { FastifySessionOptions } from '@fastify/session';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import type { Principal } from '../../src/library/accounts/principal.js';
import { allowAnyone, type Authentication } from '../../src/library/http/access.js';
import type { LibraryApp, Routes } from '../../src/library/http/library-app.js';
import { createLibraryServer, type ServerOptions } from '../../src/library/http/server.js';

type SessionStore = NonNullable<FastifySessionOptions['store']>;

/** Sessions in memory, for tests of routes that have nothing to do with sessions. */
export function memorySessions(): SessionStore {
  const kept = new Map<string, string>();
  return {
    get: (id, done) => {
      const text = kept.get(id);
      done(undefined, text === undefined ? null : (JSON.parse(text) as never));
    },
    set: (id, session, done) => {
      kept.set(id, JSON.stringify(session));
      done();
    },
    destroy: (id, done) => {
      kept.delete(id);
      done();
    },
  };
}

/** Somebody, an analyst unless told otherwise. */
export function principal(facts: Partial<Principal> = {}): Principal {
  return {
    userId: '0197f000-0000-7000-8000-000000000001',
    email: 'ada@example.com',
    name: 'Ada',
    role: 'analyst',
    organisationId: '0197f000-0000-7000-8000-0000000000aa',
    organisationName: 'Blue Team',
    scopes: undefined,
    ...facts,
  };
}

/** Everybody is who `people` says of their user id or token. */
export function authenticationOf(people: ReadonlyMap<string, Principal>): Authentication {
  const find = (id: string): Promise<Principal | undefined> => Promise.resolve(people.get(id));
  return { ofSession: find, ofToken: find };
}

/** A server with the given routes, and `POST /api/test-log-in {userId}` and `GET /api/test-log-out` beside them. */
export async function startTestServer(
  people: ReadonlyMap<string, Principal>,
  routes: readonly Routes[],
  options: Partial<ServerOptions> = {},
): Promise<LibraryApp> {
  const logIn: Routes = (app) => {
    app.post<{ Body: { userId: string } }>(
      '/api/test-log-in',
      { config: allowAnyone },
      async (request, reply) => {
        await request.session.regenerate();
        request.session.userId = request.body.userId;
        return { csrfToken: reply.generateCsrf({ userInfo: request.body.userId }) };
      },
    );
    app.get('/api/test-log-out', { config: allowAnyone }, async (request) => {
      await request.session.destroy();
      return {};
    });
    app.get('/api/test-csrf', { config: allowAnyone }, (_request, reply) => ({
      csrfToken: reply.generateCsrf({ userInfo: 'nobody' }),
    }));
  };
  return createLibraryServer(
    {
      logger: pino({ level: 'silent' }),
      version: '1.2.3',
      sessions: { store: memorySessions(), secret: Buffer.alloc(32, 7), secure: false, idleMs: 3_600_000 },
      authentication: authenticationOf(people),
      isReady: () => Promise.resolve(true),
      ...options,
    },
    [logIn, ...routes],
  );
}

/** A browser, as far as cookies and the token against forged requests go. */
export class InjectedBrowser {
  readonly cookies = new Map<string, string>();
  csrfToken = '';

  constructor(private readonly app: LibraryApp) {}

  async send(options: InjectOptions): Promise<LightMyRequestResponse> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await this.app.inject({
      ...options,
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(this.csrfToken === '' ? {} : { 'x-csrf-token': this.csrfToken }),
        ...options.headers,
      },
    });
    for (const { name, value } of response.cookies) {
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** Logs somebody in by the back door of {@link startTestServer}. */
  async enter(userId: string): Promise<void> {
    const { csrfToken } = (await this.send({ url: '/api/test-csrf' })).json<{ csrfToken: string }>();
    this.csrfToken = csrfToken;
    const entered = await this.send({ method: 'POST', url: '/api/test-log-in', payload: { userId } });
    this.csrfToken = entered.json<{ csrfToken: string }>().csrfToken;
  }
}
