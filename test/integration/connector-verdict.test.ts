import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maliciousUrl } from '../../src/simulators/virustotal/samples/demo-values.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { notesAbout, objectsOf, refusals, workSettled } from '../helpers/enrichment-results.js';

/** The explained verdict, thresholds, labels and the community, through the broker and into the platform. */
describe('what is said of a verdict', () => {
  let world: ConnectorWorld;
  const workIds = new Map<string, string>();
  const entityIds = new Map<string, string>();

  beforeAll(async () => {
    world = await startConnectorWorld({
      variables: {
        VIRUSTOTAL_LABEL_PREFIX: 'vt:',
        VIRUSTOTAL_LABEL_COLOR: '#394EFF',
        VIRUSTOTAL_LABEL_VERDICT: 'true',
        VIRUSTOTAL_LABEL_DENY: 'cdn*',
        VIRUSTOTAL_IP_LABEL_TAGS: 'true',
        VIRUSTOTAL_TRUSTED_ENGINES: 'TRUSTED ONE,trusted two',
        VIRUSTOTAL_IP_INDICATOR_TRUSTED_POSITIVES: '2',
        VIRUSTOTAL_URL_INDICATOR_CREATE_POSITIVES: '1000',
        VIRUSTOTAL_DOMAIN_INDICATOR_CREATE_POSITIVES: '5',
        VIRUSTOTAL_DOMAIN_INDICATOR_COUNT_SUSPICIOUS: 'true',
        VIRUSTOTAL_IMPORT_COMMENTS: 'true',
        VIRUSTOTAL_IMPORT_VOTES: 'true',
      },
    });
    const { catalog } = world.virusTotal;
    const judged = (category: string, result: string | null) => ({ category, result, method: 'blacklist' });
    catalog.addIp('203.0.114.9', {
      tags: ['vpn', 'cdn-hosted'],
      last_analysis_stats: { malicious: 2, suspicious: 0, harmless: 60, undetected: 30, timeout: 0 },
      last_analysis_results: {
        'Trusted One': judged('malicious', 'malware'),
        'Trusted Two': judged('malicious', 'malware'),
        Other: judged('harmless', 'clean'),
      },
      total_votes: { malicious: 3, harmless: 1 },
      reputation: -9,
    });
    catalog.relate({ type: 'ip_address', id: '203.0.114.9' }, 'comments', [
      {
        type: 'comment',
        id: 'i-203.0.114.9-0000000a',
        attributes: { text: 'Scans us\n# daily', date: 1_750_000_000, votes: { positive: 2 } },
        relationships: { author: { data: { type: 'user', id: 'demo_user' } } },
      },
    ]);
    catalog.addDomain('odd.example.com', {
      last_analysis_stats: { malicious: 3, suspicious: 2, harmless: 60, undetected: 30, timeout: 0 },
      last_analysis_results: {},
    });
    for (const [type, value] of [
      ['IPv4-Addr', '203.0.114.9'],
      ['Domain-Name', 'odd.example.com'],
      ['Url', maliciousUrl],
    ] as const) {
      const entityId = world.platform.addObservable(type, { value }).standardId;
      entityIds.set(type, entityId);
      workIds.set(type, await world.platform.requestEnrichment({ entityId }));
    }
    for (const workId of workIds.values()) await workSettled(world.platform, workId, 30_000);
  });

  afterAll(async () => {
    await world.close();
  });

  const objects = (type: string) => objectsOf(world.platform, workIds.get(type) ?? '');
  const descriptions = (type: string) =>
    objects(type).flatMap((object) => (object.type === 'indicator' ? [object.description] : []));

  it('opens the note with the reason, the trusted engines first', () => {
    const [note] = objects('IPv4-Addr').filter(({ abstract }) => abstract === 'VirusTotal results');
    const lines = String(note?.content)
      .split('\n')
      .filter((line) => line !== '');
    expect(lines.slice(0, 5)).toEqual([
      '**VirusTotal: 2 of 92 engines call this IP address malicious (2/92).**',
      'The score of 2 is the percentage of malicious among malicious, harmless and undetected (2 of 92).' +
        ' Its reputation in the community is -9, with 3 votes for malicious and 1 for harmless.',
      '**Trusted engines**: Trusted One: malicious, Trusted Two: malicious',
      '**Malicious (2)**: malware (Trusted One, Trusted Two)',
      '**Not malicious (90)**: 60 harmless (Other and 59 more); 30 undetected',
    ]);
  });

  it('creates Indicators by trusted engines and by suspicious verdicts, and says so', () => {
    expect(descriptions('IPv4-Addr')).toEqual([
      'VirusTotal: 2 of 92 engines call this IP address malicious, among them Trusted One, Trusted Two (threshold 2 of the trusted engines).',
    ]);
    expect(descriptions('Domain-Name')).toEqual([
      'VirusTotal: 3 of 95 engines call this domain malicious, 2 suspicious (threshold 5, suspicious verdicts counted).',
    ]);
    expect(descriptions('Url')).toEqual([]);
  });

  it('labels with the prefix and the colour, each label made once and before its bundle', () => {
    const labelsOf = (type: string) =>
      world.platform.entities().find(({ standardId }) => standardId === entityIds.get(type))?.labels;
    expect(labelsOf('IPv4-Addr')).toEqual(['vt:malicious', 'vt:vpn']);
    expect(labelsOf('Domain-Name')).toEqual(['vt:malicious']);
    expect(labelsOf('Url')).toEqual(['vt:suspicious']);
    expect(world.platform.labels.map(({ value, color }) => [value, color]).sort()).toEqual([
      ['vt:malicious', '#394eff'],
      ['vt:suspicious', '#394eff'],
      ['vt:vpn', '#394eff'],
    ]);
    expect(world.platform.operationsOf('labelAdd')).toHaveLength(3);
  });

  it('writes comments and votes into a note of their own', () => {
    const [note, ...others] = objects('IPv4-Addr').filter(
      ({ abstract }) => abstract === 'VirusTotal community',
    );
    expect(others).toEqual([]);
    expect(note?.content).toBe(
      [
        '**VirusTotal: 1 comment of the community on this IP address.**',
        '',
        '- **Looked up:** `203.0.114.9`',
        '- **Votes:** 3 malicious, 1 harmless; reputation -9',
        '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/ip-address/203.0.114.9>)',
        '',
        '*Written by strangers: nobody has checked it.*',
        '',
        '**2025-06-15 15:06:40 UTC**, demo\\_user (2 votes for it)',
        '',
        '> Scans us  ',
        '> \\# daily',
      ].join('\n'),
    );
    expect(notesAbout(world.platform, entityIds.get('IPv4-Addr') ?? '')).toHaveLength(2);
  });

  it('is all imported', () => {
    expect(refusals(world.platform)).toEqual([]);
  });
});
