import { describe, expect, it } from 'vitest';
import { contextFor, engineResult, ipAddressReport, stats } from '../../test/helpers/mapping-samples.js';
import { createRelationship, createValueObservable } from '../stix/create.js';
import type { StixId } from '../stix/objects.js';
import type { IpAddressReport } from '../virustotal/schema.js';
import { contribute, noExtras, wantsNote, type Contribution, type Part } from './contribution.js';
import { assembleReport } from './mapped-report.js';
import { note, resultsNote } from './notes.js';
import { readVerdict } from './score.js';

const context = contextFor('IPv4-Addr', '198.51.100.3', 'ipv4-addr--01c7b0ef-b4ba-5ae4-9a29-8a0fdb0e0c9a');
const subjectId: StixId = context.subject.id;
const report = ipAddressReport({
  stats: stats({ malicious: 1, harmless: 1 }),
  results: [engineResult('Alpha', 'malicious')],
});
const verdict = readVerdict(report);

function made(...made: readonly (Contribution | undefined)[]) {
  const parts = made.map(
    (one): Part<IpAddressReport> =>
      () =>
        one,
  );
  return contribute(parts, { report, verdict, context, extras: noExtras });
}

function assembled(...contributions: readonly (Contribution | undefined)[]) {
  return assembleReport(
    report,
    verdict,
    { verdictIndicator: [], notes: [], contributions: made(...contributions) },
    context,
  );
}

describe('contributions', () => {
  const name = createValueObservable('domain-name', 'example.com', context);
  const resolves = createRelationship('resolves-to', name.id, subjectId, context);

  it('come into the bundle once each, relationships behind what they connect, Notes before them', () => {
    const further = note('comments', 'VirusTotal comments', 'Invented.', context);
    const { objects, summary } = assembled(
      { objects: [resolves, further, name], clauses: ['1 related observable added'] },
      undefined,
      { objects: [name, resolves] },
    );
    expect(objects.map(({ id }) => id)).toEqual([name.id, further.id, resolves.id]);
    expect(summary).toMatchObject({
      notes: 1,
      relationships: 1,
      clauses: ['1 related observable added'],
    });
  });

  it('hold neither the enriched object nor anything related to itself', () => {
    const self = createRelationship('related-to', subjectId, subjectId, context);
    const { objects } = assembled({ objects: [{ ...name, id: subjectId }, self, name, resolves] });
    expect(objects.map(({ id }) => id)).toEqual([name.id, resolves.id]);
  });

  it('add to what changes, and never overrule it', () => {
    const { changes } = assembled(
      { changes: { labels: ['vt:malicious'], score: 99, hashes: { MD5: 'a' } } },
      { changes: { labels: ['vt:malicious', 'vt:c2'], externalReferences: [{ source_name: 'X' }] } },
    );
    expect(changes).toMatchObject({
      score: 50,
      labels: ['vt:malicious', 'vt:c2'],
      externalReferences: [{ source_name: 'VirusTotal' }, { source_name: 'X' }],
      hashes: { MD5: 'a' },
    });
  });

  it('speak in the Note: below the headline, as points, and in sections of their own', () => {
    const contributions = made(
      { opening: ['Because Alpha says so.'], remarks: ['**Dropped files:** 37 left out'] },
      {
        sections: [
          { title: 'WHOIS', lines: ['Invented.'] },
          { title: 'Empty', lines: [] },
        ],
      },
    );
    const { content } = resultsNote(
      report,
      verdict,
      { engines: 'plain', attributes: [], contributions },
      context,
    );
    const lines = content.split('\n').filter((line) => line !== '');
    expect(lines[1]).toBe('Because Alpha says so.');
    expect(content).toContain(
      '\n- **Dropped files:** 37 left out\n\n### WHOIS\n\nInvented.\n\n### Engines\n',
    );
    expect(content).not.toContain('Empty');
  });

  it('are a reason for a Note when a point or a section has something to say', () => {
    expect(wantsNote(made({ remarks: ['x'] }))).toBe(true);
    expect(wantsNote(made({ sections: [{ title: 'X', lines: ['x'] }] }))).toBe(true);
    expect(wantsNote(made({ opening: ['x'], sections: [{ title: 'X', lines: [] }] }))).toBe(false);
  });
});
