import { describe, expect, it } from 'vitest';
import {
  contextFor,
  engineResult,
  indicatorContextFor,
  stats,
  urlReport,
  type ContextChanges,
} from '../../test/helpers/mapping-samples.js';
import type { StixId } from '../stix/objects.js';
import { noExtras } from './contribution.js';
import { mapUrlReport } from './url.js';

const URL_ID: StixId = 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd';
const context = (changes?: ContextChanges) => contextFor('Url', 'https://example.com/', URL_ID, changes);

const made = {
  spec_version: '2.1',
  object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
  created: '2026-03-04T05:06:07.890Z',
  modified: '2026-03-04T05:06:07.890Z',
  created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
};
const reference = {
  source_name: 'VirusTotal',
  description: 'VirusTotal Report',
  url: 'https://www.virustotal.com/gui/url/0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7',
};

describe('mapUrlReport', () => {
  it('maps a malicious URL to Indicator, Notes and relationship', () => {
    const report = urlReport({
      stats: stats({ malicious: 11, harmless: 73, undetected: 9 }),
      results: [engineResult('Alpha', 'malicious', 'malware')],
      lastAnalysisDate: new Date('2025-08-07T07:38:25Z'),
      categories: [{ vendor: 'Alpha', category: 'known infection source' }],
    });
    expect(mapUrlReport(report, context())).toEqual({
      changes: {
        score: 12,
        labels: [],
        externalReferences: [reference],
        hashes: {},
        size: undefined,
        name: undefined,
        additionalNames: [],
        killChainPhases: [],
      },
      objects: [
        {
          type: 'indicator',
          id: 'indicator--e228dd02-c100-5d3b-8861-5b305d9df54f',
          ...made,
          name: 'https://example.com/',
          description: 'VirusTotal: 11 of 93 engines call this URL malicious (threshold 10).',
          pattern: "[url:value = 'https://example.com/']",
          pattern_type: 'stix',
          valid_from: '2026-03-04T05:06:07.890Z',
          valid_until: '2026-03-06T05:06:07.890Z',
          x_opencti_score: 12,
          x_opencti_detection: true,
          x_opencti_main_observable_type: 'Url',
          external_references: [reference],
        },
        {
          type: 'note',
          id: 'note--010c7145-ffef-5c48-98af-aa65b84db6ee',
          ...made,
          created: '2025-01-02T03:04:05.678Z',
          abstract: 'VirusTotal results',
          content: [
            '**VirusTotal: 11 of 93 engines call this URL malicious (11/93).**',
            '',
            '- **Looked up:** `https://example.com/`',
            '- **Score:** 12 (percentage of malicious among malicious, harmless and undetected)',
            '- **Engines:** 11 malicious, 0 suspicious, 73 harmless, 9 undetected',
            '- **Last analysis:** 2025-08-07 07:38:25 UTC',
            '- **Retrieved:** 2026-03-04 01:02:03 UTC',
            '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/url/0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7>)',
            '',
            '### Engines',
            '',
            '| Engine | Verdict | Result |',
            '| --- | --- | --- |',
            '| Alpha | malicious | malware |',
          ].join('\n'),
          object_refs: [URL_ID],
        },
        {
          type: 'note',
          id: 'note--50bf366d-2fda-5385-bf08-72998918b31e',
          ...made,
          created: '2025-01-02T03:04:05.678Z',
          abstract: 'VirusTotal categories',
          content: [
            '**VirusTotal: 1 vendor categorises this URL.**',
            '',
            '- **Looked up:** `https://example.com/`',
            '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/url/0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7>)',
            '',
            '| Vendor | Category |',
            '| --- | --- |',
            '| Alpha | known infection source |',
          ].join('\n'),
          object_refs: [URL_ID],
        },
        {
          type: 'relationship',
          id: 'relationship--07993a17-48ec-5837-b909-c9125f634630',
          ...made,
          relationship_type: 'based-on',
          source_ref: 'indicator--e228dd02-c100-5d3b-8861-5b305d9df54f',
          target_ref: URL_ID,
        },
      ],
      summary: {
        observable: { type: 'Url', value: 'https://example.com/' },
        detection: { malicious: 11, engines: 93 },
        score: 12,
        indicatorCreated: true,
        yaraRules: 0,
        yaraRulesLeftOut: 0,
        notes: 2,
        relationships: 1,
        clauses: [],
      },
    });
  });

  it('escapes quotes and backslashes in the pattern', () => {
    const value = "https://example.com/?q='\\|`";
    const { objects } = mapUrlReport(
      urlReport({ stats: stats({ malicious: 10 }) }),
      contextFor('Url', value, URL_ID),
    );
    expect(objects[0]).toMatchObject({
      name: value,
      pattern: "[url:value = 'https://example.com/?q=\\'\\\\|`']",
    });
    expect(String(objects[1]?.content).split('\n')[2]).toBe(
      "- **Looked up:** `https://example.com/?q='\\%7C%60`",
    );
  });

  it('shows the attributes, hostile or not, when the option is on', () => {
    const report = urlReport({
      url: 'https://example.com/',
      finalUrl: 'https://example.com/a|b',
      title: '</td><script>alert(1)</script>\n| https://evil.example |',
      responseCode: 404,
      responseBytes: 0,
      redirectionChain: ['https://example.com/', 'https://example.com/`x`'],
      threatNames: ['Mal/HTML_Gen-A'],
    });
    const { objects } = mapUrlReport(report, context({ options: { includeAttributesInNote: true } }), {
      ...noExtras,
      lastServingIpAddress: '192.0.2.7',
    });
    expect(String(objects[0]?.content).split('\n').slice(8, 21)).toEqual([
      '### Attributes',
      '',
      '| Attribute | Value |',
      '| --- | --- |',
      '| URL | `https://example.com/` |',
      '| Final URL | `https://example.com/a%7Cb` |',
      '| Title | &lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt; \\| https\\[:\\]//evil.example \\| |',
      '| Redirections | `https://example.com/`, `https://example.com/%60x%60` |',
      '| Last serving IP address | `192.0.2.7` |',
      '| HTTP response code | 404 |',
      '| Response size (bytes) | 0 |',
      '| Response SHA-256 | N/A |',
      '| Threat names | Mal/HTML\\_Gen-A |',
    ]);
  });

  it('makes Notes only when an Indicator is enriched', () => {
    const report = urlReport({ stats: stats({ malicious: 60 }) });
    const { objects } = mapUrlReport(report, indicatorContextFor('Url', 'https://example.com/'), {
      ...noExtras,
      lastServingIpAddress: '192.0.2.7',
    });
    expect(objects.map(({ type }) => type)).toEqual(['note']);
  });
});
