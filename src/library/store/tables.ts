import type { Generated, GeneratedAlways } from 'kysely';
import type { IocType } from '../ioc/ioc.js';
import type { LibraryVerdict } from '../verdict/badge.js';

/**
 * Rows as they are stored (docs/library.md, "Tables"). Names are in camel case here and in snake case in the database.
 * Ids are UUID v7 as text, times are ISO 8601 in UTC with milliseconds: both sort as text. Flags are 0 or 1, lists and
 * objects are JSON text.
 */
export interface Tables {
  organisations: OrganisationTable;
  users: UserTable;
  sessions: SessionTable;
  apiTokens: ApiTokenTable;
  iocs: IocTable;
  enrichments: EnrichmentTable;
  relations: RelationTable;
  jobs: JobTable;
  jobItems: JobItemTable;
  lookUps: LookUpTable;
  settings: SettingTable;
  auditLog: AuditTable;
}

export type Role = 'viewer' | 'analyst' | 'admin' | 'super_admin';
export type JobState = 'running' | 'paused' | 'waiting' | 'cancelled' | 'finished';
export type JobItemState = 'open' | 'in_work' | 'done' | 'failed' | 'skipped';
export type Flag = 0 | 1;

export interface OrganisationTable {
  id: string;
  name: string;
  autoEnrich: Flag;
  suspiciousFrom: number;
  maliciousFrom: number;
  /** Look-ups per UTC day; without one when `null`. */
  budgetPerDay: number | null;
  budgetPerMonth: number | null;
  createdAt: string;
}

export interface UserTable {
  id: string;
  organisationId: string;
  /** Lower case. */
  email: string;
  name: string;
  role: Role;
  /** `null` until the invitation is taken up. */
  passwordHash: string | null;
  inviteHash: string | null;
  inviteExpiresAt: string | null;
  disabled: Flag;
  createdAt: string;
  lastLoginAt: string | null;
}

export interface SessionTable {
  idHash: string;
  userId: string | null;
  data: string;
  expiresAt: string;
}

export interface ApiTokenTable {
  id: string;
  userId: string;
  organisationId: string;
  name: string;
  tokenHash: string;
  /** JSON array. */
  scopes: string;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface IocTable {
  id: string;
  organisationId: string;
  type: IocType;
  /** In its normal form: 2,048 characters at most (`MAX_VALUE_LENGTH`). */
  value: string;
  /** See tag-list.ts. */
  tags: string;
  source: string | null;
  note: string | null;
  /** `null` while not enriched; so are the columns down to `enrichedAt`. */
  verdict: LibraryVerdict | null;
  malicious: number | null;
  suspicious: number | null;
  /** How many gave a verdict: the second number of the detection ratio. */
  engines: number | null;
  threatLabel: string | null;
  enrichedAt: string | null;
  /** Rank of the verdict, for sorting: 0 unknown, 1 clean, 2 suspicious, 3 malicious. */
  severity: GeneratedAlways<number | null>;
  createdAt: string;
  updatedAt: string;
  createdBy: string | null;
}

export interface EnrichmentTable {
  id: string;
  iocId: string;
  organisationId: string;
  fetchedAt: string;
  known: Flag;
  verdict: LibraryVerdict;
  malicious: number;
  suspicious: number;
  engines: number;
  threatLabel: string | null;
  /** JSON text in the given encoding (shared/packed-value.ts); `null` when VirusTotal does not know the IOC. */
  report: Uint8Array | null;
  reportEncoding: number;
  /** JSON: what changed since the enrichment before. */
  changes: string;
}

export interface RelationTable {
  id: string;
  organisationId: string;
  sourceId: string;
  targetId: string;
  relation: string;
  createdAt: string;
}

export interface JobTable {
  id: string;
  organisationId: string;
  kind: string;
  state: JobState;
  /** JSON object: what whoever works on the items must know, e.g. that cached reports do not do. */
  options: string;
  total: number;
  /** Items that ended well: done and skipped. */
  done: Generated<number>;
  failed: Generated<number>;
  createdBy: string | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** When a waiting job goes on. */
  resumeAt: string | null;
  /** Why it waits or was paused, for a person. */
  reason: string | null;
}

export interface JobItemTable {
  jobId: string;
  /** From 0. */
  position: number;
  /** `null` when the IOC was deleted since. */
  iocId: string | null;
  state: JobItemState;
  verdict: LibraryVerdict | null;
  message: string | null;
  /** While in work: when somebody else may take it, as whoever had it must be gone. */
  leaseUntil: string | null;
  finishedAt: string | null;
}

export interface LookUpTable {
  organisationId: string;
  /** UTC, `2026-01-31`. */
  day: string;
  count: number;
}

export interface SettingTable {
  key: string;
  value: string;
}

export interface AuditTable {
  id: string;
  at: string;
  organisationId: string | null;
  userId: string | null;
  /** Who, in words that last when the user is deleted. */
  actor: string;
  action: string;
  subject: string | null;
  /** JSON object. */
  details: string;
  address: string | null;
}
