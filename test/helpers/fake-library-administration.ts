import type { FastifyInstance } from 'fastify';
import {
  ROLES,
  type ApiToken,
  type KeyState,
  type NewToken,
  type NewUser,
  type Role,
  type User,
} from '../../src/library/web/api.js';
import { Refusal, type FakeState } from './fake-library-state.js';

const ORGANISATION = { id: 'org-1', name: 'Blue Team' };
const MADE = '2026-05-01T08:00:00.000Z';

function pageOf(items: readonly unknown[]): unknown {
  return { items, total: items.length, page: 1, pageSize: 50 };
}

interface Id {
  Params: { id: string };
}

/** Settings, key, users, tokens, organisations, audit log: refused to roles below the one of docs/library.md. */
export function addAdministration(app: FastifyInstance, state: FakeState): void {
  const need = (role: Role): void => {
    if (ROLES.indexOf(state.user?.role ?? 'viewer') < ROLES.indexOf(role)) {
      throw new Refusal(403, `This needs the role ${role}.`);
    }
  };
  let settings = { autoEnrich: false, suspiciousFrom: 1, maliciousFrom: 6 };
  app.get('/api/settings', () => {
    need('admin');
    return settings;
  });
  app.patch<{ Body: typeof settings }>('/api/settings', (request) => {
    need('admin');
    if (request.body.maliciousFrom < request.body.suspiciousFrom) {
      throw new Refusal(400, '"maliciousFrom" must not be below suspiciousFrom.', { field: 'maliciousFrom' });
    }
    settings = { ...settings, ...request.body };
    return settings;
  });

  let key: KeyState = { isSet: true, masked: '••••1a2b', source: 'environment' };
  const keyPath = '/api/settings/virustotal-key';
  app.get(keyPath, () => {
    need('super_admin');
    return key;
  });
  app.put<{ Body: { key: string } }>(keyPath, (request) => {
    need('super_admin');
    if (!/^[\da-f]{64}$/i.test(request.body.key)) {
      throw new Refusal(400, 'The key must have 64 hexadecimal characters.', { field: 'key' });
    }
    key = { isSet: true, masked: `••••${request.body.key.slice(-4)}`, source: 'settings' };
    return key;
  });
  app.delete(keyPath, (_request, reply) => {
    key = { isSet: false, masked: null, source: 'simulator' };
    return reply.status(204).send();
  });
  app.post(`${keyPath}/test`, () => ({ ok: true, message: 'VirusTotal took the key; 4 look-ups a minute.' }));

  const person = (id: string, name: string, role: Role, more: Partial<User> = {}): User => ({
    id,
    email: `${name.split(' ')[0]?.toLowerCase() ?? ''}@example.com`,
    name,
    role,
    organisation: ORGANISATION,
    disabled: false,
    invited: false,
    createdAt: MADE,
    lastLoginAt: '2026-05-09T17:12:00.000Z',
    ...more,
  });
  let users = [
    person('user-admin', 'Ada Example', 'admin'),
    person('u2', 'Barbara Long-Surname-van-der-Example', 'analyst'),
    person('u3', 'Claude Former', 'viewer', { disabled: true }),
    person('u4', 'Dorothy New', 'analyst', { invited: true, lastLoginAt: null }),
  ];
  app.get('/api/users', () => {
    need('admin');
    return pageOf(users);
  });
  app.post<{ Body: NewUser }>('/api/users', (request) => {
    need('admin');
    const user = person(`u${users.length + 1}`, request.body.name, request.body.role, { invited: true });
    users = [...users, user];
    return { user, link: 'http://127.0.0.1/invitations/good', expiresAt: '2026-05-17T08:00:00.000Z' };
  });
  app.patch<Id & { Body: Partial<User> }>('/api/users/:id', (request) => {
    users = users.map((one) => (one.id === request.params.id ? { ...one, ...request.body } : one));
    return users.find((one) => one.id === request.params.id);
  });
  app.delete<Id>('/api/users/:id', (request, reply) => {
    users = users.filter((one) => one.id !== request.params.id);
    return reply.status(204).send();
  });

  let tokens: ApiToken[] = [];
  app.get('/api/tokens', () => pageOf(tokens));
  app.post<{ Body: NewToken }>('/api/tokens', (request) => {
    const { name, scopes, expiresAt = null } = request.body;
    const item = { id: `t${tokens.length}`, name, scopes, createdAt: MADE, expiresAt, lastUsedAt: null };
    tokens = [...tokens, item];
    return { token: 'iocl_4f1c0b7e9d2a', item };
  });
  app.delete<Id>('/api/tokens/:id', (request, reply) => {
    tokens = tokens.filter((one) => one.id !== request.params.id);
    return reply.status(204).send();
  });

  app.get('/api/organisations', () =>
    pageOf([
      { ...ORGANISATION, budgetPerDay: 200, budgetPerMonth: null, createdAt: MADE },
      { id: 'org-2', name: 'Subsidiary', budgetPerDay: 50, budgetPerMonth: 1000, createdAt: MADE },
    ]),
  );
  app.patch<Id & { Body: object }>('/api/organisations/:id', (request) => ({
    ...ORGANISATION,
    ...(request.body as object),
  }));
  app.get('/api/audit', () => {
    need('admin');
    return pageOf([
      {
        id: 'a1',
        at: MADE,
        actor: 'ada@example.com',
        action: 'ioc.import',
        subject: '12 IOCs',
        details: { source: 'CERT report' },
        address: '192.0.2.7',
      },
      {
        id: 'a2',
        at: MADE,
        actor: 'barbara@example.com',
        action: 'ioc.delete',
        subject: 'invoice-portal-17.example',
        details: null,
        address: '192.0.2.8',
      },
    ]);
  });
}
