import { describe, expect, it } from 'vitest';
import { enrichedEntities, marked } from './enriched-entities.js';
import { deliveredBundle, enrich, faultsOf } from './enrichment-runs.js';
import { bodyWithRelated } from './related-reports.js';

/** Reports with all that an option can ask for, twenty of each, in bundles that the platform takes as a whole. */

describe('a report with related objects', () => {
  it.each(enrichedEntities.map((one) => marked(one)))(
    'makes a valid bundle of $about',
    async ({ entity }) => {
      const outcome = await enrich(entity, { bodyFor: bodyWithRelated });
      if (outcome.status !== 'enriched') throw new Error(outcome.message);
      expect(faultsOf(outcome, entity)).toEqual([]);
      const { objects } = deliveredBundle(outcome);
      expect(objects.filter(({ type }) => type === 'relationship').length).toBeGreaterThan(20);
      expect(outcome.message).toMatch(/\d+ related observables added/);
      const again = await enrich(entity, { bodyFor: bodyWithRelated });
      expect(again).toEqual(outcome);
    },
  );
});
