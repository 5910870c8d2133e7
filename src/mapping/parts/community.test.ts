import { describe, expect, it } from 'vitest';
import {
  AUTHOR_ID,
  contextFor,
  CREATED_AT,
  domainReport,
  indicatorContextFor,
  plainOptions,
  TLP_AMBER,
} from '../../../test/helpers/mapping-samples.js';
import type { Comment } from '../../virustotal/schema-extras.js';
import type { DomainReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import { noExtras, type Contribution } from '../contribution.js';
import type { CommunityOptions } from '../options.js';
import { readVerdict } from '../score.js';
import { community } from './community.js';

const subjectId = 'domain-name--3c3f6da0-29f8-5c3b-b1c1-2b3d1e1f2a01';

function comment(changes: Partial<Comment> = {}): Comment {
  return {
    id: 'd-example.com-0001',
    text: 'Seen in a phishing wave',
    author: 'demo_user',
    date: new Date('2025-06-15T15:06:40Z'),
    votes: { positive: 0, negative: 0, abuse: 0 },
    ...changes,
  };
}

function made(
  comments: readonly Comment[] | undefined,
  report: DomainReport = domainReport(),
  options: CommunityOptions = { comments: 10, votes: true },
  context?: MappingContext,
): Contribution | undefined {
  const changes = { options: { ...plainOptions, community: options } };
  return community({
    report,
    verdict: readVerdict(report),
    context: context ?? contextFor('Domain-Name', 'example.com', subjectId, changes),
    extras: { ...noExtras, answers: comments === undefined ? {} : { comments } },
  });
}

function contentOf(contribution: Contribution | undefined): string {
  const [note] = contribution?.objects ?? [];
  return note !== undefined && 'content' in note ? (note.content as string) : '';
}

describe('the Note of the community', () => {
  it('has the comments, newest first, with who wrote them and what others think of them', () => {
    const older = comment({
      id: 'd-2',
      author: 'other_user',
      text: 'Blocked here',
      date: new Date('2024-01-31T13:45:00Z'),
      votes: { positive: 3, negative: 1, abuse: 1 },
    });
    const report = domainReport({ votes: { malicious: 5, harmless: 4 }, reputation: -12 });
    expect(made([older, comment()], report)).toEqual({
      objects: [
        {
          type: 'note',
          id: 'note--990d28b6-7325-5b37-907f-1038ce631cb5',
          spec_version: '2.1',
          created: CREATED_AT.toISOString(),
          modified: '2026-03-04T05:06:07.890Z',
          created_by_ref: AUTHOR_ID,
          object_marking_refs: [TLP_AMBER],
          abstract: 'VirusTotal community',
          content: [
            '**VirusTotal: 2 comments of the community on this domain.**',
            '',
            '- **Looked up:** `example.com`',
            '- **Votes:** 5 malicious, 4 harmless; reputation -12',
            '- **Full report:** [open in VirusTotal](<https://www.virustotal.com/gui/domain/example.com>)',
            '',
            '*Written by strangers: nobody has checked it.*',
            '',
            '**2025-06-15 15:06:40 UTC**, demo\\_user',
            '',
            '> Seen in a phishing wave',
            '',
            '**2024-01-31 13:45:00 UTC**, other\\_user (3 votes for it, 1 vote against it, 1 report of abuse)',
            '',
            '> Blocked here',
          ].join('\n'),
          object_refs: [subjectId],
        },
      ],
      clauses: ['2 comments added'],
    });
  });

  it('has as many comments as wanted, and says that there are more', () => {
    const many = Array.from({ length: 12 }, (_, index) => comment({ id: `d-${index}` }));
    expect(contentOf(made(many))).toContain('the newest 10 of 12 comments');
    const page = Array.from({ length: 40 }, (_, index) => comment({ id: `d-${index}` }));
    const content = contentOf(made(page, domainReport(), { comments: 40, votes: false }));
    expect(content).toContain('the newest 40 of many comments');
    expect(content.match(/^> /gmu)).toHaveLength(40);
  });

  it('has its votes alone when nobody commented, and is none when nobody voted either', () => {
    const voted = domainReport({ votes: { malicious: 0, harmless: 1 } });
    expect(contentOf(made([], voted))).toContain(
      '**VirusTotal: the votes of the community on this domain.**',
    );
    expect(made([], voted)?.clauses).toEqual([]);
    expect(made([], voted, { comments: 10, votes: false })).toBeUndefined();
    expect(made(undefined, domainReport({ votes: { malicious: 0, harmless: 0 } }))).toBeUndefined();
    expect(made([comment()], voted, { comments: 0, votes: false })).toBeUndefined();
  });

  it('is the same Note whatever the comments say, and another for each value of an Indicator', () => {
    const idOf = (contribution: Contribution | undefined) => contribution?.objects?.[0]?.id;
    expect(idOf(made([comment({ text: 'Other' })]))).toBe(idOf(made([comment()])));
    const options = { ...plainOptions, community: { comments: 0, votes: true } };
    const voted = domainReport({ votes: { malicious: 1, harmless: 1 } });
    const [one, other] = ['example.com', 'example.net'].map((name) =>
      idOf(made(undefined, voted, undefined, indicatorContextFor('Domain-Name', name, { options }))),
    );
    expect(one).not.toBe(other);
  });

  it('is harmless and bounded, whatever strangers write', () => {
    const text = [
      '# Heading',
      '1. one',
      '- two',
      '===',
      '<img src=x onerror=alert(1)>',
      '[x](http://evil.example.com) \u202Egpj.exe\u0000',
      '```',
      'y'.repeat(1_000_000),
    ].join('\n');
    const hostile = comment({ text, author: '**<b>`x`**\n# y', date: undefined });
    const content = contentOf(made([hostile]));
    expect(content.split('\n').slice(-11)).toEqual([
      '**undated**, \\*\\*&lt;b&gt;\\`x\\`\\*\\* # y',
      '',
      '> \\# Heading  ',
      '> 1\\. one  ',
      '> \\- two  ',
      '> \\===  ',
      '> &lt;img src=x onerror=alert(1)&gt;  ',
      '> \\[x\\](http\\[:\\]//evil.example.com) gpj.exe  ',
      '> \\`\\`\\`  ',
      `> ${'y'.repeat(299)}…  `,
      '> …',
    ]);
    const flood = Array.from({ length: 40 }, (_, index) =>
      comment({ id: String(index), text: 'z\n'.repeat(9000) }),
    );
    expect(contentOf(made(flood, domainReport(), { comments: 40, votes: true })).length).toBeLessThan(10_000);
  });
});
