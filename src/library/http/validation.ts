import { Ajv, type ValidateFunction } from 'ajv';
import addFormatsPlugin from 'ajv-formats';
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';

// The package says "default" in CommonJS, which TypeScript takes for the module.
const addFormats = addFormatsPlugin as unknown as typeof addFormatsPlugin.default;

/** Names that nobody has thought of are refused, so that a misspelt option is noticed. */
const STRICT = { allErrors: false, removeAdditional: false, useDefaults: true, strict: false } as const;

const ofBodies = new Ajv(STRICT);
const ofAddresses = new Ajv({ ...STRICT, coerceTypes: 'array' });
addFormats(ofBodies);
addFormats(ofAddresses);

/**
 * Checks what comes in. In the address everything is text, and a list of one is a single value: both are read as the schema
 * means them. In a body nothing is bent into shape.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validate: ValidateFunction = (httpPart === 'body' ? ofBodies : ofAddresses).compile(schema);
  return validate;
};

/** What is wrong with an input: where, and a sentence that says so. */
export function describeFault(
  { instancePath, keyword, params, message }: FastifySchemaValidationError,
  part: string,
): { readonly field: string; readonly detail: string } {
  const path = instancePath.replace(/^\//, '');
  const inside = (name: unknown): string => (path === '' ? String(name) : `${path}/${String(name)}`);
  if (keyword === 'required') {
    const field = inside(params.missingProperty);
    return { field, detail: `"${field}" is missing in the ${part}.` };
  }
  if (keyword === 'additionalProperties') {
    const field = inside(params.additionalProperty);
    return { field, detail: `The ${part} must not have "${field}", which means nothing here.` };
  }
  const field = path === '' ? part : path;
  const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : '';
  return { field, detail: `"${field}" in the ${part} ${message ?? 'is not valid'}${allowed}.` };
}
