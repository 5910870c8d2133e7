import { describe, expect, it } from 'vitest';
import type { EnrichedOutcome } from '../../src/enrichment/outcome.js';
import type { JsonObject } from '../../src/shared/json.js';
import { OCTI_EXTENSION, scoreOf } from '../../src/stix/extensions.js';
import type { StixObject } from '../../src/stix/objects.js';
import { TLP_IDS } from '../../src/stix/markings.js';
import { eicar } from '../../src/simulators/virustotal/samples/demo-values.js';
import type { VtObject } from '../../src/virustotal/schema.js';
import { deliveredBundle, enrich, everyOption, faultsOf } from './enrichment-runs.js';
import { fullDomainBody, fullFileBody, fullIpAddressBody } from './full-reports.js';

/** An Indicator on several values of different kinds, with every option on: one bundle, in which nothing is twice. */

const ADDRESSES = ['1.2.3.4', '2606:4700::1111'];
const DOMAIN = 'evil.example.com';
const comparisons = [
  `ipv4-addr:value = '1.2.3.4'`,
  `ipv6-addr:value = '2606:4700::1111'`,
  `domain-name:value = '${DOMAIN}'`,
  `file:hashes.MD5 = '${eicar.md5}'`,
  `file:hashes.'SHA-256' = '${eicar.sha256}'`,
];
/** The platform lists one value for each comparison. */
const values: JsonObject[] = [
  { type: 'IPv4-Addr', value: '1.2.3.4' },
  { type: 'IPv6-Addr', value: '2606:4700::1111' },
  { type: 'Domain-Name', value: DOMAIN },
  { type: 'StixFile', hashes: { MD5: eicar.md5 } },
  { type: 'StixFile', hashes: { 'SHA-256': eicar.sha256 } },
];

const compound: JsonObject = {
  id: 'indicator--00000000-0000-4000-8000-000000000001',
  type: 'indicator',
  spec_version: '2.1',
  created: '2025-01-02T03:04:05.678Z',
  modified: '2025-01-02T03:04:05.678Z',
  name: 'demo',
  pattern: `[${comparisons.join(' OR ')}]`,
  pattern_type: 'stix',
  valid_from: '2025-01-02T03:04:05.678Z',
  object_marking_refs: [TLP_IDS['TLP:GREEN']],
  extensions: {
    [OCTI_EXTENSION]: {
      extension_type: 'property-extension',
      type: 'Indicator',
      score: 10,
      detection: true,
      main_observable_type: 'StixFile',
      observable_values: values,
    },
  },
};

const asked: string[] = [];

function bodyFor(object: VtObject): JsonObject | undefined {
  switch (object.kind) {
    case 'file':
      asked.push(object.hash);
      return fullFileBody;
    case 'ip_address':
      asked.push(object.address);
      return { data: { ...(fullIpAddressBody.data as JsonObject), id: object.address } };
    case 'domain':
      asked.push(object.name);
      return fullDomainBody;
    case 'url':
      return undefined;
  }
}

describe('an Indicator on addresses of both families, a name and a file', () => {
  it('gives one valid bundle without anything twice', async () => {
    asked.length = 0;
    const outcome = (await enrich(compound, { bodyFor }, everyOption)) as EnrichedOutcome;
    expect(outcome.status).toBe('enriched');
    expect(faultsOf(outcome, compound)).toEqual([]);
    expect(asked).toEqual([...ADDRESSES, DOMAIN, eicar.sha256]);

    const { objects } = deliveredBundle(outcome);
    const of = (type: string): StixObject[] => objects.filter((object) => object.type === type);
    expect(new Set(objects.map(({ id }) => id)).size).toBe(objects.length);
    // Whatever the ids: nothing that is known by a value or a hash is there under two of them.
    const identities = objects.flatMap(({ type, value, hashes }) => [
      ...(value === undefined ? [] : [`${type} ${JSON.stringify(value)}`]),
      ...Object.values((hashes ?? {}) as JsonObject).map((hash) => `${type} ${JSON.stringify(hash)}`),
    ]);
    expect(identities.filter((identity, index) => identities.indexOf(identity) !== index)).toEqual([]);
    expect(of('indicator').map(({ id }) => id)).toEqual([compound.id]);

    const basedOn = of('relationship').filter((object) => object.relationship_type === 'based-on');
    const targets = basedOn.map(({ target_ref }) => objects.find(({ id }) => id === target_ref));
    expect(targets.map((target) => target?.value ?? target?.hashes)).toEqual([
      ...ADDRESSES,
      DOMAIN,
      { MD5: eicar.md5, 'SHA-1': eicar.sha1, 'SHA-256': eicar.sha256 },
    ]);
    const results = of('note').map(({ abstract }) => String(abstract));
    expect(results.filter((title) => title.startsWith('VirusTotal results'))).toEqual(
      [...ADDRESSES, DOMAIN, eicar.sha256].map((value) => `VirusTotal results: ${value}`),
    );
  });

  it('takes the highest score, and of an Indicator by others neither validity nor detection', async () => {
    const { entity } = (await enrich(compound, { bodyFor }, everyOption)) as EnrichedOutcome;
    const scores: (number | undefined)[] = [];
    for (const comparison of comparisons.slice(0, 4)) {
      const single = { ...compound, pattern: `[${comparison}]`, extensions: undefined };
      const outcome = (await enrich(single, { bodyFor }, everyOption)) as EnrichedOutcome;
      scores.push(scoreOf(outcome.entity));
    }
    const known = scores.filter((score) => score !== undefined);
    expect(known).toHaveLength(4);
    expect(scoreOf(entity)).toBe(Math.max(...known));
    expect(entity).not.toHaveProperty('revoked');
    expect((entity.extensions as JsonObject)[OCTI_EXTENSION]).toMatchObject({ detection: true });
  });

  it('is the same for both families of address', async () => {
    const made = await Promise.all(
      [
        { type: 'ipv4-addr', id: 'ipv4-addr--00000000-0000-4000-8000-000000000001', value: ADDRESSES[0] },
        { type: 'ipv6-addr', id: 'ipv6-addr--00000000-0000-4000-8000-000000000001', value: ADDRESSES[1] },
      ].map(async (entity) => {
        const { objects } = (await enrich(entity, { bodyFor }, everyOption)) as EnrichedOutcome;
        const [indicator] = objects.filter(({ type }) => type === 'indicator');
        return {
          ...indicator,
          id: '',
          name: '',
          pattern: '',
          x_opencti_main_observable_type: '',
          external_references: [],
        };
      }),
    );
    expect(made[0]).toMatchObject({ type: 'indicator', x_opencti_detection: true });
    expect(made[1]).toEqual(made[0]);
  });
});
