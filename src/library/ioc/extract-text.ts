import type { Collector } from './extraction.js';
import { rememberingNormaliser } from './remembering-normaliser.js';
import { scanLine } from './scan-line.js';

/** Reads any text: log lines, e-mails, Markdown, tables. */
export function extractText(content: string, collector: Collector): void {
  const normalise = rememberingNormaliser();
  for (const [line, number] of linesOf(content)) {
    for (const finding of scanLine(line, normalise)) collector.add(finding, number);
    if (collector.isFull) return;
  }
}

/** The lines that are not empty, with their numbers from 1; one by one, since there may be millions. */
export function* linesOf(content: string): Generator<readonly [line: string, number: number]> {
  const end = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
  let number = 1;
  let start = 0;
  for (let match = end.exec(content); match !== null; match = end.exec(content)) {
    if (match.index > start) yield [content.slice(start, match.index), number];
    number += 1;
    start = end.lastIndex;
  }
  if (start < content.length) yield [content.slice(start), number];
}
