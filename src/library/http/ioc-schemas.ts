import { Type } from 'typebox';
import { exactly, Id, IocOnTheWire, IocTypeName, orNull, Time, VerdictName } from './schemas.js';

const text = (maxLength: number) => Type.String({ maxLength });

/** What it may be beyond its length is said by `tags-read.ts`. */
export const Tag = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'Kept trimmed and in lower case; without commas and line feeds.',
});
export const Tags = Type.Array(Tag, { maxItems: 50 });
export const Source = text(200);
export const Note = text(10_000);

/** An IOC that somebody names; defanged ones are read as they were meant. */
export const NamedIoc = {
  type: IocTypeName,
  value: Type.String({ minLength: 1, maxLength: 16_384 }),
};

const Facts = Type.Array(Type.Object({ label: Type.String(), value: Type.String() }));
const Texts = Type.Array(Type.String());

/** What the last look-up found. */
export const DetailsOnTheWire = Type.Object({
  known: Type.Boolean(),
  fetchedAt: Time,
  link: orNull(Type.String()),
  summary: Facts,
  engines: Type.Array(
    Type.Object({
      engine: Type.String(),
      category: Type.String(),
      result: orNull(Type.String()),
      updated: orNull(Type.String()),
    }),
  ),
  threatNames: Texts,
  tags: Texts,
  network: Facts,
  files: Facts,
  findings: Facts,
  firstSeen: orNull(Time),
  lastSeen: orNull(Time),
  related: Type.Array(
    Type.Object({
      relation: Type.String(),
      label: Type.String(),
      items: Type.Array(
        Type.Object({
          type: IocTypeName,
          value: Type.String(),
          name: Type.Optional(Type.String()),
          iocId: orNull(Id),
        }),
      ),
      more: orNull(Type.Integer()),
    }),
  ),
});

/** One enrichment, and what had changed since the one before. */
export const HistoryEntry = Type.Object({
  id: Id,
  fetchedAt: Time,
  known: Type.Boolean(),
  verdict: VerdictName,
  ratio: orNull(Type.String()),
  changes: Type.Array(Type.Object({ what: Type.String(), text: Type.String() })),
});

export const RelationOnTheWire = Type.Object({
  id: Id,
  relation: Type.String(),
  direction: Type.Union([Type.Literal('to'), Type.Literal('from')]),
  ioc: Type.Pick(IocOnTheWire, ['id', 'type', 'value', 'verdict', 'ratio']),
});

/** All that the library knows of an IOC. */
export const IocInDetail = Type.Object({
  ...IocOnTheWire.properties,
  details: orNull(DetailsOnTheWire),
  history: Type.Array(HistoryEntry),
  relations: Type.Array(RelationOnTheWire),
});

export const FacetsOnTheWire = Type.Object({
  types: Type.Array(Type.Object({ type: IocTypeName, count: Type.Integer() })),
  verdicts: Type.Array(Type.Object({ verdict: VerdictName, count: Type.Integer() })),
  tags: Type.Array(Type.Object({ tag: Type.String(), count: Type.Integer() })),
  enriched: Type.Object({ yes: Type.Integer(), no: Type.Integer() }),
});

export const PatchBody = Type.Object(
  { note: Type.Optional(orNull(Note)), source: Type.Optional(orNull(Source)), tags: Type.Optional(Tags) },
  { additionalProperties: false, minProperties: 1 },
);

export const ImportBody = exactly({
  items: Type.Array(exactly(NamedIoc), { minItems: 1, maxItems: 20_000 }),
  tags: Type.Optional(Tags),
  source: Type.Optional(Source),
  note: Type.Optional(Note),
  enrich: Type.Optional(Type.Boolean({ description: 'Look them up at once.' })),
});

/** What an import did; `notice` says why no look-ups were started that should have been. */
export const Imported = {
  created: Type.Integer(),
  known: Type.Integer(),
  jobId: Type.Optional(Id),
  notice: Type.Optional(Type.String()),
};
