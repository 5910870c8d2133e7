import { isJsonObject } from '../shared/json.js';
import type { StixId, StixObject } from './objects.js';

/**
 * Each object once, where the first of its id stood: what one source leaves out another may say. Lists are united, a
 * relationship that stands for several facts says all of them, and everything else is as the first has it.
 */
export function mergedById(objects: readonly StixObject[]): readonly StixObject[] {
  const byId = new Map<StixId, StixObject>();
  for (const object of objects) {
    const known = byId.get(object.id);
    byId.set(object.id, known === undefined || known === object ? object : merged(known, object));
  }
  return [...byId.values()];
}

function merged(one: StixObject, other: StixObject): StixObject {
  const properties = Object.entries(other).map(([name, value]) => [name, united(one, name, value)]);
  return { ...one, ...(Object.fromEntries(properties) as object) };
}

function united(one: StixObject, name: string, added: unknown): unknown {
  const held = one[name];
  if (held === undefined) return added;
  if (Array.isArray(held) && Array.isArray(added)) return union(held, added);
  if (isJsonObject(held) && isJsonObject(added)) return { ...added, ...held };
  const isMeaning = name === 'description' && one.type === 'relationship';
  return isMeaning && typeof held === 'string' && typeof added === 'string'
    ? joinedSentences(held, added)
    : held;
}

/** By what the entries say: references and phases are objects. */
function union(held: readonly unknown[], added: readonly unknown[]): readonly unknown[] {
  const entries = [...held, ...added].map((entry): [string, unknown] => [JSON.stringify(entry), entry]);
  return [...new Map(entries).values()];
}

function joinedSentences(held: string, added: string): string {
  if (held.includes(added)) return held;
  return `${held}${held.endsWith('.') ? '' : '.'} ${added}`;
}
