import type { AddressInfo } from 'node:net';
import fastifyStatic from '@fastify/static';
import { fastify, type FastifyInstance } from 'fastify';
import type { Role, SessionUser } from '../../src/library/web/api.js';
import { addAdministration } from './fake-library-administration.js';
import { addIocs } from './fake-library-iocs.js';
import { addJobs } from './fake-library-jobs.js';
import { FAKE_USAGE, fakeRows } from './fake-library-rows.js';
import { Refusal, type FakeLibrary, type FakeState } from './fake-library-state.js';

/** What the page needs, and nothing looser: the policy of docs/library.md. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export const FAKE_PASSWORD = 'correct horse battery';

function userOf(role: Role): SessionUser {
  return {
    id: `user-${role}`,
    email: `${role}@example.com`,
    name: 'Ada Example',
    role,
    organisation: { id: 'org-1', name: 'Blue Team' },
  };
}

/** Holds for one user, as on the server: another one who logs in makes it stale. */
export function csrfTokenOf({ user }: FakeState): string {
  return `csrf-of-${user?.id ?? 'nobody'}`;
}

function addSession(app: FastifyInstance, state: FakeState): void {
  const session = (): unknown => {
    const { user, simulated, opencti } = state;
    return { user, csrfToken: csrfTokenOf(state), simulated, opencti, enrichesImports: false };
  };
  app.get('/api/session', session);
  app.post<{ Body: { email: string; password: string } }>('/api/session', (request) => {
    if (request.body.password !== FAKE_PASSWORD) {
      throw new Refusal(401, 'The e-mail or the password is wrong.');
    }
    state.user = userOf('analyst');
    return session();
  });
  app.delete('/api/session', (_request, reply) => {
    state.user = null;
    return reply.status(204).send();
  });
  app.get<{ Params: { token: string } }>('/api/invitations/:token', (request) => {
    if (request.params.token !== 'good') throw new Refusal(404, 'The invitation is spent or unknown.');
    return { email: 'new@example.com', name: 'Grace', organisation: 'Blue Team' };
  });
  app.post<{ Body: { password: string } }>('/api/invitations/:token', (request) => {
    if (request.body.password.length < 12) {
      throw new Refusal(400, 'The password has fewer than 12 characters.', { field: 'password' });
    }
    state.user = userOf('super_admin');
    return session();
  });
  app.put('/api/me/password', (_request, reply) => reply.status(204).send());
}

function addEvents(app: FastifyInstance, state: FakeState): void {
  app.get('/api/events', (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    reply.raw.write('retry: 100\n\n');
    state.streams.add(reply);
    request.raw.on('close', () => state.streams.delete(reply));
  });
}

/**
 * The routes of docs/library.md over rows in memory, with the built page.
 *
 * @param page Folder of the built page.
 */
export async function startFakeLibrary(page: string, rows = 60): Promise<FakeLibrary> {
  const state: FakeState = {
    rows: fakeRows(rows),
    jobs: [],
    jobIds: new Map(),
    user: null,
    simulated: false,
    opencti: null,
    gate: null,
    rowMessage: null,
    started: {},
    refusals: [],
    requests: [],
    streams: new Set(),
  };
  const send: FakeLibrary['send'] = (name, content) => {
    for (const one of state.streams) one.raw.write(`event: ${name}\ndata: ${JSON.stringify(content)}\n\n`);
  };
  const app = fastify({ forceCloseConnections: true, bodyLimit: 6_000_000 });
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.header('content-security-policy', POLICY);
    done();
  });
  // oxlint-disable-next-line typescript/require-await -- what a hook with a callback throws is lost
  app.addHook('preHandler', async (request) => {
    const { method, url } = request;
    if (!url.startsWith('/api/')) return;
    state.requests.push({ method, url, body: request.body });
    const [refused] = state.refusals.filter((one) => url.startsWith(one.path));
    if (refused !== undefined) {
      state.refusals = state.refusals.filter((one) => one !== refused);
      throw refused.refusal;
    }
    const isOpen = url.startsWith('/api/session') || url.startsWith('/api/invitations');
    if (!isOpen && state.user === null) throw new Refusal(401, 'Log in first.');
    if (method !== 'GET' && request.headers['x-csrf-token'] !== csrfTokenOf(state))
      throw new Refusal(403, 'The header x-csrf-token is missing or stale.');
  });
  app.setErrorHandler((error, _request, reply) => {
    const refusal = error instanceof Refusal ? error : new Refusal(500, String(error));
    return reply
      .status(refusal.status)
      .type('application/problem+json')
      .send(JSON.stringify({ title: refusal.title, status: refusal.status, ...refusal.more }));
  });
  await app.register(fastifyStatic, { root: page });
  // Every address of the page is the page.
  app.setNotFoundHandler((_request, reply) => reply.sendFile('index.html'));
  addSession(app, state);
  addEvents(app, state);
  addIocs(app, state, send);
  addJobs(app, state, send);
  addAdministration(app, state);
  app.get('/api/usage', () => FAKE_USAGE);
  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    state,
    send,
    enter: (role) => {
      state.user = userOf(role);
    },
    close: () => app.close(),
  };
}
