import { guiLink } from '../../virustotal/gui-link.js';
import type { Comment } from '../../virustotal/schema-extras.js';
import type { Report } from '../../virustotal/schema.js';
import type { Part } from '../contribution.js';
import { cell, codeSpan, composeNote, dateText, inlineText, quoteLines } from '../note-markdown.js';
import { note } from '../notes.js';
import { plainText } from '../plain-text.js';
import { counted } from '../time-span.js';
import { nounOf } from '../verdict-text.js';

/** One page, see `extra-questions.ts`: of a full one nobody knows how many follow. */
const PAGE_SIZE = 40;
const MAX_AUTHOR_LENGTH = 60;

/** What the community says: its newest comments, and its votes, in one Note that is updated in place. */
export const community: Part = ({ report, context, extras }) => {
  const { community: wanted } = context.options;
  const sent = wanted.comments > 0 ? (extras.answers.comments ?? []) : [];
  const shown = newestFirst(sent).slice(0, wanted.comments);
  const votes = wanted.votes ? votesLine(report) : undefined;
  if (shown.length === 0 && votes === undefined) return undefined;
  const noun = nounOf(context.observable.type);
  const content = composeNote([
    [`**VirusTotal: ${headline(sent.length, shown.length)} on this ${noun}.**`],
    [
      `- **Looked up:** ${cell(codeSpan(context.observable.value))}`,
      ...(votes === undefined ? [] : [votes]),
      `- **Full report:** [open in VirusTotal](<${guiLink(report.kind, report.id)}>)`,
    ],
    ...(shown.length === 0 ? [] : [['*Written by strangers: nobody has checked it.*']]),
    ...shown.flatMap((comment) => [[title(comment)], quoteLines(comment.text)]),
  ]);
  return {
    objects: [note('community', 'VirusTotal community', content, context)],
    clauses: shown.length === 0 ? [] : [`${counted(shown.length, 'comment')} added`],
  };
};

function headline(sent: number, shown: number): string {
  if (shown === 0) return 'the votes of the community';
  if (shown === sent && sent < PAGE_SIZE) return `${counted(sent, 'comment')} of the community`;
  return `the newest ${shown} of ${sent < PAGE_SIZE ? sent : 'many'} comments of the community`;
}

function votesLine({ votes, reputation }: Report): string | undefined {
  if (votes === undefined || votes.malicious + votes.harmless === 0) return undefined;
  const weighed = reputation === undefined ? '' : `; reputation ${reputation}`;
  return `- **Votes:** ${votes.malicious} malicious, ${votes.harmless} harmless${weighed}`;
}

function title({ author, date, votes }: Comment): string {
  const name = inlineText(plainText(author ?? '', MAX_AUTHOR_LENGTH));
  const judged = [
    ...(votes.positive > 0 ? [`${counted(votes.positive, 'vote')} for it`] : []),
    ...(votes.negative > 0 ? [`${counted(votes.negative, 'vote')} against it`] : []),
    ...(votes.abuse > 0 ? [`${counted(votes.abuse, 'report')} of abuse`] : []),
  ];
  const when = date === undefined ? 'undated' : dateText(date);
  return `**${when}**, ${name === '' ? 'author unknown' : name}${judged.length === 0 ? '' : ` (${judged.join(', ')})`}`;
}

/** As VirusTotal sends them, but not because it does. Undated ones come last. */
function newestFirst(sent: readonly Comment[]): readonly Comment[] {
  return [...sent].sort((a, b) => (b.date?.getTime() ?? -Infinity) - (a.date?.getTime() ?? -Infinity) || 0);
}
