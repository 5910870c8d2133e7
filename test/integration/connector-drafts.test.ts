import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import {
  messagesOf,
  objectsOf,
  notesAbout,
  refusals,
  workOperations,
  workSettled,
} from '../helpers/enrichment-results.js';

describe('a request that was made in a draft', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;
  let draftId: string;
  let entityId: string;
  let workId: string;

  beforeAll(async () => {
    world = await startConnectorWorld();
    platform = world.platform;
    draftId = platform.createDraft('Investigation').id;
    entityId = platform.addObservable('Domain-Name', { value: 'evil.example.com' }, { draftId }).standardId;
    // A draft of the user's own, in which nothing must happen.
    platform.setActiveDraft(platform.createDraft('Somewhere else').id);
    workId = await platform.requestEnrichment({ entityId, draftId, stixEntity: 'omitted' });
    await workSettled(platform, workId);
  });

  afterAll(async () => {
    await world.close();
  });

  it('reads the entity in the draft', () => {
    expect(
      platform
        .operationsOf('stix')
        .map(({ variables, headers }) => [variables.id, headers['opencti-draft-id']]),
    ).toEqual([[entityId, draftId]]);
  });

  it('sends every result into the draft, and nothing into the live knowledge', () => {
    const messages = messagesOf(platform, workId);
    expect(objectsOf(platform, workId).length).toBeGreaterThan(3);
    expect(new Set(messages.map(({ fields }) => fields?.draft_id))).toEqual(new Set([draftId]));
    expect(refusals(platform)).toEqual([]);
    expect(platform.entity(entityId, draftId)?.score).toBe(14);
    expect(notesAbout(platform, entityId, draftId)).toHaveLength(2);
    expect(platform.entity(entityId)).toBeUndefined();
    expect(platform.entities('Note')).toEqual([]);
  });

  it('keeps everything else out of any draft', () => {
    const others = platform.operations.filter(({ fields }) => fields[0] !== 'stix');
    expect(new Set(others.map(({ headers }) => headers['opencti-draft-id']))).toEqual(new Set(['']));
    expect(workOperations(platform, workId)).toHaveLength(3);
  });

  it('is followed by requests outside of it', async () => {
    const live = platform.addObservable('Domain-Name', { value: 'example.com' }).standardId;
    const next = await platform.requestEnrichment({ entityId: live });
    await workSettled(platform, next);
    expect(new Set(messagesOf(platform, next).map(({ fields }) => fields?.draft_id))).toEqual(new Set(['']));
    expect(platform.entity(live)?.score).toBe(0);
  });
});
