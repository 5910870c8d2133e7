/**
 * What travels between the page and the server: the contract of docs/library.md, written as types.
 * Times are ISO 8601 in UTC with milliseconds.
 */

export const IOC_TYPES = ['md5', 'sha1', 'sha256', 'domain', 'hostname', 'url', 'ipv4', 'ipv6'] as const;
export type IocType = (typeof IOC_TYPES)[number];

export const VERDICTS = ['malicious', 'suspicious', 'clean', 'unknown'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Each with the rights of those before. */
export const ROLES = ['viewer', 'analyst', 'admin', 'super_admin'] as const;
export type Role = (typeof ROLES)[number];

/** RFC 9457. */
export interface Problem {
  readonly type?: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly field?: string;
  readonly retryAfterSeconds?: number;
  readonly code?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly page: number;
  readonly pageSize: number;
}

export interface SessionUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly organisation: { readonly id: string; readonly name: string };
}

export interface Session {
  readonly user: SessionUser | null;
  readonly csrfToken: string;
  /** VirusTotal is the simulator: nothing shown is real. */
  readonly simulated: boolean;
  /** Where the OpenCTI platform is to which IOCs can be sent: `opencti.example.com`; `null` when there is none. */
  readonly opencti: string | null;
  /** What is imported into the user's organisation is looked up, whether asked for or not. */
  readonly enrichesImports: boolean;
}

export interface Invitation {
  readonly email: string;
  readonly name: string;
  readonly organisation: string;
}

export interface Ioc {
  readonly id: string;
  readonly type: IocType;
  readonly value: string;
  readonly tags: readonly string[];
  readonly source: string | null;
  readonly note: string | null;
  /** `null`: not enriched. */
  readonly verdict: Verdict | null;
  readonly malicious: number | null;
  readonly suspicious: number | null;
  readonly engines: number | null;
  /** `45/72`. */
  readonly ratio: string | null;
  readonly threatLabel: string | null;
  readonly enrichedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const SORTS = ['value', 'type', 'verdict', 'malicious', 'createdAt', 'enrichedAt'] as const;
export type Sort = (typeof SORTS)[number];

/** Which IOCs: of any of the types and of any of the verdicts, with all of the tags. */
export interface IocFilter {
  /** Part of the value. */
  readonly search?: string;
  readonly type?: readonly IocType[];
  readonly verdict?: readonly Verdict[];
  readonly tag?: readonly string[];
  readonly enriched?: boolean;
  readonly source?: string;
}

export interface TagCount {
  readonly tag: string;
  readonly count: number;
}

/** Ids, or all that match. */
export type Choice = { readonly ids: readonly string[] } | { readonly filter: IocFilter };

/** Counts under all filters but the facet's own, tags under all; what is absent counts 0. */
export interface Facets {
  readonly types: readonly { readonly type: IocType; readonly count: number }[];
  readonly verdicts: readonly { readonly verdict: Verdict; readonly count: number }[];
  /** The 50 most frequent. */
  readonly tags: readonly TagCount[];
  readonly enriched: { readonly yes: number; readonly no: number };
}

export const FORMATS = ['text', 'csv', 'stix'] as const;
export type ContentFormat = (typeof FORMATS)[number];

export interface PreviewItem {
  readonly type: IocType;
  readonly value: string;
  /** As it stood in the text, perhaps defanged. */
  readonly original: string;
  readonly state: 'new' | 'known' | 'duplicate';
  readonly line?: number;
  /** A sentence: why VirusTotal cannot know it. */
  readonly caveat?: string;
}

export interface Preview {
  readonly format: ContentFormat;
  readonly items: readonly PreviewItem[];
  /** The reason follows the text in a sentence: `is a network, not one address`. */
  readonly faults: readonly { readonly line?: number; readonly text: string; readonly reason: string }[];
  /** Duplicates, also those that are not listed. */
  readonly repeated: number;
  readonly faultsLeftOut: number;
}

export interface ImportRequest {
  readonly items: readonly { readonly type: IocType; readonly value: string }[];
  readonly tags?: readonly string[];
  readonly source?: string;
  readonly note?: string;
  readonly enrich?: boolean;
}

export interface ImportResult {
  readonly created: number;
  readonly known: number;
  readonly ids: readonly string[];
  readonly jobId?: string;
  /** Why look-ups that were wanted were not started. */
  readonly notice?: string;
}

/** What a platform has taken. */
export interface Sent {
  /** IOCs. */
  readonly sent: number;
  readonly bundles: number;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

export const ENGINE_CATEGORIES = [
  'malicious',
  'suspicious',
  'undetected',
  'harmless',
  'timeout',
  'confirmed-timeout',
  'failure',
  'type-unsupported',
] as const;
export type EngineCategory = (typeof ENGINE_CATEGORIES)[number];

export interface EngineVerdict {
  readonly engine: string;
  /** One of {@link ENGINE_CATEGORIES}, or one of tomorrow. */
  readonly category: string;
  readonly result: string | null;
  readonly updated: string | null;
}

export interface RelatedItem {
  readonly type: IocType;
  readonly value: string;
  readonly name?: string;
  /** The IOC of the library, when it is one already. */
  readonly iocId: string | null;
}

export interface RelatedGroup {
  readonly relation: string;
  readonly label: string;
  readonly items: readonly RelatedItem[];
  /** How many more VirusTotal has; `null` when it does not say how many. */
  readonly more: number | null;
}

export interface Details {
  readonly known: boolean;
  readonly fetchedAt: string;
  /** The report at VirusTotal, for people. */
  readonly link: string | null;
  readonly summary: readonly Fact[];
  readonly engines: readonly EngineVerdict[];
  readonly threatNames: readonly string[];
  readonly tags: readonly string[];
  readonly network: readonly Fact[];
  readonly files: readonly Fact[];
  /** What sandboxes, rules and the community found. */
  readonly findings: readonly Fact[];
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly related: readonly RelatedGroup[];
}

/** One enrichment; the newest comes first. */
export interface HistoryEntry {
  readonly id: string;
  readonly fetchedAt: string;
  readonly known: boolean;
  readonly verdict: Verdict;
  readonly ratio: string | null;
  /** Against the enrichment before; empty for the first. */
  readonly changes: readonly { readonly what: string; readonly text: string }[];
}

export interface Relation {
  readonly id: string;
  readonly relation: string;
  /** `to`: the IOC shown is the source. */
  readonly direction: 'to' | 'from';
  readonly ioc: Pick<Ioc, 'id' | 'type' | 'value' | 'verdict' | 'ratio'>;
}

export interface IocDetails extends Ioc {
  readonly details: Details | null;
  readonly history: readonly HistoryEntry[];
  readonly relations: readonly Relation[];
}

export const JOB_STATES = ['running', 'paused', 'waiting', 'cancelled', 'finished'] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly state: JobState;
  readonly total: number;
  /** Without the failed. */
  readonly done: number;
  readonly failed: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** When a waiting job goes on. */
  readonly resumeAt: string | null;
  readonly reason: string | null;
  readonly etaSeconds: number | null;
}

export const ROW_STATES = ['open', 'in_work', 'done', 'failed', 'skipped'] as const;
export type RowState = (typeof ROW_STATES)[number];

export interface JobRow {
  readonly position: number;
  /** `null`, as type and value, when the IOC was deleted since. */
  readonly iocId: string | null;
  readonly type: IocType | null;
  readonly value: string | null;
  readonly state: RowState;
  readonly verdict: Verdict | null;
  readonly ratio: string | null;
  readonly message: string | null;
  readonly finishedAt: string | null;
}

export interface JobWithRows extends Page<JobRow> {
  readonly job: Job;
}

export interface UsageWindow {
  readonly used: number;
  /** `null`: no limit. */
  readonly limit: number | null;
  readonly resetsAt?: string | null;
}

export interface Usage {
  readonly key: {
    readonly perMinute: UsageWindow;
    readonly perDay: UsageWindow;
    readonly perMonth: UsageWindow;
  };
  readonly organisation: { readonly day: UsageWindow; readonly month: UsageWindow };
}

export interface Settings {
  readonly autoEnrich: boolean;
  readonly suspiciousFrom: number;
  readonly maliciousFrom: number;
}

export interface KeyState {
  readonly isSet: boolean;
  /** `••••1a2b` */
  readonly masked: string | null;
  readonly source: 'settings' | 'environment' | 'simulator';
}

export interface KeyTest {
  readonly ok: boolean;
  readonly message: string;
}

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly organisation: { readonly id: string; readonly name: string };
  readonly disabled: boolean;
  /** Has not used the invitation yet. */
  readonly invited: boolean;
  readonly createdAt: string;
  readonly lastLoginAt: string | null;
}

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly organisationId?: string;
}

export interface InvitedUser {
  readonly user: User;
  /** One-time address of the page; shown once. */
  readonly link: string;
  readonly expiresAt: string;
}

export const SCOPES = ['read', 'write', 'lookup'] as const;
export type Scope = (typeof SCOPES)[number];

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: string;
}

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly budgetPerDay: number | null;
  readonly budgetPerMonth: number | null;
  readonly createdAt: string;
}

export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
  readonly address: string | null;
}

/** Names and contents of the server-sent events. */
export interface LibraryEvents {
  readonly job: { readonly job: Job };
  readonly ioc: { readonly ioc: Ioc };
  readonly usage: { readonly usage: Usage };
}
