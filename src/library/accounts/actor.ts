import type { AuditStore } from '../store/audit-store.js';
import type { Principal } from './principal.js';

/** Who changes something, and from where: what the audit log keeps. */
export interface Actor {
  readonly principal: Principal;
  /** Network address of the request. */
  readonly address: string | null;
}

/** Something that somebody did. */
export interface Deed {
  /** E.g. `user.invite`. */
  readonly action: string;
  readonly subject?: string;
  /** Anything that JSON can hold; never a secret. */
  readonly details?: unknown;
  /** Whose audit log it is in, where it is not the actor's own organisation. */
  readonly organisationId?: string;
}

/** Keeps in the audit log what an actor did. */
export async function record(audit: AuditStore, { principal, address }: Actor, deed: Deed): Promise<void> {
  await audit.add({
    organisationId: principal.organisationId,
    userId: principal.userId,
    actor: principal.email,
    address,
    ...deed,
  });
}
