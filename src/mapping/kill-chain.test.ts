import { describe, expect, it } from 'vitest';
import {
  contextFor,
  domainReport,
  engineResult,
  fileReport,
  ipAddressReport,
  options,
  stats,
  urlReport,
} from '../../test/helpers/mapping-samples.js';
import type { Technique } from '../virustotal/schema-extras.js';
import type { Report } from '../virustotal/schema.js';
import { noExtras } from './contribution.js';
import { mapDomainReport } from './domain-name.js';
import { killChainPhases } from './kill-chain.js';
import type { MappingOptions } from './options.js';

const on: MappingOptions = { ...options, indicators: { ...options.indicators, killChain: true } };

function technique(severity: string | undefined, ...tactics: string[]): Technique {
  return {
    id: 'T1055',
    name: 'Process Injection',
    tactics: tactics.map((id) => ({ id, name: undefined })),
    severity,
    sandboxes: [],
    signatures: [],
  };
}

function phases(report: Report, techniques: readonly Technique[] = []): string[] {
  const extras = { ...noExtras, answers: { behaviour_techniques: techniques } };
  return killChainPhases(report, on, extras).map(
    ({ kill_chain_name, phase_name }) => `${kill_chain_name}:${phase_name}`,
  );
}

describe('killChainPhases', () => {
  it('are the tactics of what sandboxes saw, each once, in the order of the matrix', () => {
    const techniques = [
      technique('LOW', 'TA0011', 'ta0005'),
      technique(undefined, 'TA0005', 'OB0006', 'TA0002'),
      technique('INFO', 'TA0007'),
    ];
    expect(phases(fileReport(), techniques)).toEqual([
      'mitre-attack:execution',
      'mitre-attack:defense-evasion',
      'mitre-attack:command-and-control',
    ]);
  });

  it.each([
    [{ Ransomware: 20, trojan: 30 }, ['mitre-attack:impact']],
    [{ keylogger: 5, worm: 4, stealer: 3 }, ['mitre-attack:lateral-movement', 'mitre-attack:collection']],
    [{ trojan: 9, pua: 9, constructor: 9, ['__proto__']: 9 }, []],
    [{ worm: 2 }, ['mitre-attack:lateral-movement']],
    // One engine is no category of a file, nor are two of thirty.
    [{ worm: 1 }, []],
    [{ trojan: 30, downloader: 2, ransomware: 1 }, []],
  ])('of the threat categories with the votes %j are %j', (votes, expected) => {
    const threatCategories = Object.entries(votes).map(([value, count]) => ({ value, count }));
    expect(phases(fileReport({ threatCategories }))).toEqual(expected);
  });

  it('of addresses, names and URLs need two voices that say the same', () => {
    const voice = (engine: string, result: string) => engineResult(engine, 'malicious', result);
    const said = (vendor: string, category: string) => ({ vendor, category });
    expect([
      phases(urlReport({ results: [voice('One', 'phishing site'), voice('one', 'Phishing')] })),
      phases(
        urlReport({ results: [voice('One', 'phishing')], categories: [said('Two', 'phishing and fraud')] }),
      ),
      phases(domainReport({ categories: [said('One', 'Command and Control'), said('Two', 'botnets')] })),
      phases(ipAddressReport({ results: [voice('One', 'c2'), voice('Two', 'malware')] })),
      phases(ipAddressReport({ results: [engineResult('One', 'harmless', 'phish'), voice('Two', 'phish')] })),
    ]).toEqual([[], ['mitre-attack:initial-access'], ['mitre-attack:command-and-control'], [], []]);
  });

  it('of URLs count what they are called as one voice', () => {
    const threatNames = ['C2/Generic-A', 'C2/Generic-B'];
    const categories = [
      { vendor: 'Dr.Web', category: 'known infection source' },
      { vendor: 'Forcepoint ThreatSeeker', category: 'bot networks' },
    ];
    expect([
      phases(urlReport({ threatNames })),
      phases(urlReport({ threatNames, categories })),
      phases(
        urlReport({ categories: [...categories, { vendor: 'Sophos', category: 'command and control' }] }),
      ),
    ]).toEqual([[], ['mitre-attack:command-and-control'], ['mitre-attack:command-and-control']]);
  });

  it('stand on the Indicator that is made of the verdict', () => {
    const report = domainReport({
      stats: stats({ malicious: 20, harmless: 60 }),
      categories: [
        { vendor: 'One', category: 'phishing' },
        { vendor: 'Two', category: 'Phishing' },
      ],
    });
    const context = contextFor('Domain-Name', 'example.com', 'domain-name--1', { options: on });
    expect(mapDomainReport(report, context).objects[0]).toMatchObject({
      type: 'indicator',
      kill_chain_phases: [{ kill_chain_name: 'mitre-attack', phase_name: 'initial-access' }],
    });
    const off = contextFor('Domain-Name', 'example.com', 'domain-name--1');
    expect(mapDomainReport(report, off).objects[0]).not.toHaveProperty('kill_chain_phases');
  });
});
