import { authRequired, forbidden, PlatformError } from './errors.js';
import type { Since } from './version.js';

/** Capabilities of users, as the platform names them. `BYPASS` stands for all. */
export type Capability =
  | 'BYPASS'
  | 'CONNECTORAPI'
  | 'APIACCESS_USETOKEN'
  | 'KNOWLEDGE'
  | 'KNOWLEDGE_KNUPDATE'
  | 'KNOWLEDGE_KNASKIMPORT'
  | 'KNOWLEDGE_KNGETEXPORT_KNASKEXPORT'
  | 'SETTINGS_SETLABELS'
  | 'MODULES'
  | 'MODULES_MODMANAGE';

/** What a connector's user usually has. */
export const CONNECTOR_CAPABILITIES: readonly Capability[] = [
  'CONNECTORAPI',
  'APIACCESS_USETOKEN',
  'KNOWLEDGE_KNUPDATE',
  'KNOWLEDGE_KNASKIMPORT',
  'SETTINGS_SETLABELS',
  'MODULES_MODMANAGE',
];

/** A user whom a token or the impersonation header stands for. */
export interface PlatformUser {
  id: string;
  name: string;
  capabilities: readonly Capability[];
}

/** Who asks, and where: what the headers of a request say. */
export interface RequestContext {
  /** `undefined` without a valid token. */
  user: PlatformUser | undefined;
  /** The draft the request works in; `null` for the live knowledge. */
  draftId: string | null;
  /** Files of a multipart request by the name of their part. */
  uploads: ReadonlyMap<string, UploadedFile>;
}

/** A file of a multipart request. */
export interface UploadedFile {
  filename: string;
  mimeType: string;
  content: Buffer;
}

/** What the platform needs to know to make sense of a request's headers. */
export interface ContextSource {
  since: Since;
  token: string;
  user: PlatformUser;
  /** Users that can be impersonated. */
  otherUsers: readonly PlatformUser[];
  /** The draft the token's user is in when a request does not say. */
  activeDraft: () => string | null;
  draftState: (draftId: string) => 'open' | 'locked' | 'unknown';
  isWorkAlive: (workId: string) => boolean;
}

/**
 * The context of a request.
 *
 * @param header - Value of a header by its lower-case name.
 * @throws {PlatformError} for a locked draft (6.6.0 on), a dead work (6.9.19 on), or a privilege only BYPASS has.
 */
export function requestContext(
  source: ContextSource,
  header: (name: string) => string | undefined,
  uploads: ReadonlyMap<string, UploadedFile>,
): RequestContext {
  const { since } = source;
  const user = authenticate(source, header);
  const workId = header('opencti-work-id');
  if (user !== undefined && since('6.9.19') && workId !== undefined && !source.isWorkAlive(workId)) {
    throw new PlatformError('WORK_NOT_ALIVE', 'This work is not alive anymore', { workId });
  }
  if (since('7.260326.0') && header('synchronized-upsert') === 'true' && !hasBypass(user)) {
    throw forbidden();
  }
  return { user, draftId: user === undefined ? null : draftOf(source, header('opencti-draft-id')), uploads };
}

/**
 * The user of a request that needs nothing but a valid token.
 *
 * @throws {PlatformError} `AUTH_REQUIRED` without one.
 */
export function requireUser(context: RequestContext): PlatformUser {
  if (context.user === undefined) throw authRequired();
  return context.user;
}

/**
 * Passes when the user has one of the capabilities; a capability includes its parents (`KNOWLEDGE_KNUPDATE`
 * includes `KNOWLEDGE`).
 *
 * @throws {PlatformError} `AUTH_REQUIRED` without a user, `FORBIDDEN_ACCESS` without the capability.
 */
export function requireCapability(context: RequestContext, ...anyOf: Capability[]): PlatformUser {
  const user = requireUser(context);
  const granted = (needed: Capability): boolean =>
    user.capabilities.some((own) => own === needed || own.startsWith(`${needed}_`));
  if (!hasBypass(user) && !anyOf.some(granted)) throw forbidden();
  return user;
}

function authenticate(
  source: ContextSource,
  header: (name: string) => string | undefined,
): PlatformUser | undefined {
  const { since, user } = source;
  if (header('authorization') !== `Bearer ${source.token}`) return undefined;
  if (since('7.260224.0') && !hasBypass(user) && !user.capabilities.includes('APIACCESS_USETOKEN')) {
    return undefined;
  }
  const applicantId = header('opencti-applicant-id');
  if (applicantId === undefined || !hasBypass(user)) return user;
  const applicant = [user, ...source.otherUsers].find((other) => other.id === applicantId);
  // An unknown applicant was ignored with a warning before 6.6.0.
  return applicant ?? (since('6.6.0') ? undefined : user);
}

function draftOf(source: ContextSource, draftHeader: string | undefined): string | null {
  const { since } = source;
  if (!since('6.4.0')) return null;
  // Absent: the user's own draft applies. Present but empty: no draft.
  const draftId = draftHeader ?? source.activeDraft();
  if (draftId === null || draftId === '') return null;
  const state = source.draftState(draftId);
  if (state === 'open') return draftId;
  if (!since('6.6.0')) return state === 'locked' ? draftId : null;
  throw new PlatformError('DRAFT_LOCKED', 'The draft is not available', { draftId });
}

function hasBypass(user: PlatformUser | undefined): boolean {
  return user?.capabilities.includes('BYPASS') === true;
}
