import type { Role } from '../store/tables.js';
import type { Scope } from './roles.js';

/** On whose behalf a request is served. */
export interface Principal {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly organisationId: string;
  readonly organisationName: string;
  /** What an API token is limited to; `undefined` for a session, which has all the rights of its user. */
  readonly scopes: readonly Scope[] | undefined;
}
