import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  logIn,
  openAccountsWorld,
  PASSWORD,
  startAccountsServer,
  type AccountsWorld,
} from '../../../test/helpers/library-accounts.js';
import { InjectedBrowser } from '../../../test/helpers/library-server.js';
import type { Actor } from '../accounts/actor.js';
import type { LibraryApp } from './library-app.js';

let world: AccountsWorld;
let app: LibraryApp;
let browser: InjectedBrowser;
let somebody: Actor;
let email: string;

beforeEach(async () => {
  world = await openAccountsWorld();
  app = await startAccountsServer(world);
  browser = new InjectedBrowser(app);
  somebody = await world.user('analyst');
  ({ email } = somebody.principal);
});

afterEach(async () => {
  await app.close();
  await world.database.close();
});

interface SessionAnswer {
  readonly user: { readonly id: string } | null;
  readonly csrfToken: string;
}

async function whoAmI(of: InjectedBrowser = browser): Promise<string | undefined> {
  return (await of.send({ url: '/api/session' })).json<SessionAnswer>().user?.id;
}

describe('GET /api/session', () => {
  it('says that nobody is logged in, and gives what logging in needs', async () => {
    const answer = await browser.send({ url: '/api/session' });
    expect(answer.json()).toEqual({
      user: null,
      csrfToken: expect.any(String),
      simulated: true,
      opencti: null,
      enrichesImports: false,
    });
    expect(await world.database.kysely.selectFrom('sessions').selectAll().execute()).toEqual([]);
  });
});

describe('POST /api/session', () => {
  it('logs in, and says who', async () => {
    const answer = await logIn(browser, email);
    expect(answer.statusCode).toBe(200);
    const { userId, name, role, organisationId } = somebody.principal;
    expect(answer.json()).toEqual({
      user: { id: userId, email, name, role, organisation: { id: organisationId, name: 'Own' } },
      csrfToken: expect.any(String),
      simulated: true,
      opencti: 'opencti.example.com',
      enrichesImports: true,
    });
    expect(await whoAmI()).toBe(userId);
    expect(await world.deeds()).toEqual([`session.begin ${email}`]);
  });

  it('keeps the session in a cookie that neither scripts nor other sites have', async () => {
    const answer = await logIn(browser, email);
    const [cookie] = answer.cookies.filter(({ name }) => name === 'session');
    expect(cookie).toMatchObject({ path: '/', httpOnly: true, sameSite: 'Strict' });
    expect(cookie?.domain).toBeUndefined();
  });

  it('keeps it in a cookie of this host and of https, where the page is reached so', async () => {
    const secure = await startAccountsServer(world, {
      sessions: { store: world.accounts.sessions, secret: Buffer.alloc(32, 7), secure: true, idleMs: 60_000 },
      trustedProxies: ['127.0.0.1'],
    });
    const proxied = { 'x-forwarded-proto': 'https' };
    const begin = await secure.inject({ url: '/api/session', headers: proxied });
    const [csrf] = begin.cookies;
    const answer = await secure.inject({
      method: 'POST',
      url: '/api/session',
      headers: { ...proxied, 'x-csrf-token': begin.json<SessionAnswer>().csrfToken },
      cookies: { [csrf?.name ?? '']: csrf?.value ?? '' },
      payload: { email, password: PASSWORD },
    });
    expect(answer.headers['set-cookie']).toMatch(
      /^__Host-session=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
    await secure.close();
  });

  it('gives a new session id: one that was known before is worth nothing', async () => {
    await logIn(browser, email);
    const before = browser.cookies.get('session') ?? '';
    await logIn(browser, email);
    expect(browser.cookies.get('session')).not.toBe(before);
    const thief = new InjectedBrowser(app);
    thief.cookies.set('session', before);
    expect(await whoAmI(thief)).toBeUndefined();
  });

  it.each(['', 'made-up'])('is refused without a token against forged requests: %j', async (csrfToken) => {
    await browser.send({ url: '/api/session' });
    browser.csrfToken = csrfToken;
    const answer = await browser.send({
      method: 'POST',
      url: '/api/session',
      payload: { email, password: PASSWORD },
    });
    expect(answer.statusCode).toBe(403);
  });

  it('answers alike to a wrong password, an unknown user, a disabled one and an invited one', async () => {
    const disabled = await world.user('viewer');
    const admin = await world.user('admin');
    await world.accounts.users.change(admin, disabled.principal.userId, { disabled: true });
    const invited = { email: 'new@example.org', name: 'New', role: 'viewer' } as const;
    await world.accounts.invitations.invite(admin, invited);
    const answers = [
      await logIn(browser, email, 'a wrong password'),
      await logIn(browser, 'nobody@example.org'),
      await logIn(browser, disabled.principal.email),
      await logIn(browser, invited.email),
    ];
    for (const answer of answers) {
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toMatchObject({
        detail: 'E-mail address or password is wrong.',
        code: 'wrong-credentials',
      });
      expect(answer.json()).toEqual(answers[0]?.json());
      expect(Object.keys(answer.headers).sort()).toEqual(Object.keys(answers[0]!.headers).sort());
    }
  });

  it.each([
    ['a user', () => email],
    ['nobody', () => 'nobody@example.org'],
  ])('makes whoever fails as %s wait', async (_who, emailOf) => {
    for (let time = 0; time < 5; time += 1) {
      expect((await logIn(browser, emailOf(), 'a wrong password')).statusCode).toBe(401);
    }
    const refused = await logIn(browser, emailOf());
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json()).toMatchObject({ retryAfterSeconds: 1, code: 'too-many-attempts' });
  });

  it.each([
    ['nothing', {}, 'email'],
    ['no password', { email: 'x' }, 'password'],
    ['a number', { email: 1, password: 'x' }, 'email'],
    ['a password longer than any', { email: 'x', password: 'x'.repeat(257) }, 'password'],
    ['what means nothing', { email: 'x', password: 'x', role: 'admin' }, 'role'],
  ])('refuses %s', async (_what, payload, field) => {
    browser.csrfToken = (await browser.send({ url: '/api/session' })).json<SessionAnswer>().csrfToken;
    const answer = await browser.send({ method: 'POST', url: '/api/session', payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ field });
  });
});

describe('DELETE /api/session', () => {
  it('logs out for good', async () => {
    await logIn(browser, email);
    const kept = new Map(browser.cookies);
    expect((await browser.send({ method: 'DELETE', url: '/api/session' })).statusCode).toBe(204);
    for (const [name, value] of kept) browser.cookies.set(name, value);
    expect(await whoAmI()).toBeUndefined();
    expect((await world.deeds())[0]).toBe(`session.end ${email}`);
    expect((await logIn(browser, email)).statusCode).toBe(200);
  });

  it('is no fault of whoever is not logged in', async () => {
    browser.csrfToken = (await browser.send({ url: '/api/session' })).json<SessionAnswer>().csrfToken;
    expect((await browser.send({ method: 'DELETE', url: '/api/session' })).statusCode).toBe(204);
    expect(await world.deeds()).toEqual([]);
  });

  it('does nothing on behalf of another site', async () => {
    await logIn(browser, email);
    browser.csrfToken = '';
    expect((await browser.send({ method: 'DELETE', url: '/api/session' })).statusCode).toBe(403);
    expect(await whoAmI()).toBe(somebody.principal.userId);
  });
});

describe('an invitation', () => {
  let token: string;

  beforeEach(async () => {
    const admin = await world.user('admin');
    const invited = { email: 'new@example.org', name: 'New', role: 'viewer' } as const;
    ({ token } = await world.accounts.invitations.invite(admin, invited));
    browser.csrfToken = (await browser.send({ url: '/api/session' })).json<SessionAnswer>().csrfToken;
  });

  const accept = (payload: object, of = token) =>
    browser.send({ method: 'POST', url: `/api/invitations/${of}`, payload });

  it('says who is invited, sets the password and logs in, once', async () => {
    const read = await browser.send({ url: `/api/invitations/${token}` });
    expect(read.json()).toEqual({ email: 'new@example.org', name: 'New', organisation: 'Own' });
    const answer = await accept({ name: 'Own Name', password: PASSWORD });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ user: { name: 'Own Name', role: 'viewer' } });
    expect(await whoAmI()).toBe(answer.json<SessionAnswer>().user?.id);
    browser.csrfToken = answer.json<SessionAnswer>().csrfToken;
    expect((await accept({ name: 'Again', password: PASSWORD })).statusCode).toBe(404);
    expect((await browser.send({ url: `/api/invitations/${token}` })).statusCode).toBe(404);
  });

  it('names the field that is wrong, and stays good', async () => {
    const short = await accept({ name: 'x', password: 'short' });
    expect(short.statusCode).toBe(400);
    expect(short.json()).toMatchObject({ field: 'password' });
    expect((await accept({ name: ' ', password: PASSWORD })).json()).toMatchObject({ field: 'name' });
    expect((await accept({ name: 'x', password: PASSWORD })).statusCode).toBe(200);
  });

  it.each(['nonsense', 'x'.repeat(43)])('is not %s', async (other) => {
    expect((await browser.send({ url: `/api/invitations/${other}` })).statusCode).toBe(404);
    expect((await accept({ name: 'x', password: PASSWORD }, other)).statusCode).toBe(404);
  });
});

describe('PUT /api/me/password', () => {
  const next = 'another horse battery';
  const change = (current: string, to = next) =>
    browser.send({ method: 'PUT', url: '/api/me/password', payload: { current, next: to } });

  it('changes it, ends the other sessions, and gives the own one another id', async () => {
    const other = new InjectedBrowser(app);
    await logIn(other, email);
    await logIn(browser, email);
    const before = browser.cookies.get('session');
    expect((await change(PASSWORD)).statusCode).toBe(204);
    expect(browser.cookies.get('session')).not.toBe(before);
    expect(await whoAmI()).toBe(somebody.principal.userId);
    expect(await whoAmI(other)).toBeUndefined();
    expect((await change(next, PASSWORD)).statusCode).toBe(204);
    expect((await logIn(new InjectedBrowser(app), email)).statusCode).toBe(200);
  });

  it.each([
    ['current', 'a wrong password', next],
    ['next', PASSWORD, 'short'],
  ])('names the field %s that is wrong', async (field, current, to) => {
    await logIn(browser, email);
    const answer = await change(current, to);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ field });
  });

  it('cannot be used to guess it', async () => {
    await logIn(browser, email);
    for (let time = 0; time < 5; time += 1) expect((await change('a wrong password')).statusCode).toBe(400);
    expect((await change(PASSWORD)).statusCode).toBe(429);
  });

  it('is not for tokens', async () => {
    const { token } = await world.accounts.tokens.create(somebody, { name: 't', scopes: ['write'] });
    browser.csrfToken = '';
    const answer = await browser.send({
      method: 'PUT',
      url: '/api/me/password',
      headers: { authorization: `Bearer ${token}` },
      payload: { current: PASSWORD, next },
    });
    expect(answer.statusCode).toBe(403);
  });
});
