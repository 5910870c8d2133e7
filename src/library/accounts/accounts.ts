import { systemClock, type Clock } from '../../shared/clock.js';
import type { LibraryDatabase } from '../store/open-database.js';
import { accountStores, type AccountStores } from './account-stores.js';
import { ApiTokens } from './api-tokens.js';
import { inviteFirstAdmin } from './first-admin.js';
import { Invitations, type IssuedInvitation } from './invitations.js';
import { LogIn } from './log-in.js';
import { LoginThrottle } from './login-throttle.js';
import { OrganisationAdministration, type BudgetChanged } from './organisation-administration.js';
import { OwnPassword } from './own-password.js';
import { Passwords } from './passwords.js';
import { Principals } from './principals.js';
import { SqlSessionStore } from './sql-session-store.js';
import { UserAdministration } from './user-administration.js';

/** Everything about who may do what. */
export interface Accounts {
  readonly principals: Principals;
  readonly logIn: LogIn;
  readonly invitations: Invitations;
  readonly ownPassword: OwnPassword;
  readonly users: UserAdministration;
  readonly organisations: OrganisationAdministration;
  readonly tokens: ApiTokens;
  /** For @fastify/session. */
  readonly sessions: SqlSessionStore;
  readonly audit: AccountStores['audit'];
  /**
   * A one-time invitation while nobody can log in as super admin; see first-admin.ts.
   *
   * @param email - `admin@localhost` when absent.
   */
  inviteFirstAdmin(email?: string): Promise<IssuedInvitation | undefined>;
}

export interface AccountsOptions {
  readonly clock?: Clock;
  /** How long a session lives without a request, 12 hours by default. */
  readonly sessionIdleMs?: number;
  readonly budgetChanged?: BudgetChanged;
}

const SESSION_IDLE_MS = 12 * 3_600_000;

export function createAccounts(database: LibraryDatabase, options: AccountsOptions = {}): Accounts {
  const { clock = systemClock, sessionIdleMs = SESSION_IDLE_MS } = options;
  const stores = accountStores(database, clock);
  const passwords = new Passwords();
  const principals = new Principals(stores.users, stores.organisations);
  const invitations = new Invitations({ stores, passwords, principals, clock });
  return {
    principals,
    invitations,
    logIn: new LogIn({ stores, passwords, throttle: new LoginThrottle(clock), principals, clock }),
    ownPassword: new OwnPassword({ stores, passwords, throttle: new LoginThrottle(clock) }),
    users: new UserAdministration(stores),
    organisations: new OrganisationAdministration(stores, options.budgetChanged),
    tokens: new ApiTokens({ stores, principals, clock }),
    sessions: new SqlSessionStore(stores.sessions, clock, sessionIdleMs),
    audit: stores.audit,
    inviteFirstAdmin: (email) => inviteFirstAdmin(stores, invitations, email),
  };
}
