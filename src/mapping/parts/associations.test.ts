import { describe, expect, it } from 'vitest';
import {
  contextFor,
  EICAR,
  engineResult,
  fileReport,
  indicatorContextFor,
  ipAddressReport,
  stats,
} from '../../../test/helpers/mapping-samples.js';
import type { Association, AssociationKind } from '../../virustotal/schema-extras.js';
import type { MappingContext } from '../context.js';
import { noExtras, type ReportExtras } from '../contribution.js';
import { mapIpAddressReport } from '../ip-address.js';
import { readVerdict } from '../score.js';
import { associations } from './associations.js';

const ADDRESS = 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc';
const NOW = '2026-03-04T05:06:07.890Z';
const MARKINGS = ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'];
const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';
const gti: readonly AssociationKind[] = [
  'malware_families',
  'software_toolkits',
  'threat_actors',
  'campaigns',
  'reports',
  'vulnerabilities',
];
const context = contextFor('IPv4-Addr', '1.1.1.1', ADDRESS, { options: { gti } });

function association(changes: Partial<Association>): Association {
  return {
    kind: 'threat_actors',
    id: 'threat-actor--1',
    name: 'UNC0000',
    description: undefined,
    origin: 'Google Threat Intelligence',
    createdAt: new Date('2020-01-02T03:04:05Z'),
    modifiedAt: new Date('2025-01-02T03:04:05Z'),
    aliases: [],
    firstSeenAt: undefined,
    lastSeenAt: undefined,
    cve: undefined,
    link: undefined,
    ...changes,
  };
}

function extras(...found: readonly Association[]): ReportExtras {
  return { ...noExtras, answers: { associations: { entries: found, beyond: 0 } } };
}

function made(found: readonly Association[], inContext: MappingContext = context, verdict?: string) {
  const assessment = { verdict, severity: undefined, threatScore: undefined, description: undefined };
  const report = ipAddressReport({ gti: assessment });
  return associations({ report, verdict: readVerdict(report), context: inContext, extras: extras(...found) });
}

describe('associations of Google Threat Intelligence', () => {
  it('make an intrusion set of a threat actor, to which the observable is related', () => {
    const actor = association({
      description: 'First *line*,\nwrapped.\n\n![x](https://evil.example.org/x)',
      aliases: ['Example Bear (Example Vendor)', 'EXAMPLE BEAR', 'unc0000', 'x'],
      firstSeenAt: new Date('2019-01-01'),
      lastSeenAt: new Date('2025-02-01'),
    });
    expect(made([actor])).toEqual({
      objects: [
        {
          type: 'intrusion-set',
          id: 'intrusion-set--c8d132a1-daa7-56a3-8304-0d0a5c84f899',
          spec_version: '2.1',
          created: '2020-01-02T03:04:05.000Z',
          modified: '2025-01-02T03:04:05.000Z',
          created_by_ref: AUTHOR,
          object_marking_refs: MARKINGS,
          name: 'UNC0000',
          description: 'First \\*line\\*, wrapped.\n\n!\\[x\\](https\\[:\\]//evil.example.org/x)',
          aliases: ['Example Bear'],
          first_seen: '2019-01-01T00:00:00.000Z',
          last_seen: '2025-02-01T00:00:00.000Z',
          external_references: [
            {
              source_name: 'Google Threat Intelligence',
              description: 'Google Threat Intelligence',
              url: 'https://www.virustotal.com/gui/collection/threat-actor--1',
              external_id: 'threat-actor--1',
            },
          ],
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
          source_ref: ADDRESS,
          target_ref: 'intrusion-set--c8d132a1-daa7-56a3-8304-0d0a5c84f899',
        },
      ],
      indicated: ['intrusion-set--c8d132a1-daa7-56a3-8304-0d0a5c84f899'],
      sections: [
        {
          title: 'Google Threat Intelligence',
          lines: [
            '- **Threat actor:** [UNC0000](<https://www.virustotal.com/gui/collection/threat-actor--1>)',
          ],
        },
      ],
      remarks: [],
      counts: [
        {
          ids: ['intrusion-set--c8d132a1-daa7-56a3-8304-0d0a5c84f899'],
          clause: expect.any(Function) as unknown,
        },
      ],
    });
  });

  it.each([
    ['campaigns', 'Operation Aurora', 'campaign--266654e7-b68f-55ad-9254-c12816579aeb'],
    ['malware_families', 'Emotet', 'malware--36297121-bf18-56e1-b200-d39c9f9f5cee'],
    ['software_toolkits', 'Emotet', 'tool--36297121-bf18-56e1-b200-d39c9f9f5cee'],
  ] as const)('make of %s what the platform knows by its name', (kind, name, id) => {
    const [object] = made([association({ kind, name })])?.objects ?? [];
    expect(object).toMatchObject({ id, name, ...(kind === 'malware_families' ? { is_family: true } : {}) });
  });

  it.each([
    ['StixFile', ['peexe', 'cve-2017-11882'], 'targets'],
    ['StixFile', ['cve-2021-44228'], 'related-to'],
    ['Artifact', ['cve-2017-11882'], 'related-to'],
    ['Indicator', ['cve-2017-11882'], 'indicates'],
  ] as const)('of a %s with the tags %j link the vulnerability by %s', (type, tags, expected) => {
    const report = fileReport({ tags });
    const options = { options: { gti } };
    const within =
      type === 'Indicator'
        ? indicatorContextFor('StixFile', EICAR.sha256, options)
        : contextFor(type, EICAR.sha256, 'file--5a0c55a1-48a3-5003-9776-42946d1054cb', options);
    const known = association({ kind: 'vulnerabilities', name: 'Equation', cve: 'CVE-2017-11882' });
    const input = { report, verdict: readVerdict(report), context: within, extras: extras(known) };
    expect(associations(input)?.objects?.[1]).toMatchObject({ relationship_type: expected });
  });

  it('know a vulnerability by its CVE id, and leave out others', () => {
    const known = association({ kind: 'vulnerabilities', name: 'Log4Shell', cve: 'CVE-2021-44228' });
    const [object, ...others] = made([known, association({ kind: 'vulnerabilities' })])?.objects ?? [];
    expect(object).toMatchObject({
      id: 'vulnerability--693c68fd-9a33-5d6d-b44e-407b6a48b05b',
      name: 'CVE-2021-44228',
      external_references: [{}, { source_name: 'cve', external_id: 'CVE-2021-44228' }],
    });
    expect(others).toHaveLength(1);
  });

  it('make reports about the enriched object', () => {
    const report = association({
      kind: 'reports',
      id: 'report--24-1',
      name: 'My Report',
      createdAt: new Date('2024-01-02T03:04:05.000Z'),
      link: 'https://blog.example.org/post',
      origin: undefined,
    });
    expect(made([report])?.objects).toEqual([
      {
        type: 'report',
        id: 'report--c9d450c8-106b-5a1f-9970-8d45725ccae4',
        spec_version: '2.1',
        created: '2024-01-02T03:04:05.000Z',
        modified: '2025-01-02T03:04:05.000Z',
        created_by_ref: AUTHOR,
        object_marking_refs: MARKINGS,
        name: 'My Report',
        published: '2024-01-02T03:04:05.000Z',
        object_refs: [ADDRESS],
        external_references: [
          {
            source_name: 'Google Threat Intelligence',
            url: 'https://www.virustotal.com/gui/collection/report--24-1',
            external_id: 'report--24-1',
          },
          { source_name: 'blog.example.org', url: 'https://blog.example.org/post' },
        ],
      },
    ]);
  });

  it('name a report without a date in the Note only', () => {
    const { objects, sections } = made([association({ kind: 'reports', createdAt: undefined })]) ?? {};
    expect(objects).toEqual([]);
    expect(sections?.[0]?.lines).toHaveLength(1);
  });

  it('are indicated by an Indicator, unless Google calls its object benign', () => {
    const indicator = indicatorContextFor('IPv4-Addr', '1.1.1.1', { options: { gti } });
    const typeOf = (verdict: string | undefined) =>
      made([association({})], indicator, verdict)?.objects?.[1]?.relationship_type;
    expect([typeOf(undefined), typeOf('VERDICT_MALICIOUS'), typeOf('VERDICT_BENIGN')]).toEqual([
      'indicates',
      'indicates',
      'related-to',
    ]);
  });

  it('are indicated by the Indicator that is made of the verdict', () => {
    const engines = Array.from({ length: 10 }, (_, index) => engineResult(`Engine ${index}`, 'malicious'));
    const report = ipAddressReport({ stats: stats({ malicious: 10 }), results: engines });
    const { objects } = mapIpAddressReport(report, context, extras(association({})));
    expect(objects.filter(({ relationship_type }) => relationship_type === 'indicates')).toMatchObject([
      { target_ref: 'intrusion-set--c8d132a1-daa7-56a3-8304-0d0a5c84f899' },
    ]);
  });

  it('leave out the time last seen where it would lie before the first', () => {
    const [object] =
      made([association({ firstSeenAt: new Date('2025-01-01'), lastSeenAt: new Date('2024-01-01') })])
        ?.objects ?? [];
    expect(object).toMatchObject({ first_seen: '2025-01-01T00:00:00.000Z' });
    expect(object).not.toHaveProperty('last_seen');
  });

  it('keep hostile text bounded and harmless', () => {
    const hostile = association({
      name: `\u202e${'<b>'.repeat(1000)}`,
      description: '&\0'.repeat(500_000),
      aliases: Array.from({ length: 500 }, (_, index) => `alias ${index}`),
    });
    const [object] = made([hostile])?.objects ?? [];
    expect(String(object?.name)).toHaveLength(255);
    expect(String(object?.description).length).toBeLessThanOrEqual(4000);
    expect(object?.aliases).toHaveLength(50);
  });

  it.each([
    [160, '**Google Threat Intelligence:** 160 more in VirusTotal'],
    ['some', '**Google Threat Intelligence:** at least 1 more in VirusTotal'],
  ] as const)('say that there are more: %s', (beyond, remark) => {
    const report = ipAddressReport();
    const answers = { associations: { entries: [], beyond } };
    const input = { report, verdict: readVerdict(report), context, extras: { ...noExtras, answers } };
    expect(associations(input)?.remarks).toEqual([remark]);
  });

  it('are of the wanted kinds only, and say nothing without any', () => {
    const campaignsOnly = contextFor('IPv4-Addr', '1.1.1.1', ADDRESS, { options: { gti: ['campaigns'] } });
    expect(made([association({})], campaignsOnly)).toBeUndefined();
    expect(made([association({ name: 'x' })])).toBeUndefined();
    expect(
      associations({
        report: ipAddressReport(),
        verdict: readVerdict(ipAddressReport()),
        context,
        extras: noExtras,
      }),
    ).toBeUndefined();
  });
});
