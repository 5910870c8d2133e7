import { describe, expect, it } from 'vitest';
import { enrichmentMessage, playbookMessage } from './messages.js';
import { gateOf } from './version.js';

const OPTIONS = {
  workId: 'work_c1_2024-05-01T10:00:00.000Z',
  standardId: 'ipv4-addr--1',
  entityType: 'IPv4-Addr',
  stix: { id: 'ipv4-addr--1' },
  mode: 'manual' as const,
  trigger: 'create' as const,
  draftId: null,
};
const STEP = {
  executionId: 'e',
  playbookId: 'p',
  dataInstanceId: 'ipv4-addr--1',
  stepId: 's',
  previousStepId: 'ps',
  eventId: 'ev',
};

describe('enrichmentMessage', () => {
  it('is as plain as 6.0 was', () => {
    expect(enrichmentMessage(gateOf('6.0.6'), OPTIONS)).toEqual({
      internal: { work_id: 'work_c1_2024-05-01T10:00:00.000Z', applicant_id: null },
      event: { event_type: 'INTERNAL_ENRICHMENT', entity_id: 'ipv4-addr--1', entity_type: 'IPv4-Addr' },
    });
  });

  it('has a draft from 6.4.0 on', () => {
    const { internal } = enrichmentMessage(gateOf('6.4.0'), { ...OPTIONS, draftId: 'd' });
    expect(internal).toMatchObject({ draft_id: 'd' });
  });

  it('carries the entity as text and no further objects in 7.x, and calls a manual trigger an update', () => {
    expect(enrichmentMessage(gateOf('7.260817.0'), OPTIONS)).toEqual({
      internal: {
        work_id: 'work_c1_2024-05-01T10:00:00.000Z',
        applicant_id: null,
        draft_id: null,
        mode: 'manual',
        trigger: 'update',
      },
      event: {
        event_type: 'INTERNAL_ENRICHMENT',
        entity_id: 'ipv4-addr--1',
        entity_type: 'IPv4-Addr',
        stix_entity: '{"id":"ipv4-addr--1"}',
        stix_objects: null,
      },
    });
  });

  it('carries the entity as an object in a manual request of 6.8.9', () => {
    const { event } = enrichmentMessage(gateOf('6.8.9'), OPTIONS);
    expect(event).toMatchObject({ stix_entity: { id: 'ipv4-addr--1' } });
  });

  it('says what triggered an automatic request', () => {
    const { internal } = enrichmentMessage(gateOf('6.9.0'), { ...OPTIONS, mode: 'auto' });
    expect(internal).toMatchObject({ mode: 'auto', trigger: 'create' });
  });

  it('can be told to send an empty entity, or none', () => {
    const since = gateOf('7.260817.0');
    expect(enrichmentMessage(since, { ...OPTIONS, stixEntity: 'empty' }).event).toMatchObject({
      stix_entity: '',
    });
    expect(enrichmentMessage(since, { ...OPTIONS, stixEntity: 'omitted' }).event).not.toHaveProperty(
      'stix_entity',
    );
  });
});

describe('playbookMessage', () => {
  const options = { step: STEP, entityType: 'IPv4-Addr', objects: [{ id: 'ipv4-addr--1' }] };

  it('has neither event id nor entity type in 6.0', () => {
    const { internal, event } = playbookMessage(gateOf('6.0.6'), options);
    expect(internal).toEqual({
      work_id: null,
      applicant_id: 'c49fe040-2dad-412d-af07-ce639204ad55',
      playbook: {
        execution_id: 'e',
        playbook_id: 'p',
        data_instance_id: 'ipv4-addr--1',
        step_id: 's',
        previous_step_id: 'ps',
      },
    });
    expect(event).not.toHaveProperty('entity_type');
  });

  it('has both today, and the bundle is an object', () => {
    const { internal, event } = playbookMessage(gateOf('7.260615.0'), options);
    expect(internal).toMatchObject({ playbook: { event_id: 'ev' } });
    expect(event).toMatchObject({
      entity_type: 'IPv4-Addr',
      bundle: { type: 'bundle', objects: [{ id: 'ipv4-addr--1' }] },
    });
  });
});
