import { sql, type Expression, type ExpressionBuilder, type SqlBool } from 'kysely';
import type { IocType } from '../ioc/ioc.js';
import type { LibraryVerdict } from '../verdict/badge.js';
import { containsText } from './contains-text.js';
import type { Dialect } from './dialect.js';
import type { Tables } from './tables.js';
import { hasTag } from './tag-list.js';

/** What the IOCs of a list have in common; an absent or empty part restricts nothing. */
export interface IocFilter {
  /** Part of the value, letters A–Z in either case. */
  readonly search?: string | undefined;
  readonly types?: readonly IocType[] | undefined;
  readonly verdicts?: readonly LibraryVerdict[] | undefined;
  /** All of them. */
  readonly tags?: readonly string[] | undefined;
  readonly enriched?: boolean | undefined;
  readonly source?: string | undefined;
}

/** Some IOCs of an organisation: named one by one, or by what they have in common. */
export type IocSelection = { readonly ids: readonly string[] } | { readonly filter: IocFilter };

type Condition = (eb: ExpressionBuilder<Tables, 'iocs'>) => Expression<SqlBool>;

/** The filter as a condition on `iocs`; always within the organisation. */
export function iocCondition(dialect: Dialect, organisationId: string, filter: IocFilter): Condition {
  const { search = '', types = [], verdicts = [], tags = [], enriched, source = '' } = filter;
  return (eb) => {
    const parts: Expression<SqlBool>[] = [eb('iocs.organisationId', '=', organisationId)];
    if (search !== '') parts.push(valueContains(dialect, search));
    if (types.length > 0) parts.push(eb('iocs.type', 'in', types));
    if (verdicts.length > 0) parts.push(eb('iocs.verdict', 'in', verdicts));
    // The verdict is set by the first enrichment, and is part of the index that serves counts.
    if (enriched !== undefined) parts.push(eb('iocs.verdict', enriched ? 'is not' : 'is', null));
    if (source !== '') parts.push(eb('iocs.source', '=', source));
    for (const tag of tags) parts.push(hasTag(dialect, tag));
    return eb.and(parts);
  };
}

/** Whether the filter restricts anything. */
export function isFiltering(filter: IocFilter): boolean {
  return Object.values(filter).some(
    (part: IocFilter[keyof IocFilter]) =>
      part !== undefined && (typeof part === 'boolean' || part.length > 0),
  );
}

/** `lower` of both databases knows A–Z alone, in PostgreSQL for the collation of the column; so must the search. */
function valueContains(dialect: Dialect, search: string): Expression<SqlBool> {
  const part = search.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return containsText(dialect, sql<string>`lower(iocs.value)`, part);
}
