import { beforeEach, describe, expect, it } from 'vitest';
import { AuditStore } from '../../../src/library/store/audit-store.js';
import type { LibraryDatabase } from '../../../src/library/store/open-database.js';
import { SessionStore } from '../../../src/library/store/session-store.js';
import { SettingsStore } from '../../../src/library/store/settings-store.js';
import { TokenStore } from '../../../src/library/store/token-store.js';
import { TakenError } from '../../../src/library/store/unique-violation.js';
import {
  LastSuperAdminError,
  UserStore,
  type NewUser,
  type UserRecord,
} from '../../../src/library/store/user-store.js';
import { libraryWorld } from './world.js';

/** What the stores of organisations, users and what belongs to them must do on every database. */
export function itKeepsAccounts(open: () => Promise<LibraryDatabase>): void {
  const world = libraryWorld(open);
  let users: UserStore;
  let user: UserRecord;
  let addresses = 0;
  const newUser = (changes: Partial<NewUser> = {}): NewUser => ({
    organisationId: world.own,
    email: `User${(addresses += 1)}@Example.org`,
    name: 'Somebody',
    role: 'analyst',
    ...changes,
  });
  beforeEach(async () => {
    users = new UserStore(world.database, world.clock);
    user = await users.create(newUser());
  });

  describe('an organisation', () => {
    it('has the defaults of the thresholds, and keeps what is changed', async () => {
      const { organisations, own } = world;
      const made = await organisations.get(own);
      expect(made).toMatchObject({
        autoEnrich: false,
        suspiciousFrom: 1,
        maliciousFrom: 6,
        budgetPerDay: null,
        budgetPerMonth: null,
      });
      expect(await organisations.patch(own, {})).toEqual(made);
      expect(await organisations.patch(own, { autoEnrich: true, budgetPerDay: 7 })).toEqual({
        ...made,
        autoEnrich: true,
        budgetPerDay: 7,
      });
      expect((await organisations.list()).map(({ id }) => id)).toContain(own);
    });

    it('cannot take the name of another', async () => {
      const { organisations, own, other } = world;
      const { name } = (await organisations.get(other))!;
      await expect(organisations.create({ name })).rejects.toBeInstanceOf(TakenError);
      await expect(organisations.patch(own, { name })).rejects.toMatchObject({
        field: 'name',
        kind: 'invalid',
      });
      expect(await organisations.patch('nobody', { autoEnrich: true })).toBeUndefined();
    });
  });

  describe('a user', () => {
    it('is found by address in either case, by invitation and by id', async () => {
      const inviteHash = `invitation to ${world.own}`;
      const invited = await users.create(newUser({ inviteHash }));
      expect(invited.email).toBe(invited.email.toLowerCase());
      expect(await users.findByEmail(invited.email.toUpperCase())).toEqual(invited);
      expect(await users.findByInvite(inviteHash)).toEqual(invited);
      expect(await users.get(invited.id)).toEqual(invited);
      expect(await users.findByEmail('nobody@example.org')).toBeUndefined();
      expect((await users.list(world.own)).map(({ id }) => id)).toEqual([user.id, invited.id]);
    });

    it('cannot take the address of another, of whatever organisation', async () => {
      const theirs = await users.create(newUser({ organisationId: world.other }));
      await expect(users.create(newUser({ email: theirs.email.toUpperCase() }))).rejects.toMatchObject({
        field: 'email',
      });
      await expect(users.patch(world.own, user.id, { email: theirs.email })).rejects.toBeInstanceOf(
        TakenError,
      );
    });

    it('is changed and deleted within the organisation alone', async () => {
      expect(await users.patch(world.other, user.id, { role: 'super_admin' })).toBeUndefined();
      expect(await users.delete(world.other, user.id)).toBe(false);
      const before = await users.countActive('admin');
      expect(await users.patch(world.own, user.id, { role: 'admin' })).toMatchObject({ role: 'admin' });
      expect(await users.countActive('admin')).toBe(before);
      await users.patch(world.own, user.id, { passwordHash: 'hash' });
      expect(await users.countActive('admin')).toBe(before + 1);
      expect(await users.patch(world.own, user.id, { disabled: true })).toMatchObject({ disabled: true });
      expect(await users.countActive('admin')).toBe(before);
      expect(await users.delete(world.own, user.id)).toBe(true);
      expect(await users.get(user.id)).toBeUndefined();
    });

    it('is listed within the organisation, and among those of all', async () => {
      const theirs = await users.create(newUser({ organisationId: world.other }));
      expect((await users.list(world.own)).map(({ id }) => id)).toEqual([user.id]);
      const ids = (await users.list(null)).map(({ id }) => id);
      expect(ids).toContain(user.id);
      expect(ids).toContain(theirs.id);
    });

    it('takes an invitation up once, in time and while not disabled', async () => {
      const now = world.clock.now();
      const inviteHash = `link of ${user.id}`;
      const inviteExpiresAt = new Date(now.getTime() + 1).toISOString();
      const invitation = { name: 'New', role: 'admin', inviteHash, inviteExpiresAt } as const;
      const taken = { name: 'Own', passwordHash: 'hash' };
      expect(await users.renewInvitation(user.id, invitation)).toMatchObject({ name: 'New', role: 'admin' });
      expect(await users.takeInvitation(inviteHash, new Date(inviteExpiresAt), taken)).toBeUndefined();
      await users.patch(world.own, user.id, { disabled: true });
      expect(await users.takeInvitation(inviteHash, now, taken)).toBeUndefined();
      await users.patch(world.own, user.id, { disabled: false });
      const answers = await Promise.all([1, 2, 3].map(() => users.takeInvitation(inviteHash, now, taken)));
      expect(answers.filter((answer) => answer !== undefined)).toMatchObject([
        { ...taken, inviteHash: null, inviteExpiresAt: null, lastLoginAt: now.toISOString() },
      ]);
      expect(await users.renewInvitation(user.id, invitation)).toBeUndefined();
    });

    it('stays super admin when it is the last who can log in, also of several changed at once', async () => {
      const admins = await Promise.all(
        [1, 2, 3].map(() => users.create(newUser({ role: 'super_admin', passwordHash: 'hash' }))),
      );
      await users.create(newUser({ role: 'super_admin' }));
      const [one, two, three] = admins.map(({ id }) => id) as [string, string, string];
      const answers = await Promise.allSettled([
        users.patch(world.own, one, { role: 'viewer' }),
        users.patch(world.own, two, { disabled: true }),
        users.delete(world.own, three),
      ]);
      const refused = answers.filter((answer) => answer.status === 'rejected');
      expect(refused.map((answer) => answer.reason as unknown)).toEqual([expect.any(LastSuperAdminError)]);
      expect(await users.countActive('super_admin')).toBe(1);
      for (const { id } of admins) await users.patch(world.own, id, { passwordHash: null });
    });

    it('takes sessions and tokens along when deleted', async () => {
      const sessions = new SessionStore(world.database);
      const tokens = new TokenStore(world.database, world.clock);
      const idHash = `session of ${user.id}`;
      await sessions.put({ idHash, userId: user.id, data: '{}', expiresAt: '2027-01-01T00:00:00.000Z' });
      await tokens.create({
        userId: user.id,
        organisationId: world.own,
        name: 't',
        tokenHash: `token of ${user.id}`,
        scopes: ['read'],
        expiresAt: null,
      });
      await users.delete(world.own, user.id);
      expect(await sessions.get(idHash, world.clock.now())).toBeUndefined();
      expect(await tokens.findByHash(`token of ${user.id}`)).toBeUndefined();
    });
  });

  it('keeps sessions until they expire, or until their user ends them', async () => {
    const sessions = new SessionStore(world.database);
    const names = ['a', 'b', 'c'].map((name) => `${name} of ${user.id}`);
    const [a, b, c] = names as [string, string, string];
    const now = new Date('2026-06-01T00:00:00.000Z');
    const later = '2026-06-02T00:00:00.000Z';
    await sessions.put({ idHash: a, userId: null, data: '1', expiresAt: later });
    await sessions.put({ idHash: a, userId: user.id, data: '2', expiresAt: later });
    await sessions.put({ idHash: b, userId: user.id, data: '', expiresAt: later });
    await sessions.put({ idHash: c, userId: user.id, data: '', expiresAt: now.toISOString() });
    expect(await sessions.get(a, now)).toEqual({ idHash: a, userId: user.id, data: '2', expiresAt: later });
    expect(await sessions.get(c, now)).toBeUndefined();
    expect(await sessions.deleteExpired(now)).toBe(1);
    await sessions.deleteOfUser(user.id, a);
    expect(await sessions.get(b, now)).toBeUndefined();
    expect(await sessions.get(a, now)).toBeDefined();
    await sessions.replace({ idHash: a, userId: user.id, data: '3', expiresAt: later });
    expect(await sessions.get(a, now)).toMatchObject({ data: '3' });
    await sessions.delete(a);
    await sessions.replace({ idHash: a, userId: user.id, data: '4', expiresAt: later });
    expect(await sessions.get(a, now)).toBeUndefined();
  });

  it('keeps API tokens of a user', async () => {
    const tokens = new TokenStore(world.database, world.clock);
    const token = await tokens.create({
      userId: user.id,
      organisationId: world.own,
      name: 'script',
      tokenHash: `hash of ${user.id}`,
      scopes: ['read', 'lookup'],
      expiresAt: null,
    });
    expect(await tokens.findByHash(token.tokenHash)).toEqual(token);
    await tokens.touch(token.id);
    expect(await tokens.list(user.id)).toEqual([{ ...token, lastUsedAt: world.clock.now().toISOString() }]);
    expect(await tokens.delete('somebody else', token.id)).toBe(false);
    expect(await tokens.delete(user.id, token.id)).toBe(true);
    expect(await tokens.list(user.id)).toEqual([]);
  });

  it('keeps settings, and the first of those that are set once', async () => {
    const settings = new SettingsStore(world.database);
    const key = `key of ${world.own}`;
    expect(await settings.get(key)).toBeUndefined();
    const answers = await Promise.all(['a', 'b', 'c'].map((value) => settings.setOnce(key, value)));
    expect(new Set(answers).size).toBe(1);
    await settings.set(key, 'changed');
    expect(await settings.get(key)).toBe('changed');
    await settings.delete(key);
    expect(await settings.get(key)).toBeUndefined();
  });

  it('lists the audit by organisation, action and user, the newest first', async () => {
    const audit = new AuditStore(world.database, world.clock);
    const entry = { organisationId: world.own, userId: user.id, actor: user.email };
    await audit.add({
      ...entry,
      action: 'ioc.delete',
      subject: 'x',
      details: { count: 2 },
      address: '192.0.2.1',
    });
    await audit.add({ ...entry, action: 'ioc.tag', userId: null });
    await audit.add({ ...entry, action: 'ioc.tag', organisationId: world.other });
    const page = { page: 1, pageSize: 10 };
    const own = await audit.list(world.own, page);
    expect(own.total).toBe(2);
    expect(own.items).toMatchObject([
      { action: 'ioc.tag', details: {}, subject: null },
      { action: 'ioc.delete', subject: 'x', details: { count: 2 }, at: world.clock.now().toISOString() },
    ]);
    expect((await audit.list(world.own, { ...page, action: 'ioc.tag' })).total).toBe(1);
    expect((await audit.list(world.own, { ...page, action: 'ioc.' })).total).toBe(2);
    expect((await audit.list(world.own, { ...page, action: 'ioc%' })).total).toBe(0);
    expect((await audit.list(world.own, { ...page, actor: user.email.slice(0, 3) })).total).toBe(2);
    expect((await audit.list(world.own, { ...page, userId: user.id })).total).toBe(1);
    expect((await audit.list(world.own, { ...page, actor: user.email })).total).toBe(2);
    expect((await audit.list(world.own, { ...page, actor: 'somebody@else.example' })).total).toBe(0);
    expect((await audit.list(null, { ...page, userId: user.id })).total).toBe(2);
  });
}
