import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MappingOptions } from '../../src/mapping/options.js';
import type { JsonObject } from '../../src/shared/json.js';
import type { Bundle } from '../../src/stix/objects.js';
import { objectValue } from '../../src/virustotal/object-id.js';
import { plainOptions } from '../helpers/mapping-samples.js';
import { deliveredBundle, enrich, faultsOf } from './enrichment-runs.js';

/**
 * One literal bundle for each type, judged line by line when it was written: what an entity and a small report become.
 * A bundle that changes here changes on every platform, so change a fixture by hand and on purpose only.
 */

interface ReportFixture {
  readonly about: string;
  readonly entity: JsonObject;
  /** By the value that is asked; the others are unknown to VirusTotal. */
  readonly reports: Readonly<Record<string, JsonObject>>;
  readonly rulesets?: Readonly<Record<string, string>>;
  readonly options?: Partial<MappingOptions>;
}

interface BundleFixture {
  /** What a person reads in the work. */
  readonly message: string;
  readonly bundle: Bundle;
}

function fixture(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${path}.json`, import.meta.url), 'utf8'));
}

/** The parts that the Python connector has too, all on, and the reason for the verdict, which is on by default. */
const options: MappingOptions = {
  ...plainOptions,
  explainVerdict: true,
  replaceWithLowerScore: true,
  includeAttributesInNote: true,
};

async function enriched({
  entity,
  reports,
  options: changes,
  ...answers
}: ReportFixture): Promise<BundleFixture> {
  const outcome = await enrich(
    entity,
    { ...answers, bodyFor: (object) => reports[objectValue(object)] },
    { ...options, ...changes },
  );
  if (outcome.status !== 'enriched') throw new Error(outcome.message);
  expect(faultsOf(outcome, entity)).toEqual([]);
  return { message: outcome.message, bundle: deliveredBundle(outcome) };
}

describe.each(['file', 'artifact', 'ipv4-addr', 'ipv6-addr', 'domain-name', 'hostname', 'url', 'indicator'])(
  'the bundle of %s.json',
  (name) => {
    const report = fixture(`reports/${name}`) as ReportFixture;

    it('is the expected one, byte by byte', async () => {
      const { message, bundle } = await enriched(report);
      const expected = fixture(`bundles/${name}`) as BundleFixture;
      expect({ message, bundle }).toEqual(expected);
      expect(JSON.stringify(bundle)).toBe(JSON.stringify(expected.bundle));
    });

    it('is the same when it is made again', async () => {
      expect(await enriched(report)).toEqual(await enriched(structuredClone(report)));
    });
  },
);
