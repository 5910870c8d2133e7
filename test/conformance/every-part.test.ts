import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import { intelligenceCatalog, loader } from '../../src/simulators/virustotal/samples/intelligence-catalog.js';
import { sampleBehaviourTrees } from '../../src/simulators/virustotal/samples/behaviours.js';
import { extraPath } from '../../src/virustotal/extra-questions.js';
import type { VtObject } from '../../src/virustotal/schema.js';
import { enrichedEntities, marked, type EnrichedEntity } from './enriched-entities.js';
import { deliveredBundle, enrich, faultsOf } from './enrichment-runs.js';
import { bodyWithRelated } from './related-reports.js';

/**
 * Every part of the mapping at once, for every type that can be enriched: no dangling reference, no object without the
 * markings of the source, no two ids for one thing.
 */

const catalog = intelligenceCatalog();
const SIGMA_RULE = '0123456789abcdef'.repeat(4);
const YARA = 'rule demo_eicar_digest { condition: true } rule demo_printable_start { condition: true }';

/** What makes each part say something, beyond the full reports. */
const more: JsonObject = {
  network: '1.2.3.0/24',
  whois:
    'Registrant Organization: Evil Holdings\nRegistrant Email: a@evil.example.org\nName Server: ns1.evil.example.org\nOrgName: Evil Hosting\n',
  popular_threat_classification: {
    popular_threat_name: [{ value: 'demoloader', count: 8 }],
    popular_threat_category: [{ value: 'trojan', count: 8 }],
  },
  crowdsourced_ids_results: [
    {
      rule_id: '1:9000001',
      rule_msg: 'Demo',
      rule_source: 'Example Open Rules',
      rule_raw: 'alert tcp any any -> any any (msg:"Demo"; sid:9000001; rev:1;)',
    },
  ],
};

function bodyFor(object: VtObject): JsonObject {
  const data = bodyWithRelated(object).data as JsonObject;
  const network =
    object.kind === 'ip_address' && object.address.includes(':') ? '2606:4700::/32' : more.network;
  return { data: { ...data, attributes: { ...(data.attributes as JsonObject), ...more, network } } };
}

/** The answers to everything that is asked beyond the report on these objects. */
function extras(): Record<string, JsonObject> {
  const list = (name: string): JsonObject => ({
    data: catalog
      .related({ type: 'file', id: loader.sha256 }, name)
      .map(({ type, id, attributes }) => ({ type, id, attributes })),
  });
  const objects: readonly VtObject[] = [
    { kind: 'file', hash: loader.sha256 },
    { kind: 'ip_address', address: '1.2.3.4' },
    { kind: 'ip_address', address: '2606:4700::1111' },
    { kind: 'domain', name: 'evil.example.com' },
    { kind: 'url', url: 'http://evil.example.com/' },
  ];
  const answers: Record<string, JsonObject> = {};
  for (const object of objects) {
    const { id } = bodyFor(object).data as { id: string };
    const subject = { kind: object.kind, id };
    const host = object.kind === 'domain' ? id : 'n1.example.com';
    const ip_address = object.kind === 'ip_address' ? id : '1.2.3.9';
    const resolutions = {
      data: [
        { type: 'resolution', id: 'x', attributes: { ip_address, host_name: host, date: 1_700_000_000 } },
      ],
    };
    const asked = {
      comments: list('comments'),
      associations: list('associations'),
      resolutions,
      behaviour_techniques: { data: sampleBehaviourTrees() },
    } as const;
    for (const name of ['comments', 'associations', 'resolutions', 'behaviour_techniques'] as const) {
      const path = extraPath(name, subject);
      if (path !== undefined) answers[path] = asked[name];
    }
  }
  const detection = { condition: 'selection', details: { selection: '{"CommandLine":"x"}' } };
  answers[`/sigma_rules/${SIGMA_RULE}`] = {
    data: { id: SIGMA_RULE, attributes: { title: 'Demo', log_source: { product: 'windows' }, detection } },
  };
  return answers;
}

const THREATS = ['malware', 'tool', 'intrusion-set', 'campaign', 'vulnerability', 'report'];
const OF_EVERYTHING: Readonly<Record<EnrichedEntity['kind'], readonly string[]>> = {
  file: [...THREATS, 'attack-pattern', 'malware-analysis', 'domain-name', 'ipv4-addr', 'url'],
  ip_address: [
    ...THREATS,
    'autonomous-system',
    'location',
    'x509-certificate',
    'identity',
    'domain-name',
    'file',
  ],
  domain: [...THREATS, 'x509-certificate', 'identity', 'email-addr', 'domain-name', 'ipv4-addr', 'file'],
  url: [...THREATS, 'file', 'ipv4-addr', 'url'],
};

describe.each([...enrichedEntities, ...enrichedEntities.map(marked)])(
  'every part at once for: $about',
  ({ kind, entity }) => {
    it('is one valid bundle, and the same one again', async () => {
      const answers = { bodyFor, extras: extras(), rulesets: { '00dec00001': YARA, '00dec00002': YARA } };
      const outcome = await enrich(entity, answers);
      if (outcome.status !== 'enriched') throw new Error(outcome.message);
      expect(faultsOf(outcome, entity)).toEqual([]);
      const types = new Set(
        deliveredBundle(outcome).objects.map((object) => object.pattern_type ?? object.type),
      );
      for (const type of OF_EVERYTHING[kind]) expect(types, type).toContain(type);
      const makesRules = kind === 'file' && entity.type !== 'indicator';
      for (const rule of ['yara', 'sigma', 'suricata']) expect(types.has(rule), rule).toBe(makesRules);
      expect(await enrich(entity, answers)).toEqual(outcome);
    });
  },
);
