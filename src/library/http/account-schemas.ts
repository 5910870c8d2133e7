import { Type } from 'typebox';
import { ROLES, SCOPES } from '../accounts/roles.js';
import { Id, oneOf, orNull, Time } from './schemas.js';

export const RoleName = oneOf(ROLES);

/** Longer ones are refused before anything is computed of them. */
export const Password = Type.String({ maxLength: 256 });
/** What it must look like is said where it is kept. */
export const Email = Type.String({ maxLength: 254 });
export const Name = Type.String({ maxLength: 200 });

export const OrganisationName = Type.Object({ id: Id, name: Type.String() });

/** Who is logged in, and what changes need. */
export const SessionOnTheWire = Type.Object({
  user: orNull(
    Type.Object({
      id: Id,
      email: Type.String(),
      name: Type.String(),
      role: RoleName,
      organisation: OrganisationName,
    }),
  ),
  csrfToken: Type.String(),
  simulated: Type.Boolean(),
  opencti: orNull(Type.String()),
  enrichesImports: Type.Boolean(),
});

export const InvitationOnTheWire = Type.Object({
  email: Type.String(),
  name: Type.String(),
  organisation: Type.String(),
});

export const UserOnTheWire = Type.Object({
  id: Id,
  email: Type.String(),
  name: Type.String(),
  role: RoleName,
  organisation: OrganisationName,
  disabled: Type.Boolean(),
  invited: Type.Boolean(),
  createdAt: Time,
  lastLoginAt: orNull(Time),
});

export const TokenOnTheWire = Type.Object({
  id: Id,
  name: Type.String(),
  scopes: Type.Array(oneOf(SCOPES)),
  createdAt: Time,
  expiresAt: orNull(Time),
  lastUsedAt: orNull(Time),
});

export const OrganisationOnTheWire = Type.Object({
  id: Id,
  name: Type.String(),
  budgetPerDay: orNull(Type.Integer()),
  budgetPerMonth: orNull(Type.Integer()),
  createdAt: Time,
});

export const AuditEntryOnTheWire = Type.Object({
  id: Id,
  at: Time,
  actor: Type.String(),
  action: Type.String(),
  subject: orNull(Type.String()),
  details: Type.Unknown(),
  address: orNull(Type.String()),
});
