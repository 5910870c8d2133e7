import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import { eicar } from '../../src/simulators/virustotal/samples/demo-values.js';
import { identityOf, sampleFile, sampleMoment } from '../../src/simulators/virustotal/samples/reports.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { notesAbout, objectsOf, refusals, workSettled } from '../helpers/enrichment-results.js';

/** What a file's report and the questions around it say about threats, all the way to the platform. */

const RULES = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
const ET =
  'alert http $HOME_NET any -> $EXTERNAL_NET any (msg:"ET MALWARE Demo"; http.uri; content:"/demo"; sid:2036289; rev:1;)';
const SNORT = 'alert tcp $HOME_NET any -> any 80 (msg:"MALWARE-CNC Demo"; content:"demo"; sid:40000; rev:2;)';

const attributes: JsonObject = {
  first_submission_date: 1_148_322_863,
  crowdsourced_yara_results: [],
  popular_threat_classification: {
    suggested_threat_label: 'trojan.emotet/heodo',
    popular_threat_category: [{ value: 'trojan', count: 20 }],
    popular_threat_name: [
      { value: 'emotet', count: 30 },
      { value: 'agent', count: 9 },
    ],
  },
  sigma_analysis_results: RULES.map((rule_id) => ({ rule_id, rule_title: 'Demo', rule_level: 'high' })),
  crowdsourced_ids_results: [
    {
      rule_id: '1:2036289',
      rule_msg: 'ET MALWARE Demo',
      rule_source: 'Proofpoint Emerging Threats Open',
      rule_raw: ET,
      alert_severity: 'high',
    },
    {
      rule_id: '1:40000',
      rule_msg: 'MALWARE-CNC Demo',
      rule_source: 'Snort registered user ruleset',
      rule_raw: SNORT,
      alert_severity: 'medium',
    },
    { rule_id: '1:3', rule_msg: 'without text', rule_source: 'Snort registered user ruleset' },
  ],
};

const VARIABLES = {
  VIRUSTOTAL_FILE_IMPORT_MALWARE: 'true',
  VIRUSTOTAL_FILE_IMPORT_ATTACK_TECHNIQUES: 'true',
  VIRUSTOTAL_FILE_IMPORT_SANDBOX_VERDICTS: 'true',
  VIRUSTOTAL_FILE_IMPORT_SIGMA: 'true',
  VIRUSTOTAL_FILE_IMPORT_IDS: 'true',
};

let world: ConnectorWorld;

beforeEach(async () => {
  world = await startConnectorWorld({ variables: VARIABLES });
  const { catalog } = world.virusTotal;
  catalog.update({ type: 'file', id: eicar.sha256 }, attributes);
  for (const id of RULES.slice(0, 2)) catalog.put({ type: 'sigma_rule', id, attributes: sigmaRule(id) });
});

afterEach(async () => {
  await world.close();
});

/** The second is broken. */
function sigmaRule(id: string): JsonObject {
  return {
    title: `Demo ${id.slice(0, 4)}`,
    level: 'high',
    log_source: { product: 'windows', category: 'process_creation' },
    detection: {
      condition: id.startsWith('a') ? 'selection' : 'nothing',
      details: { selection: '{"CommandLine":"* +h *"}' },
    },
  };
}

async function enrichFile(hash: string): Promise<{ workId: string; entityId: string; message: string }> {
  const { platform } = world;
  const entity = platform.addObservable('StixFile', { hashes: { 'SHA-256': hash } });
  const workId = await platform.requestEnrichment({ entityId: entity.standardId });
  const work = await workSettled(platform, workId);
  return {
    workId,
    entityId: entity.standardId,
    message: work.messages.map(({ message }) => message).join('\n'),
  };
}

const askedPaths = (): string[] => world.virusTotal.log.entries.map(({ path }) => path).toSorted();

describe('a file with everything that says something about threats', () => {
  it('becomes Malware, techniques, analyses and rules, for one look-up and those that are named', async () => {
    const { workId, entityId, message } = await enrichFile(eicar.sha256);
    expect(refusals(world.platform)).toEqual([]);
    expect(message).toContain(
      'Indicator created; 1 malware family added; 1 ATT&CK technique added; 2 sandbox verdicts added; 1 Sigma rule imported, 2 left out; 2 IDS rules imported, 1 left out',
    );

    const objects = objectsOf(world.platform, workId);
    const types = objects.map((object) => String(object.pattern_type ?? object.type));
    expect(types.filter((type) => type !== 'relationship').toSorted()).toEqual(
      [
        'file',
        'identity',
        'note',
        'stix',
        'malware',
        'attack-pattern',
        'malware-analysis',
        'malware-analysis',
        'sigma',
        'snort',
        'suricata',
      ].toSorted(),
    );
    const name = (id: unknown): string => {
      const { type, pattern_type, name: called } = objects.find((object) => object.id === id) ?? {};
      return type === 'indicator' ? String(pattern_type) : String(called ?? type);
    };
    const relations = objects
      .filter(({ type }) => type === 'relationship')
      .map(
        (object) =>
          `${name(object.source_ref)} ${String(object.relationship_type)} ${name(object.target_ref)}`,
      );
    expect(relations.map((line) => line.replace('eicar.com', 'file')).toSorted()).toEqual(
      [
        'stix based-on file',
        'stix indicates Emotet',
        'file related-to Emotet',
        'file uses System Information Discovery',
        'Emotet uses System Information Discovery',
        'file related-to sigma',
        'file related-to snort',
        'file related-to suricata',
      ].toSorted(),
    );
    const [note] = notesAbout(world.platform, entityId);
    expect(String(note?.attributes.content)).toContain('### ATT&CK techniques');
    expect(String(note?.attributes.content)).toContain(
      '| Example Sandbox | malicious | 80 | MALWARE | EICAR |',
    );

    expect(askedPaths()).toEqual(
      [
        `/files/${eicar.sha256}`,
        `/files/${eicar.sha256}/behaviour_mitre_trees`,
        ...RULES.map((id) => `/sigma_rules/${id}`),
      ].toSorted(),
    );
  });

  it('asks nothing twice that the key may not use, and still has all the rest', async () => {
    const { catalog } = world.virusTotal;
    for (const id of RULES.slice(0, 2)) catalog.forbid({ type: 'sigma_rule', id });
    const other = identityOf('another file with rules', 'other.bin');
    catalog.addFile(
      sampleFile(other, {
        at: sampleMoment,
        verdicts: { malicious: 40 },
        attributes: {
          ...attributes,
          sigma_analysis_results: [{ rule_id: 'd'.repeat(64), rule_title: 'Demo' }],
        },
      }),
    );
    const first = await enrichFile(eicar.sha256);
    const second = await enrichFile(other.sha256);
    expect(first.message).toContain('1 ATT&CK technique added');
    expect(first.message).toContain('3 Sigma rules left out; 2 IDS rules imported');
    expect(second.message).toContain('1 malware family added; 1 Sigma rule left out; 2 IDS rules imported');
    const rules = askedPaths().filter((path) => path.startsWith('/sigma_rules/'));
    expect(rules).toEqual([`/sigma_rules/${RULES[0]}`]);
  });
});
