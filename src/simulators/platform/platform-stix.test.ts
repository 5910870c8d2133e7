import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../shared/clock.js';
import type { JsonObject } from '../../shared/json.js';
import type { StoredEntity } from './entity.js';
import { EntityStore } from './entity-store.js';
import { OCTI, OCTI_SCO } from './extensions.js';
import { platformStix } from './platform-stix.js';
import { addSample, addSampleIndicator, type SampleOptions } from './sample-entities.js';
import { gateOf } from './version.js';

const MD5 = '44d88612fea8a8f36de82e1278abb02f';
const OPTIONS: SampleOptions = {
  score: 40,
  description: 'Seen in a test',
  labels: ['Test'],
  markings: ['TLP:AMBER'],
  externalReferences: [{ source_name: 'Example', url: 'https://example.com/report' }],
};

function formOf(
  version: string,
  add: (store: EntityStore) => StoredEntity,
): Record<string, any> /* oxlint-disable-line typescript/no-explicit-any -- read freely */ {
  const store = new EntityStore(gateOf(version), fixedClock('2024-05-01T10:00:00.000Z'));
  return platformStix(add(store), gateOf(version), (id) => store.find(id)?.internalId);
}

describe('platformStix', () => {
  it('keeps what describes a standard observable in the observable extension', () => {
    const form = formOf('7.260817.0', (store) =>
      addSample(store, 'IPv4-Addr', { value: '198.51.100.3' }, OPTIONS),
    );
    expect(form.id).toBe('ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4');
    expect(form.object_marking_refs).toEqual(['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82']);
    expect(form.extensions[OCTI]).toMatchObject({ extension_type: 'property-extension', type: 'IPv4-Addr' });
    expect(form.extensions[OCTI_SCO]).toEqual({
      extension_type: 'property-extension',
      score: 40,
      description: 'Seen in a test',
      labels: ['test'],
      external_references: [{ source_name: 'Example', url: 'https://example.com/report' }],
    });
    expect(form).not.toHaveProperty('labels');
    expect(form).not.toHaveProperty('score');
  });

  it('keeps it at the root for a hostname', () => {
    const form = formOf('7.260817.0', (store) =>
      addSample(store, 'Hostname', { value: 'www.example.com' }, OPTIONS),
    );
    expect(form).toMatchObject({
      type: 'hostname',
      score: 40,
      labels: ['test'],
      description: 'Seen in a test',
    });
    expect(form.external_references).toHaveLength(1);
    expect(form.extensions[OCTI_SCO]).toEqual({ extension_type: 'new-sco' });
  });

  it('divides it between root and common extension for an indicator', () => {
    const form = formOf('7.260817.0', (store) =>
      addSampleIndicator(store, {
        ...OPTIONS,
        pattern: "[ipv4-addr:value = '198.51.100.3']",
        detection: true,
      }),
    );
    expect(form).toMatchObject({ labels: ['test'], pattern_type: 'stix' });
    expect(form.extensions[OCTI]).toMatchObject({
      score: 40,
      detection: true,
      observable_values: [{ type: 'IPv4-Addr', value: '198.51.100.3' }],
    });
    expect(form.extensions).not.toHaveProperty(OCTI_SCO);
  });

  it.each([
    ['6.3.13', undefined],
    ['6.4.0', { MD5 }],
    ['6.5.10', { MD5 }],
    ['6.5.11', [{ algorithm: 'MD5', hash: MD5 }]],
    ['6.6.8', [{ algorithm: 'MD5', hash: MD5 }]],
    ['6.6.9', { MD5 }],
  ])('on %s, shows the hashes of an indicator as %j', (version, hashes) => {
    const form = formOf(version, (store) =>
      addSampleIndicator(store, { pattern: `[file:hashes.MD5 = '${MD5}']` }),
    );
    const values = form.extensions[OCTI].observable_values as
      { type: string; hashes: JsonObject }[] | undefined;
    expect(values?.[0]?.hashes).toEqual(hashes);
  });

  it.each([
    ['6.8.15', false],
    ['6.8.16', true],
  ])('on %s, modified_at is there: %s', (version, present) => {
    const form = formOf(version, (store) => addSample(store, 'Url', { value: 'https://example.com/' }));
    expect('modified_at' in form.extensions[OCTI]).toBe(present);
  });

  it('names the files of an artifact', () => {
    const form = formOf('7.260817.0', (store) =>
      addSample(
        store,
        'Artifact',
        { hashes: { MD5 } },
        { files: [{ name: 'a b.bin', content: Buffer.from('x') }] },
      ),
    );
    const [file] = form.extensions[OCTI].files;
    expect(file).toMatchObject({ name: 'a b.bin', mime_type: 'application/octet-stream' });
    expect(file.uri).toBe(`/storage/get/import/Artifact/${form.extensions[OCTI].id as string}/a b.bin`);
  });
});
