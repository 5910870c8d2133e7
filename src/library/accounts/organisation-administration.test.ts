import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAccountsWorld, type AccountsWorld } from '../../../test/helpers/library-accounts.js';
import { TakenError } from '../store/unique-violation.js';
import type { Actor } from './actor.js';
import { OrganisationAdministration } from './organisation-administration.js';

let world: AccountsWorld;
let superAdmin: Actor;

beforeEach(async () => {
  world = await openAccountsWorld();
  superAdmin = await world.user('super_admin');
});

afterEach(() => world.database.close());

it('makes and changes organisations, and keeps it in their audit logs', async () => {
  const { organisations } = world.accounts;
  const made = await organisations.create(superAdmin, { name: ' Third ', budgetPerDay: 5 });
  expect(made).toMatchObject({ name: 'Third', budgetPerDay: 5, budgetPerMonth: null });
  const changed = await organisations.change(superAdmin, made.id, { name: '3rd', budgetPerDay: null });
  expect(changed).toMatchObject({ name: '3rd', budgetPerDay: null });
  expect((await organisations.list()).map(({ name }) => name)).toEqual(['3rd', 'Other', 'Own']);
  const { items } = await world.stores.audit.list(made.id, { page: 1, pageSize: 9 });
  expect(items).toMatchObject([
    { action: 'organisation.change', subject: 'Third', details: { name: '3rd', budgetPerDay: null } },
    { action: 'organisation.create', subject: 'Third' },
  ]);
});

it.each([
  ['name', { name: ' ' }],
  ['budgetPerDay', { budgetPerDay: -1 }],
  ['budgetPerDay', { budgetPerDay: 1.5 }],
  ['budgetPerMonth', { budgetPerMonth: 2 ** 31 }],
])('refuses a bad %s', async (field, change) => {
  const { organisations } = world.accounts;
  await expect(organisations.change(superAdmin, world.other, change)).rejects.toMatchObject({ field });
  await expect(organisations.create(superAdmin, { name: 'Third', ...change })).rejects.toMatchObject({
    field,
  });
});

it('tells of a budget that was changed, and of nothing else', async () => {
  const told: string[] = [];
  const organisations = new OrganisationAdministration(world.stores, (id) => {
    told.push(id);
    return Promise.resolve();
  });
  await organisations.change(superAdmin, world.own, { name: 'Renamed' });
  expect(told).toEqual([]);
  await organisations.change(superAdmin, world.own, { budgetPerDay: 9 });
  await organisations.change(superAdmin, world.other, { budgetPerMonth: null });
  expect(told).toEqual([world.own, world.other]);
});

it('refuses the name of another, and an organisation that is none', async () => {
  const { organisations } = world.accounts;
  await expect(organisations.create(superAdmin, { name: 'Own' })).rejects.toBeInstanceOf(TakenError);
  await expect(organisations.change(superAdmin, world.other, { name: 'Own' })).rejects.toMatchObject({
    field: 'name',
  });
  await expect(organisations.change(superAdmin, 'nowhere', { name: 'x' })).rejects.toMatchObject({
    refusal: 'not_found',
  });
});
