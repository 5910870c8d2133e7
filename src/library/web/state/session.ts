import { computed, signal } from '@preact/signals';
import type { Role, Session, SessionUser } from '../api.js';
import { api, ApiError, useCsrfToken, whenForbidden, whenSignedOut } from '../client.js';
import { may } from '../logic/roles.js';
import { say } from './toasts.js';

/** `undefined` while it is not known. */
export const session = signal<Session | undefined>(undefined);
/** Why the session cannot be read. */
export const sessionFault = signal<string | null>(null);
const ENDED = 'Your session has ended. Log in again; you come back to where you were.';

/** Said on the log-in page. */
export const farewell = signal<string | null>(null);

export const user = computed<SessionUser | null>(() => session.value?.user ?? null);

/** Changes whenever the page belongs to somebody else: to another user, or to the same in another organisation. */
export const person = computed(() =>
  user.value === null ? null : `${user.value.id} ${user.value.organisation.id}`,
);

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

/** Reads the session anew: it may have ended, or be that of somebody else who logged in in another tab. */
export async function renewSession(): Promise<void> {
  const before = person.value;
  await loadSession();
  if (before === null || person.value === before) return;
  if (user.value === null) farewell.value ??= ENDED;
  else say(`${user.value.name} has logged in in another tab; this page shows their library now.`);
}

/** @throws ApiError when the server refuses. */
export async function logIn(email: string, password: string): Promise<void> {
  keep(await api.logIn(email, password));
  farewell.value = null;
}

/** @throws ApiError when the server refuses. */
export async function acceptInvitation(token: string, name: string, password: string): Promise<void> {
  keep(await api.accept(token, name, password));
  farewell.value = null;
}

export async function logOut(): Promise<void> {
  await api.logOut();
  farewell.value = 'You are logged out.';
  await loadSession();
}

whenSignedOut(() => {
  if (user.value !== null) void renewSession();
});
whenForbidden(async () => {
  const before = person.value;
  await renewSession();
  return person.value === before;
});
