import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import { extraPath } from '../../src/virustotal/extra-questions.js';
import { enrichedEntities, marked } from './enriched-entities.js';
import { enrich, faultsOf } from './enrichment-runs.js';
import { fullDomainBody, fullFileBody, fullIpAddressBody, fullUrlBody } from './full-reports.js';

/** What strangers write into WHOIS and collections still gives a valid bundle, of a bounded size. */

const bodies = {
  file: fullFileBody,
  ip_address: fullIpAddressBody,
  domain: fullDomainBody,
  url: fullUrlBody,
};
type Kind = keyof typeof bodies;
const HOSTILE = '\u0000\u202e<script>|`*_[x](javascript:1)\ud800 https://evil.example.org ';

function bodyWith(kind: Kind, attributes: JsonObject): JsonObject {
  const data = bodies[kind].data as JsonObject;
  return { data: { ...data, attributes: { ...(data.attributes as JsonObject), ...attributes } } };
}

function collections(...attributes: readonly JsonObject[]): JsonObject {
  return {
    data: attributes.map((one, index) => ({
      type: 'collection',
      id: `c${index}${HOSTILE}`,
      attributes: one,
    })),
  };
}

async function faultsWith(kind: Kind, attributes: JsonObject, associations: JsonObject): Promise<string[]> {
  const body = bodyWith(kind, attributes);
  const { id } = body.data as { id: string };
  const path = extraPath('associations', { kind, id }) ?? '';
  const faults: string[] = [];
  for (const { about, entity } of enrichedEntities.map(marked).filter((each) => each.kind === kind)) {
    const outcome = await enrich(entity, { bodyFor: () => body, extras: { [path]: associations } });
    if (outcome.status !== 'enriched') faults.push(`${about}: ${outcome.status}`);
    else faults.push(...faultsOf(outcome, entity).map((fault) => `${about}: ${fault}`));
  }
  return faults;
}

const TYPES = ['threat-actor', 'campaign', 'malware-family', 'software-toolkit', 'vulnerability', 'report'];

describe.each(['file', 'ip_address', 'domain', 'url'] as const)('everything around a %s', (kind) => {
  it('is valid in a bundle', async () => {
    const found = TYPES.map((collection_type) => ({
      collection_type,
      name: collection_type === 'vulnerability' ? 'CVE-2021-44228' : `Example ${collection_type}`,
      description: 'Invented.',
      creation_date: 1_700_000_000,
      last_modification_date: 1_600_000_000,
      alt_names_details: [{ value: 'Another name (Vendor)', confidence: 'confirmed' }],
      first_seen_details: [{ value: '2021-01-01T00:00:00Z' }],
      last_seen_details: [{ value: '2020-01-01T00:00:00Z' }],
      link: 'https://blog.example.org/post',
    }));
    const whois =
      'Registrant Organization: Evil Holdings\nRegistrant Email: a@evil.example.org\nName Server: ns1.evil.example.org\n';
    expect(await faultsWith(kind, { whois }, collections(...found))).toEqual([]);
  });

  it('is valid in a bundle when it is hostile', async () => {
    const long = HOSTILE.repeat(20_000);
    const found = TYPES.map((collection_type) => ({
      collection_type,
      name: collection_type === 'vulnerability' ? `cve-2021-44228` : long,
      description: long,
      creation_date: 1,
      alt_names_details: Array.from({ length: 300 }, (_, index) => ({ value: `${index}${HOSTILE}` })),
      origin: long,
      link: `https://evil.example.org/\ud800\0`,
    }));
    const whois = [
      'Registrant Organization',
      'Registrant Email',
      'Name Server',
      'OrgName',
      'Country',
      'Registrar',
    ]
      .map((key) => `${key}: ${long}\n${key}: ${HOSTILE}\n`)
      .join('');
    const subject = { CN: long };
    const changes = {
      whois,
      jarm: long,
      favicon: { raw_md5: '7'.repeat(32), dhash: long },
      network: HOSTILE,
      last_https_certificate: { thumbprint: '7'.repeat(40), subject, issuer: subject, serial_number: long },
    };
    expect(await faultsWith(kind, changes, collections(...found))).toEqual([]);
  });
});

describe('any collection', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.webUrl(),
  );
  const details = fc.oneof(value, fc.array(fc.oneof(value, fc.record({ value, confidence: value }))));

  it('gives a valid bundle', async () => {
    const collection = fc.record({
      collection_type: fc.constantFrom(...TYPES),
      name: fc.oneof(value, fc.constant('CVE-2021-44228'), fc.string({ minLength: 2 })),
      description: value,
      creation_date: fc.oneof(value, fc.integer({ min: 0, max: 4_000_000_000 })),
      last_modification_date: fc.oneof(value, fc.integer({ min: 0, max: 4_000_000_000 })),
      alt_names_details: details,
      first_seen_details: details,
      last_seen_details: details,
      link: value,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(collection, { maxLength: 6 }), async (found) => {
        expect(await faultsWith('ip_address', {}, collections(...found))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
