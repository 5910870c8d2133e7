import { describe, expect, it } from 'vitest';
import {
  contextFor,
  contributionOf,
  EICAR,
  FILE,
  fileReport,
  indicatorContextFor,
  options,
  PROVENANCE,
} from '../../../test/helpers/mapping-samples.js';
import type { Technique } from '../../virustotal/schema-extras.js';
import type { FileReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Contribution } from '../contribution.js';
import { attackTechniques } from './attack-techniques.js';

const HOLLOWING = 'attack-pattern--237246d0-114a-50fb-85a9-2bac69ed0e45';
const POWERSHELL = 'attack-pattern--b4d20430-6a7e-59fd-b2e4-8d3f6be56a6a';
const EMOTET = 'malware--36297121-bf18-56e1-b200-d39c9f9f5cee';
const on = { options: { file: { ...options.file, attackTechniques: true } } };
const context = contextFor('StixFile', EICAR.sha256, FILE, on);

const hollowing: Technique = {
  id: 'T1055.012',
  name: 'Process Hollowing',
  tactics: [
    { id: 'TA0005', name: 'Defense Evasion' },
    { id: 'TA0004', name: 'Privilege Escalation' },
    { id: 'OB0006', name: 'Of another catalogue' },
  ],
  severity: 'HIGH',
  sandboxes: ['Zenbox', 'CAPE Sandbox'],
  signatures: ['Hollows a [process](https://example.com)'],
};
const discovery: Technique = {
  id: 'T1082',
  name: 'System Information Discovery',
  tactics: [{ id: 'TA0007', name: 'Discovery' }],
  severity: 'INFO',
  sandboxes: ['Zenbox'],
  signatures: ['1', '2', '3', '4', '5'],
};

function made(
  techniques: readonly Technique[],
  within: MappingContext = context,
  report: FileReport = fileReport(),
): Contribution | undefined {
  return contributionOf(attackTechniques, report, within, { answers: { behaviour_techniques: techniques } });
}

describe('ATT&CK techniques', () => {
  it('are attack patterns with phases and reference, and a table by tactic', () => {
    expect(made([hollowing])).toEqual({
      objects: [
        {
          type: 'attack-pattern',
          id: HOLLOWING,
          ...PROVENANCE,
          name: 'Process Hollowing',
          x_mitre_id: 'T1055.012',
          kill_chain_phases: [
            { kill_chain_name: 'mitre-attack', phase_name: 'defense-evasion' },
            { kill_chain_name: 'mitre-attack', phase_name: 'privilege-escalation' },
          ],
          external_references: [
            {
              source_name: 'mitre-attack',
              url: 'https://attack.mitre.org/techniques/T1055/012',
              external_id: 'T1055.012',
            },
          ],
        },
        {
          type: 'relationship',
          id: expect.stringMatching(/^relationship--/) as string,
          ...PROVENANCE,
          relationship_type: 'uses',
          source_ref: FILE,
          target_ref: HOLLOWING,
        },
      ],
      sections: [
        {
          title: 'ATT&CK techniques',
          lines: [
            '| Tactic | Technique | Severity | Sandboxes | Signatures |',
            '| --- | --- | --- | --- | --- |',
            '| Defense Evasion, Privilege Escalation, Of another catalogue | T1055.012 Process Hollowing | high | Zenbox, CAPE Sandbox | Hollows a \\[process\\](https\\[:\\]//example.com) |',
          ],
        },
      ],
      remarks: [],
      clauses: ['1 ATT&CK technique added'],
    });
  });

  it('stand in the table in the order of the tactics, with few of their signatures', () => {
    const lines = made([discovery, hollowing])?.sections?.[0]?.lines.slice(2);
    expect(lines?.map((line) => line.split(' | ')[1])).toEqual([
      'T1055.012 Process Hollowing',
      'T1082 System Information Discovery',
    ]);
    expect(lines?.[1]).toContain('| 1, 2, 3, 2 more |');
  });

  it('are used by the Malware that has most votes, when it is imported', () => {
    const both = { options: { file: { ...options.file, attackTechniques: true, malware: true } } };
    const report = fileReport({
      threatNames: ['trojan', 'emotet', 'heodo'].map((value) => ({ value, count: 9 })),
    });
    const objects = made([hollowing], contextFor('StixFile', EICAR.sha256, FILE, both), report)?.objects;
    expect(objects?.filter(({ relationship_type }) => relationship_type === 'uses')).toMatchObject([
      { source_ref: FILE, target_ref: HOLLOWING },
      { source_ref: EMOTET, target_ref: HOLLOWING },
    ]);
    expect(JSON.stringify(made([hollowing], context, report)?.objects)).not.toContain(EMOTET);
  });

  it('are indicated by an Indicator that is enriched', () => {
    expect(made([hollowing], indicatorContextFor('StixFile', EICAR.sha256, on))?.objects?.[1]).toMatchObject({
      relationship_type: 'indicates',
      target_ref: HOLLOWING,
    });
  });

  it('that were revoked are those that revoked them, each once', () => {
    const old: Technique = { ...discovery, id: 'T1086', name: 'PowerShell (old)', severity: 'MEDIUM' };
    const current: Technique = { ...hollowing, id: 'T1059.001', name: 'PowerShell' };
    const contribution = made([old, current]);
    expect(contribution?.objects?.[0]).toMatchObject({ id: POWERSHELL, name: 'PowerShell' });
    expect(contribution?.clauses).toEqual(['1 ATT&CK technique added']);
    expect(contribution?.sections?.[0]?.lines[2]).toContain('| high |');
    expect(made([old])?.objects?.[0]).toMatchObject({ x_mitre_id: 'T1059.001', name: 'PowerShell' });
  });

  it.each([
    ['T1073', 'T1574.001'],
    ['T1574.002', 'T1574.001'],
    ['T1502', 'T1134.004'],
    ['T1215', 'T1547.006'],
  ])('that were revoked as %s are %s', (id, current) => {
    expect(made([{ ...hollowing, id }])?.objects?.[0]).toMatchObject({ x_mitre_id: current });
  });

  it('that nobody knows keep their id, without phases', () => {
    const pattern = made([{ ...hollowing, id: 'T9999', tactics: [{ id: 'TA9999', name: undefined }] }])
      ?.objects?.[0];
    expect(pattern).toMatchObject({ x_mitre_id: 'T9999' });
    expect(pattern).not.toHaveProperty('kill_chain_phases');
  });

  it('without a name stand in the Note alone', () => {
    const contribution = made([{ ...hollowing, name: undefined }]);
    expect(contribution).toMatchObject({ objects: [], clauses: [] });
    expect(contribution?.sections?.[0]?.lines[2]).toContain('| T1055.012 |');
  });

  it('are bounded: those of lower severity are left out', () => {
    const many = Array.from({ length: 999 }, (_, index) => ({
      ...discovery,
      id: `T8${String(index).padStart(3, '0')}`,
    }));
    const contribution = made([...many, hollowing]);
    expect(contribution?.clauses).toEqual(['50 ATT&CK techniques added']);
    expect(contribution?.objects?.[0]).toMatchObject({ id: HOLLOWING });
    expect(contribution?.remarks).toEqual(['**ATT&CK techniques:** 950 more of lower severity are left out']);
  });

  it('are nothing when the option is off or none were seen', () => {
    expect(made([hollowing], contextFor('StixFile', EICAR.sha256, FILE))).toBeUndefined();
    expect(made([])).toBeUndefined();
  });
});
