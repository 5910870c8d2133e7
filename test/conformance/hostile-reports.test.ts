import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnrichmentRequest } from '../../src/enrichment/request.js';
import type { JsonObject } from '../../src/shared/json.js';
import { hostileReports } from '../../src/simulators/virustotal/samples/hostile-reports.js';
import { requestOf } from '../helpers/enrichment-requests.js';
import { enrichedEntities, marked, type EnrichedEntity } from './enriched-entities.js';
import { fullDomainBody, fullFileBody, fullIpAddressBody, fullUrlBody } from './full-reports.js';
import { pathsOf, spoil, wrongValues, type Path } from './report-mutations.js';
import { SettledRuns } from './settled-runs.js';

/** Ten thousand mutated reports: no crash, no unhandled rejection, each settled. */

const RUNS = 10_000;
/** They take some ten seconds; a busy machine takes longer. */
const TIMEOUT_MS = 300_000;

interface Base {
  readonly kind: EnrichedEntity['kind'];
  readonly body: JsonObject;
  readonly paths: readonly Path[];
}

const bases: readonly Base[] = [
  { kind: 'file' as const, body: fullFileBody },
  { kind: 'ip_address' as const, body: fullIpAddressBody },
  { kind: 'domain' as const, body: fullDomainBody },
  { kind: 'url' as const, body: fullUrlBody },
  ...hostileReports().map(({ type, id, attributes }) => ({
    kind: type,
    body: { data: { type, id, attributes } },
  })),
].map((base) => ({ ...base, paths: pathsOf(base.body, 3) }));

const subjects: readonly EnrichedEntity[] = [...enrichedEntities, ...enrichedEntities.map(marked)];

/** `undefined` for what JSON cannot say, which the type of `JSON.stringify` does not tell. */
const stringify = JSON.stringify as (value: unknown) => string | undefined;

/** Values that are quick to make; those of thousands of entries are tried one field at a time elsewhere. */
const quickWrongValues = wrongValues.filter((value) => (stringify(value) ?? '').length < 1_000);
const mutations = fc.array(
  fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...quickWrongValues), fc.jsonValue({ maxDepth: 2 }))),
  { minLength: 1, maxLength: 6 },
);
type Mutations = readonly (readonly [number, unknown])[];

function mutate(body: unknown, paths: readonly Path[], changes: Mutations): unknown {
  return changes.reduce(
    (spoilt, [index, value]) => spoil(spoilt, paths[index % paths.length] ?? [], value),
    body,
  );
}

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeAll(() => {
  process.on('unhandledRejection', note);
});

afterAll(() => {
  process.off('unhandledRejection', note);
});

describe(`${RUNS} mutated reports`, () => {
  const runs = new SettledRuns();
  const kinds = new Set<string>();

  it(
    'are each settled, as a work or as a playbook step',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...bases), fc.nat(), mutations, async (base, choice, changes) => {
          const { kind, body, paths } = base;
          const fitting = subjects.filter((subject) => subject.kind === kind);
          const { entity } = fitting[choice % fitting.length]!;
          kinds.add(String(entity.type));
          runs.answers = { bodyFor: () => mutate(body, paths, changes) };
          expect(await runs.faultsOf(requestAbout(entity, choice))).toEqual([]);
        }),
        { numRuns: RUNS },
      );
      expect([...kinds].toSorted()).toEqual([
        'artifact',
        'domain-name',
        'file',
        'hostname',
        'indicator',
        'ipv4-addr',
        'ipv6-addr',
        'url',
      ]);
      expect(unhandled).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

function requestAbout(entity: JsonObject, choice: number): EnrichmentRequest {
  const id = String(entity.id);
  const common = { entityId: id, entityType: undefined, entity };
  if (choice % 3 > 0) return requestOf({ ...common, key: `work ${id}` });
  return requestOf({
    ...common,
    key: `playbook ${id}`,
    mode: 'playbook',
    workId: undefined,
    playbook: {
      executionId: 'e',
      eventId: 'v',
      playbookId: 'p',
      dataInstanceId: id,
      stepId: 's',
      previousStepId: 'q',
      bundle: { type: 'bundle', objects: [entity] },
    },
  });
}
