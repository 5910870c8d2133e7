import type { JsonObject } from '../../shared/json.js';
import type { PlaybookStep } from './playbooks.js';
import type { Since } from './version.js';

/** User in whose name playbooks run. */
const AUTOMATION_MANAGER_ID = 'c49fe040-2dad-412d-af07-ce639204ad55';

/** How the entity travels in an enrichment message. */
export type StixEntityForm = 'text' | 'object' | 'empty' | 'omitted';

/** What an enrichment message is made of. */
export interface EnrichmentMessageOptions {
  workId: string;
  standardId: string;
  entityType: string;
  /** The entity in the platform's form. */
  stix: JsonObject;
  mode: 'manual' | 'auto';
  trigger: 'create' | 'update';
  draftId: string | null;
  /** In whose name; a platform says nobody (null). */
  applicantId?: string | undefined;
  /** Demands of a platform that wants results validated. */
  validation?: { mode?: 'draft' | 'workbench'; force?: boolean } | undefined;
  /** Overrides the form of the version. */
  stixEntity?: StixEntityForm | undefined;
}

/** The message of a manual or automatic enrichment: fields appear with the release that brought them. */
export function enrichmentMessage(since: Since, options: EnrichmentMessageOptions): JsonObject {
  const { mode, stix, validation } = options;
  const form = options.stixEntity ?? defaultForm(since, mode);
  return {
    internal: {
      work_id: options.workId,
      applicant_id: options.applicantId ?? null,
      ...(since('6.4.0') ? { draft_id: options.draftId } : {}),
      // A manual request always says `update`.
      ...(since('6.8.9') ? { mode, trigger: mode === 'manual' ? 'update' : options.trigger } : {}),
    },
    event: {
      event_type: 'INTERNAL_ENRICHMENT',
      entity_id: options.standardId,
      entity_type: options.entityType,
      ...stixEntity(form, stix),
      // Null for every observable and indicator whatever the connector asked for at registration.
      ...(since('6.8.9') ? { stix_objects: null } : {}),
      ...(validation?.mode === undefined ? {} : { validation_mode: validation.mode }),
      ...(validation?.force === undefined ? {} : { force_validation: validation.force }),
    },
  };
}

/** What the message of a playbook step is made of. */
export interface PlaybookMessageOptions {
  step: PlaybookStep;
  entityType: string;
  objects: readonly JsonObject[];
}

/** The message of a playbook step: it has no work, and its bundle is an object. */
export function playbookMessage(since: Since, options: PlaybookMessageOptions): JsonObject {
  const { step } = options;
  return {
    internal: {
      work_id: null,
      playbook: {
        execution_id: step.executionId,
        playbook_id: step.playbookId,
        data_instance_id: step.dataInstanceId,
        step_id: step.stepId,
        previous_step_id: step.previousStepId,
        ...(since('6.1.0') ? { event_id: step.eventId } : {}),
      },
      applicant_id: AUTOMATION_MANAGER_ID,
      // Computed by the platform from "has an id already", hence `create` for what exists.
      ...(since('6.8.9') ? { mode: 'auto', trigger: 'create' } : {}),
    },
    event: {
      entity_id: step.dataInstanceId,
      ...(since('7.260615.0') ? { entity_type: options.entityType } : {}),
      bundle: {
        id: `bundle--${step.executionId}`,
        type: 'bundle',
        spec_version: '2.1',
        objects: options.objects,
      },
    },
  };
}

/**
 * 6.8.9 would send an object for a manual request (and in fact fails before it sends anything); the simulator sends
 * it, so that readers of that form can be tried.
 */
function defaultForm(since: Since, mode: 'manual' | 'auto'): StixEntityForm {
  if (!since('6.8.9')) return 'omitted';
  return since('6.8.10') || mode === 'auto' ? 'text' : 'object';
}

function stixEntity(form: StixEntityForm, stix: JsonObject): JsonObject {
  switch (form) {
    case 'text':
      return { stix_entity: JSON.stringify(stix) };
    case 'object':
      return { stix_entity: stix };
    case 'empty':
      return { stix_entity: '' };
    case 'omitted':
      return {};
  }
}
