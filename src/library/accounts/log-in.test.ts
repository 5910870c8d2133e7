import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ADDRESS,
  openAccountsWorld,
  PASSWORD,
  type AccountsWorld,
} from '../../../test/helpers/library-accounts.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { Actor } from './actor.js';
import { LogIn } from './log-in.js';
import { LoginThrottle } from './login-throttle.js';
import { OwnPassword } from './own-password.js';
import { Passwords } from './passwords.js';

let world: AccountsWorld;
let somebody: Actor;

beforeEach(async () => {
  world = await openAccountsWorld();
  somebody = await world.user('analyst');
});

afterEach(() => world.database.close());

describe('logging in', () => {
  it('says who somebody is, and keeps when', async () => {
    const { email, userId } = somebody.principal;
    const answer = await world.accounts.logIn.logIn(` ${email.toUpperCase()}`, PASSWORD, ADDRESS);
    expect(answer).toEqual({ principal: somebody.principal });
    expect(somebody.principal).toMatchObject({ role: 'analyst', organisationName: 'Own', scopes: undefined });
    expect((await world.stores.users.get(userId))?.lastLoginAt).toBe(world.clock.now().toISOString());
    expect(await world.deeds()).toEqual([`session.begin ${email}`]);
    await world.accounts.logIn.logOut(somebody);
    expect((await world.deeds())[0]).toBe(`session.end ${email}`);
  });

  it.each([
    ['of an unknown user', 'unknown user', () => Promise.resolve('nobody@example.org')],
    ['with a wrong password', 'wrong password', () => Promise.resolve(somebody.principal.email)],
    [
      'of a disabled user, although the password is right',
      'disabled',
      async () => {
        const { organisationId, userId, email } = somebody.principal;
        await world.stores.users.patch(organisationId, userId, { disabled: true });
        return email;
      },
    ],
    [
      'of an invited user',
      'invitation not taken up',
      async () => {
        const admin = await world.user('admin');
        const invited = { email: 'new@example.org', name: 'New', role: 'viewer' } as const;
        return (await world.accounts.invitations.invite(admin, invited)).user.email;
      },
    ],
  ])('%s is refused without a reason, which the audit log has', async (_what, reason, prepare) => {
    const email = await prepare();
    const password = reason === 'wrong password' ? 'wrong' : PASSWORD;
    expect(await world.accounts.logIn.logIn(email, password, ADDRESS)).toBeUndefined();
    const { items } = await world.stores.audit.list(null, { page: 1, pageSize: 1 });
    expect(items).toMatchObject([
      {
        action: 'session.refuse',
        actor: reason === 'unknown user' ? 'unknown' : email,
        subject: null,
        details: { reason },
        address: ADDRESS,
      },
    ]);
  });

  it('never keeps what was typed as an unknown address: it may be a password', async () => {
    await world.accounts.logIn.logIn('my secret password', 'x', ADDRESS);
    const { items } = await world.stores.audit.list(null, { page: 1, pageSize: 10 });
    expect(JSON.stringify(items)).not.toContain('secret');
  });

  it.each([
    ['a user', () => somebody.principal.email],
    ['nobody', () => 'nobody@example.org'],
  ])('as %s too often makes wait, even with the right password', async (_who, emailOf) => {
    const { logIn } = world.accounts;
    // All at once: none gets through that would not have one after another.
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => logIn.logIn(emailOf(), 'wrong', ADDRESS)),
    );
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(5);
    const wait = { retryAfterSeconds: 1 };
    expect(answers.slice(5)).toEqual([wait, wait, wait]);
    expect(await logIn.logIn(emailOf(), PASSWORD, ADDRESS)).toEqual(wait);
    expect(await world.deeds()).toHaveLength(5);
  });

  it('is locked out by nobody who fails elsewhere, nor is a change of the password', async () => {
    const { logIn, ownPassword } = world.accounts;
    const { email } = somebody.principal;
    for (let time = 0; time < 6; time += 1) await logIn.logIn(email, 'wrong', '198.51.100.1');
    expect(await logIn.logIn(email, PASSWORD, '198.51.100.1')).toEqual({ retryAfterSeconds: 1 });
    expect(await logIn.logIn(email, PASSWORD, ADDRESS)).toHaveProperty('principal');
    const elsewhere = { ...somebody, address: '198.51.100.1' };
    const change = { current: PASSWORD, next: 'another horse battery' };
    expect(await ownPassword.change(elsewhere, change, '')).toBe(0);
  });

  it('works again after the wait, and starts anew', async () => {
    const { logIn } = world.accounts;
    const { email } = somebody.principal;
    for (let time = 0; time < 5; time += 1) await logIn.logIn(email, 'wrong', ADDRESS);
    world.clock.pass(1_000);
    expect(await logIn.logIn(email, PASSWORD, ADDRESS)).toHaveProperty('principal');
    expect(await logIn.logIn(email, 'wrong', ADDRESS)).toBeUndefined();
    expect(await logIn.logIn(email, PASSWORD, ADDRESS)).toHaveProperty('principal');
  });
});

it('an attempt that came to no answer does not count', async () => {
  const { stores, accounts, clock } = world;
  class Busy extends Passwords {
    override verify(): Promise<boolean> {
      return Promise.reject(new ConnectorError('Too many at once.', 'transient'));
    }
  }
  const throttle = new LoginThrottle(clock);
  const dependencies = { stores, throttle, principals: accounts.principals, clock };
  const busy = new LogIn({ ...dependencies, passwords: new Busy() });
  const ownBusy = new OwnPassword({ stores, throttle, passwords: new Busy() });
  const { email } = somebody.principal;
  for (let time = 0; time < 5; time += 1) {
    await expect(busy.logIn(email, PASSWORD, ADDRESS)).rejects.toThrow('Too many at once.');
    const change = ownBusy.change(somebody, { current: PASSWORD, next: PASSWORD }, '');
    await expect(change).rejects.toThrow('Too many at once.');
  }
  const calm = new LogIn({ ...dependencies, passwords: new Passwords() });
  expect(await calm.logIn(email, PASSWORD, ADDRESS)).toHaveProperty('principal');
});

describe('changing the own password', () => {
  const next = 'another horse battery';

  it('ends all sessions but the own one', async () => {
    const { userId, email } = somebody.principal;
    const { accounts, stores, clock } = world;
    const session = (): { cookie: { originalMaxAge: null }; userId: string } => ({
      userId,
      cookie: { originalMaxAge: null },
    });
    for (const id of ['own', 'other']) {
      await new Promise((resolve) => {
        accounts.sessions.set(id, session(), resolve);
      });
    }
    expect(await accounts.ownPassword.change(somebody, { current: PASSWORD, next }, 'own')).toBe(0);
    const left = await world.database.kysely.selectFrom('sessions').select('idHash').execute();
    expect(left).toHaveLength(1);
    await new Promise((resolve) => {
      accounts.sessions.get('own', (_error, found) => {
        expect(found).toMatchObject({ userId });
        resolve(undefined);
      });
    });
    expect(await accounts.logIn.logIn(email, PASSWORD, ADDRESS)).toBeUndefined();
    expect(await accounts.logIn.logIn(email, next, ADDRESS)).toHaveProperty('principal');
    expect(await stores.sessions.deleteExpired(clock.now())).toBe(0);
  });

  it('needs the current one, which cannot be guessed here either', async () => {
    const { ownPassword } = world.accounts;
    for (let time = 0; time < 5; time += 1) {
      await expect(ownPassword.change(somebody, { current: 'wrong', next }, '')).rejects.toMatchObject({
        field: 'current',
      });
    }
    expect(await ownPassword.change(somebody, { current: PASSWORD, next }, '')).toBe(1);
  });

  it('makes a link void that was offered for the one before', async () => {
    const { invitations, ownPassword } = world.accounts;
    const { token } = await invitations.offerPassword(somebody.principal.email);
    expect(await invitations.read(token)).toBeDefined();
    expect(await ownPassword.change(somebody, { current: PASSWORD, next }, '')).toBe(0);
    expect(await invitations.read(token)).toBeUndefined();
  });

  it('refuses one that is not good enough, and the current one stays', async () => {
    const { ownPassword, logIn } = world.accounts;
    const change = { current: PASSWORD, next: 'short' };
    await expect(ownPassword.change(somebody, change, '')).rejects.toMatchObject({ field: 'next' });
    expect(await logIn.logIn(somebody.principal.email, PASSWORD, ADDRESS)).toHaveProperty('principal');
  });
});
