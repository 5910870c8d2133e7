import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  openAccountsWorld,
  startAccountsServer,
  type AccountsWorld,
} from '../../../test/helpers/library-accounts.js';
import { InjectedBrowser } from '../../../test/helpers/library-server.js';
import { ROLES } from '../accounts/roles.js';
import type { Role } from '../store/tables.js';
import { invitationLink } from './account-routes.js';
import type { LibraryApp } from './library-app.js';

let world: AccountsWorld;
let app: LibraryApp;

beforeAll(async () => {
  world = await openAccountsWorld();
  app = await startAccountsServer(world);
});

beforeEach(() => world.empty());

afterAll(async () => {
  await app.close();
  await world.database.close();
});

async function browserOf(role: Role): Promise<InjectedBrowser> {
  const browser = new InjectedBrowser(app);
  await browser.enter((await world.user(role)).principal.userId);
  return browser;
}

const SOME_ID = '0197f000-0000-7000-8000-000000000001';

describe('every route', () => {
  it.each<['GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', string, Role]>([
    ['PUT', '/api/me/password', 'viewer'],
    ['GET', '/api/users', 'admin'],
    ['POST', '/api/users', 'admin'],
    ['PATCH', `/api/users/${SOME_ID}`, 'admin'],
    ['DELETE', `/api/users/${SOME_ID}`, 'admin'],
    ['GET', '/api/tokens', 'analyst'],
    ['POST', '/api/tokens', 'analyst'],
    ['DELETE', `/api/tokens/${SOME_ID}`, 'analyst'],
    ['GET', '/api/organisations', 'super_admin'],
    ['POST', '/api/organisations', 'super_admin'],
    ['PATCH', `/api/organisations/${SOME_ID}`, 'super_admin'],
    ['GET', '/api/audit', 'admin'],
  ])('%s %s is for %s and above', async (method, url, needed) => {
    const anonymous = new InjectedBrowser(app);
    expect((await anonymous.send({ method, url })).statusCode).toBe(401);
    for (const role of ROLES) {
      const { statusCode } = await (await browserOf(role)).send({ method, url });
      if (ROLES.indexOf(role) < ROLES.indexOf(needed)) expect(statusCode).toBe(403);
      else expect([200, 400, 404]).toContain(statusCode);
    }
  });
});

describe('/api/tokens', () => {
  const WANTED = { name: 'Script', scopes: ['read'] };

  it('makes a token that is shown once, lists it without, and revokes it', async () => {
    const browser = await browserOf('analyst');
    const made = await browser.send({ method: 'POST', url: '/api/tokens', payload: WANTED });
    expect(made.statusCode).toBe(201);
    const { token, item } = made.json<{ token: string; item: { id: string } }>();
    expect(item).toEqual({
      id: expect.any(String),
      ...WANTED,
      createdAt: world.clock.now().toISOString(),
      expiresAt: '2027-01-02T03:04:05.678Z',
      lastUsedAt: null,
    });
    const list = await browser.send({ url: '/api/tokens' });
    expect(list.json()).toEqual({ items: [item], total: 1, page: 1, pageSize: 1 });
    expect(list.body).not.toContain(token);
    const program = { authorization: `Bearer ${token}` };
    const who = await app.inject({ url: '/api/session', headers: program });
    expect(who.json<{ user: object }>().user).toMatchObject({ role: 'analyst' });
    expect((await browser.send({ method: 'DELETE', url: `/api/tokens/${item.id}` })).statusCode).toBe(204);
    const gone = await app.inject({ url: '/api/audit', headers: program });
    expect(gone.statusCode).toBe(401);
  });

  it('is not for tokens: none makes another', async () => {
    const analyst = await world.user('analyst');
    const { token } = await world.accounts.tokens.create(analyst, {
      name: 't',
      scopes: ['read', 'write', 'lookup'],
    });
    const answer = await app.inject({
      method: 'POST',
      url: '/api/tokens',
      headers: { authorization: `Bearer ${token}` },
      payload: WANTED,
    });
    expect(answer.statusCode).toBe(403);
  });

  it.each([
    [{ ...WANTED, scopes: [] }, 'scopes'],
    [{ ...WANTED, scopes: ['admin'] }, 'scopes/0'],
    [{ ...WANTED, name: ' ' }, 'name'],
    [{ ...WANTED, expiresAt: '2020-01-01T00:00:00.000Z' }, 'expiresAt'],
    [{ ...WANTED, expiresAt: 'tomorrow' }, 'expiresAt'],
  ])('refuses %j', async (payload, field) => {
    const answer = await (await browserOf('analyst')).send({ method: 'POST', url: '/api/tokens', payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ field });
  });
});

describe('/api/organisations', () => {
  it('makes, lists and changes them', async () => {
    const browser = await browserOf('super_admin');
    const payload = { name: 'Third', budgetPerDay: 10 };
    const made = await browser.send({ method: 'POST', url: '/api/organisations', payload });
    expect(made.statusCode).toBe(201);
    const { id } = made.json<{ id: string }>();
    const url = `/api/organisations/${id}`;
    const change = { budgetPerDay: null, budgetPerMonth: 500 };
    const changed = await browser.send({ method: 'PATCH', url, payload: change });
    const createdAt = world.clock.now().toISOString();
    expect(changed.json()).toEqual({ id, name: 'Third', ...change, createdAt });
    const list = (await browser.send({ url: '/api/organisations' })).json<{ items: { name: string }[] }>();
    expect(list.items.map(({ name }) => name)).toEqual(['Other', 'Own', 'Third']);
  });

  it.each([
    [{ name: 'Other' }, 409, 'name'],
    [{ budgetPerDay: -1 }, 400, 'budgetPerDay'],
    [{ budgetPerDay: '5' }, 400, 'budgetPerDay'],
    [{ autoEnrich: true }, 400, 'autoEnrich'],
  ])('refuses the change %j', async (payload, status, field) => {
    const browser = await browserOf('super_admin');
    const answer = await browser.send({ method: 'PATCH', url: `/api/organisations/${world.own}`, payload });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ field });
  });
});

describe('GET /api/audit', () => {
  beforeEach(async () => {
    for (const organisationId of [world.own, world.other]) {
      const entry = { organisationId, userId: null, actor: 'ada@example.org', address: '192.0.2.7' };
      await world.stores.audit.add({ ...entry, action: 'ioc.import', subject: '12 IOCs', details: { n: 1 } });
      await world.stores.audit.add({ ...entry, action: 'ioc.delete', actor: 'bob@example.org' });
    }
  });

  const read = async (role: Role, query: string): Promise<{ items: object[]; total: number }> =>
    (await (await browserOf(role)).send({ url: `/api/audit${query}` })).json();

  it('shows what was done in the organisation, in pages', async () => {
    const answer = await read('admin', '?page=2&pageSize=1');
    expect(answer).toEqual({
      items: [
        {
          id: expect.any(String),
          at: world.clock.now().toISOString(),
          actor: 'ada@example.org',
          action: 'ioc.import',
          subject: '12 IOCs',
          details: { n: 1 },
          address: '192.0.2.7',
        },
      ],
      total: 2,
      page: 2,
      pageSize: 1,
    });
  });

  it.each<[Role, string, number]>([
    ['admin', '?action=ioc.delete', 1],
    ['admin', '?user=ADA@example.org', 1],
    ['admin', '?action=ioc.delete&user=ada@example.org', 0],
    ['admin', '?action=ioc', 2],
    ['admin', '?action=ioc.import&user=Ada', 1],
    ['admin', '?action=oc.delete', 0],
    ['admin', '?action=ioc_delete', 0],
    ['super_admin', '?action=ioc.delete', 2],
  ])('for %s with %s has %i', async (role, query, total) => {
    expect((await read(role, query)).total).toBe(total);
  });

  it('is open to tokens of admins that may read', async () => {
    const admin = await world.user('admin');
    const { token } = await world.accounts.tokens.create(admin, { name: 'SIEM', scopes: ['read'] });
    const answer = await app.inject({
      url: '/api/audit?action=ioc.import',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.json<{ total: number }>().total).toBe(1);
  });
});

it.each(['https://iocs.example.com', 'https://iocs.example.com/'])(
  'a link of an invitation begins with %s',
  (pageUrl) => {
    expect(invitationLink(pageUrl, 'token')).toBe('https://iocs.example.com/invitations/token');
  },
);
