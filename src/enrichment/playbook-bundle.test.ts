import { describe, expect, it } from 'vitest';
import type { StixObject } from '../stix/objects.js';
import type { EnrichedOutcome } from './outcome.js';
import { playbookBundle } from './playbook-bundle.js';

const entity: StixObject = { type: 'ipv4-addr', id: 'ipv4-addr--1', value: '1.1.1.1' };
const system: StixObject = { type: 'autonomous-system', id: 'autonomous-system--1', number: 1 };

function outcomeWith(objects: readonly StixObject[]): EnrichedOutcome {
  return { status: 'enriched', entity, leanEntity: entity, objects, message: '' };
}

describe('playbookBundle', () => {
  it('keeps the markings and labels that an earlier step gave to an object found again', () => {
    const known = {
      ...system,
      object_marking_refs: ['marking-definition--red'],
      labels: ['mine'],
      name: 'old',
    };
    const found = {
      ...system,
      object_marking_refs: ['marking-definition--green'],
      labels: ['theirs'],
      name: 'new',
    };
    const bundle = playbookBundle({ objects: [entity, known] }, outcomeWith([found]));
    expect(bundle.objects[1]).toMatchObject({
      name: 'new',
      object_marking_refs: ['marking-definition--red', 'marking-definition--green'],
      labels: ['mine', 'theirs'],
    });
  });

  it('keeps what the platform knows of a followed Indicator that is in the bundle, and with whom it is shared', () => {
    const [extension, mine, others] = [
      'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba',
      'a',
      'b',
    ];
    const known: StixObject = {
      type: 'indicator',
      id: 'indicator--1',
      created_by_ref: 'identity--1',
      extensions: {
        [extension]: { id: 'internal', score: 80, detection: true, granted_refs: [mine] },
        'extension-definition--other': { kept: true },
      },
    };
    const followed: StixObject = {
      type: 'indicator',
      id: 'indicator--1',
      revoked: true,
      extensions: { [extension]: { score: 0, detection: false, granted_refs: [mine] } },
    };
    const shared = { ...entity, extensions: { [extension]: { granted_refs: [others] } } };
    const outcome = { ...outcomeWith([followed]), entity: shared, sharedAlready: [followed.id] };
    expect(playbookBundle({ objects: [entity, known] }, outcome).objects[1]).toEqual({
      ...known,
      revoked: true,
      extensions: {
        [extension]: { id: 'internal', score: 0, detection: false, granted_refs: [mine] },
        'extension-definition--other': { kept: true },
      },
    });
  });

  it('adds the enriched entity when the received bundle lacks it', () => {
    expect(playbookBundle({ objects: [] }, outcomeWith([])).objects).toEqual([entity]);
  });

  it('leaves out what is no object at all', () => {
    expect(playbookBundle({ objects: [null, 'x', entity] }, outcomeWith([])).objects).toEqual([entity]);
  });

  it('gives new objects the OpenCTI type, by which the components of a playbook go', () => {
    const relationship: StixObject = {
      type: 'relationship',
      id: 'relationship--1',
      relationship_type: 'belongs-to',
      source_ref: entity.id,
      target_ref: system.id,
    };
    const types = playbookBundle({ objects: [entity] }, outcomeWith([system, relationship]))
      .objects.slice(1)
      .map((object) => JSON.stringify(object.extensions));
    expect(types).toEqual([
      '{"extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba":{"extension_type":"property-extension","type":"Autonomous-System"}}',
      '{"extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba":{"extension_type":"property-extension","type":"belongs-to"}}',
    ]);
  });
});
