import { readFileSync } from 'node:fs';
import { isPair, isScalar, LineCounter, parseDocument, Scalar, visit, type Document } from 'yaml';
import { isJsonObject, type JsonObject } from '../shared/json.js';
import type { Fault } from './findings.js';

/** One entry of the file. */
export interface FileEntry {
  /** `section.key`, or deeper when the file nests deeper than any option. */
  readonly path: string;
  /** As written; a list when the entry is one. Empty and null entries are `''`. */
  readonly value: string | readonly string[];
  /** Line in the file, when it can be told. */
  readonly line: number | undefined;
}

/** What stands in a configuration file. */
export interface FileContent {
  /** False when nothing of the file can be used: then nobody knows what it holds. */
  readonly readable: boolean;
  readonly entries: readonly FileEntry[];
  readonly faults: readonly Fault[];
}

/** The shape that the file should have. */
export interface FileShape {
  isSection(name: string): boolean;
  isOption(path: string): boolean;
}

/**
 * Reads a YAML file. A missing file is a fault only when it `mustExist`.
 *
 * @param file - Path for reading.
 * @param name - The same path as the operator knows it, for messages.
 */
export function readConfigFile(
  file: string,
  name: string,
  mustExist: boolean,
  shape: FileShape,
): FileContent {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' && !mustExist) return EMPTY;
    const reason = READ_PROBLEMS[code] ?? `cannot be read (${code})`;
    return broken(name, [reason], 'Give the path of a readable YAML file.');
  }
  return parseConfigFile(source, name, shape);
}

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a directory (Docker makes one when the file to mount does not exist)',
  EACCES: 'may not be read by this process',
};

/**
 * Parses the text of a YAML file. Scalars stay as they are written: an API key of digits alone is no number, and
 * `yes` means the same as in the environment.
 */
export function parseConfigFile(source: string, name: string, shape: FileShape): FileContent {
  const lines = new LineCounter();
  // The parser's own messages quote the source, which may hold secrets; only their code and place are shown.
  const document = parseDocument(source, {
    schema: 'failsafe',
    merge: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ code, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      return `is not valid YAML: ${code.toLowerCase().replaceAll('_', ' ')} at line ${line}, column ${col}`;
    });
    return broken(name, problems, 'Correct the line, or compare it with config.yml.sample.');
  }
  blankNulls(document);
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 100 });
  } catch {
    return broken(
      name,
      ['has aliases that cannot be resolved'],
      'Write the values out instead of using * and &.',
    );
  }
  if (root === '' || root === null || root === undefined) return EMPTY;
  if (!isJsonObject(root))
    return broken(name, ['is not a mapping of sections'], 'Start from config.yml.sample.');
  return flatten(root, shape, (path) => lineOf(document, lines, path), name);
}

const EMPTY: FileContent = { readable: true, entries: [], faults: [] };

function broken(name: string, problems: readonly string[], remedy: string): FileContent {
  return {
    readable: false,
    entries: [],
    faults: problems.map((problem) => ({ path: name, problem, remedy })),
  };
}

/** In this schema every scalar is text; a plain `null` or `~` still means: nothing. */
function blankNulls(document: Document): void {
  visit(document, {
    Scalar: (_key, node) => {
      if (node.type === Scalar.PLAIN && /^(~|null|Null|NULL)$/.test(String(node.value))) node.value = '';
    },
  });
}

function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number | undefined {
  const node = document.getIn(path, true);
  if (isPair(node)) return undefined;
  const range =
    isScalar(node) || (typeof node === 'object' && node !== null) ? (node as Scalar).range : undefined;
  return range == null ? undefined : lines.linePos(range[0]).line;
}

function flatten(
  root: JsonObject,
  shape: FileShape,
  line: (path: readonly string[]) => number | undefined,
  name: string,
): FileContent {
  const entries: FileEntry[] = [];
  const faults: Fault[] = [];
  const fault = (keys: readonly string[], problem: string, remedy: string): void => {
    faults.push({ path: keys.join('.'), source: placeOf(name, line(keys)), problem, remedy });
  };
  const walk = (node: JsonObject, parents: readonly string[]): void => {
    for (const [key, value] of Object.entries(node)) {
      const keys = [...parents, key];
      const path = keys.join('.');
      if (parents.length === 0 && shape.isSection(key) && !isJsonObject(value)) {
        const empty = typeof value === 'string' && value.trim() === '';
        if (!empty) fault(keys, 'is not a mapping', 'Write its options indented below it.');
      } else if (typeof value === 'string') {
        entries.push({ path, value: value.trim(), line: line(keys) });
      } else if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
        entries.push({ path, value: value.map((item) => item.trim()), line: line(keys) });
      } else if (isJsonObject(value) && !shape.isOption(path)) {
        walk(value, keys);
      } else {
        fault(keys, 'is nested, but takes one value', 'Write the value on the same line.');
      }
    }
  };
  walk(root, []);
  return { readable: true, entries, faults };
}

/** `config.yml line 12`. */
export function placeOf(name: string, line: number | undefined): string {
  return line === undefined ? name : `${name} line ${line}`;
}
