import { describe, expect, it } from 'vitest';
import {
  createdAtOf,
  entityTypeOf,
  externalReferencesOf,
  grantedOrganisationsOf,
  hashesOf,
  internalIdOf,
  labelsOf,
  observableValuesOf,
  OCTI_EXTENSION,
  OCTI_SCO_EXTENSION,
  readAttribute,
  scoreOf,
} from './extensions.js';

const ORGANISATION = 'identity--0f0f0f0f-1111-5222-8333-444444444444';
const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

describe('readAttribute', () => {
  const everywhere = {
    x_opencti_score: 1,
    score: 4,
    extensions: { [OCTI_EXTENSION]: { score: 2 }, [OCTI_SCO_EXTENSION]: { score: 3 } },
  };

  it('prefers root custom property, common extension, observable extension, root', () => {
    expect(readAttribute(everywhere, 'score')).toBe(1);
    const { x_opencti_score: _score, ...withoutCustom } = everywhere;
    expect(readAttribute(withoutCustom, 'score')).toBe(2);
    expect(readAttribute({ score: 4, extensions: { [OCTI_SCO_EXTENSION]: { score: 3 } } }, 'score')).toBe(3);
    expect(readAttribute({ score: 4 }, 'score')).toBe(4);
  });

  it('lets null in the root hide the extension, as the worker does', () => {
    expect(readAttribute({ ...everywhere, x_opencti_score: null }, 'score')).toBeNull();
  });

  it('prefers the root for labels and external references', () => {
    const reference = { source_name: 'a', url: 'https://example.com/a' };
    const entity = {
      labels: ['root'],
      x_opencti_labels: ['custom'],
      external_references: [reference],
      extensions: { [OCTI_SCO_EXTENSION]: { labels: ['extension'], external_references: [] } },
    };
    expect(labelsOf(entity)).toEqual(['root']);
    expect(externalReferencesOf(entity)).toEqual([reference]);
    expect(labelsOf({ ...entity, labels: undefined })).toEqual(['extension']);
    expect(labelsOf({ x_opencti_labels: ['custom'] })).toEqual(['custom']);
  });

  it('prefers the plain property for the author', () => {
    expect(
      readAttribute({ created_by_ref: null, x_opencti_created_by_ref: ORGANISATION }, 'created_by_ref'),
    ).toBeNull();
  });

  it('finds nothing in an object of another shape', () => {
    expect(readAttribute({ extensions: 'none' }, 'score')).toBeUndefined();
    expect(readAttribute({ extensions: { [OCTI_EXTENSION]: [] } }, 'score')).toBeUndefined();
    expect(readAttribute({}, 'constructor')).toBeUndefined();
    expect(labelsOf({ labels: 'phishing' })).toEqual([]);
    expect(externalReferencesOf({ external_references: ['x'] })).toEqual([]);
    expect(externalReferencesOf({})).toEqual([]);
  });
});

describe('scoreOf', () => {
  it.each([
    [{ x_opencti_score: 0, extensions: { [OCTI_EXTENSION]: { score: 80 } } }, 0],
    [{ x_opencti_score: null, extensions: { [OCTI_EXTENSION]: { score: 80 } } }, 80],
    [{ extensions: { [OCTI_EXTENSION]: { score: null }, [OCTI_SCO_EXTENSION]: { score: 70 } } }, 70],
    [{ x_opencti_score: '90', score: 60 }, 60],
    [{ x_opencti_score: null, extensions: { [OCTI_EXTENSION]: {} } }, undefined],
    [{}, undefined],
  ])('reads past what is no number in %j', (entity, score) => {
    expect(scoreOf(entity)).toBe(score);
  });
});

describe('entityTypeOf', () => {
  it('believes the platform', () => {
    expect(entityTypeOf({ type: 'identity', extensions: { [OCTI_EXTENSION]: { type: 'Sector' } } })).toBe(
      'Sector',
    );
    expect(entityTypeOf({ type: 'file', x_opencti_type: 'StixFile' })).toBe('StixFile');
  });

  it.each([
    [{ type: 'ipv4-addr' }, 'IPv4-Addr'],
    [{ type: 'ipv6-addr' }, 'IPv6-Addr'],
    [{ type: 'domain-name' }, 'Domain-Name'],
    [{ type: 'hostname' }, 'Hostname'],
    [{ type: 'x-opencti-hostname' }, 'Hostname'],
    [{ type: 'url' }, 'Url'],
    [{ type: 'file' }, 'StixFile'],
    [{ type: 'artifact' }, 'Artifact'],
    [{ type: 'indicator' }, 'Indicator'],
    [{ type: 'autonomous-system' }, 'Autonomous-System'],
    [{ type: 'x509-certificate' }, 'X509-Certificate'],
    [{ type: 'marking-definition' }, 'Marking-Definition'],
    [{ type: 'identity', identity_class: 'organization' }, 'Organization'],
    [{ type: 'identity' }, 'Identity'],
    [{ type: 'location', x_opencti_location_type: 'Country' }, 'Country'],
    [{ type: 'location' }, 'Location'],
    [{ type: 'relationship', relationship_type: 'based-on' }, 'based-on'],
    [{ type: 'relationship' }, 'relationship'],
    [{ type: 'sighting' }, 'stix-sighting-relationship'],
    [{}, undefined],
  ])('derives the type of %j', (entity, type) => {
    expect(entityTypeOf(entity)).toBe(type);
  });
});

describe('what the platform knows of an object', () => {
  it('is read from the extension', () => {
    const entity = {
      created: '2020-01-01T00:00:00.000Z',
      extensions: {
        [OCTI_EXTENSION]: {
          id: 'internal',
          created_at: '2025-01-02T03:04:05.678Z',
          granted_refs: [ORGANISATION],
        },
      },
    };
    expect(internalIdOf(entity)).toBe('internal');
    expect(createdAtOf(entity)).toEqual(new Date('2025-01-02T03:04:05.678Z'));
    expect(grantedOrganisationsOf(entity)).toEqual([ORGANISATION]);
  });

  it('is read from the root in the export form', () => {
    const entity = { x_opencti_id: 'internal', x_opencti_granted_refs: [ORGANISATION] };
    expect(internalIdOf(entity)).toBe('internal');
    expect(grantedOrganisationsOf(entity)).toEqual([ORGANISATION]);
  });

  it('may be missing', () => {
    expect(internalIdOf({})).toBeUndefined();
    expect(createdAtOf({ created: 'yesterday' })).toBeUndefined();
    expect(createdAtOf({ created: '2020-01-01T00:00:00Z' })).toEqual(new Date('2020-01-01T00:00:00Z'));
    expect(grantedOrganisationsOf({ x_opencti_granted_refs: null })).toEqual([]);
  });
});

describe('observableValuesOf', () => {
  const indicator = (values: unknown): Record<string, unknown> => ({
    type: 'indicator',
    extensions: { [OCTI_EXTENSION]: { observable_values: values } },
  });

  it('reads hashes as a map and as a list alike', () => {
    const file = [{ type: 'StixFile', hashes: { 'SHA-256': SHA256 } }];
    expect(observableValuesOf(indicator(file))).toEqual(file);
    expect(
      observableValuesOf(indicator([{ type: 'StixFile', hashes: [{ algorithm: 'SHA-256', hash: SHA256 }] }])),
    ).toEqual(file);
  });

  it('knows types whatever their case', () => {
    expect(observableValuesOf(indicator([{ type: 'ipv4-addr', value: '198.51.100.3' }]))).toEqual([
      { type: 'IPv4-Addr', value: '198.51.100.3' },
    ]);
  });

  it('leaves out what cannot be looked up', () => {
    expect(
      observableValuesOf(
        indicator([
          { type: 'Email-Addr', value: 'someone@example.com' },
          { type: 'Url' },
          { type: 'StixFile', hashes: { SSDEEP: '3:a:a' } },
          { type: 'StixFile', value: 'eicar.com' },
          { value: 'x' },
          'Url',
          null,
        ]),
      ),
    ).toEqual([]);
  });

  it('is empty when the platform extracts none', () => {
    expect(observableValuesOf({ type: 'indicator' })).toEqual([]);
    expect(observableValuesOf(indicator('Url'))).toEqual([]);
  });
});

describe('hashesOf', () => {
  it('names algorithms as STIX does', () => {
    expect(hashesOf({ md5: 'a', SHA1: 'b', 'sha-256': 'c', SHA512: 'd', TLSH: 'e', 'SHA-224': 'f' })).toEqual(
      {
        MD5: 'a',
        'SHA-1': 'b',
        'SHA-256': 'c',
        'SHA-512': 'd',
      },
    );
  });
});
