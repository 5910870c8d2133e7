import type { JsonObject } from '../shared/json.js';
import type { RequestFacts } from '../shared/request-facts.js';

/** How the request came about (protocol: `internal.mode`, and the presence of `internal.playbook`). */
export type TriggerMode = 'manual' | 'auto' | 'playbook';

/** What a playbook step needs to be answered; echoed back as received. */
export interface PlaybookStep {
  readonly executionId: string;
  /** Absent before OpenCTI 6.1.0. */
  readonly eventId: string | undefined;
  readonly playbookId: string;
  readonly dataInstanceId: string;
  readonly stepId: string;
  readonly previousStepId: string;
  /** The bundle as received: a JSON object with `objects`. */
  readonly bundle: JsonObject;
}

/** How results are to be validated before import, when the platform or the configuration asks for it. */
export interface ValidationRequest {
  readonly mode: 'draft' | 'workbench' | undefined;
  readonly force: boolean;
}

/** What came of the analysis that a request had been parked for. */
export interface AnalysisEnd {
  /** Reports that were fetched before this moment will not do. */
  readonly notBefore: Date | undefined;
  /** A sentence for the person when the analysis brought no fresh report. */
  readonly remark: string | undefined;
}

/**
 * One enrichment of one entity: everything that belongs to it and nothing that does not. It is immutable
 * and travels through every room, so any number of requests can be in flight.
 */
export interface EnrichmentRequest {
  /** Stable across redeliveries: the work id, or the playbook execution and step. For logs and dedup. */
  readonly key: string;
  readonly mode: TriggerMode;
  /** STIX id of the entity (`event.entity_id`), never recomputed. */
  readonly entityId: string;
  /** OpenCTI type such as `IPv4-Addr`; undefined in playbook messages before 7.260615. */
  readonly entityType: string | undefined;
  /** Work to report to; undefined in playbooks, where `workEdit` must not be called. */
  readonly workId: string | undefined;
  /** Draft workspace to read from and write into; undefined when there is none. */
  readonly draftId: string | undefined;
  /** User to impersonate when the message names one; undefined means the connector's own user. */
  readonly applicantId: string | undefined;
  readonly playbook: PlaybookStep | undefined;
  /** The entity in the platform's STIX form when the message carried it (`event.stix_entity`, playbook bundle). */
  readonly entity: JsonObject | undefined;
  readonly validation: ValidationRequest;
  /** It was delivered before, to this process or to one that died: how far it came has to be looked up. */
  readonly redelivered?: boolean | undefined;
  /** It had been parked while VirusTotal analysed its object: works that are newer have been settled meanwhile. */
  readonly resumed?: boolean | undefined;
  /** What that analysis came to. */
  readonly analysis?: AnalysisEnd | undefined;
  /** Why it cannot be done: its message could not be read. Then it is only settled, as failed. */
  readonly refusal?: string | undefined;
  /** When this process took the request. */
  readonly receivedAt: Date;
}

/** What of a request its results need on their way; what a connector sends of its own accord has it too. */
export type DeliveryAddress = Pick<
  EnrichmentRequest,
  'key' | 'entityId' | 'workId' | 'draftId' | 'applicantId'
>;

/** What every log line about a request carries. */
export function factsOf({ key, workId, entityId }: DeliveryAddress): RequestFacts {
  return { key, workId, entityId };
}
