import type { EngineResult } from '../virustotal/schema.js';
import { inlineText } from './note-markdown.js';
import { plainText } from './plain-text.js';

/** What fits a line that is read at a glance; the table of engines has them all. */
const MAX_RESULTS = 4;
const MAX_ENGINES_OF_RESULT = 4;
const MAX_NAMES = 6;
const MAX_ENGINE_LENGTH = 40;
const MAX_RESULT_LENGTH = 60;

/**
 * Engines by what they call the object, the most frequent first: `malware (BitDefender, ESET, Sophos), phishing (Kaspersky)`,
 * as safe Markdown. A result that only repeats the verdict is none.
 *
 * @param category - The verdict that they share.
 * @param count - How many there are by the counters, of which the results may name fewer.
 */
export function enginesByResult(category: string, results: readonly EngineResult[], count: number): string {
  const groups = [...grouped(results, category).values()].sort(
    (a, b) => b.engines.length - a.engines.length || compare(a.result, b.result),
  );
  let named = 0;
  const shown = groups.slice(0, MAX_RESULTS).map(({ result, engines }) => {
    named += engines.length;
    const names = listed(engines.sort(compare), engines.length, MAX_ENGINES_OF_RESULT);
    if (result !== '') return `${shownResult(result)} (${names})`;
    return groups.length === 1 ? names : `without a name (${names})`;
  });
  return withRest(shown, Math.max(count, results.length) - named);
}

/** The names of engines in their order, and how many more there are: `Alpha, Beta and 3 more`, as safe Markdown. */
export function engineNames(results: readonly EngineResult[], count: number): string {
  return listed(
    results.map(({ engine }) => engine).sort(compare),
    Math.max(count, results.length),
    MAX_NAMES,
  );
}

/** One name of an engine as safe Markdown. */
export function engineName(engine: string): string {
  return inlineText(plainText(engine, MAX_ENGINE_LENGTH));
}

interface Group {
  readonly result: string;
  readonly engines: string[];
}

/** Results that differ in case only are one. */
function grouped(results: readonly EngineResult[], category: string): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const { engine, result = '' } of results) {
    const folded = result.trim().toLowerCase();
    const key = folded === category ? '' : folded;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { result: key === '' ? '' : result.trim(), engines: [engine] });
    else group.engines.push(engine);
  }
  return groups;
}

function shownResult(result: string): string {
  return inlineText(plainText(result, MAX_RESULT_LENGTH));
}

function listed(engines: readonly string[], count: number, max: number): string {
  const shown = engines.slice(0, max).map(engineName);
  return withRest(shown, count - shown.length);
}

function withRest(shown: readonly string[], rest: number): string {
  if (rest <= 0) return shown.join(', ');
  return shown.length === 0 ? '' : `${shown.join(', ')} and ${rest} more`;
}

/** Not localeCompare: the order must not depend on the place. */
function compare(a: string, b: string): number {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}
