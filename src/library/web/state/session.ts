import { computed, signal } from '@preact/signals';
import type { Role, Session, SessionUser } from '../api.js';
import { api, ApiError, useCsrfToken, whenSignedOut } from '../client.js';
import { may } from '../logic/roles.js';

/** `undefined` while it is not known. */
export const session = signal<Session | undefined>(undefined);
/** Why the session cannot be read. */
export const sessionFault = signal<string | null>(null);
/** Said on the log-in page. */
export const farewell = signal<string | null>(null);

export const user = computed<SessionUser | null>(() => session.value?.user ?? null);

/** Whether the user has the rights of this role. */
export function allowed(needed: Role): boolean {
  return user.value !== null && may(user.value.role, needed);
}

function keep(next: Session): void {
  useCsrfToken(next.csrfToken);
  session.value = next;
}

export async function loadSession(): Promise<void> {
  sessionFault.value = null;
  try {
    keep(await api.session());
  } catch (error) {
    sessionFault.value = error instanceof ApiError ? error.message : String(error);
  }
}

/** @throws ApiError when the server refuses. */
export async function logIn(email: string, password: string): Promise<void> {
  keep(await api.logIn(email, password));
  farewell.value = null;
}

/** @throws ApiError when the server refuses. */
export async function acceptInvitation(token: string, name: string, password: string): Promise<void> {
  keep(await api.accept(token, name, password));
}

export async function logOut(): Promise<void> {
  await api.logOut();
  farewell.value = 'You are logged out.';
  await loadSession();
}

whenSignedOut(() => {
  if (user.value === null) return;
  farewell.value = 'Your session has ended. Log in again; you come back to where you were.';
  void loadSession();
});
