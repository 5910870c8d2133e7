import type { Principal } from '../accounts/principal.js';
import type { ImportReader } from '../ioc/import-reader.js';
import type { Platform } from '../sending/platform-port.js';
import type { KeptDetailsReader } from '../look-up/kept-details.js';
import type { AuditStore } from '../store/audit-store.js';
import type { EnrichmentStore } from '../store/enrichment-store.js';
import type { IocStore } from '../store/ioc-store.js';
import type { OrganisationStore } from '../store/organisation-store.js';
import type { RelationStore } from '../store/relation-store.js';

/**
 * Starts a job that looks IOCs up, those of the principal's organisation.
 *
 * @throws Refusal or ConnectorError when it cannot be started, in words for a person.
 */
export type StartBulk = (principal: Principal, ids: readonly string[]) => Promise<{ readonly id: string }>;

/** What the routes of IOCs stand on. */
export interface IocParts {
  readonly iocs: IocStore;
  readonly enrichments: EnrichmentStore;
  readonly relations: RelationStore;
  readonly organisations: OrganisationStore;
  readonly audit: AuditStore;
  readonly details: KeptDetailsReader;
  readonly reader: ImportReader;
  readonly startBulk: StartBulk;
  /** Where IOCs can be sent; `undefined` when no platform is configured. */
  readonly platform: Platform | undefined;
}
