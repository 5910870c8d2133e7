import type { Clock } from '../../shared/clock.js';
import { AuditStore } from '../store/audit-store.js';
import type { LibraryDatabase } from '../store/open-database.js';
import { OrganisationStore } from '../store/organisation-store.js';
import { SessionStore } from '../store/session-store.js';
import { TokenStore } from '../store/token-store.js';
import { UserStore } from '../store/user-store.js';

/** What accounts are kept in. */
export interface AccountStores {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tokens: TokenStore;
  readonly organisations: OrganisationStore;
  readonly audit: AuditStore;
}

export function accountStores(database: LibraryDatabase, clock: Clock): AccountStores {
  return {
    users: new UserStore(database, clock),
    sessions: new SessionStore(database),
    tokens: new TokenStore(database, clock),
    organisations: new OrganisationStore(database, clock),
    audit: new AuditStore(database, clock),
  };
}
