import { describe, expect, it } from 'vitest';
import { applyChanges, leanEntity, type Changes } from './entity-changes.js';
import { OCTI_EXTENSION, OCTI_SCO_EXTENSION, readAttribute } from './extensions.js';
import type { ExternalReference, KillChainPhase, StixObject } from './objects.js';

const ORGANISATION = 'identity--0f0f0f0f-1111-5222-8333-444444444444';
const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';
const MARKING = 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da';
const MD5 = '44d88612fea8a8f36de82e1278abb02f';
const SHA1 = '3395856ce81f2b7382dee72602f798b642f14140';
const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

const report: ExternalReference = {
  source_name: 'VirusTotal',
  url: 'https://www.virustotal.com/gui/ip-address/198.51.100.3',
};
const elsewhere: ExternalReference = { source_name: 'Example', url: 'https://example.com/' };

/** An address as the platform writes it. */
const address: StixObject = {
  type: 'ipv4-addr',
  id: 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4',
  spec_version: '2.1',
  value: '198.51.100.3',
  object_marking_refs: [MARKING],
  extensions: {
    [OCTI_EXTENSION]: {
      extension_type: 'property-extension',
      id: '0f0f0f0f-2222-4333-8444-555555555555',
      type: 'IPv4-Addr',
      created_at: '2025-01-02T03:04:05.678Z',
      is_inferred: false,
      granted_refs: [ORGANISATION],
      workflow_id: '0f0f0f0f-2222-4333-8444-666666666666',
    },
    [OCTI_SCO_EXTENSION]: {
      extension_type: 'property-extension',
      score: 20,
      labels: ['Botnet'],
      created_by_ref: AUTHOR,
      external_references: [elsewhere],
    },
  },
};

/** A host name as the platform writes it: attributes stand in the root. */
const hostname: StixObject = {
  type: 'hostname',
  id: 'hostname--3b96539c-807f-59c9-b4df-fe1865757b1e',
  spec_version: '2.1',
  value: 'www.example.com',
  score: 20,
  labels: ['botnet'],
  extensions: {
    [OCTI_EXTENSION]: { extension_type: 'property-extension', type: 'Hostname' },
    [OCTI_SCO_EXTENSION]: { extension_type: 'new-sco' },
  },
};

/** An Indicator as the platform writes it. */
const indicator: StixObject = {
  type: 'indicator',
  id: 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51',
  spec_version: '2.1',
  created: '2025-01-02T03:04:05.678Z',
  modified: '2025-02-02T03:04:05.678Z',
  confidence: 75,
  revoked: false,
  name: '198.51.100.3',
  description: 'Seen somewhere',
  pattern: "[ipv4-addr:value = '198.51.100.3']",
  pattern_type: 'stix',
  valid_from: '2025-01-02T03:04:05.678Z',
  valid_until: '2026-01-02T03:04:05.678Z',
  created_by_ref: AUTHOR,
  extensions: {
    [OCTI_EXTENSION]: {
      extension_type: 'property-extension',
      type: 'Indicator',
      score: 20,
      detection: true,
      main_observable_type: 'IPv4-Addr',
      observable_values: [{ type: 'IPv4-Addr', value: '198.51.100.3' }],
    },
  },
};

/** A file as the platform writes it. */
const file: StixObject = {
  type: 'file',
  id: 'file--22f8ff52-8f62-5f03-a53a-6f50f54fd74c',
  spec_version: '2.1',
  hashes: { 'SHA-256': SHA256 },
  name: 'eicar.com',
  extensions: {
    [OCTI_EXTENSION]: { extension_type: 'property-extension', type: 'StixFile' },
    [OCTI_SCO_EXTENSION]: { extension_type: 'property-extension', additional_names: ['eicar_com'] },
  },
};

const extension = (entity: StixObject, id: string): Record<string, unknown> =>
  (entity.extensions as Record<string, Record<string, unknown>>)[id] ?? {};

describe('applyChanges', () => {
  it('leaves the object as it is when nothing changes, and never touches its input', () => {
    const before = structuredClone(address);
    expect(applyChanges(address, {})).toEqual(before);
    applyChanges(address, { score: 80, labels: ['phishing'], externalReferences: [report] });
    expect(address).toEqual(before);
  });

  describe('score', () => {
    it('stands in the observable extension of observables', () => {
      const changed = applyChanges(address, { score: 80 });
      expect(extension(changed, OCTI_SCO_EXTENSION).score).toBe(80);
      expect(readAttribute(changed, 'score')).toBe(80);
    });

    it('stands in the root of host names', () => {
      expect(applyChanges(hostname, { score: 80 }).score).toBe(80);
    });

    it('stands in the common extension of Indicators', () => {
      expect(extension(applyChanges(indicator, { score: 80 }), OCTI_EXTENSION).score).toBe(80);
    });

    it.each([address, hostname, indicator])('is hidden by nothing that was there before: %#', (entity) => {
      const cluttered: StixObject = {
        ...entity,
        x_opencti_score: null,
        score: 1,
        extensions: {
          [OCTI_EXTENSION]: { ...extension(entity, OCTI_EXTENSION), score: 2 },
          [OCTI_SCO_EXTENSION]: { extension_type: 'property-extension', score: 3 },
        },
      };
      const changed = applyChanges(cluttered, { score: 80 });
      expect(readAttribute(changed, 'score')).toBe(80);
      expect(changed).not.toHaveProperty('x_opencti_score');
      expect(JSON.stringify(changed).match(/"score"/g)).toHaveLength(1);
    });

    it('of null in the root is removed even when no score is written', () => {
      expect(applyChanges({ ...address, x_opencti_score: null }, {})).toEqual(address);
    });

    it('of zero is written', () => {
      expect(readAttribute(applyChanges(address, { score: 0 }), 'score')).toBe(0);
    });

    it('creates the extension with its type where there is none', () => {
      const { extensions: _extensions, ...bare } = indicator;
      expect(applyChanges(bare, { score: 80 }).extensions).toEqual({
        [OCTI_EXTENSION]: { extension_type: 'property-extension', type: 'Indicator', score: 80 },
      });
    });
  });

  describe('labels', () => {
    it('continue the list of the extension, in lower case and each once', () => {
      const changed = applyChanges(address, { labels: ['BOTNET', ' Phishing ', 'phishing', ''] });
      expect(extension(changed, OCTI_SCO_EXTENSION).labels).toEqual(['Botnet', 'phishing']);
    });

    it('continue the list of the root where there is one, for it counts', () => {
      const changed = applyChanges({ ...address, labels: ['seen'] }, { labels: ['phishing'] });
      expect(changed.labels).toEqual(['seen', 'phishing']);
      expect(extension(changed, OCTI_SCO_EXTENSION).labels).toEqual(['Botnet']);
    });

    it('continue the list of the export form', () => {
      const exported: StixObject = {
        type: 'url',
        id: 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd',
        x_opencti_labels: ['seen'],
      };
      expect(applyChanges(exported, { labels: ['phishing'] })).toEqual({
        ...exported,
        x_opencti_labels: ['seen', 'phishing'],
      });
    });

    it.each([hostname, indicator])('begin in the root of custom observables and Indicators: %#', (entity) => {
      const { labels: _labels, ...unlabelled } = entity;
      expect(applyChanges(unlabelled, { labels: ['phishing'] }).labels).toEqual(['phishing']);
    });

    it('begin in the observable extension of a bare observable', () => {
      const bare: StixObject = { type: 'url', id: 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd' };
      expect(applyChanges(bare, { labels: ['phishing'] })).toEqual({
        ...bare,
        extensions: {
          [OCTI_SCO_EXTENSION]: { extension_type: 'property-extension', labels: ['phishing'] },
        },
      });
    });
  });

  describe('external references', () => {
    it('continue the list that counts, each once', () => {
      const changed = applyChanges(address, {
        externalReferences: [report, { ...report, description: 'again' }, { ...elsewhere }],
      });
      expect(extension(changed, OCTI_SCO_EXTENSION).external_references).toEqual([elsewhere, report]);
    });

    it('continue the list of the root where there is one', () => {
      const changed = applyChanges(
        { ...address, external_references: [elsewhere] },
        { externalReferences: [report] },
      );
      expect(changed.external_references).toEqual([elsewhere, report]);
      expect(extension(changed, OCTI_SCO_EXTENSION).external_references).toEqual([elsewhere]);
    });

    it('without address are left out', () => {
      expect(applyChanges(address, { externalReferences: [{ source_name: 'nowhere' }] })).toEqual(address);
    });
  });

  describe('files', () => {
    const changes: Changes = {
      hashes: { MD5, 'SHA-1': SHA1, 'SHA-256': SHA256 },
      size: 68,
      name: 'eicar.txt',
      additionalNames: ['eicar.com', 'eicar_com', 'eicar.txt', 'eicar.com', ''],
    };

    it('get hashes, size and names', () => {
      const changed = applyChanges(file, changes);
      expect(changed.hashes).toEqual({ 'SHA-256': SHA256, MD5, 'SHA-1': SHA1 });
      expect(changed.size).toBe(68);
      expect(changed.name).toBe('eicar.txt');
      expect(extension(changed, OCTI_SCO_EXTENSION).additional_names).toEqual(['eicar_com', 'eicar.com']);
    });

    it('keep the hashes that they have, however their algorithm is spelt', () => {
      const received: StixObject = { ...file, hashes: { SHA256: 'something else' } };
      expect(applyChanges(received, { hashes: { 'SHA-256': SHA256, MD5 } }).hashes).toEqual({
        SHA256: 'something else',
        MD5,
      });
    });

    it('do not list their own name among the additional ones', () => {
      expect(applyChanges(file, { additionalNames: ['eicar.com'] })).toEqual(file);
    });

    it('get hashes even when they have none', () => {
      const { hashes: _hashes, ...nameOnly } = file;
      expect(applyChanges(nameOnly, { hashes: { MD5 } }).hashes).toEqual({ MD5 });
    });

    it('give an Artifact hashes and names, but neither size nor name', () => {
      const artifact: StixObject = { type: 'artifact', id: 'artifact--02fff920-f614-527c-81d1-6353633a6d21' };
      expect(applyChanges(artifact, changes)).toEqual({
        ...artifact,
        hashes: { MD5, 'SHA-1': SHA1, 'SHA-256': SHA256 },
        extensions: {
          [OCTI_SCO_EXTENSION]: {
            extension_type: 'property-extension',
            additional_names: ['eicar.com', 'eicar_com', 'eicar.txt'],
          },
        },
      });
    });

    it('alone take these changes', () => {
      expect(applyChanges(indicator, changes)).toEqual(indicator);
    });
  });

  it('continues the kill-chain phases of an Indicator, each once', () => {
    const [execution, impact] = ['execution', 'impact'].map((phase_name) => ({
      kill_chain_name: 'mitre-attack',
      phase_name,
    })) as [KillChainPhase, KillChainPhase];
    const received = { ...indicator, kill_chain_phases: [execution] };
    const changed = applyChanges(received, { killChainPhases: [impact, execution, { ...impact }] });
    expect(changed.kill_chain_phases).toEqual([execution, impact]);
    expect(leanEntity(changed, received).kill_chain_phases).toEqual([impact]);
    expect(applyChanges(address, { killChainPhases: [impact] })).toEqual(address);
  });

  it('writes host names with the type that the platform knows, under the id received', () => {
    const received: StixObject = { ...hostname, type: 'x-opencti-hostname', id: 'x-opencti-hostname--1' };
    const changed = applyChanges(received, { score: 80 });
    expect(changed.type).toBe('hostname');
    expect(changed.id).toBe('x-opencti-hostname--1');
    expect(changed.score).toBe(80);
  });
});

describe('leanEntity', () => {
  it('holds what identifies an observable, its markings and sharing, and what was added', () => {
    const changed = applyChanges(address, {
      score: 80,
      labels: ['phishing'],
      externalReferences: [report],
    });
    expect(leanEntity(changed, address)).toEqual({
      type: 'ipv4-addr',
      id: address.id,
      spec_version: '2.1',
      value: '198.51.100.3',
      object_marking_refs: [MARKING],
      extensions: {
        [OCTI_EXTENSION]: {
          extension_type: 'property-extension',
          type: 'IPv4-Addr',
          granted_refs: [ORGANISATION],
        },
        [OCTI_SCO_EXTENSION]: {
          extension_type: 'property-extension',
          score: 80,
          labels: ['phishing'],
          external_references: [report],
        },
      },
    });
  });

  it('leaves out the extension in which nothing changed', () => {
    expect(leanEntity(applyChanges(address, { score: 20 }), address).extensions).toEqual({
      [OCTI_EXTENSION]: {
        extension_type: 'property-extension',
        type: 'IPv4-Addr',
        granted_refs: [ORGANISATION],
      },
    });
  });

  it('keeps of an Indicator what the platform would otherwise set anew', () => {
    const changed = applyChanges(indicator, { labels: ['phishing'] });
    expect(leanEntity(changed, indicator)).toEqual({
      type: 'indicator',
      id: indicator.id,
      spec_version: '2.1',
      created: '2025-01-02T03:04:05.678Z',
      modified: '2025-02-02T03:04:05.678Z',
      confidence: 75,
      revoked: false,
      name: '198.51.100.3',
      pattern: "[ipv4-addr:value = '198.51.100.3']",
      pattern_type: 'stix',
      valid_from: '2025-01-02T03:04:05.678Z',
      valid_until: '2026-01-02T03:04:05.678Z',
      labels: ['phishing'],
      extensions: {
        [OCTI_EXTENSION]: {
          extension_type: 'property-extension',
          type: 'Indicator',
          score: 20,
          detection: true,
          main_observable_type: 'IPv4-Addr',
        },
      },
    });
  });

  it('holds all hashes and the name of a file', () => {
    const changed = applyChanges(file, { hashes: { MD5 }, size: 68, additionalNames: ['eicar.txt'] });
    expect(leanEntity(changed, file)).toEqual({
      type: 'file',
      id: file.id,
      spec_version: '2.1',
      hashes: { 'SHA-256': SHA256, MD5 },
      name: 'eicar.com',
      size: 68,
      extensions: {
        [OCTI_EXTENSION]: { extension_type: 'property-extension', type: 'StixFile' },
        [OCTI_SCO_EXTENSION]: { extension_type: 'property-extension', additional_names: ['eicar.txt'] },
      },
    });
  });

  it('holds the score of a host name where the platform has it', () => {
    const lean = leanEntity(applyChanges(hostname, { score: 80, labels: ['phishing'] }), hostname);
    expect(lean.score).toBe(80);
    expect(lean.labels).toEqual(['phishing']);
    expect(lean.extensions).toEqual({
      [OCTI_EXTENSION]: { extension_type: 'property-extension', type: 'Hostname' },
    });
  });

  it('needs neither extensions nor a STIX version in what was received', () => {
    const exported: StixObject = {
      type: 'url',
      id: 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd',
      value: 'https://example.com/',
      x_opencti_granted_refs: [ORGANISATION],
      x_opencti_created_by_ref: AUTHOR,
      x_opencti_labels: ['seen'],
    };
    expect(leanEntity(applyChanges(exported, { labels: ['phishing'] }), exported)).toEqual({
      type: 'url',
      id: exported.id,
      spec_version: '2.1',
      value: 'https://example.com/',
      x_opencti_granted_refs: [ORGANISATION],
      x_opencti_labels: ['phishing'],
    });
  });
});

describe('an Indicator that is revoked', () => {
  const indicator: StixObject = {
    type: 'indicator',
    id: 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51',
    valid_from: '2026-01-02T03:04:05.678Z',
    x_opencti_detection: true,
  };

  it('was valid until then, and is for no detection', () => {
    expect(applyChanges(indicator, { revokedAt: new Date('2026-03-04T05:06:07.890Z') })).toEqual({
      type: 'indicator',
      id: indicator.id,
      valid_from: '2026-01-02T03:04:05.678Z',
      valid_until: '2026-03-04T05:06:07.890Z',
      revoked: true,
      extensions: {
        [OCTI_EXTENSION]: { extension_type: 'property-extension', type: 'Indicator', detection: false },
      },
    });
  });

  it.each(['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:06.000Z', '2025-01-01T00:00:00.000Z'])(
    'is over at once, so that it began before: revoked at %s',
    (at) => {
      const { valid_from: from, valid_until: until } = applyChanges(indicator, { revokedAt: new Date(at) });
      expect(until).toBe(at);
      expect(from).toBe(new Date(Date.parse(at) - 1000).toISOString());
    },
  );

  it('is nothing that happens to an observable', () => {
    expect(applyChanges(address, { revokedAt: new Date() })).toEqual(address);
  });
});
