import { plainText } from './plain-text.js';

/**
 * Markdown of the Notes. Everything that VirusTotal reports may come from an attacker (file names, page titles,
 * signature names), so text only gets into a Note through {@link cell}, {@link inlineText} or {@link codeSpan}.
 */

/** What is shown for a value that VirusTotal did not give. */
export const NOT_AVAILABLE = 'N/A';

/** Greatest length of a cell in UTF-16 units, before escaping. */
const MAX_CELL_LENGTH = 300;

/** Greatest length of a Note in UTF-16 units: far below every limit of broker and platform, far above real reports. */
const MAX_NOTE_LENGTH = 100_000;

/** Markdown that is safe to put in a cell as it is. */
export interface SafeMarkdown {
  readonly markdown: string;
  /** The same as plain text, where it differs. */
  readonly text?: string;
}

/** A value to be shown. Zero and `false` are values; `null`, `undefined`, empty text and invalid dates are not. */
export type CellValue =
  string | number | boolean | Date | SafeMarkdown | readonly (string | SafeMarkdown)[] | null | undefined;

/**
 * Text as Markdown that shows exactly this text, on one line. What GitHub Flavored Markdown makes clickable without
 * any markup (its extension "Autolinks": URLs, `www.`, mail and XMPP addresses) is taken apart (`https[:]//`), because
 * it may serve malware.
 */
export function inlineText(text: string): string {
  return prose(text, MAX_CELL_LENGTH);
}

/**
 * As {@link inlineText}, for longer texts.
 *
 * @param maxLength - Greatest length in UTF-16 units, before escaping.
 */
export function prose(text: string, maxLength: number): string {
  const line = plainText(text, maxLength);
  // A Note has hundreds of cells, and most of them are words.
  if (!MARKUP.test(line)) return line;
  return line
    .replace(/:\/\//gu, '[:]//')
    .replace(/www\./giu, (www) => `${www.slice(0, -1)}[.]`)
    .replace(/(mailto|xmpp):/giu, '$1[:]')
    .replace(/(?<=[\w.+-])@(?=[\w-]+\.)/gu, '[@]')
    .replace(/&/gu, '&amp;')
    .replace(/</gu, '&lt;')
    .replace(/>/gu, '&gt;')
    .replace(/[\\`*_[\]|~]/gu, '\\$&');
}

/** Greatest length of a quoted text in UTF-16 units, before escaping, and its greatest number of lines. */
const MAX_QUOTE_LENGTH = 1200;
const MAX_QUOTE_LINES = 20;

/**
 * Text of several lines as a block quote that shows exactly this text: one line of Markdown for each, none of which
 * begins a heading, a list or a rule. Empty lines are left out; what is too long ends in `…`.
 */
export function quoteLines(text: string): string[] {
  // Cut before anything else is done with it: a text may be megabytes long.
  const lines = text
    .slice(0, 2 * MAX_QUOTE_LENGTH)
    .split(/[\n\r\u2028\u2029]+/u)
    .map((line) => inlineText(line))
    .filter((line) => line !== '');
  const shown: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length;
    if (shown.length === MAX_QUOTE_LINES || length > MAX_QUOTE_LENGTH) break;
    shown.push(line.replace(BLOCK_START, String.raw`$1\$2`));
  }
  if (shown.length < lines.length || text.length > 2 * MAX_QUOTE_LENGTH) shown.push('…');
  // Two blanks break the line; without them the lines would flow into one.
  return shown.map((line, index) => `> ${line}${index < shown.length - 1 ? '  ' : ''}`);
}

/** What would begin a heading, a list or a rule at the beginning of a line (CommonMark 0.31 §4, §5). */
const BLOCK_START = /^(\d*)([#+=.)-])/u;

/** Every character that one of the replacements above looks for. */
const MARKUP = /[.:@&<>\\`*_[\]|~]/;

/**
 * An identifier or URL, to be copied as it stands: never clickable, never formatted. Backticks and pipes, which would
 * end the span or the cell, are percent-encoded, as they ought to be in URLs.
 */
export function codeSpan(text: string | undefined): SafeMarkdown | undefined {
  const line = plainText(text ?? '', MAX_CELL_LENGTH);
  const code = line.replace(/`/gu, '%60').replace(/\|/gu, '%7C');
  return code === '' ? undefined : { markdown: `\`${code}\``, text: line };
}

/** `2024-01-31 13:45:00 UTC`, or `N/A` for a date that is absent or invalid. */
export function dateText(date: Date | undefined): string {
  if (date === undefined || Number.isNaN(date.getTime())) return NOT_AVAILABLE;
  return `${date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/u, '')} UTC`;
}

/** A value as the content of a table cell. */
export function cell(value: CellValue): string {
  if (value == null) return NOT_AVAILABLE;
  if (value instanceof Date) return dateText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : NOT_AVAILABLE;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return inlineText(value) || NOT_AVAILABLE;
  if ('markdown' in value) return value.markdown || NOT_AVAILABLE;
  return listCell(value);
}

function listCell(items: readonly (string | SafeMarkdown)[]): string {
  const shown: string[] = [];
  let length = 0;
  for (const item of items) {
    const text = typeof item === 'string' ? inlineText(item) : item.markdown;
    if (text === '') continue;
    length += text.length;
    if (length > 2 * MAX_CELL_LENGTH) return [...shown, '…'].join(', ');
    shown.push(text);
  }
  return shown.join(', ') || NOT_AVAILABLE;
}

/** A value as plain text in one line, for whoever shows it elsewhere; `undefined` when there is none. */
export function plainValue(value: CellValue): string | undefined {
  if (value == null) return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : dateText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return plainText(value, MAX_CELL_LENGTH) || undefined;
  if ('markdown' in value) return value.text ?? value.markdown;
  const items = value.map(plainValue).filter((item) => item !== undefined);
  return plainText(items.join(', '), 4 * MAX_CELL_LENGTH) || undefined;
}

/** One line for each row, after the heading. Rows that are too short are filled with `N/A`. */
export function table(columns: readonly string[], rows: readonly (readonly CellValue[])[]): string[] {
  return [
    tableLine(columns, columns.length),
    tableLine(
      columns.map(() => ({ markdown: '---' })),
      columns.length,
    ),
    ...rows.map((row) => tableLine(row, columns.length)),
  ];
}

/** Joined as it goes: a Note has hundreds of cells. */
function tableLine(row: readonly CellValue[], columns: number): string {
  let line = '|';
  for (let column = 0; column < columns; column += 1) line += ` ${cell(row[column])} |`;
  return line;
}

/**
 * Puts a Note together from its blocks, with an empty line between them; empty blocks are left out. A Note that gets
 * too long is cut between two lines, which never breaks a table, and says so.
 */
export function composeNote(blocks: readonly (readonly string[])[]): string {
  const lines = blocks.filter((block) => block.length > 0).flatMap((block) => ['', ...block]);
  const kept: string[] = [];
  let length = 0;
  for (const line of lines.slice(1)) {
    length += line.length + 1;
    if (length > MAX_NOTE_LENGTH)
      return [...kept, '', '*The rest is left out: this note got too long.*'].join('\n');
    kept.push(line);
  }
  return kept.join('\n');
}
