import { ROLES, type Role } from '../api.js';

/** Whether the role has the rights of the one that is needed. The server decides; this only hides what it would refuse. */
export function may(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** The roles someone may give: never more than their own. */
export function grantable(role: Role): readonly Role[] {
  return ROLES.filter((one) => may(role, one));
}

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  viewer: 'Viewer',
  analyst: 'Analyst',
  admin: 'Admin',
  super_admin: 'Super admin',
};
