import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PASSWORD } from '../../../test/helpers/library-accounts.js';
import { openDatabase, type LibraryDatabase } from '../store/open-database.js';
import { accountStores, type AccountStores } from './account-stores.js';
import { createAccounts, type Accounts } from './accounts.js';

const ANSWER = { name: 'Ada', password: PASSWORD };
let database: LibraryDatabase;
let accounts: Accounts;
let stores: AccountStores;

beforeEach(async () => {
  database = await openDatabase({ path: ':memory:', logger: pino({ level: 'silent' }) });
  accounts = createAccounts(database);
  stores = accountStores(database, { now: () => new Date() });
});

afterEach(() => database.close());

it('is a super admin of an organisation that is made for them', async () => {
  const { token } = (await accounts.inviteFirstAdmin())!;
  expect(await accounts.invitations.read(token)).toEqual({
    email: 'admin@localhost',
    name: 'Administrator',
    organisation: 'My organisation',
  });
  expect(await accounts.invitations.accept(token, ANSWER, null)).toMatchObject({ role: 'super_admin' });
  expect(await accounts.inviteFirstAdmin()).toBeUndefined();
});

it('gets a new link at each start until one is used', async () => {
  const first = (await accounts.inviteFirstAdmin())!;
  const second = (await accounts.inviteFirstAdmin())!;
  expect(await accounts.invitations.read(first.token)).toBeUndefined();
  expect(await accounts.invitations.read(second.token)).toBeDefined();
  expect(await stores.users.list(null)).toHaveLength(1);
  expect(await stores.organisations.list()).toHaveLength(1);
});

it('has the address that is told, also when it is told later', async () => {
  await accounts.inviteFirstAdmin();
  const { user } = (await accounts.inviteFirstAdmin(' Ada@Example.org'))!;
  expect(user.email).toBe('ada@example.org');
  expect(await stores.users.list(null)).toHaveLength(1);
  await expect(accounts.inviteFirstAdmin('nonsense')).rejects.toMatchObject({ field: 'email' });
});

it('keeps the organisation when it has another name by now', async () => {
  const { user } = (await accounts.inviteFirstAdmin())!;
  await stores.organisations.patch(user.organisationId, { name: 'Blue Team' });
  await accounts.inviteFirstAdmin();
  expect(await stores.organisations.list()).toMatchObject([{ name: 'Blue Team' }]);
});

it('is one, when several processes start at once', async () => {
  const invitations = await Promise.all([1, 2, 3].map(() => createAccounts(database).inviteFirstAdmin()));
  expect(new Set(invitations.map((invitation) => invitation?.user.id)).size).toBe(1);
  expect(await stores.organisations.list()).toHaveLength(1);
});
