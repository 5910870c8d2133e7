import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import { sampleBehaviourTrees } from '../../src/simulators/virustotal/samples/behaviours.js';
import { eicar } from '../../src/simulators/virustotal/samples/demo-values.js';
import { enrichedEntities, marked } from './enriched-entities.js';
import { deliveredBundle, enrich, faultsOf } from './enrichment-runs.js';
import { fullFileBody } from './full-reports.js';
import { spoil } from './report-mutations.js';

/** What a file's report and the answers around it say about threats: judged by the rules of STIX and of OpenCTI. */

const HOSTILE = `<img src=x>|\`[a](https://evil.example)\u202e\0\n\ud800${'x'.repeat(300_000)}`;
const RULE = 'e'.repeat(64);

function sigmaRule(text: string): JsonObject {
  const attributes = {
    title: text,
    description: text,
    author: text,
    level: 'high',
    source: text,
    references: [text],
    log_source: { product: 'windows' },
    detection: { condition: 'selection', details: { selection: '{"CommandLine":"x"}' } },
  };
  return { data: { id: RULE, attributes } };
}

function behaviour(text: string): JsonObject {
  const techniques = Array.from({ length: 900 }, (_, index) => ({
    id: `T${1000 + index}.001`,
    name: text,
    signatures: [{ severity: 'HIGH', description: text }],
  }));
  const tactics = [{ id: 'TA0005', name: text, techniques }];
  return { data: { [text.slice(0, 100)]: { tactics }, ...(sampleBehaviourTrees() as object) } };
}

/** A report that says something in each part, with the text wherever there is text. */
function reportWith(text: string): unknown {
  const attributes: [string, unknown][] = [
    [
      'popular_threat_classification',
      { popular_threat_name: [text, 'emotet'].map((value) => ({ value, count: 9 })) },
    ],
    ['sandbox_verdicts', { [text.slice(0, 100)]: { category: text, malware_names: [text] } }],
    ['sigma_analysis_results', [{ rule_id: RULE, rule_title: text, rule_source: text }]],
    [
      'crowdsourced_ids_results',
      [
        {
          rule_id: text,
          rule_msg: text,
          rule_source: text,
          rule_url: text,
          rule_raw: 'alert tcp any any -> any any (msg:"demo"; sid:1;)',
        },
        { rule_id: text, rule_raw: text },
      ],
    ],
  ];
  return attributes.reduce<unknown>(
    (body, [name, value]) => spoil(body, ['data', 'attributes', name], value),
    fullFileBody,
  );
}

const subjects = enrichedEntities.filter(({ kind }) => kind === 'file').flatMap((one) => [one, marked(one)]);

describe.each([
  ['plain', 'Demo'],
  ['hostile', HOSTILE],
])('a file whose texts are %s', (_, text) => {
  it.each(subjects)('gives a valid bundle with every part for: $about', async ({ entity }) => {
    const extras = {
      [`/files/${eicar.sha256}/behaviour_mitre_trees`]: behaviour(text),
      [`/sigma_rules/${RULE}`]: sigmaRule(text),
    };
    const outcome = await enrich(entity, { bodyFor: () => reportWith(text), extras });
    if (outcome.status !== 'enriched') throw new Error(`the outcome is ${outcome.status}`);
    expect(faultsOf(outcome, entity)).toEqual([]);
    const { objects } = deliveredBundle(outcome);
    const types = new Set(objects.map((object) => object.pattern_type ?? object.type));
    expect(types).toContain('malware');
    expect(types).toContain('attack-pattern');
    expect(types).toContain('malware-analysis');
    const makesRules = entity.type !== 'indicator';
    expect([types.has('sigma'), types.has('suricata')]).toEqual([makesRules, makesRules]);
    expect(JSON.stringify(objects).length).toBeLessThan(500_000);
  });
});
