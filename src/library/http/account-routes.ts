import type { Accounts } from '../accounts/accounts.js';
import { auditRoutes } from './audit-routes.js';
import type { Routes } from './library-app.js';
import { organisationRoutes } from './organisation-routes.js';
import { sessionRoutes, type SessionFacts } from './session-routes.js';
import { tokenRoutes } from './token-routes.js';
import { userRoutes } from './user-routes.js';

export interface AccountRouteOptions extends SessionFacts {
  /** Where people reach the page, `https://iocs.example.com`: invitations lead there, never where a request says. */
  readonly pageUrl: string;
}

/** The address of the page that a one-time link leads to. */
export function invitationLink(pageUrl: string, token: string): string {
  return `${pageUrl.replace(/\/+$/, '')}/invitations/${token}`;
}

/** Every route about who may do what. */
export function accountRoutes(accounts: Accounts, options: AccountRouteOptions): readonly Routes[] {
  return [
    sessionRoutes(accounts, options),
    userRoutes(accounts, (token) => invitationLink(options.pageUrl, token)),
    tokenRoutes(accounts),
    organisationRoutes(accounts),
    auditRoutes(accounts),
  ];
}
