import { beforeEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../shared/clock.js';
import type { JsonObject } from '../../shared/json.js';
import type { StoredEntity } from './entity.js';
import { EntityStore } from './entity-store.js';
import { OCTI, OCTI_SCO } from './extensions.js';
import { importObject, type ImportedObject } from './import-object.js';
import { addSample, addSampleIndicator } from './sample-entities.js';
import { gateOf } from './version.js';

let store: EntityStore;
let address: StoredEntity;

beforeEach(() => {
  store = new EntityStore(gateOf('7.260817.0'), fixedClock('2024-05-01T10:00:00.000Z'));
  address = addSample(
    store,
    'IPv4-Addr',
    { value: '198.51.100.3' },
    {
      score: 20,
      labels: ['old'],
      externalReferences: [{ source_name: 'Old', url: 'https://example.com/old' }],
    },
  );
});

function ipAddress(more: JsonObject): JsonObject {
  return { id: address.standardId, type: 'ipv4-addr', value: '198.51.100.3', ...more };
}

function importInto(object: JsonObject, target: EntityStore): ImportedObject {
  return importObject(object, () => target);
}

describe('importObject', () => {
  it.each([
    ['root x_opencti_score over both extensions', { x_opencti_score: 1 }, 1],
    ['the common extension over the observable one', { extensions: { [OCTI]: { score: 2 } } }, 2],
    ['the observable extension over the root', { score: 4, extensions: { [OCTI_SCO]: { score: 3 } } }, 3],
    ['the root score when there is no other', { score: 4 }, 4],
    [
      'nothing when root x_opencti_score is null, though an extension has one',
      { x_opencti_score: null, extensions: { [OCTI_SCO]: { score: 3 } } },
      20,
    ],
  ])('takes %s', (_case, properties, score) => {
    expect(importInto(ipAddress(properties), store).outcome).toBe('updated');
    expect(address.score).toBe(score);
  });

  it('lets root labels and references hide those of the extension, and adds to what is there', () => {
    const hidden = {
      labels: ['hidden'],
      external_references: [{ source_name: 'Hidden', url: 'https://example.com/hidden' }],
    };
    const shown = [{ source_name: 'New', url: 'https://example.com/new' }, { source_name: 'Only a name' }];
    importInto(
      ipAddress({ labels: ['New'], external_references: shown, extensions: { [OCTI_SCO]: hidden } }),
      store,
    );
    expect(address.labels).toEqual(['old', 'new']);
    expect(address.externalReferences.map((reference) => reference.source_name)).toEqual(['Old', 'New']);
  });

  it('recognises what it holds by value, and remembers the id it was sent with', () => {
    const sentId = 'ipv4-addr--00000000-0000-4000-8000-000000000001';
    const imported = importInto({ ...ipAddress({}), id: sentId }, store);
    expect(imported).toMatchObject({ outcome: 'updated', entityId: address.internalId });
    expect(store.find(sentId)).toBe(address);
  });

  it.each([
    ['is over by its end', { valid_until: '2020-01-02T00:00:00.000Z' }, true, '2020-01-02T00:00:00.000Z'],
    [
      'has an end to come',
      { valid_until: '2099-01-02T00:00:00.000Z', revoked: true },
      false,
      '2099-01-02T00:00:00.000Z',
    ],
    ['is revoked without an end', { revoked: true }, true, '2020-01-01T00:00:01.000Z'],
  ])('judges the validity of an Indicator that %s', (_, validity, revoked, validUntil) => {
    const indicator = {
      id: 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51',
      type: 'indicator',
      name: 'demo',
      pattern: "[ipv4-addr:value = '1.1.1.1']",
      pattern_type: 'stix',
      valid_from: '2020-01-01T00:00:00.000Z',
      ...validity,
    };
    expect(importInto(indicator, store).outcome).toBe('created');
    expect(store.find(indicator.id)?.attributes).toMatchObject({ revoked, valid_until: validUntil });
  });

  describe('an Indicator that has a score', () => {
    const id = 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51';
    const imported = (target: EntityStore, score: number, isOver = false): unknown[] => {
      const indicator = {
        id,
        type: 'indicator',
        name: 'demo',
        pattern: "[ipv4-addr:value = '1.1.1.1']",
        pattern_type: 'stix',
        valid_from: '2020-01-01T00:00:00.000Z',
        valid_until: isOver ? '2021-01-01T00:00:00.000Z' : '2099-01-01T00:00:00.000Z',
        x_opencti_score: score,
      };
      importInto(indicator, target);
      const held = target.find(id);
      return [held?.score, held?.attributes.revoked === true];
    };

    it('is not revoked by an import with the score of now', () => {
      imported(store, 1);
      expect(imported(store, 1, true)).toEqual([1, false]);
      expect(imported(store, 0, true)).toEqual([0, true]);
    });

    it('stays as it is from August 2025 on when the score was set before, unless it is 0', () => {
      imported(store, 60);
      imported(store, 3);
      expect(imported(store, 60, true)).toEqual([3, false]);
      imported(store, 0);
      imported(store, 5);
      expect(imported(store, 0, true)).toEqual([0, true]);
      expect(imported(store, 60)).toEqual([0, true]);

      const older = new EntityStore(gateOf('6.7.0'), fixedClock('2024-05-01T10:00:00.000Z'));
      imported(older, 60);
      imported(older, 3, true);
      expect(imported(older, 60)).toEqual([60, false]);
    });
  });

  it('reports references nobody knows', () => {
    const missing = 'identity--00000000-0000-4000-8000-000000000002';
    expect(importInto(ipAddress({ created_by_ref: missing }), store)).toMatchObject({
      outcome: 'failed',
      error: { code: 'MISSING_REFERENCE_ERROR', message: `Element(s) not found: ${missing}` },
    });
  });

  it.each([
    [{ x_opencti_score: 101 }, 'FUNCTIONAL_ERROR'],
    [{ x_opencti_score: 12.5 }, 'FUNCTIONAL_ERROR'],
    [{ x_opencti_score: '12' }, 'FUNCTIONAL_ERROR'],
  ])('refuses the score of %j', (properties, code) => {
    expect(importInto(ipAddress(properties), store).error?.code).toBe(code);
    expect(address.score).toBe(20);
  });

  it('refuses a number that does not fit into 32 bits', () => {
    const system = { id: 'autonomous-system--1', type: 'autonomous-system', number: 4_200_000_000 };
    expect(importInto(system, store).error?.code).toBe('BAD_USER_INPUT');
  });

  it('ignores inferred objects silently', () => {
    const inferred = ipAddress({ x_opencti_score: 99, extensions: { [OCTI]: { is_inferred: true } } });
    expect(importInto(inferred, store).outcome).toBe('ignored');
    expect(address.score).toBe(20);
  });

  it('takes the country of a location that has nothing else as its name', () => {
    importInto({ id: 'location--1', type: 'location', country: 'FR' }, store);
    expect(store.all('Country').map((country) => country.attributes.name)).toEqual(['FR']);
  });

  it('keeps files that carry data', () => {
    const file = { name: 'a.txt', data: Buffer.from('hello').toString('base64'), mime_type: 'text/plain' };
    importInto(ipAddress({ x_opencti_files: [file, { name: 'no-data.txt' }] }), store);
    expect(
      address.files.map(({ name, content }) => [name, Buffer.from(content as Uint8Array).toString()]),
    ).toEqual([['a.txt', 'hello']]);
  });

  it('does not read sharing on locations', () => {
    const organization = addSample(store, 'Organization', { name: 'Example Corp' });
    const granted = { x_opencti_granted_refs: [organization.standardId] };
    importInto({ id: 'location--1', type: 'location', country: 'FR', ...granted }, store);
    importInto(ipAddress(granted), store);
    expect(store.all('Country')[0]?.grantedRefs).toEqual([]);
    expect(address.grantedRefs).toEqual([organization.standardId]);
  });

  describe('of a relationship', () => {
    const relate = (type: string, source: StoredEntity, target: StoredEntity): unknown => {
      const relationship = {
        id: 'relationship--00000000-0000-4000-8000-000000000009',
        type: 'relationship',
        relationship_type: type,
        source_ref: source.standardId,
        target_ref: target.standardId,
      };
      return importInto(relationship, store).error?.code ?? 'accepted';
    };

    it('accepts the types of the platform and refuses others', () => {
      const system = addSample(store, 'Autonomous-System', { number: 64_496 });
      const country = addSample(store, 'Country', { name: 'FR' });
      const indicator = addSampleIndicator(store, { pattern: "[ipv4-addr:value = '198.51.100.3']" });
      const url = addSample(store, 'Url', { value: 'https://example.com/' });
      expect(relate('belongs-to', address, system)).toBe('accepted');
      expect(relate('located-at', address, country)).toBe('accepted');
      expect(relate('based-on', indicator, address)).toBe('accepted');
      expect(relate('related-to', url, indicator)).toBe('accepted');
      expect(relate('belongs-to', indicator, system)).toBe('FUNCTIONAL_ERROR');
      expect(relate('located-at', indicator, country)).toBe('FUNCTIONAL_ERROR');
      expect(relate('downloads', url, address)).toBe('FUNCTIONAL_ERROR');
    });
  });

  it('writes into a draft without touching the live knowledge', () => {
    const draft = store.draft();
    importInto(ipAddress({ x_opencti_score: 90 }), draft);
    expect(draft.find(address.standardId)?.score).toBe(90);
    expect(address.score).toBe(20);
    expect(draft.all('IPv4-Addr')).toHaveLength(1);
  });
});
