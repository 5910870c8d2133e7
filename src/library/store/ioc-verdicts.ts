import type { Kysely } from 'kysely';
import type { LibraryVerdict, Thresholds } from '../verdict/badge.js';
import type { Tables } from './tables.js';

/** The rule of `verdictOf` (verdict/badge.ts) as one statement, for thresholds that changed. */
export async function rejudgeIocs(
  database: Kysely<Tables>,
  organisationId: string,
  { suspiciousFrom, maliciousFrom }: Thresholds,
  now: string,
): Promise<number> {
  const { numUpdatedRows } = await database
    .with('judged', (query) =>
      query
        .selectFrom('iocs')
        .select('id')
        .select((eb) =>
          eb
            .case()
            .when(eb.or([eb('malicious', 'is', null), eb('engines', 'is', null), eb('engines', '=', 0)]))
            .then<LibraryVerdict>('unknown')
            .when('malicious', '>=', maliciousFrom)
            .then<LibraryVerdict>('malicious')
            .when('malicious', '>=', suspiciousFrom)
            .then<LibraryVerdict>('suspicious')
            .else<LibraryVerdict>('clean')
            .end()
            .as('verdict'),
        )
        .where('organisationId', '=', organisationId)
        .where('verdict', 'is not', null),
    )
    .updateTable('iocs')
    .from('judged')
    .set((eb) => ({ verdict: eb.ref('judged.verdict'), updatedAt: now }))
    .whereRef('iocs.id', '=', 'judged.id')
    .whereRef('iocs.verdict', '!=', 'judged.verdict')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
