import type {
  ApiToken,
  AuditEntry,
  Choice,
  ContentFormat,
  Details,
  Facets,
  ImportRequest,
  ImportResult,
  Invitation,
  InvitedUser,
  Ioc,
  IocDetails,
  IocFilter,
  IocType,
  Job,
  JobWithRows,
  KeyState,
  KeyTest,
  NewToken,
  NewUser,
  Organisation,
  Page,
  Preview,
  Problem,
  Role,
  RowState,
  Sent,
  Session,
  Settings,
  Usage,
  User,
} from './api.js';
import { toParams, type ListQuery } from './logic/query.js';

/** The server refused, or did not answer (`status` 0). */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiError';
  }
  get status(): number {
    return this.problem.status;
  }
}

let csrfToken = '';
let onSignedOut: () => void = () => undefined;
let renew: () => Promise<boolean> = () => Promise.resolve(false);

/** The session's token, sent back with every change. */
export function useCsrfToken(token: string): void {
  csrfToken = token;
}

/** Called when the server no longer knows the session. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/**
 * Called when a change was forbidden, which may be for the token alone: logging in in another tab makes it stale.
 *
 * @param listener - Reads the session anew; answers whether it is still that of the same user.
 */
export function whenForbidden(listener: () => Promise<boolean>): void {
  renew = listener;
}

const TAKEN_OVER: Problem = {
  title: 'Somebody else is logged in',
  status: 403,
  detail: 'Nothing was changed: somebody else has logged in in another tab.',
};

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

async function call(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  let response = await send(method, path, body, signal);
  if (response.status === 403 && method !== 'GET') {
    if (!(await renew())) throw new ApiError(TAKEN_OVER);
    response = await send(method, path, body, signal);
  }
  if (!response.ok) throw await refusal(response, path);
  return response.status === 204 ? undefined : ((await response.json()) as unknown);
}

async function send(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-csrf-token'] = csrfToken;
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    return await fetch(`/api${path}`, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError({
      title: 'No answer',
      status: 0,
      detail: 'The server does not answer. Check the network, then try again.',
    });
  }
}

async function refusal(response: Response, path: string): Promise<ApiError> {
  if (response.status === 401 && path !== '/session') onSignedOut();
  const fallback: Problem = {
    title: `The server answered ${response.status}`,
    status: response.status,
    detail: `The server answered ${response.status} ${response.statusText}. Try again; the server's log says more.`,
  };
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  if (!isJson) return new ApiError(fallback);
  try {
    const { title, status } = fallback;
    return new ApiError({ title, status, ...((await response.json()) as Partial<Problem>) });
  } catch {
    return new ApiError(fallback);
  }
}

const at = (id: string): string => encodeURIComponent(id);

/** Every route the page uses; see docs/library.md. */
export const api = {
  session: () => call('GET', '/session') as Promise<Session>,
  logIn: (email: string, password: string) =>
    call('POST', '/session', { email, password }) as Promise<Session>,
  logOut: () => call('DELETE', '/session'),
  invitation: (token: string) => call('GET', `/invitations/${at(token)}`) as Promise<Invitation>,
  accept: (token: string, name: string, password: string) =>
    call('POST', `/invitations/${at(token)}`, { name, password }) as Promise<Session>,
  changePassword: (current: string, next: string) => call('PUT', '/me/password', { current, next }),

  iocs: (query: ListQuery, signal: AbortSignal) =>
    call('GET', `/iocs?${toParams(query).toString()}`, undefined, signal) as Promise<Page<Ioc>>,
  facets: (filter: IocFilter, signal: AbortSignal) =>
    call('GET', `/iocs/facets?${toParams(filter).toString()}`, undefined, signal) as Promise<Facets>,
  preview: (content: string, format?: ContentFormat, filename?: string) =>
    call('POST', '/iocs/preview', { content, format, filename }) as Promise<Preview>,
  import: (request: ImportRequest) => call('POST', '/iocs/import', request) as Promise<ImportResult>,
  ioc: (id: string, signal?: AbortSignal) =>
    call('GET', `/iocs/${at(id)}`, undefined, signal) as Promise<IocDetails>,
  report: (id: string) => call('GET', `/iocs/${at(id)}/report`),
  change: (id: string, change: { note?: string | null; source?: string | null; tags?: readonly string[] }) =>
    call('PATCH', `/iocs/${at(id)}`, change) as Promise<Ioc>,
  remove: (id: string) => call('DELETE', `/iocs/${at(id)}`),
  bulk: (choice: Choice, action: 'tag' | 'untag' | 'delete', tags?: readonly string[]) =>
    call('POST', '/iocs/bulk', { ...choice, action, tags }) as Promise<{ changed: number }>,
  send: (choice: Choice) => call('POST', '/iocs/send', choice) as Promise<Sent>,
  importRelated: (
    id: string,
    items: readonly { readonly type: IocType; readonly value: string; readonly relation: string }[],
  ) => call('POST', `/iocs/${at(id)}/related`, { items }) as Promise<Omit<ImportResult, 'ids'>>,
  lookUp: (id: string, fresh: boolean) =>
    call('POST', '/lookup', { id, fresh }) as Promise<{ ioc: Ioc; details: Details }>,

  bulkEnrich: (choice: Choice, fresh: boolean) =>
    call('POST', '/bulk-enrich', { ...choice, fresh }) as Promise<{ job: Job }>,
  jobs: () => call('GET', '/jobs') as Promise<Page<Job>>,
  job: (id: string, page: number, state: RowState | undefined, signal: AbortSignal) =>
    call(
      'GET',
      `/jobs/${at(id)}?page=${page}${state === undefined ? '' : `&state=${state}`}`,
      undefined,
      signal,
    ) as Promise<JobWithRows>,
  steerJob: (id: string, action: 'pause' | 'resume' | 'cancel') =>
    call('POST', `/jobs/${at(id)}/${action}`) as Promise<{ job: Job }>,

  usage: () => call('GET', '/usage') as Promise<Usage>,
  settings: () => call('GET', '/settings') as Promise<Settings>,
  changeSettings: (settings: Partial<Settings>) => call('PATCH', '/settings', settings) as Promise<Settings>,
  key: () => call('GET', '/settings/virustotal-key') as Promise<KeyState>,
  setKey: (key: string) => call('PUT', '/settings/virustotal-key', { key }) as Promise<KeyState>,
  removeKey: () => call('DELETE', '/settings/virustotal-key'),
  testKey: (key?: string) => call('POST', '/settings/virustotal-key/test', { key }) as Promise<KeyTest>,
  users: () => call('GET', '/users') as Promise<Page<User>>,
  invite: (user: NewUser) => call('POST', '/users', user) as Promise<InvitedUser>,
  changeUser: (id: string, change: { role?: Role; disabled?: boolean }) =>
    call('PATCH', `/users/${at(id)}`, change) as Promise<User>,
  removeUser: (id: string) => call('DELETE', `/users/${at(id)}`),
  tokens: () => call('GET', '/tokens') as Promise<Page<ApiToken>>,
  createToken: (token: NewToken) =>
    call('POST', '/tokens', token) as Promise<{ token: string; item: ApiToken }>,
  removeToken: (id: string) => call('DELETE', `/tokens/${at(id)}`),
  organisations: () => call('GET', '/organisations') as Promise<Page<Organisation>>,
  createOrganisation: (name: string) => call('POST', '/organisations', { name }) as Promise<Organisation>,
  changeOrganisation: (
    id: string,
    change: { name?: string; budgetPerDay?: number | null; budgetPerMonth?: number | null },
  ) => call('PATCH', `/organisations/${at(id)}`, change) as Promise<Organisation>,
  audit: (page: number, action: string, user: string) =>
    call(
      'GET',
      `/audit?${new URLSearchParams({ page: String(page), ...(action === '' ? {} : { action }), ...(user === '' ? {} : { user }) }).toString()}`,
    ) as Promise<Page<AuditEntry>>,
} as const;
