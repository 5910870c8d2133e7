import { sql, type Kysely, type Transaction } from 'kysely';
import { rejudgeIocs } from './ioc-verdicts.js';
import type { Tables } from './tables.js';

/** See {@link EnrichmentStore.removeSince}; both moments in ISO 8601. */
export function removeEnrichmentsSince(
  database: Kysely<Tables>,
  since: string,
  now: string,
): Promise<number> {
  return database.transaction().execute(async (transaction) => {
    const { numUpdatedRows: emptied } = await transaction
      .updateTable('iocs')
      .set({
        verdict: null,
        malicious: null,
        suspicious: null,
        engines: null,
        threatLabel: null,
        enrichedAt: null,
        updatedAt: now,
      })
      .where('enrichedAt', '>=', since)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('enrichments')
              .select('enrichments.id')
              .whereRef('enrichments.iocId', '=', 'iocs.id')
              .where('enrichments.fetchedAt', '<', since),
          ),
        ),
      )
      .executeTakeFirst();
    const restored = await restore(transaction, since, now);
    await transaction.deleteFrom('enrichments').where('fetchedAt', '>=', since).execute();
    await transaction
      .updateTable('jobItems')
      .set({ verdict: null })
      .where('verdict', 'is not', null)
      .where('finishedAt', '>=', since)
      .execute();
    return Number(emptied) + restored;
  });
}

/** Sets the IOCs that were enriched since a moment back to their latest enrichment from before. */
async function restore(transaction: Transaction<Tables>, since: string, now: string): Promise<number> {
  const { numUpdatedRows } = await transaction
    .with('kept', (query) =>
      query
        .selectFrom('enrichments as one')
        .select(['one.iocId', 'one.verdict', 'one.threatLabel', 'one.fetchedAt'])
        .select((eb) => eb.fn<number | null>('nullif', ['one.engines', sql.lit(0)]).as('engines'))
        .select(({ eb }) =>
          (['malicious', 'suspicious'] as const).map((column) =>
            eb
              .case()
              .when('one.engines', '>', 0)
              .then(eb.ref(`one.${column}`))
              .end()
              .as(column),
          ),
        )
        .where('one.fetchedAt', '<', since)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('enrichments as later')
                .select('later.id')
                .whereRef('later.iocId', '=', 'one.iocId')
                .whereRef('later.fetchedAt', '>', 'one.fetchedAt')
                .where('later.fetchedAt', '<', since),
            ),
          ),
        ),
    )
    .updateTable('iocs')
    .from('kept')
    .set((eb) => ({
      verdict: eb.ref('kept.verdict'),
      malicious: eb.ref('kept.malicious'),
      suspicious: eb.ref('kept.suspicious'),
      engines: eb.ref('kept.engines'),
      threatLabel: eb.ref('kept.threatLabel'),
      enrichedAt: eb.ref('kept.fetchedAt'),
      updatedAt: now,
    }))
    .whereRef('iocs.id', '=', 'kept.iocId')
    .where('iocs.enrichedAt', '>=', since)
    .executeTakeFirst();
  // Their thresholds may have changed since they were judged.
  if (numUpdatedRows > 0n) {
    const organisations = await transaction
      .selectFrom('organisations')
      .select(['id', 'suspiciousFrom', 'maliciousFrom'])
      .execute();
    for (const { id, ...thresholds } of organisations) await rejudgeIocs(transaction, id, thresholds, now);
  }
  return Number(numUpdatedRows);
}
