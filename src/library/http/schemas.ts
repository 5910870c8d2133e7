import {
  Type,
  type TArray,
  type TInteger,
  type TNull,
  type TObject,
  type TSchema,
  type TUnion,
  type TUnsafe,
} from 'typebox';
import { IOC_TYPES } from '../ioc/ioc.js';
import { VERDICTS } from '../verdict/badge.js';

/** A text that is one of a list. */
export function oneOf<const Values extends readonly string[]>(values: Values): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values] });
}

export function orNull<Schema extends TSchema>(schema: Schema): TUnion<[Schema, TNull]> {
  return Type.Union([schema, Type.Null()]);
}

/** An object that has nothing else; for what comes in. */
export function exactly<Properties extends Record<string, TSchema>>(
  properties: Properties,
): TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false });
}

/** UUID. */
export const Id = Type.String({ format: 'uuid' });
/** ISO 8601 in UTC with milliseconds. */
export const Time = Type.String({ format: 'date-time' });
export const IocTypeName = oneOf(IOC_TYPES);
export const VerdictName = oneOf(VERDICTS);
/** Parameters of the address of one thing. */
export const IdParams = exactly({ id: Id });

export function pageOf<Item extends TSchema>(
  item: Item,
): TObject<{ items: TArray<Item>; total: TInteger; page: TInteger; pageSize: TInteger }> {
  return Type.Object({
    items: Type.Array(item),
    total: Type.Integer(),
    page: Type.Integer(),
    pageSize: Type.Integer(),
  });
}

/** A short list, which goes out as one page. */
export function onePage<Item>(items: Item[]): {
  items: Item[];
  total: number;
  page: number;
  pageSize: number;
} {
  return { items, total: items.length, page: 1, pageSize: items.length };
}

/** Query of a list that comes in pages. */
export const pageQuery = {
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
  pageSize: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
};

/** An IOC on the wire (docs/library.md). */
export const IocOnTheWire = Type.Object({
  id: Id,
  type: IocTypeName,
  value: Type.String(),
  tags: Type.Array(Type.String()),
  source: orNull(Type.String()),
  note: orNull(Type.String()),
  verdict: orNull(VerdictName),
  malicious: orNull(Type.Integer()),
  suspicious: orNull(Type.Integer()),
  engines: orNull(Type.Integer()),
  ratio: orNull(Type.String()),
  threatLabel: orNull(Type.String()),
  enrichedAt: orNull(Time),
  createdAt: Time,
  updatedAt: Time,
});
