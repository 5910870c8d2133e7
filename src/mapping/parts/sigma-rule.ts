import { parse, stringify } from 'yaml';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { SigmaRule } from '../../virustotal/schema-extras.js';
import { plainText } from '../plain-text.js';

/**
 * Sigma rules as text. OpenCTI reads each with Python's Sigma library and refuses the whole Indicator when that fails
 * (`check_indicator.py` of the platform), so a rule that is not whole is better left out.
 */

/** In UTF-16 units; real rules have a few thousand. */
const MAX_RULE_LENGTH = 20_000;
/**
 * How deep things may lie in each other: a detection is a map of lists of values. The YAML library is no match for text
 * that is nested thousands deep; it may take the whole process with it.
 */
const MAX_DEPTH = 10;
/** Of a whole text, which takes the library long to read: in UTF-16 units, how far a line may be indented, and how many entries may begin in it, or brackets open in all. */
const MAX_TEXT_LENGTH = 10_000;
const MAX_INDENT = 60;
const MAX_ENTRIES_OF_LINE = 40;
const MAX_BRACKETS = 200;
/** Of the Sigma specification. */
const MAX_TITLE_LENGTH = 256;
const MAX_PROSE_LENGTH = 2000;
const MAX_LIST = 50;

/** Values that the Sigma specification has; with another one newer libraries refuse the rule. */
const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'];
const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'];

/** One of these says where a rule applies (Sigma specification, "LogSource"). */
const LOG_SOURCES = ['category', 'product', 'service'];

/** Words of conditions that are no names of detections. */
const CONDITION_WORDS = new Set(['and', 'or', 'not', 'of', 'them', 'all', '1']);

/** What YAML 1.1 allows unescaped; Python's reader refuses everything else, lone surrogates among them. */
const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * The rule as YAML: put together from its parts, which are what VirusTotal documents; else the whole text, if it has one.
 *
 * @returns `undefined` when it is no whole rule: without title, log source or detections, or with a condition that names
 *   a detection that is not there.
 */
export function sigmaText(rule: SigmaRule): string | undefined {
  return textOfParts(rule) ?? wholeText(rule.text);
}

function wholeText(sent: string | undefined): string | undefined {
  const text = sent?.trim() ?? '';
  if (text === '' || text.length > MAX_TEXT_LENGTH || !isWritable(text) || !isShallow(text)) return undefined;
  return isWholeRule(read(() => parse(text, { version: '1.1', logLevel: 'silent' }) as unknown))
    ? text
    : undefined;
}

/** Whether the text can be handed to the YAML library. */
function isShallow(text: string): boolean {
  const isFlat = (line: string): boolean =>
    line.search(/\S|$/) <= MAX_INDENT && line.split(/[-?:]\s/).length <= MAX_ENTRIES_OF_LINE;
  return text.split(/[[{]/).length <= MAX_BRACKETS && text.split(/[\r\n]/).every(isFlat);
}

function textOfParts(rule: SigmaRule): string | undefined {
  if (Object.values(rule.details).join('').length > MAX_RULE_LENGTH) return undefined;
  const details = inOrder(rule.details).map(
    // Sent as a text of JSON.
    ([name, detail]): [string, unknown] => [name, read(() => JSON.parse(detail) as unknown)],
  );
  const description = plainText(rule.description ?? '', MAX_PROSE_LENGTH);
  const document: JsonObject = {
    title: plainText(rule.title ?? '', MAX_TITLE_LENGTH),
    ...(STATUSES.includes(rule.status ?? '') ? { status: rule.status } : {}),
    ...(description === '' ? {} : { description }),
    ...list('references', rule.references),
    ...(rule.author === undefined ? {} : { author: plainText(rule.author, MAX_PROSE_LENGTH) }),
    ...list('tags', rule.tags),
    logsource: Object.fromEntries(inOrder(rule.logSource)),
    detection: { ...Object.fromEntries(details), condition: rule.condition },
    ...list('fields', rule.fields),
    ...list('falsepositives', rule.falsePositives),
    ...(LEVELS.includes(rule.level ?? '') ? { level: rule.level } : {}),
  };
  if (!isWholeRule(document)) return undefined;
  // Of version 1.1, which Python reads: more words need quotes there.
  const text = read(() =>
    stringify(document, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return text !== undefined && isWritable(text) ? text : undefined;
}

/**
 * VirusTotal sends the keys in any order (its reference, §1.3), and the platform knows an Indicator by its text. Within a
 * detection, which it sends as text, the order is the author's.
 */
function inOrder(texts: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(texts).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function list(name: string, sent: readonly string[]): JsonObject {
  const texts = sent.map((text) => plainText(text, MAX_PROSE_LENGTH)).filter((text) => text !== '');
  return texts.length === 0 ? {} : { [name]: texts.slice(0, MAX_LIST) };
}

function isWritable(text: string): boolean {
  return text.length <= MAX_RULE_LENGTH && !UNPRINTABLE.test(text);
}

/** What a reader gives, or `undefined` when it throws: on a syntax error, or on what is nested too deeply. */
function read<T>(reader: () => T): T | undefined {
  try {
    return reader();
  } catch {
    return undefined;
  }
}

function isWholeRule(document: unknown): boolean {
  if (!isJsonObject(document)) return false;
  const { title, logsource, detection } = document;
  if (typeof title !== 'string' || title.trim() === '') return false;
  if (!isJsonObject(logsource) || !isJsonObject(detection)) return false;
  if (Object.hasOwn(logsource, '<<') || Object.hasOwn(detection, '<<')) return false;
  if (!LOG_SOURCES.some((name) => typeof logsource[name] === 'string' && logsource[name] !== ''))
    return false;
  const { condition, timeframe: _, ...detections } = detection;
  const conditions = Array.isArray(condition) ? (condition as unknown[]) : [condition];
  const names = Object.keys(detections);
  return (
    names.length > 0 &&
    Object.values(detections).every(isDetection) &&
    conditions.length > 0 &&
    conditions.every((text) => isCondition(text, names))
  );
}

/** A map of fields, or a list of keywords or maps. */
function isDetection(detection: unknown): boolean {
  if (typeof detection !== 'object' || detection === null) return false;
  return Object.keys(detection).length > 0 && isWithin(MAX_DEPTH, detection);
}

/** Not too deep, and without the key by which YAML 1.1 merges maps: it is written unquoted, and no field is called so. */
function isWithin(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return (
    depth > 0 &&
    !Object.hasOwn(value, '<<') &&
    Object.values(value).every((inner) => isWithin(depth - 1, inner))
  );
}

/** Whether everything that the condition names is there. What follows a `|` counts or correlates, and is not read. */
function isCondition(condition: unknown, names: readonly string[]): boolean {
  if (typeof condition !== 'string') return false;
  const words = condition.split('|', 1)[0]?.match(/[^\s()]+/g) ?? [];
  const used = words.filter((word) => !CONDITION_WORDS.has(word.toLowerCase()));
  const isThere = (word: string): boolean =>
    word.includes('*')
      ? names.some((name) => name.startsWith(word.slice(0, word.indexOf('*'))))
      : names.includes(word);
  return words.length > 0 && used.every(isThere);
}
