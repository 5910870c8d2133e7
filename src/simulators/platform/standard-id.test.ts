import { describe, expect, it } from 'vitest';
import { standardId } from './standard-id.js';
import { gateOf } from './version.js';

const newest = gateOf('7.260817.0');

describe('standardId', () => {
  it.each([
    ['ipv4-addr', 'IPv4-Addr', { value: '1.1.1.1' }, 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc'],
    [
      'domain-name',
      'Domain-Name',
      { value: 'Example.COM' },
      'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7',
    ],
    ['hostname', 'Hostname', { value: 'www.example.com' }, 'hostname--3b96539c-807f-59c9-b4df-fe1865757b1e'],
    ['url', 'Url', { value: 'https://example.com/é' }, 'url--681cc340-7cd2-5db4-8c40-34f240adaced'],
    [
      'autonomous-system',
      'Autonomous-System',
      { number: 13335, name: 'any' },
      'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc',
    ],
    [
      'file',
      'StixFile',
      { hashes: { 'SHA-1': 'x', MD5: 'd41d8cd98f00b204e9800998ecf8427e' }, name: 'empty.bin' },
      'file--02fff920-f614-527c-81d1-6353633a6d21',
    ],
    ['file', 'StixFile', { name: 'empty.bin' }, 'file--1429fba1-de00-5421-9a99-319c5eccc6e7'],
    [
      'artifact',
      'Artifact',
      { url: 'https://example.com/a.bin' },
      'artifact--e900d50c-c3f3-5f11-83ce-901cec3b205a',
    ],
    [
      'indicator',
      'Indicator',
      { pattern: " [domain-name:value = 'example.com'] " },
      'indicator--7a77fc31-d147-5d72-a862-2102ca88d002',
    ],
    ['location', 'Country', { name: 'US' }, 'location--1ff17ffc-2cdc-5be5-931c-a3fb392dc43c'],
    [
      'location',
      'Position',
      { latitude: 48.8566, longitude: 2.3522 },
      'location--76554dbe-0dbc-52fa-816d-ca9e292f0551',
    ],
    [
      'identity',
      'Organization',
      { name: 'VirusTotal', identity_class: 'organization' },
      'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
    ],
    [
      'note',
      'Note',
      {
        content: '  hello world\n ',
        created: '2024-01-02T03:04:05.678Z',
        attribute_abstract: 'VirusTotal Report',
      },
      'note--a7f3e6a5-578b-5a0e-86b9-49150bb0f9ef',
    ],
    [
      'relationship',
      'belongs-to',
      {
        source_ref: 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc',
        target_ref: 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc',
      },
      'relationship--3711db39-b33a-59bf-b0fd-e6949077d75d',
    ],
  ])('of a %s (%s) is the one the platform computes', (stixType, entityType, attributes, id) => {
    expect(standardId(stixType, entityType, attributes, newest)).toBe(id);
  });

  it('keeps the case of a MITRE id before 7.260529', () => {
    const attributes = { name: 'PowerShell', x_mitre_id: 'T1059.001' };
    const idOn = (version: string): string | undefined =>
      standardId('attack-pattern', 'Attack-Pattern', attributes, gateOf(version));
    expect(idOn('7.260527.0')).toBe('attack-pattern--5a9d0c10-3eab-5b54-9d30-d9ae590d238b');
    expect(idOn('7.260529.0')).toBe('attack-pattern--b4d20430-6a7e-59fd-b2e4-8d3f6be56a6a');
  });

  it('leaves the abstract of a note out before 7.260416', () => {
    const attributes = {
      content: 'hello world',
      created: '2024-01-02T03:04:05.678Z',
      attribute_abstract: 'VirusTotal Report',
    };
    expect(standardId('note', 'Note', attributes, gateOf('6.9.22'))).toBe(
      'note--411b0941-531f-5745-8784-8fe2cca85457',
    );
  });

  it('is unknown for a type without a rule', () => {
    expect(standardId('opinion', 'Opinion', { explanation: 'x' }, newest)).toBeUndefined();
  });
});
