import type { LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { createAccounts, type Accounts } from '../../src/library/accounts/accounts.js';
import { accountStores, type AccountStores } from '../../src/library/accounts/account-stores.js';
import type { Actor } from '../../src/library/accounts/actor.js';
import { Passwords } from '../../src/library/accounts/passwords.js';
import type { Principal } from '../../src/library/accounts/principal.js';
import { accountRoutes } from '../../src/library/http/account-routes.js';
import { authenticationBy } from '../../src/library/http/authentication.js';
import type { LibraryApp } from '../../src/library/http/library-app.js';
import type { ServerOptions } from '../../src/library/http/server.js';
import { openDatabase, type LibraryDatabase } from '../../src/library/store/open-database.js';
import type { Role } from '../../src/library/store/tables.js';
import { SetClock } from './library-contract/world.js';
import { startTestServer, type InjectedBrowser } from './library-server.js';

/** Good for every user of a world. */
export const PASSWORD = 'correct horse battery';

/** Accounts over an empty database, with two organisations. */
export interface AccountsWorld {
  readonly database: LibraryDatabase;
  readonly clock: SetClock;
  readonly accounts: Accounts;
  readonly stores: AccountStores;
  /** Ids of organisations. */
  own: string;
  other: string;
  /** Begins anew, but for what is kept in memory about failures to log in. */
  empty(): Promise<void>;
  /** Makes a user who can log in with {@link PASSWORD}. */
  user(role: Role, organisationId?: string): Promise<Actor>;
  /** What the audit log has, the newest first: action, actor and subject. */
  deeds(): Promise<readonly string[]>;
}

/** Made once: it takes its time. */
let passwordHash: string | undefined;

export const ADDRESS = '192.0.2.1';

/** The database is to be closed by whoever calls. */
export async function openAccountsWorld(): Promise<AccountsWorld> {
  const database = await openDatabase({ path: ':memory:', logger: pino({ level: 'silent' }) });
  const clock = new SetClock();
  const accounts = createAccounts(database, { clock });
  const stores = accountStores(database, clock);
  let users = 0;

  const principalOf = async (userId: string): Promise<Principal> => {
    const principal = await accounts.principals.ofUserId(userId);
    if (principal === undefined) throw new Error('The user cannot log in.');
    return principal;
  };
  const world: AccountsWorld = {
    database,
    clock,
    accounts,
    stores,
    own: '',
    other: '',
    empty: async () => {
      clock.at = new SetClock().at;
      for (const table of ['auditLog', 'sessions', 'apiTokens', 'users', 'organisations'] as const) {
        await database.kysely.deleteFrom(table).execute();
      }
      world.own = (await stores.organisations.create({ name: 'Own' })).id;
      world.other = (await stores.organisations.create({ name: 'Other' })).id;
    },
    user: async (role, organisationId = world.own) => {
      passwordHash ??= await new Passwords().hash(PASSWORD, '', 'password');
      const email = `${role}${(users += 1)}@example.org`;
      const { id } = await stores.users.create({ organisationId, email, name: role, role, passwordHash });
      return { principal: await principalOf(id), address: ADDRESS };
    },
    deeds: async () => {
      const { items } = await stores.audit.list(null, { page: 1, pageSize: 100 });
      return items.map(({ action, actor, subject }) => [action, actor, subject ?? ''].join(' ').trim());
    },
  };
  await world.empty();
  return world;
}

export const PAGE_URL = 'https://iocs.example.com';

/** The routes of accounts over the accounts of a world, with sessions in its database. */
export function startAccountsServer(
  world: AccountsWorld,
  options: Partial<ServerOptions> = {},
): Promise<LibraryApp> {
  const { accounts } = world;
  return startTestServer(
    new Map(),
    accountRoutes(accounts, {
      pageUrl: PAGE_URL,
      isSimulated: () => true,
      opencti: 'opencti.example.com',
      enrichesImports: (id) => Promise.resolve(id === world.own),
    }),
    {
      sessions: {
        store: accounts.sessions,
        secret: Buffer.alloc(32, 7),
        secure: false,
        idleMs: 3_600_000,
      },
      authentication: authenticationBy(accounts),
      ...options,
    },
  );
}

/** Logs somebody in as the page does. */
export async function logIn(
  browser: InjectedBrowser,
  email: string,
  password = PASSWORD,
): Promise<LightMyRequestResponse> {
  const session = await browser.send({ url: '/api/session' });
  browser.csrfToken = session.json<{ csrfToken: string }>().csrfToken;
  const answer = await browser.send({ method: 'POST', url: '/api/session', payload: { email, password } });
  if (answer.statusCode === 200) browser.csrfToken = answer.json<{ csrfToken: string }>().csrfToken;
  return answer;
}
