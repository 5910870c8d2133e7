import type { Role } from '../store/tables.js';

/** Each with the rights of those before. */
export const ROLES = ['viewer', 'analyst', 'admin', 'super_admin'] as const satisfies readonly Role[];

/** What an API token may be used for: to read, to change, to spend look-ups. */
export const SCOPES = ['read', 'write', 'lookup'] as const;

export type Scope = (typeof SCOPES)[number];

/** Whether a role has the rights of another. */
export function hasRightsOf(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
