import { describe, expect, it } from 'vitest';
import {
  createAuthor,
  createAutonomousSystem,
  createCountry,
  createIndicator,
  createNote,
  createRelationship,
  createValueObservable,
  stixTimestamp,
  type IndicatorInput,
  type Provenance,
} from './create.js';
import { TLP_IDS } from './markings.js';

const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';
const ADDRESS = 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4';
const NOW = '2026-03-04T05:06:07.089Z';
const provenance: Provenance = {
  now: new Date(NOW),
  authorId: AUTHOR,
  markings: [TLP_IDS['TLP:GREEN']],
};
const unmarked: Provenance = { ...provenance, markings: [] };

describe('createAuthor', () => {
  it('makes the same unmarked organisation every time', () => {
    expect(createAuthor()).toEqual({
      type: 'identity',
      spec_version: '2.1',
      id: AUTHOR,
      created: '2024-01-01T00:00:00.000Z',
      modified: '2024-01-01T00:00:00.000Z',
      name: 'VirusTotal',
      identity_class: 'organization',
    });
  });
});

describe('createRelationship', () => {
  it('names author and markings', () => {
    const target = 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc';
    expect(
      createRelationship('belongs-to', 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc', target, provenance),
    ).toEqual({
      type: 'relationship',
      spec_version: '2.1',
      id: 'relationship--3711db39-b33a-59bf-b0fd-e6949077d75d',
      created: NOW,
      modified: NOW,
      created_by_ref: AUTHOR,
      object_marking_refs: ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'],
      relationship_type: 'belongs-to',
      source_ref: 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc',
      target_ref: target,
    });
  });
});

describe('createNote', () => {
  const input = {
    subjectId: ADDRESS,
    kind: 'report',
    abstract: 'VirusTotal report',
    content: 'Report on 198.51.100.3',
    created: new Date('2025-01-02T03:04:05Z'),
  } as const;

  it('keeps its id and creation time when the content changes', () => {
    const first = createNote(input, provenance);
    const second = createNote(
      { ...input, content: 'Another report on 198.51.100.3' },
      { ...provenance, now: new Date('2026-05-01T00:00:00Z') },
    );
    expect(second.id).toBe(first.id);
    expect(second.created).toBe('2025-01-02T03:04:05.000Z');
    expect(second.modified).toBe('2026-05-01T00:00:00.000Z');
  });

  it('has a constant creation time when that of its subject is unknown', () => {
    expect(createNote({ ...input, created: undefined }, provenance).created).toBe('2024-01-01T00:00:00.000Z');
  });

  it('is never modified before it was created', () => {
    const later = new Date('2027-01-01T00:00:00Z');
    expect(createNote({ ...input, created: later }, provenance).modified).toBe('2027-01-01T00:00:00.000Z');
  });

  it('refers to its subject alone and carries no empty list of markings', () => {
    const note = createNote(input, unmarked);
    expect(note.object_refs).toEqual([ADDRESS]);
    expect(note).not.toHaveProperty('object_marking_refs');
  });
});

describe('createIndicator', () => {
  const input: IndicatorInput = {
    name: '198.51.100.3',
    pattern: "[ipv4-addr:value = '198.51.100.3']",
    patternType: 'stix',
    validFrom: new Date('2026-01-01T00:00:00Z'),
    mainObservableType: 'IPv4-Addr',
  };

  it('leaves out every optional property that has no value', () => {
    expect(
      createIndicator(
        { ...input, description: '', validUntil: undefined, score: undefined, externalReferences: [] },
        unmarked,
      ),
    ).toEqual({
      type: 'indicator',
      spec_version: '2.1',
      id: createIndicator(input, provenance).id,
      created: NOW,
      modified: NOW,
      created_by_ref: AUTHOR,
      name: '198.51.100.3',
      pattern: "[ipv4-addr:value = '198.51.100.3']",
      pattern_type: 'stix',
      valid_from: '2026-01-01T00:00:00.000Z',
      x_opencti_main_observable_type: 'IPv4-Addr',
    });
    expect(Object.keys(createIndicator({ ...input, score: undefined }, unmarked))).not.toContain(
      'x_opencti_score',
    );
  });

  it('keeps a score of zero and a detection of false', () => {
    const indicator = createIndicator({ ...input, score: 0, detection: false }, provenance);
    expect(indicator.x_opencti_score).toBe(0);
    expect(indicator.x_opencti_detection).toBe(false);
  });

  it('keeps an end of validity that is after the start', () => {
    const validUntil = new Date('2026-01-01T00:00:00.001Z');
    expect(createIndicator({ ...input, validUntil }, provenance).valid_until).toBe(
      '2026-01-01T00:00:00.001Z',
    );
  });

  it.each(['2026-01-01T00:00:00Z', '2025-12-31T00:00:00Z'])(
    'moves the end %s, which is not after the start, behind it',
    (end) => {
      const indicator = createIndicator({ ...input, validUntil: new Date(end) }, provenance);
      expect(indicator.valid_until).toBe('2026-01-01T00:00:01.000Z');
    },
  );

  it('refuses an end that is no date', () => {
    expect(() => createIndicator({ ...input, validUntil: new Date('never') }, provenance)).toThrow(
      RangeError,
    );
  });
});

describe('createCountry', () => {
  it('has the code in upper case as its name, so that it meets the country of other connectors', () => {
    expect(createCountry('us', unmarked)).toEqual({
      type: 'location',
      spec_version: '2.1',
      id: 'location--1ff17ffc-2cdc-5be5-931c-a3fb392dc43c',
      created: NOW,
      modified: NOW,
      created_by_ref: AUTHOR,
      name: 'US',
      country: 'US',
      x_opencti_location_type: 'Country',
    });
  });
});

describe('observables', () => {
  it('name their author in the property that OpenCTI reads on observables', () => {
    expect(
      createAutonomousSystem({ number: 64496, name: 'EXAMPLE-AS', rir: undefined }, provenance),
    ).toStrictEqual({
      type: 'autonomous-system',
      id: 'autonomous-system--9ad79ee3-2fde-5015-b0cc-7a96404effca',
      spec_version: '2.1',
      object_marking_refs: ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'],
      x_opencti_created_by_ref: AUTHOR,
      number: 64496,
      name: 'EXAMPLE-AS',
    });
  });

  it('have no case in domain names, but keep it in URLs', () => {
    const domain = createValueObservable('domain-name', 'Example.COM', unmarked);
    expect(domain.value).toBe('example.com');
    expect(domain.id).toBe('domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7');
    expect(createValueObservable('url', 'https://example.com/Path', unmarked).value).toBe(
      'https://example.com/Path',
    );
  });
});

describe('stixTimestamp', () => {
  it('has milliseconds and is in UTC', () => {
    expect(stixTimestamp(new Date('2026-01-01T02:00:00+02:00'))).toBe('2026-01-01T00:00:00.000Z');
  });

  it('refuses a date that is none', () => {
    expect(() => stixTimestamp(new Date('yesterday'))).toThrow(RangeError);
  });
});
