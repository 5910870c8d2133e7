import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UndecodableMessageError, decodeRequest } from '../../src/platform/inbound/message.js';
import type { EnrichmentRequest } from '../../src/enrichment/request.js';
import type { JsonObject } from '../../src/shared/json.js';
import { enrichmentMessage, playbookMessage } from '../../src/simulators/platform/messages.js';
import { gateOf } from '../../src/simulators/platform/version.js';
import { hostileReports } from '../../src/simulators/virustotal/samples/hostile-reports.js';
import { requestOf } from '../helpers/enrichment-requests.js';
import { enrichedEntities, marked, type EnrichedEntity } from './enriched-entities.js';
import { NOW } from './enrichment-runs.js';
import { fullDomainBody, fullFileBody, fullIpAddressBody, fullUrlBody } from './full-reports.js';
import { pathsOf, spoil, wrongValues, type Path } from './report-mutations.js';
import { SettledRuns } from './settled-runs.js';

/** Ten thousand mutated reports and as many mutated messages: no crash, no unhandled rejection, each settled. */

const RUNS = 10_000;
/** They take some ten seconds each; a busy machine takes longer. */
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

/** Not `internal` and `event` themselves. */
function isBelowSections(path: Path): boolean {
  return path.length > 1;
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

describe(`${RUNS} mutated messages`, () => {
  const runs = new SettledRuns();
  const messages = ['6.0.6', '6.4.0', '6.8.9', '7.260817.0']
    .flatMap((version) => subjects.flatMap((subject) => messagesAbout(subject, version)))
    // Without a section hardly any message can be read.
    .map((message) => ({ message, paths: pathsOf(message, 3).filter(isBelowSections) }));
  const cut = fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.uint8Array({ maxLength: 8 })),
    },
  );

  it(
    'are each settled, or refused with a sentence that says why',
    async () => {
      const count = { settled: 0, refused: 0 };
      runs.answers = {
        bodyFor: ({ kind }) => bases.find((base) => base.kind === kind)?.body,
      };
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...messages), mutations, cut, async (base, changes, bytes) => {
          const text = JSON.stringify(mutate(base.message, base.paths, changes) ?? null);
          const request = read(spliced(Buffer.from(text), bytes));
          count[request === undefined ? 'refused' : 'settled'] += 1;
          if (request !== undefined) expect(await runs.faultsOf(request)).toEqual([]);
        }),
        { numRuns: RUNS },
      );
      // Neither is the rare case: a mutation that spoils everything, or nothing, would try little.
      expect(count.settled).toBeGreaterThan(RUNS / 10);
      expect(count.refused).toBeGreaterThan(RUNS / 10);
      expect(unhandled).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

/** Throws what is no refusal. */
function read(body: Buffer): EnrichmentRequest | undefined {
  try {
    return decodeRequest(body, new Date(NOW));
  } catch (error) {
    if (!(error instanceof UndecodableMessageError)) throw error;
    expect(error.message.length).toBeGreaterThan(20);
    return undefined;
  }
}

/** The text with some bytes replaced by others, at a place between 0 and 1. */
function spliced(text: Buffer, bytes: readonly [number, Uint8Array] | undefined): Buffer {
  if (bytes === undefined) return text;
  const at = Math.floor(bytes[0] * text.length);
  return Buffer.concat([text.subarray(0, at), bytes[1], text.subarray(at + bytes[1].length)]);
}

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

function messagesAbout({ entity }: EnrichedEntity, version: string): JsonObject[] {
  const since = gateOf(version);
  const standardId = String(entity.id);
  const entityType = String(entity.type);
  const work = { workId: `work_c_${NOW}`, standardId, entityType, stix: entity, draftId: null };
  const step = {
    executionId: 'e',
    playbookId: 'p',
    dataInstanceId: standardId,
    stepId: 's',
    previousStepId: 'q',
    eventId: 'v',
  };
  return [
    enrichmentMessage(since, { ...work, mode: 'manual', trigger: 'update' }),
    enrichmentMessage(since, { ...work, mode: 'auto', trigger: 'create' }),
    playbookMessage(since, { step, entityType, objects: [entity] }),
  ];
}
