/**
 * Reads `[path = 'value' OR …] OR […]`, the only form of STIX pattern (STIX 2.1 §9) that this product writes and that
 * its tests hand to it, and says what is wrong. It is deliberately not the product's own reader.
 *
 * @returns `undefined` when nothing is wrong.
 */
export function patternFault(pattern: string): string | undefined {
  if (pattern !== pattern.trim()) return 'has white space around it';
  if (!pattern.startsWith('[')) return 'does not begin with [';
  let position = 1;
  for (;;) {
    const path = OBJECT_PATH.exec(pattern.slice(position))?.[0];
    if (path === undefined) return `has no object path at ${position}`;
    position += path.length;
    if (!pattern.startsWith(" = '", position)) return `has no comparison with a text behind ${path}`;
    const end = endOfText(pattern, position + 4);
    if (typeof end === 'string') return end;
    if (end + 1 === pattern.length && pattern.endsWith(']')) return undefined;
    const next = NEXT.find((separator) => pattern.startsWith(separator, end));
    if (next === undefined) return `goes on with something else than OR at ${end}`;
    position = end + next.length;
  }
}

const OBJECT_PATH = /^[a-z][a-z0-9-]*:[a-z_]+(?:\.(?:[A-Za-z0-9_]+|'[A-Za-z0-9-]+'))*/;

/** What may stand between two comparisons. */
const NEXT = [' OR ', '] OR ['];

/** Where the text ends, its quote included, or what is wrong with it. */
function endOfText(pattern: string, from: number): number | string {
  for (let position = from; position < pattern.length; position += 1) {
    const character = pattern[position];
    if (character === "'") return position + 1;
    if (character !== '\\') continue;
    const escaped = pattern[position + 1];
    if (escaped !== '\\' && escaped !== "'") return `escapes something else than \\ and ' at ${position}`;
    position += 1;
  }
  return 'has a text that is never closed';
}
