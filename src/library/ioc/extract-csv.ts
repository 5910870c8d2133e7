import { parse } from 'csv-parse/sync';
import { guessDelimiter } from './csv-shape.js';
import { extractText } from './extract-text.js';
import type { Collector } from './extraction.js';
import { hostName } from './host-name.js';
import { parseIocType } from './ioc.js';
import { normaliseIoc } from './normalise.js';
import { refang } from './refang.js';
import { rememberingNormaliser, type Normalise } from './remembering-normaliser.js';
import { scanLine, type Finding } from './scan-line.js';

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** Rows by which it is told what a column holds. */
const SAMPLE_ROWS = 500;
const MAX_COLUMNS = 1000;

/** What a column of IOCs is called. */
const IOC_HEADER =
  /^(?:iocs?|indicators?|observables?|artifacts?|values?|hash(?:es)?|file[ _-]?hash|md5|sha[ _-]?1|sha[ _-]?256|ip|ips|ipv[46]|(?:src|dst|source|destination|remote|client|server)?[ _-]?(?:ip|address|addr|host|domain)|ip[ _-]?addr(?:ess)?|address|domains?|domain[ _-]?names?|host(?:s|name|names)?|fqdn|urls?|uri|link|c2)(?:[ _-]?(?:hash|value|indicator))?$/i;

const NAME_HEADER = /domain|host|fqdn/i;

/** What the library's own export calls the type of a value. */
const TYPE_HEADER = /^(?:(?:ioc|indicator|observable)[ _-]?)?type$/i;
const VALUE_HEADER = /^(?:iocs?|indicators?|observables?|values?)(?:[ _-]?value)?$/i;

/**
 * Reads a CSV with or without header, separated by commas, semicolons, tabs or pipes. Columns of IOCs are found by their
 * content, and helped by their name; where there is none, every cell is read as text. In a column of IOCs, a cell that holds
 * none is a fault. In one that is called after domains, and beside a column with the types of the library, names need no
 * known top-level domain.
 */
export function extractCsv(content: string, collector: Collector): void {
  const rows = parsed(content, collector);
  if (rows === undefined) {
    extractText(content, collector);
    return;
  }
  const normalise = rememberingNormaliser();
  const shape = shapeOf(rows);
  for (const row of rows.slice(shape.hasHeader ? 1 : 0)) {
    readRow(row, shape, normalise, collector);
    if (collector.isFull) return;
  }
}

function readRow({ record, info }: Row, shape: Shape, normalise: Normalise, collector: Collector): void {
  const { columns, names, typeColumn } = shape;
  const type = typeColumn === -1 ? undefined : parseIocType(record[typeColumn]?.trim() ?? '');
  for (const [index, cell] of record.entries()) {
    const text = cell.trim();
    if (text === '' || (columns.size > 0 && !columns.has(index))) continue;
    const name = names[index] ?? '';
    const findings =
      type !== undefined && VALUE_HEADER.test(name)
        ? [{ original: text, result: normalise(type, text.replace(/^'/, '')) }]
        : readCell(text, name, normalise);
    for (const finding of findings) collector.add(finding, info.lines);
    if (findings.length === 0 && columns.has(index)) collector.fault(text, 'is no IOC', info.lines);
  }
}

function parsed(content: string, collector: Collector): readonly Row[] | undefined {
  try {
    const rows: unknown = parse(content, {
      bom: true,
      delimiter: guessDelimiter(content) ?? ',',
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
    });
    return rows as readonly Row[];
  } catch (error) {
    const { lines } = error as { readonly lines?: unknown };
    const reason =
      'cannot be read as CSV (a quote that is never closed, or text behind one); it is read as text';
    collector.fault('The content', reason, typeof lines === 'number' ? lines : undefined);
    return undefined;
  }
}

interface Shape {
  /** Those that hold IOCs; none: all are read as text. */
  readonly columns: ReadonlySet<number>;
  readonly hasHeader: boolean;
  readonly names: readonly string[];
  /** -1: none. */
  readonly typeColumn: number;
}

function shapeOf(rows: readonly Row[]): Shape {
  const first = rows[0]?.record ?? [];
  const hasHeader = rows.length > 1 && first.every((cell) => !isIocCell(cell, ''));
  const names = hasHeader ? first.map((name) => name.trim()) : [];
  const typeColumn = names.findIndex((name) => TYPE_HEADER.test(name));
  const isTyped = (name: string): boolean => typeColumn !== -1 && VALUE_HEADER.test(name);
  const sample = rows.slice(hasHeader ? 1 : 0, SAMPLE_ROWS);
  const width = Math.min(
    MAX_COLUMNS,
    sample.reduce((widest, { record }) => Math.max(widest, record.length), 0),
  );
  // Our own export: what else stands in it is about the IOCs.
  const typed = names.flatMap((name, index) => (isTyped(name) ? [index] : []));
  if (typed.length > 0) return { columns: new Set(typed), hasHeader, names, typeColumn };
  const columns = new Set<number>();
  for (let index = 0; index < width; index += 1) {
    const name = names[index] ?? '';
    const cells = sample.map(({ record }) => record[index]?.trim() ?? '').filter((cell) => cell !== '');
    const hits = cells.filter((cell) => isIocCell(cell, name)).length;
    const needed = IOC_HEADER.test(name) ? 0.1 : 0.5;
    if (cells.length > 0 && hits / cells.length >= needed) columns.add(index);
  }
  return { columns, hasHeader, names, typeColumn };
}

/** Whether a cell holds IOCs and hardly anything else. */
function isIocCell(cell: string, name: string): boolean {
  const found = readCell(cell, name, normaliseIoc).filter(({ result }) => result.ioc !== undefined);
  const length = found.reduce((sum, { original }) => sum + original.length, 0);
  return found.length > 0 && length >= 0.8 * cell.length;
}

function readCell(cell: string, column: string, normalise: Normalise): readonly Finding[] {
  const findings = cell.split(/\r\n|[\n\r]/).flatMap((line) => scanLine(line, normalise));
  if (!NAME_HEADER.test(column) || findings.some(({ result }) => result.ioc !== undefined)) return findings;
  return 'reason' in hostName(refang(cell))
    ? findings
    : [{ original: cell, result: normalise('domain', cell) }];
}
