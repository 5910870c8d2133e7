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

/** A tag as it is kept and sought: in lower case, control characters are spaces, and there are none around it. */
export function normalTag(tag: string): string {
  return tag
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim()
    .toLowerCase();
}

/** Tags in normal form, each once, in the order of their code units; those that are empty are left out. */
export function normalTags(tags: readonly string[]): string[] {
  return [...new Set(tags.map(normalTag))].filter((tag) => tag !== '').sort();
}

/** The tags as they are stored. */
export function joinTags(tags: readonly string[]): string {
  return normalTags(tags).reduce((text, tag) => `${text}${tag}${SEPARATOR}`, NO_TAGS);
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

/** The stored tags with others, of which some may be among them. */
export function plusTags(dialect: Dialect, tags: readonly string[]): Expression<string> {
  return normalTags(tags).reduce<Expression<string>>(
    (text, tag) =>
      sql<string>`${text} || case when ${hasTag(dialect, tag)} then '' else ${`${tag}${SEPARATOR}`} end`,
    sql<string>`iocs.tags`,
  );
}

/** The stored tags without some. */
export function minusTags(tags: readonly string[]): Expression<string> {
  return normalTags(tags).reduce<Expression<string>>(
    (text, tag) => sql<string>`replace(${text}, ${`${SEPARATOR}${tag}${SEPARATOR}`}, ${SEPARATOR})`,
    sql<string>`iocs.tags`,
  );
}
