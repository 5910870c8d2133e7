import fc from 'fast-check';
import { isJsonObject, type JsonObject } from '../../src/shared/json.js';
import { enrichmentMessage, playbookMessage } from '../../src/simulators/platform/messages.js';
import { gateOf } from '../../src/simulators/platform/version.js';
import { enrichedEntities } from './enriched-entities.js';
import { pathsOf, REMOVED, spoil, wrongValues, type Path } from './report-mutations.js';

/** Messages of every version of the platform, and ways to spoil them. */

const VERSIONS = ['6.0.6', '6.1.0', '6.4.0', '6.8.8', '6.8.9', '6.8.10', '7.260224.0', '7.260817.0'];

/** Where deep nesting and numbers that JSON.stringify cannot write stand until the message is text. */
const WRITTEN_LATER = new Map<string, string>([
  ['@lists@', `${'['.repeat(3_000)}${']'.repeat(3_000)}`],
  ['@objects@', `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`],
  ['@huge@', '1e999'],
  ['@digits@', '9'.repeat(400)],
  ['@exact@', '-0.0000000000000000000000000000000000000000001'],
]);

const HOSTILE_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'toJSON',
  'hasOwnProperty',
  'then',
  '',
];

/** The entity travels as an object here; {@link asText} writes it as the version does. */
function messagesOf(version: string): JsonObject[] {
  const since = gateOf(version);
  return enrichedEntities.flatMap(({ entity }, index) => {
    const standardId = String(entity.id);
    const entityType = ofExtension(entity);
    const workId = `work_virustotal--1_2026-01-02T03:04:05.${String(index).padStart(3, '0')}Z`;
    const step = {
      executionId: `execution-${index}`,
      eventId: 'event-1',
      playbookId: 'playbook-1',
      dataInstanceId: standardId,
      stepId: 'step-2',
      previousStepId: 'step-1',
    };
    return [
      enrichmentMessage(since, {
        workId,
        standardId,
        entityType,
        stix: entity,
        mode: index % 2 === 0 ? 'manual' : 'auto',
        trigger: 'create',
        draftId: index % 3 === 0 ? '0a1b2c3d-0000-4000-8000-000000000001' : null,
        ...(since('6.8.9') ? { stixEntity: 'object' } : {}),
      }),
      playbookMessage(since, { step, entityType, objects: [entity] }),
    ];
  });
}

function ofExtension({ extensions }: JsonObject): string {
  const known = isJsonObject(extensions) ? Object.values(extensions).find(isJsonObject) : undefined;
  return String(known?.type);
}

interface Base {
  readonly message: JsonObject;
  readonly paths: readonly Path[];
  readonly asText: boolean;
}

const bases: readonly Base[] = VERSIONS.flatMap((version) =>
  messagesOf(version).map((message) => ({
    message,
    // Those of the message itself count as often as the many of its entity.
    paths: [
      ...Array<Path[]>(6)
        .fill(pathsOf(message, 8).filter(({ length }) => length <= 3))
        .flat(),
      ...pathsOf(message, 8),
    ],
    asText: version !== '6.8.9',
  })),
);

/** Those of a report, but for the one that would take most of the time. */
const VALUES = wrongValues.filter((one) => !isJsonObject(one) || Object.keys(one).length < 100);

/** One way to spoil a message. */
type Mutation =
  | { readonly kind: 'replace' | 'add'; readonly at: number; readonly key: string; readonly value: unknown }
  | { readonly kind: 'copy'; readonly at: number; readonly from: number };

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 2, arbitrary: fc.constantFrom(...WRITTEN_LATER.keys()) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
const place = fc.nat({ max: 1_000_000 });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('replace' as const), at: place, key: fc.constant(''), value }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      at: place,
      key: fc.oneof(
        fc.constantFrom(...HOSTILE_KEYS, 'internal', 'event', 'playbook', 'work_id', 'entity_id'),
        fc.string(),
      ),
      value,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('copy' as const), at: place, from: place }) },
);

/** What is done to the text at last, if anything. */
const textMutation = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('cut' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('byte' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      byte: fc.nat({ max: 255 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('twice' as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);

/** The bytes of a message of some version, spoilt in up to three places. */
export const mutatedMessage: fc.Arbitrary<Buffer> = fc
  .record({
    base: fc.nat({ max: bases.length - 1 }),
    mutations: fc.array(mutation, { minLength: 1, maxLength: 3 }),
    text: textMutation,
  })
  .map(({ base, mutations, text }) => {
    const { message, paths, asText } = bases[base]!;
    const spoilt = mutations.reduce<unknown>((current, one) => mutate(current, one, paths), message);
    const bytes = Buffer.from(written(asText ? withEntityAsText(spoilt) : spoilt));
    const at = Math.floor((text?.at ?? 0) * bytes.length);
    switch (text?.kind) {
      case undefined:
        return bytes;
      case 'cut':
        return bytes.subarray(0, at);
      case 'twice':
        return Buffer.concat([bytes.subarray(0, at), bytes]);
      case 'byte':
        bytes[at] = text.byte;
        return bytes;
    }
  });

function mutate(message: unknown, mutation: Mutation, paths: readonly Path[]): unknown {
  const path = paths[mutation.at % paths.length] ?? [];
  const target = at(message, path);
  switch (mutation.kind) {
    case 'replace':
      return spoil(message, path, mutation.value);
    case 'copy':
      return spoil(message, path, at(message, paths[mutation.from % paths.length] ?? []) ?? REMOVED);
    case 'add': {
      if (!isJsonObject(target)) return message;
      // As an own property, whatever its name.
      const more = Object.fromEntries([...Object.entries(target), [mutation.key, mutation.value]]);
      return spoil(message, path, more);
    }
  }
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null && Object.hasOwn(current, key)
        ? (current as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}

function withEntityAsText(message: unknown): unknown {
  const event = at(message, ['event']);
  if (!isJsonObject(event) || !isJsonObject(event.stix_entity)) return message;
  return spoil(message, ['event', 'stix_entity'], written(event.stix_entity));
}

function written(message: unknown): string {
  let text = JSON.stringify(message);
  for (const [mark, meaning] of WRITTEN_LATER) text = text.replaceAll(`"${mark}"`, meaning);
  return text;
}
