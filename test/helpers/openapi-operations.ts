import type { JsonObject } from '../../src/shared/json.js';

/** As much of JSON Schema as our routes use. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly schema: Schema;
}

/** One operation of the OpenAPI document. */
export interface Operation {
  /** `POST /api/iocs/{id}` */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly role: string | undefined;
  readonly scope: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
}

interface Described extends JsonObject {
  readonly 'x-role'?: string;
  readonly 'x-scope'?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** Every operation of the document. */
export function operationsOf(document: unknown): readonly Operation[] {
  const { paths } = document as { paths: Record<string, Record<string, Described>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([verb, described]) => ({
      name: `${verb.toUpperCase()} ${path}`,
      method: verb.toUpperCase() as Operation['method'],
      path,
      role: described['x-role'],
      scope: described['x-scope'],
      parameters: described.parameters ?? [],
      body: described.requestBody?.content['application/json']?.schema,
    })),
  );
}

/** A value that a schema takes, as small as can be. */
export function sampleOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first !== undefined) return sampleOf(first);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(
            ([name], index) =>
              schema.required?.includes(name) === true || index < (schema.minProperties ?? 0),
          )
          .map(([name, property]) => [name, sampleOf(property)]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return sampleText(schema);
  }
}

function sampleText({ format, minLength = 1 }: Schema): string {
  if (format === 'uuid') return '0197f000-0000-7000-8000-00000000dead';
  if (format === 'date-time') return '2099-01-01T00:00:00.000Z';
  if (format === 'email') return 'sample@example.com';
  return 'sample'.padEnd(minLength, 'x');
}

/** Values that a schema does not take; none where it takes nearly everything. */
export function wrongValuesFor(schema: Schema): readonly unknown[] {
  if (schema.anyOf !== undefined || schema.oneOf !== undefined) return [{ no: 'such thing' }];
  switch (schema.type) {
    case 'object':
      return [[], 'text', 1, null];
    case 'array':
      return [{}, 'text', 1];
    case 'integer':
    case 'number':
      return ['1', 1.5, true, {}];
    case 'boolean':
      return ['true', 1, {}];
    case 'string':
      return [1, true, {}, [], ...(schema.enum === undefined ? [] : ['no such word'])];
    default:
      return [];
  }
}

/** The path with each parameter replaced. */
export function fill(path: string, values: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_match, name: string) => values[name] ?? 'nothing');
}
