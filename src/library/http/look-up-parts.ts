import type { Clock } from '../../shared/clock.js';
import type { BulkJobs } from '../look-up/bulk-jobs.js';
import type { KeyVault } from '../look-up/key-vault.js';
import type { LibraryEvents } from '../look-up/library-events.js';
import type { LookUpEngine } from '../look-up/look-up-engine.js';
import type { LookUps } from '../look-up/look-ups.js';
import type { UsageReader } from '../look-up/usage-report.js';
import type { AuditStore } from '../store/audit-store.js';
import type { IocStore } from '../store/ioc-store.js';
import type { JobStore } from '../store/job-store.js';
import type { OrganisationStore } from '../store/organisation-store.js';
import type { Authentication } from './access.js';

/** What the routes of look-ups, jobs, events, usage and settings stand on. */
export interface LookUpParts {
  readonly lookUps: LookUps;
  readonly bulk: BulkJobs;
  readonly jobs: JobStore;
  readonly engine: LookUpEngine;
  readonly vault: KeyVault;
  readonly usage: UsageReader;
  readonly events: LibraryEvents;
  readonly iocs: IocStore;
  readonly organisations: OrganisationStore;
  readonly audit: AuditStore;
  readonly authentication: Authentication;
  readonly clock: Clock;
}
