import { describe, expect, it } from 'vitest';
import type { Bundle, StixObject } from '../../src/stix/objects.js';
import { stixFaults } from '../helpers/stix-validity.js';

/** The judge of the other tests, judged: every rule has a bundle that breaks it. */

const NOW = '2026-01-02T03:04:05.678Z';
const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';
const ADDRESS = 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4';
const SYSTEM = 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc';
const INDICATOR = 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51';
const COUNTRY = 'location--1ff17ffc-2cdc-5be5-931c-a3fb392dc43c';
const NOTE = 'note--4058e6cc-4426-5da6-8a84-7df60bc1195c';
const BELONGS_TO = 'relationship--3711db39-b33a-59bf-b0fd-e6949077d75d';
const FILE = 'file--02fff920-f614-527c-81d1-6353633a6d21';
const DOMAIN = 'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7';
const OTHER = 'note--a7f3e6a5-578b-5a0e-86b9-49150bb0f9ef';
const TLP_AMBER = 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82';
const AUTHORED = { created_by_ref: AUTHOR, object_marking_refs: [TLP_AMBER] } as const;
const OBSERVED = { x_opencti_created_by_ref: AUTHOR, object_marking_refs: [TLP_AMBER] } as const;
const DATED = { spec_version: '2.1', created: NOW, modified: NOW } as const;

/** One valid object of each kind. */
const valid = {
  author: { type: 'identity', id: AUTHOR, ...DATED, name: 'VirusTotal', identity_class: 'organization' },
  address: {
    type: 'ipv4-addr',
    id: ADDRESS,
    spec_version: '2.1',
    value: '198.51.100.3',
    object_marking_refs: [TLP_AMBER],
    extensions: { 'extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82': { score: 100 } },
  },
  system: { type: 'autonomous-system', id: SYSTEM, spec_version: '2.1', number: 64496, ...OBSERVED },
  country: {
    type: 'location',
    id: COUNTRY,
    ...DATED,
    name: 'US',
    country: 'US',
    x_opencti_location_type: 'Country',
    ...AUTHORED,
  },
  domain: { type: 'domain-name', id: DOMAIN, spec_version: '2.1', value: 'example.com', ...OBSERVED },
  file: {
    type: 'file',
    id: FILE,
    spec_version: '2.1',
    hashes: { MD5: 'd41d8cd98f00b204e9800998ecf8427e' },
    size: 0,
    ...OBSERVED,
  },
  indicator: {
    type: 'indicator',
    id: INDICATOR,
    ...DATED,
    name: '198.51.100.3',
    pattern: "[ipv4-addr:value = '198.51.100.3']",
    pattern_type: 'stix',
    valid_from: NOW,
    valid_until: '2026-01-04T03:04:05.678Z',
    x_opencti_score: 0,
    x_opencti_main_observable_type: 'IPv4-Addr',
    labels: ['a', 'b'],
    external_references: [{ source_name: 'VirusTotal', url: 'https://www.virustotal.com/gui/home' }],
    ...AUTHORED,
  },
  note: {
    type: 'note',
    id: NOTE,
    ...DATED,
    abstract: 'VirusTotal results',
    content: 'nothing',
    object_refs: [ADDRESS],
    ...AUTHORED,
  },
  belongsTo: {
    type: 'relationship',
    id: BELONGS_TO,
    ...DATED,
    relationship_type: 'belongs-to',
    source_ref: ADDRESS,
    target_ref: SYSTEM,
    ...AUTHORED,
  },
} as const satisfies Record<string, StixObject>;

type Kind = keyof typeof valid;

const surroundings = { markings: [TLP_AMBER], subject: ADDRESS };

function bundleWith(changes: Partial<Record<Kind, object>>, more: readonly object[] = []): Bundle {
  const objects = Object.entries(valid).map(([kind, object]) => ({ ...object, ...changes[kind as Kind] }));
  return {
    type: 'bundle',
    id: 'bundle--4058e6cc-4426-5da6-8a84-7df60bc1195c',
    objects: [...objects, ...more] as StixObject[],
  };
}

describe('stixFaults', () => {
  it('finds nothing in a valid bundle', () => {
    expect(stixFaults(bundleWith({}), surroundings)).toEqual([]);
  });

  it.each<[rule: string, kind: Kind, change: object, fault: string]>([
    ['types', 'domain', { type: 'mutex' }, `${DOMAIN}: its type mutex is none that this product emits`],
    [
      'the type in an id',
      'system',
      { type: 'file', hashes: { MD5: 'a'.repeat(32) } },
      `${SYSTEM}: its id does not begin with its type file`,
    ],
    ['required properties', 'note', { abstract: undefined }, `${NOTE}: abstract is missing`],
    ['the version', 'domain', { spec_version: '2.0' }, `${DOMAIN}: spec_version is not 2.1`],
    ['null', 'domain', { description: null }, `${DOMAIN}: description is null`],
    ['undefined', 'domain', { description: undefined }, `${DOMAIN}: description is undefined`],
    ['functions', 'domain', { description: () => 1 }, `${DOMAIN}: description is function`],
    ['numbers that are none', 'domain', { other: Number.NaN }, `${DOMAIN}: other is NaN`],
    ['infinite numbers', 'domain', { other: { deep: [-Infinity] } }, `${DOMAIN}: other.deep[0] is -Infinity`],
    ['empty lists', 'domain', { other: [] }, `${DOMAIN}: other is an empty list`],
    ['empty objects', 'domain', { extensions: {} }, `${DOMAIN}: extensions is an empty object`],
    ['empty texts', 'domain', { other: '' }, `${DOMAIN}: other is empty`],
    [
      'endless lists',
      'domain',
      { other: Array.from({ length: 251 }, (_, n) => n) },
      `${DOMAIN}: other has 251 items, 250 at most`,
    ],
    ['repetition in lists', 'domain', { labels: ['a', 'a'] }, `${DOMAIN}: labels has an item twice`],
    ['lone surrogates', 'note', { content: 'a\uD800b' }, `${NOTE}: content has a lone surrogate`],
    ['NULs', 'note', { content: 'a\0b' }, `${NOTE}: content has a NUL`],
    [
      'the length of texts',
      'note',
      { abstract: 'a'.repeat(301) },
      `${NOTE}: abstract has 301 characters, 300 at most`,
    ],
    [
      'the length of names in lists',
      'file',
      { x: ['a'.repeat(256)] },
      `${FILE}: x[0] has 256 characters, 255 at most`,
    ],
    [
      'timestamps without a zone',
      'note',
      { created: '2026-01-02T03:04:05.678' },
      `${NOTE}: created is no timestamp in UTC with milliseconds`,
    ],
    [
      'timestamps in another zone',
      'note',
      { modified: '2026-01-02T03:04:05.678+01:00' },
      `${NOTE}: modified is no timestamp in UTC with milliseconds`,
    ],
    [
      'days that do not exist',
      'indicator',
      { valid_from: '2025-02-30T00:00:00.000Z' },
      `${INDICATOR}: valid_from is no timestamp in UTC with milliseconds`,
    ],
    [
      'years beyond 9999',
      'indicator',
      { valid_until: '+010000-01-01T00:00:00.000Z', valid_from: '+009999-01-01T00:00:00.000Z' },
      `${INDICATOR}: valid_from is no timestamp in UTC with milliseconds`,
    ],
    [
      'modified before created',
      'note',
      { modified: '2026-01-02T03:04:05.677Z' },
      `${NOTE}: modified lies before created`,
    ],
    [
      'an end that is no later than the beginning',
      'indicator',
      { valid_until: NOW },
      `${INDICATOR}: valid_until does not lie behind valid_from`,
    ],
    [
      'scores above 100',
      'indicator',
      { x_opencti_score: 101 },
      `${INDICATOR}: x_opencti_score is 101, not a whole number from 0 to 100`,
    ],
    [
      'scores that are not whole',
      'address',
      { extensions: { a: { score: 0.5 } } },
      `${ADDRESS}: extensions.a.score is 0.5, not a whole number from 0 to 100`,
    ],
    [
      'AS numbers beyond 32 bits',
      'system',
      { number: 2_147_483_648 },
      `${SYSTEM}: number is 2147483648, not a whole number from 1 to 2147483647`,
    ],
    [
      'sizes beyond 32 bits',
      'file',
      { size: 2_147_483_648 },
      `${FILE}: size is 2147483648, not a whole number from 0 to 2147483647`,
    ],
    [
      'numbers that are not exactly known',
      'domain',
      { other: 2 ** 53 },
      `${DOMAIN}: other is 9007199254740992, not a whole number from -9007199254740991 to 9007199254740991`,
    ],
    [
      'references that are no id',
      'note',
      { object_refs: [ADDRESS, 'x'] },
      `${NOTE}: object_refs holds something else than STIX identifiers`,
    ],
    ['reference lists that are none', 'note', { object_refs: ADDRESS }, `${NOTE}: object_refs is no list`],
    [
      'single references that are no id',
      'country',
      { created_by_ref: 'x' },
      `${COUNTRY}: created_by_ref is not a STIX identifier`,
    ],
    [
      'references to nothing',
      'note',
      { object_refs: [OTHER] },
      `${NOTE}: object_refs refers to ${OTHER}, which nobody knows`,
    ],
    [
      'external references that OpenCTI drops',
      'indicator',
      { external_references: [{ source_name: 'a' }] },
      `${INDICATOR}: external_references[0] has neither url nor external_id: OpenCTI drops it`,
    ],
    [
      'external references without a source',
      'indicator',
      { external_references: [{ url: 'https://example.com/' }] },
      `${INDICATOR}: external_references[0] has no source_name`,
    ],
    [
      'external references to no page',
      'indicator',
      { external_references: [{ source_name: 'a', url: 'javascript:alert(1)' }] },
      `${INDICATOR}: external_references[0].url is no web address`,
    ],
    ['labels in capitals', 'indicator', { labels: ['A'] }, `${INDICATOR}: labels are not in lower case`],
    ['labels that are no texts', 'indicator', { labels: [1] }, `${INDICATOR}: labels is no list of texts`],
    ['names of one character', 'indicator', { name: 'a' }, `${INDICATOR}: name has less than two characters`],
    [
      'kinds of patterns',
      'indicator',
      { pattern_type: 'spl' },
      `${INDICATOR}: pattern_type is none of stix, yara, sigma, snort, suricata`,
    ],
    [
      'main observable types',
      'indicator',
      { x_opencti_main_observable_type: 'ipv4-addr' },
      `${INDICATOR}: x_opencti_main_observable_type is no type of observable`,
    ],
    [
      'classes of identities',
      'author',
      { identity_class: 'individual' },
      `${AUTHOR}: identity_class is not organization`,
    ],
    [
      'types of locations',
      'country',
      { x_opencti_location_type: 'City' },
      `${COUNTRY}: x_opencti_location_type is not Country`,
    ],
    [
      'country codes',
      'country',
      { country: 'Us', name: 'Us' },
      `${COUNTRY}: country and name are not one code of two capital letters`,
    ],
    ['IPv4 addresses', 'address', { value: '198.51.100.256' }, `${ADDRESS}: value is no IPv4 address`],
    [
      'domains in capitals',
      'domain',
      { value: 'Example.com' },
      `${DOMAIN}: value is not in lower case, as the platform keeps it`,
    ],
    [
      'hashes',
      'file',
      { hashes: { MD5: 'D41D8CD98F00B204E9800998ECF8427E' } },
      `${FILE}: hashes.MD5 is no MD5 in lower case`,
    ],
    [
      'hash algorithms',
      'file',
      { hashes: { SHA256: 'a' } },
      `${FILE}: hashes has the unknown algorithm SHA256`,
    ],
    [
      'missing markings',
      'system',
      { object_marking_refs: undefined },
      `${SYSTEM}: it lacks the marking ${TLP_AMBER}`,
    ],
    ['missing authors', 'system', { x_opencti_created_by_ref: undefined }, `${SYSTEM}: it has no author`],
    [
      'relationships that the platform refuses',
      'belongsTo',
      { relationship_type: 'located-at' },
      `${BELONGS_TO}: the platform refuses located-at from ipv4-addr to autonomous-system`,
    ],
    [
      'relationships of an object with itself',
      'belongsTo',
      { relationship_type: 'related-to', target_ref: ADDRESS },
      `${BELONGS_TO}: the platform refuses related-to from ipv4-addr to ipv4-addr`,
    ],
  ])('sees %s', (_, kind, change, fault) => {
    expect(stixFaults(bundleWith({ [kind]: change }), surroundings)).toContain(fault);
  });

  it('sees an id that is none', () => {
    const id = 'domain-name--BEDB4899-d24b-5401-bc86-8f6b4cc18ec7';
    expect(stixFaults(bundleWith({ domain: { id } }), surroundings)).toEqual([
      `${id}: its id is not a STIX identifier`,
    ]);
  });

  it('sees an IPv6 address with a zone', () => {
    const id = 'ipv6-addr--6469e3a9-b053-5e34-a025-9396ae051d26';
    const address = { type: 'ipv6-addr', id, spec_version: '2.1', value: 'fe80::1%eth0', ...OBSERVED };
    expect(stixFaults(bundleWith({}, [address]), surroundings)).toEqual([`${id}: value is no IPv6 address`]);
  });

  it.each<[thing: string, twin: object]>([
    ['Note', { ...valid.note, id: OTHER, object_refs: [SYSTEM] }],
    [
      'Indicator',
      { ...valid.indicator, id: 'indicator--7a77fc31-d147-5d72-a862-2102ca88d002', name: 'other' },
    ],
    ['domain', { ...valid.domain, id: 'domain-name--780351e5-83ad-5bbe-8883-0e6174c2df50' }],
    [
      'autonomous system',
      { ...valid.system, id: 'autonomous-system--1204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc', name: 'x' },
    ],
    ['country', { ...valid.country, id: 'location--b8d0549f-de06-5ebd-a6e9-d31a581dba5d' }],
    ['file', { ...valid.file, id: 'file--22f8ff52-8f62-5f03-a53a-6f50f54fd74c' }],
    [
      'file with another hash beside',
      {
        ...valid.file,
        id: 'file--22f8ff52-8f62-5f03-a53a-6f50f54fd74c',
        hashes: { ...valid.file.hashes, 'SHA-256': 'a'.repeat(64) },
      },
    ],
    ['relationship', { ...valid.belongsTo, id: 'relationship--7198c469-6aac-551e-aa93-7a2eda6f14c9' }],
  ])('sees two ids for one %s', (_, twin) => {
    expect(stixFaults(bundleWith({}, [twin]), surroundings)).toEqual([
      expect.stringMatching(/: it is the same thing as /),
    ]);
  });

  it('takes URLs that differ in case for two', () => {
    const url = (value: string, id: string): object => ({
      type: 'url',
      spec_version: '2.1',
      id,
      value,
      ...OBSERVED,
    });
    const urls = [
      url('https://example.com/a', 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd'),
      url('https://example.com/A', 'url--681cc340-7cd2-5db4-8c40-34f240adaced'),
    ];
    expect(stixFaults(bundleWith({}, urls), surroundings)).toEqual([]);
  });

  it('sees an object that is there twice', () => {
    expect(stixFaults(bundleWith({}, [valid.note]), surroundings)).toEqual([
      `${NOTE}: it is in the bundle twice`,
    ]);
  });

  it('sees an empty bundle and a bundle without an id', () => {
    expect(stixFaults({ type: 'bundle', id: 'bundle--1', objects: [] })).toEqual([
      "the bundle's id is not a STIX identifier",
      'the bundle is empty',
    ]);
  });

  it('sees an object of megabytes', () => {
    const more = 'é'.repeat(2_000_000);
    expect(stixFaults(bundleWith({ note: { more } }), surroundings)).toEqual([
      expect.stringMatching(/^note--\S+: it has 4000\d{3} bytes, 4000000 at most$/),
    ]);
  });

  it('sees a bundle that no platform takes, though each object may pass', () => {
    const notes = Array.from({ length: 450 }, (_, n) => ({
      ...valid.note,
      id: `note--00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      content: String(n).padStart(100_000),
    }));
    expect(stixFaults(bundleWith({}, notes), surroundings)).toEqual(['the bundle is too big']);
  });

  it('takes what exists on the platform for known', () => {
    const changed = bundleWith({ note: { object_refs: [OTHER] } });
    expect(stixFaults(changed, { ...surroundings, elsewhere: [OTHER] })).toEqual([]);
  });

  it.each([
    ["[url:value = 'https://example.com/\\'a\\\\b']", []],
    ["[file:hashes.'SHA-256' = 'a' OR file:hashes.MD5 = 'b']", []],
    [" [url:value = 'a']", ['has white space around it']],
    ["url:value = 'a'", ['does not begin with [']],
    ["['a' = 'b']", ['has no object path at 1']],
    ["[url:value ='a']", ['has no comparison with a text behind url:value']],
    ["[url:value = 'a'] OR [url:value = 'b']", []],
    ["[url:value = 'a'b']", ['goes on with something else than OR at 16']],
    ["[url:value = 'a'", ['goes on with something else than OR at 16']],
    ["[url:value = 'a", ['has a text that is never closed']],
    ["[url:value = 'a\\']", ['has a text that is never closed']],
    ["[url:value = 'a\\b']", ["escapes something else than \\ and ' at 15"]],
    ["[url:value = 'a'] x", ['goes on with something else than OR at 16']],
    ["[url:value = 'a'] OR x", ['goes on with something else than OR at 16']],
  ])('reads the pattern %s', (pattern, faults) => {
    expect(stixFaults(bundleWith({ indicator: { pattern } }), surroundings)).toEqual(
      faults.map((fault) => `${INDICATOR}: pattern ${fault}`),
    );
  });
});
