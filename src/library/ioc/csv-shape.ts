import { linesOf } from './extract-text.js';

/** How a CSV separates its fields: one of those that spreadsheets and tools write. */
export type Delimiter = ',' | ';' | '\t' | '|';

const DELIMITERS: readonly Delimiter[] = [',', ';', '\t', '|'];
const SAMPLE_LINES = 50;
const MAX_SAMPLE_LENGTH = 5000;

/** The delimiter by which most lines have as many fields as the others; `undefined` when there is none that most have. */
export function guessDelimiter(content: string): Delimiter | undefined {
  const lines: string[] = [];
  for (const [line] of linesOf(content)) {
    if (line.trim() !== '') lines.push(line.slice(0, MAX_SAMPLE_LENGTH));
    if (lines.length === SAMPLE_LINES) break;
  }
  const guesses = DELIMITERS.map((delimiter) => ({ delimiter, ...commonCount(lines, delimiter) }));
  const best = guesses.reduce((one, other) =>
    other.count * other.share > one.count * one.share ? other : one,
  );
  return best.share >= 0.8 ? best.delimiter : undefined;
}

/** How often the delimiter stands in most lines that have it, and the share of all lines for which this holds. */
function commonCount(lines: readonly string[], delimiter: Delimiter): { count: number; share: number } {
  const counts = new Map<number, number>();
  for (const line of lines) {
    const count = countOutsideQuotes(line, delimiter);
    if (count > 0) counts.set(count, (counts.get(count) ?? 0) + 1);
  }
  const [count = 0, times = 0] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  return { count, share: times / Math.max(1, lines.length) };
}

function countOutsideQuotes(line: string, delimiter: Delimiter): number {
  let count = 0;
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === delimiter && !isQuoted) count += 1;
  }
  return count;
}

/**
 * Whether a text without a telling name is a CSV: at least two lines, all alike but for a few. Not by pipes, which make the
 * tables of Markdown, nor by commas that have blanks behind them, as sentences do.
 */
export function looksLikeCsv(content: string): boolean {
  const delimiter = guessDelimiter(content);
  if (delimiter === undefined || delimiter === '|') return false;
  const sample = content.slice(0, SAMPLE_LINES * 200);
  const isProse = (sample.match(/[,;] /g)?.length ?? 0) * 2 > sample.split(delimiter).length;
  return !isProse && /\S[^\n\r]*[\r\n]+[^\n\r]*\S/.test(sample);
}
