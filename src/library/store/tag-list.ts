import { sql, type Expression, type SqlBool } from 'kysely';
import { containsText } from './contains-text.js';
import type { Dialect } from './dialect.js';

/**
 * Tags stand in one column, each between line feeds, so that filters and facets are one scan of an index: `\nred\nblue\n`,
 * and `\n` for none.
 */
const SEPARATOR = '\n';

/** Without tags. */
export const NO_TAGS = SEPARATOR;

/** A tag as it is kept: control characters are spaces, and there are none around it. */
export function normalTag(tag: string): string {
  return tag.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
}

/** The tags as they are stored, each once; those that are empty are left out. */
export function joinTags(tags: readonly string[]): string {
  const distinct = [...new Set(tags.map(normalTag))].filter((tag) => tag !== '').sort();
  return distinct.reduce((text, tag) => `${text}${tag}${SEPARATOR}`, NO_TAGS);
}

/** The stored tags in the order of their code units. */
export function splitTags(text: string): string[] {
  return text
    .split(SEPARATOR)
    .filter((tag) => tag !== '')
    .sort();
}

/** Whether an IOC has the tag. */
export function hasTag(dialect: Dialect, tag: string): Expression<SqlBool> {
  return containsText(dialect, sql<string>`iocs.tags`, `${SEPARATOR}${normalTag(tag)}${SEPARATOR}`);
}

/** The stored tags with one more, which is not among them. */
export function plusTag(tag: string): Expression<string> {
  return sql<string>`iocs.tags || ${`${normalTag(tag)}${SEPARATOR}`}`;
}

/** The stored tags without one. */
export function minusTag(tag: string): Expression<string> {
  return sql<string>`replace(iocs.tags, ${`${SEPARATOR}${normalTag(tag)}${SEPARATOR}`}, ${SEPARATOR})`;
}
