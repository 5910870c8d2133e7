import { describe, expect, it } from 'vitest';
import {
  contextFor,
  indicatorContextFor,
  ipAddressReport,
  plainOptions,
} from '../../../test/helpers/mapping-samples.js';
import type { StixId } from '../../stix/objects.js';
import type { IpAddressReport } from '../../virustotal/schema.js';
import { noExtras, type Contribution } from '../contribution.js';
import { mapIpAddressReport } from '../ip-address.js';
import { readVerdict } from '../score.js';
import { network } from './network.js';

const V4: StixId = 'ipv4-addr--e42c19b0-0b2c-5f1e-8a5e-0d1b1f0f7a11';
const V6: StixId = 'ipv6-addr--e42c19b0-0b2c-5f1e-8a5e-0d1b1f0f7a11';
const NOW = '2026-03-04T05:06:07.890Z';
const MARKINGS = ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'];
const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';

function options(addRelationships = true) {
  return { ip: { ...plainOptions.ip, addNetwork: true, addRelationships } };
}

function contributionFor(
  changes: Partial<IpAddressReport>,
  address = '8.8.8.8',
  isOn = true,
): Contribution | undefined {
  const type = address.includes(':') ? 'IPv6-Addr' : 'IPv4-Addr';
  const context = contextFor(
    type,
    address,
    type === 'IPv6-Addr' ? V6 : V4,
    isOn ? { options: options() } : {},
  );
  const report = ipAddressReport({ id: address, ...changes });
  return network({ report, verdict: readVerdict(report), context, extras: noExtras });
}

describe('the network of an address', () => {
  it('becomes an address with the CIDR as its value, which belongs to the autonomous system', () => {
    const { objects, sections } =
      contributionFor({ network: '8.8.8.0/24', asn: 15_169, asOwner: 'GOOGLE' }) ?? {};
    expect(objects).toEqual([
      {
        type: 'ipv4-addr',
        id: 'ipv4-addr--064bcc02-9726-56eb-947b-0571ca4c00e2',
        spec_version: '2.1',
        object_marking_refs: MARKINGS,
        x_opencti_created_by_ref: AUTHOR,
        value: '8.8.8.0/24',
      },
      {
        type: 'relationship',
        id: expect.stringMatching(/^relationship--/) as string,
        spec_version: '2.1',
        created: NOW,
        modified: NOW,
        created_by_ref: AUTHOR,
        object_marking_refs: MARKINGS,
        relationship_type: 'related-to',
        source_ref: V4,
        target_ref: 'ipv4-addr--064bcc02-9726-56eb-947b-0571ca4c00e2',
        description: 'Network of the address',
      },
      expect.objectContaining({ type: 'autonomous-system', number: 15_169, name: 'GOOGLE' }),
      expect.objectContaining({
        relationship_type: 'belongs-to',
        source_ref: 'ipv4-addr--064bcc02-9726-56eb-947b-0571ca4c00e2',
      }),
    ]);
    expect(sections).toEqual([{ title: 'Network', lines: ['- **Prefix:** `8.8.8.0/24`'] }]);
  });

  it.each([
    ['2001:4860::/32', '2001:4860:4860::8888', '2001:4860::/32'],
    ['2001:4860:0:0::/32', '2001:4860:4860::8888', '2001:4860::/32'],
    ['8.8.8.8/24', '8.8.8.8', '8.8.8.0/24'],
  ])('is written in its one form: %s around %s', (text, address, value) => {
    expect(contributionFor({ network: text }, address)?.objects?.[0]?.value).toBe(value);
  });

  it.each([
    ['8.8.8.8/32', '8.8.8.8'],
    ['0.0.0.0/0', '8.8.8.8'],
    ['9.9.9.0/24', '8.8.8.8'],
    ['2001:4860::/32', '8.8.8.8'],
    ['8.8.8.0/33', '8.8.8.8'],
    ['8.8/16', '8.8.8.8'],
    ['8.8.8.0 - 8.8.8.255', '8.8.8.8'],
    ['2001:4860:4860::8888/128', '2001:4860:4860::8888'],
  ])('is in the Note only when it is no network around the address: %s', (text, address) => {
    const { objects, sections } = contributionFor({ network: text }, address) ?? {};
    expect(objects).toEqual([]);
    expect(sections?.[0]?.lines).toEqual([`- **Prefix:** \`${text}\``]);
  });

  it('is left out with the option off, and without a network', () => {
    expect(contributionFor({ network: '8.8.8.0/24' }, '8.8.8.8', false)).toBeUndefined();
    expect(contributionFor({})).toBeUndefined();
  });

  it('comes without its autonomous system when relationships are off', () => {
    const context = contextFor('IPv4-Addr', '8.8.8.8', V4, { options: options(false) });
    const report = ipAddressReport({ network: '8.8.8.0/24', asn: 15_169 });
    const made = network({ report, verdict: readVerdict(report), context, extras: noExtras });
    expect(made?.objects?.map(({ type }) => type)).toEqual(['ipv4-addr', 'relationship']);
  });

  it('hangs on the observable when an Indicator is enriched', () => {
    const context = indicatorContextFor('IPv4-Addr', '8.8.8.8', { options: options(false) });
    const report = ipAddressReport({ network: '8.8.8.0/24' });
    const made = network({ report, verdict: readVerdict(report), context, extras: noExtras });
    expect(made?.objects?.map(({ type, relationship_type }) => relationship_type ?? type)).toEqual([
      'ipv4-addr',
      'based-on',
      'ipv4-addr',
      'related-to',
    ]);
  });
});

describe('an IPv6 address', () => {
  it('has its autonomous system, country and network like an IPv4 address', () => {
    const context = contextFor('IPv6-Addr', '2001:4860:4860::8888', V6, { options: options() });
    const report = ipAddressReport({ network: '2001:4860::/32', asn: 15_169, country: 'US' });
    const { objects } = mapIpAddressReport(report, context);
    expect(objects.map(({ type, relationship_type }) => relationship_type ?? type)).toEqual([
      'autonomous-system',
      'location',
      'ipv6-addr',
      'note',
      'belongs-to',
      'located-at',
      'related-to',
      'belongs-to',
    ]);
  });
});
