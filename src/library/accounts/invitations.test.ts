import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ADDRESS,
  openAccountsWorld,
  PASSWORD,
  type AccountsWorld,
} from '../../../test/helpers/library-accounts.js';
import type { Role } from '../store/tables.js';
import { TakenError } from '../store/unique-violation.js';
import type { Actor } from './actor.js';

const NEW = { email: 'New@Example.org ', name: ' New One', role: 'analyst' } as const;
const ANSWER = { name: 'Own Name', password: PASSWORD };
const DAY_MS = 86_400_000;
let world: AccountsWorld;
let admin: Actor;

beforeEach(async () => {
  world = await openAccountsWorld();
  admin = await world.user('admin');
});

afterEach(() => world.database.close());

describe('an invitation', () => {
  it('says who is invited, and makes an account once', async () => {
    const { invitations, logIn } = world.accounts;
    const { user, token, expiresAt } = await invitations.invite(admin, NEW);
    expect(user).toMatchObject({ email: 'new@example.org', name: 'New One', passwordHash: null });
    expect(Date.parse(expiresAt) - world.clock.now().getTime()).toBe(7 * DAY_MS);
    const view = { email: 'new@example.org', name: 'New One', organisation: 'Own' };
    expect(await invitations.read(token)).toEqual(view);
    const answers = await Promise.all([1, 2].map(() => invitations.accept(token, ANSWER, ADDRESS)));
    expect(answers.filter((answer) => answer !== undefined)).toMatchObject([
      { userId: user.id, name: 'Own Name', role: 'analyst', organisationId: world.own },
    ]);
    expect(await invitations.read(token)).toBeUndefined();
    expect(await invitations.accept(token, ANSWER, ADDRESS)).toBeUndefined();
    expect(await logIn.logIn(view.email, PASSWORD, ADDRESS)).toHaveProperty('principal');
    expect((await world.deeds()).slice(1)).toEqual([
      'invitation.accept new@example.org',
      `user.invite ${admin.principal.email} new@example.org`,
    ]);
  });

  it('is kept as a hash alone', async () => {
    const { token, user } = await world.accounts.invitations.invite(admin, NEW);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(await world.stores.users.get(user.id))).not.toContain(token);
    expect(JSON.stringify(await world.stores.audit.list(null, { page: 1, pageSize: 9 }))).not.toContain(
      token,
    );
  });

  it('ends after seven days', async () => {
    const { token } = await world.accounts.invitations.invite(admin, NEW);
    world.clock.pass(7 * DAY_MS - 1);
    expect(await world.accounts.invitations.read(token)).toBeDefined();
    world.clock.pass(1);
    expect(await world.accounts.invitations.read(token)).toBeUndefined();
    expect(await world.accounts.invitations.accept(token, ANSWER, ADDRESS)).toBeUndefined();
  });

  it.each([
    ['password', { ...ANSWER, password: 'short' }],
    ['name', { ...ANSWER, name: ' ' }],
  ])('stays good after an answer with a bad %s', async (field, answer) => {
    const { invitations } = world.accounts;
    const { token } = await invitations.invite(admin, NEW);
    await expect(invitations.accept(token, answer, ADDRESS)).rejects.toMatchObject({ field });
    expect(await invitations.accept(token, ANSWER, ADDRESS)).toBeDefined();
  });

  it('is void once the user is disabled', async () => {
    const { invitations, users } = world.accounts;
    const { token, user } = await invitations.invite(admin, NEW);
    await users.change(admin, user.id, { disabled: true });
    expect(await invitations.read(token)).toBeUndefined();
    expect(await invitations.accept(token, ANSWER, ADDRESS)).toBeUndefined();
    await expect(invitations.invite(admin, NEW)).rejects.toMatchObject({ refusal: 'conflict' });
  });
});

describe('inviting again', () => {
  it('makes a new link, and the one before is void', async () => {
    const { invitations } = world.accounts;
    const first = await invitations.invite(admin, NEW);
    const second = await invitations.invite(admin, { ...NEW, role: 'viewer' });
    expect(second.user).toMatchObject({ id: first.user.id, role: 'viewer' });
    expect(await invitations.read(first.token)).toBeUndefined();
    expect(await invitations.read(second.token)).toBeDefined();
  });

  it.each([
    ['who has an account', async () => (await world.user('viewer')).principal.email],
    [
      'whom another organisation invited',
      async () => {
        const theirs = await world.user('admin', world.other);
        return (await world.accounts.invitations.invite(theirs, NEW)).user.email;
      },
    ],
  ])('is refused for somebody %s', async (_who, prepare) => {
    const invited = { ...NEW, email: await prepare() };
    await expect(world.accounts.invitations.invite(admin, invited)).rejects.toBeInstanceOf(TakenError);
  });

  it('is refused for somebody of a higher role', async () => {
    const superAdmin = await world.user('super_admin');
    await world.accounts.invitations.invite(superAdmin, { ...NEW, role: 'super_admin' });
    await expect(world.accounts.invitations.invite(admin, NEW)).rejects.toMatchObject({
      refusal: 'forbidden',
    });
  });
});

describe('who may invite whom', () => {
  it.each<[Role, Role, boolean]>([
    ['admin', 'viewer', true],
    ['admin', 'admin', true],
    ['admin', 'super_admin', false],
    ['super_admin', 'super_admin', true],
  ])('%s gives the role %s: %s', async (own, role, may) => {
    const inviting = world.accounts.invitations.invite(await world.user(own), { ...NEW, role });
    if (may) expect((await inviting).user.role).toBe(role);
    else await expect(inviting).rejects.toMatchObject({ refusal: 'forbidden', field: 'role' });
  });

  it('only super admins invite into other organisations, which must exist', async () => {
    const { invitations } = world.accounts;
    const superAdmin = await world.user('super_admin');
    const there = { ...NEW, organisationId: world.other };
    const field = 'organisationId';
    await expect(invitations.invite(admin, there)).rejects.toMatchObject({ refusal: 'forbidden', field });
    expect((await invitations.invite(superAdmin, there)).user.organisationId).toBe(world.other);
    const nowhere = { ...NEW, organisationId: 'nowhere' };
    await expect(invitations.invite(superAdmin, nowhere)).rejects.toMatchObject({
      refusal: 'invalid',
      field,
    });
  });

  it.each([
    ['email', { ...NEW, email: 'no address' }],
    ['email', { ...NEW, email: `${'x'.repeat(250)}@example.org` }],
    ['name', { ...NEW, name: '' }],
    ['name', { ...NEW, name: 'two\nlines' }],
    ['name', { ...NEW, name: 'x'.repeat(101) }],
  ])('a bad %s is refused', async (field, invited) => {
    await expect(world.accounts.invitations.invite(admin, invited)).rejects.toMatchObject({
      refusal: 'invalid',
      field,
    });
  });
});

describe('a link for a forgotten password', () => {
  it('sets another one, once, ends the sessions, and leaves the old one good until then', async () => {
    const { invitations, logIn } = world.accounts;
    const { email, userId } = admin.principal;
    await world.stores.sessions.put({
      idHash: 'one',
      userId,
      data: '{}',
      expiresAt: '2099-01-01T00:00:00.000Z',
    });
    const { token } = await invitations.offerPassword(email.toUpperCase());
    expect(await logIn.logIn(email, PASSWORD, ADDRESS)).toHaveProperty('principal');
    const answer = { name: 'Ada', password: 'another good password' };
    expect(await invitations.accept(token, answer, ADDRESS)).toMatchObject({ email, role: 'admin' });
    expect(await invitations.accept(token, answer, ADDRESS)).toBeUndefined();
    expect(await logIn.logIn(email, PASSWORD, ADDRESS)).toBeUndefined();
    expect(await logIn.logIn(email, answer.password, ADDRESS)).toHaveProperty('principal');
    expect(await world.stores.sessions.get('one', world.clock.now())).toBeUndefined();
    expect(await world.deeds()).toContain(`password.offer command line ${email}`);
  });

  it('is for users that there are, and that are not locked out', async () => {
    const { invitations, users } = world.accounts;
    await expect(invitations.offerPassword('nobody@example.com')).rejects.toThrow('There is no user');
    const { userId, email } = (await world.user('viewer')).principal;
    await users.change(admin, userId, { disabled: true });
    await expect(invitations.offerPassword(email)).rejects.toThrow('locked out');
  });
});
