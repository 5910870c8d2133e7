import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  logIn,
  openAccountsWorld,
  PAGE_URL,
  startAccountsServer,
  type AccountsWorld,
} from '../../../test/helpers/library-accounts.js';
import { InjectedBrowser } from '../../../test/helpers/library-server.js';
import type { Actor } from '../accounts/actor.js';
import type { Role } from '../store/tables.js';
import type { LibraryApp } from './library-app.js';

const NEW = { email: 'new@example.org', name: 'New', role: 'analyst' };
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

async function browserOf({ principal }: Actor): Promise<InjectedBrowser> {
  const browser = new InjectedBrowser(app);
  await browser.enter(principal.userId);
  return browser;
}

interface UserAnswer {
  readonly id: string;
  readonly organisation: { readonly name: string };
}

describe('GET /api/users', () => {
  it('lists those of the organisation, without their secrets', async () => {
    const admin = await world.user('admin');
    const analyst = await world.user('analyst');
    await world.user('viewer', world.other);
    const answer = await (await browserOf(admin)).send({ url: '/api/users' });
    expect(answer.json()).toEqual({
      items: [admin, analyst].map(({ principal: { userId, email, name, role } }) => ({
        id: userId,
        email,
        name,
        role,
        organisation: { id: world.own, name: 'Own' },
        disabled: false,
        invited: false,
        createdAt: world.clock.now().toISOString(),
        lastLoginAt: null,
      })),
      total: 2,
      page: 1,
      pageSize: 2,
    });
  });

  it('lists those of all organisations for super admins', async () => {
    const browser = await browserOf(await world.user('super_admin'));
    await world.user('viewer', world.other);
    const { items } = (await browser.send({ url: '/api/users' })).json<{ items: UserAnswer[] }>();
    expect(items.map(({ organisation }) => organisation.name).sort()).toEqual(['Other', 'Own']);
  });
});

describe('POST /api/users', () => {
  it('answers a link of the page, whatever host the request names', async () => {
    const browser = await browserOf(await world.user('admin'));
    const answer = await browser.send({
      method: 'POST',
      url: '/api/users',
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
      payload: NEW,
    });
    expect(answer.statusCode).toBe(201);
    const { user, link, expiresAt } = answer.json<{ user: UserAnswer; link: string; expiresAt: string }>();
    expect(user).toMatchObject({ ...NEW, invited: true, organisation: { name: 'Own' } });
    expect(Date.parse(expiresAt)).toBeGreaterThan(world.clock.now().getTime());
    const [, token = ''] = link.split(`${PAGE_URL}/invitations/`);
    expect(await world.accounts.invitations.read(token)).toMatchObject({ email: NEW.email });
  });

  it.each<[Role, object, number, string]>([
    ['admin', { ...NEW, role: 'super_admin' }, 403, 'role'],
    ['admin', { ...NEW, role: 'owner' }, 400, 'role'],
    ['admin', { ...NEW, email: 'nonsense' }, 400, 'email'],
    ['admin', { ...NEW, organisationId: 'nonsense' }, 400, 'organisationId'],
    ['admin', { ...NEW, disabled: false }, 400, 'disabled'],
    [
      'super_admin',
      { ...NEW, organisationId: '0197f000-0000-7000-8000-000000000001' },
      400,
      'organisationId',
    ],
  ])('of an %s is refused: %j', async (role, payload, status, field) => {
    const browser = await browserOf(await world.user(role));
    const answer = await browser.send({ method: 'POST', url: '/api/users', payload });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ field });
  });

  it('is refused for an address that somebody has', async () => {
    const admin = await world.user('admin');
    const payload = { ...NEW, email: admin.principal.email };
    const answer = await (await browserOf(admin)).send({ method: 'POST', url: '/api/users', payload });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ field: 'email' });
  });
});

describe('PATCH and DELETE /api/users/:id', () => {
  it('lock somebody out at once: neither the session nor the token works any more', async () => {
    const analyst = await world.user('analyst');
    const { token } = await world.accounts.tokens.create(analyst, { name: 't', scopes: ['read'] });
    const victim = new InjectedBrowser(app);
    await logIn(victim, analyst.principal.email);
    const asToken = { url: '/api/session', headers: { authorization: `Bearer ${token}` } };
    const program = new InjectedBrowser(app);
    const userOf = async (by: InjectedBrowser, options: object): Promise<unknown> =>
      (await by.send({ url: '/api/session', ...options })).json<{ user: unknown }>().user;
    expect(await userOf(victim, {})).not.toBeNull();
    expect(await userOf(program, asToken)).not.toBeNull();

    const browser = await browserOf(await world.user('admin'));
    const url = `/api/users/${analyst.principal.userId}`;
    const answer = await browser.send({ method: 'PATCH', url, payload: { disabled: true } });
    expect(answer.json()).toMatchObject({ disabled: true, role: 'analyst' });
    expect((await victim.send({ url: '/api/tokens' })).statusCode).toBe(401);
    expect(await userOf(victim, {})).toBeNull();
    expect(await userOf(program, asToken)).toBeNull();
    expect((await logIn(victim, analyst.principal.email)).statusCode).toBe(401);
  });

  it('delete somebody at once', async () => {
    const analyst = await world.user('analyst');
    const victim = await browserOf(analyst);
    const browser = await browserOf(await world.user('admin'));
    const url = `/api/users/${analyst.principal.userId}`;
    expect((await browser.send({ method: 'DELETE', url })).statusCode).toBe(204);
    expect((await victim.send({ url: '/api/tokens' })).statusCode).toBe(401);
    expect((await browser.send({ method: 'DELETE', url })).statusCode).toBe(404);
  });

  it('take a role away at once', async () => {
    const other = await world.user('admin');
    const demoted = await browserOf(other);
    expect((await demoted.send({ url: '/api/users' })).statusCode).toBe(200);
    const browser = await browserOf(await world.user('admin'));
    const url = `/api/users/${other.principal.userId}`;
    await browser.send({ method: 'PATCH', url, payload: { role: 'viewer' } });
    expect((await demoted.send({ url: '/api/users' })).statusCode).toBe(403);
  });

  it.each<[string, () => Promise<Actor>, number]>([
    ['of another organisation', () => world.user('viewer', world.other), 404],
    ['of a higher role', () => world.user('super_admin'), 403],
  ])('are refused for somebody %s', async (_who, target, status) => {
    const browser = await browserOf(await world.user('admin'));
    const url = `/api/users/${(await target()).principal.userId}`;
    const patched = await browser.send({ method: 'PATCH', url, payload: { disabled: true } });
    expect(patched.statusCode).toBe(status);
    expect((await browser.send({ method: 'DELETE', url })).statusCode).toBe(status);
  });

  it('are refused for oneself, so that the last super admin stays', async () => {
    const superAdmin = await world.user('super_admin');
    const browser = await browserOf(superAdmin);
    const url = `/api/users/${superAdmin.principal.userId}`;
    for (const payload of [{ role: 'viewer' }, { disabled: true }]) {
      expect((await browser.send({ method: 'PATCH', url, payload })).statusCode).toBe(403);
    }
    expect((await browser.send({ method: 'DELETE', url })).statusCode).toBe(403);
    expect(await world.stores.users.countActive('super_admin')).toBe(1);
  });
});
