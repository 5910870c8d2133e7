import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAccountsWorld, type AccountsWorld } from '../../../test/helpers/library-accounts.js';
import type { Role } from '../store/tables.js';
import type { Actor } from './actor.js';

let world: AccountsWorld;
let admin: Actor;
let superAdmin: Actor;

beforeEach(async () => {
  world = await openAccountsWorld();
  admin = await world.user('admin');
  superAdmin = await world.user('super_admin');
});

afterEach(() => world.database.close());

const idOf = ({ principal }: Actor): string => principal.userId;

it('lists the users of the organisation, to super admins all', async () => {
  const theirs = await world.user('viewer', world.other);
  const { users } = world.accounts;
  expect((await users.list(admin.principal)).map(({ id }) => id)).toEqual([admin, superAdmin].map(idOf));
  expect((await users.list(superAdmin.principal)).map(({ id }) => id)).toContain(idOf(theirs));
});

describe('a change of rights', () => {
  it('takes effect at once and is kept in the audit log', async () => {
    const analyst = await world.user('analyst');
    const changed = await world.accounts.users.change(admin, idOf(analyst), { role: 'viewer' });
    expect(changed.role).toBe('viewer');
    expect((await world.accounts.principals.ofUserId(idOf(analyst)))?.role).toBe('viewer');
    const { items } = await world.stores.audit.list(world.own, { page: 1, pageSize: 9 });
    expect(items).toMatchObject([
      {
        action: 'user.change',
        actor: admin.principal.email,
        subject: analyst.principal.email,
        details: { role: { from: 'analyst', to: 'viewer' } },
        address: admin.address,
      },
    ]);
    await world.accounts.users.change(admin, idOf(analyst), { role: 'viewer' });
    expect(await world.deeds()).toHaveLength(1);
  });

  it('that locks somebody out ends sessions, and tokens work no more', async () => {
    const analyst = await world.user('analyst');
    const { tokens, users, principals, sessions } = world.accounts;
    const { token } = await tokens.create(analyst, { name: 't', scopes: ['read'] });
    await new Promise((resolve) => {
      sessions.set('id', { userId: idOf(analyst), cookie: { originalMaxAge: null } }, resolve);
    });
    expect(await tokens.authenticate(token)).toBeDefined();
    await users.change(admin, idOf(analyst), { disabled: true });
    expect(await tokens.authenticate(token)).toBeUndefined();
    expect(await principals.ofUserId(idOf(analyst))).toBeUndefined();
    expect(await world.database.kysely.selectFrom('sessions').selectAll().execute()).toEqual([]);
    await users.change(admin, idOf(analyst), { disabled: false });
    expect(await tokens.authenticate(token)).toBeDefined();
  });

  it.each<[string, Role, () => Actor]>([
    ['of oneself', 'viewer', () => admin],
    ['of somebody of a higher role', 'viewer', () => superAdmin],
  ])('%s is refused', async (_what, role, target) => {
    const { users } = world.accounts;
    await expect(users.change(admin, idOf(target()), { role })).rejects.toMatchObject({
      refusal: 'forbidden',
    });
    await expect(users.delete(admin, idOf(target()))).rejects.toMatchObject({ refusal: 'forbidden' });
    expect(await world.stores.users.get(idOf(target()))).toMatchObject({ role: target().principal.role });
  });

  it('to a role above the own one is refused', async () => {
    const changing = world.accounts.users.change(admin, idOf(await world.user('viewer')), {
      role: 'super_admin',
    });
    await expect(changing).rejects.toMatchObject({ refusal: 'forbidden', field: 'role' });
  });

  it('of another organisation is as good as of nobody, but for super admins', async () => {
    const { users } = world.accounts;
    const theirs = idOf(await world.user('viewer', world.other));
    for (const id of [theirs, 'nobody']) {
      const message = 'There is no such user.';
      await expect(users.change(admin, id, { disabled: true })).rejects.toMatchObject({ message });
      await expect(users.delete(admin, id)).rejects.toMatchObject({ refusal: 'not_found', message });
    }
    expect((await users.change(superAdmin, theirs, { role: 'admin' })).role).toBe('admin');
    expect((await world.stores.audit.list(world.other, { page: 1, pageSize: 9 })).total).toBe(1);
  });

  it('never leaves the library without a super admin, also of two at the same time', async () => {
    const { users } = world.accounts;
    const second = await world.user('super_admin');
    const answers = await Promise.allSettled([
      users.change(superAdmin, idOf(second), { role: 'viewer' }),
      users.delete(second, idOf(superAdmin)),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { refusal: 'conflict' },
    });
    expect(await world.stores.users.countActive('super_admin')).toBe(1);
  });
});

it('deletes somebody, and keeps that it was done', async () => {
  const analyst = await world.user('analyst');
  await world.accounts.users.delete(admin, idOf(analyst));
  expect(await world.stores.users.get(idOf(analyst))).toBeUndefined();
  expect(await world.deeds()).toEqual([`user.delete ${admin.principal.email} ${analyst.principal.email}`]);
});
