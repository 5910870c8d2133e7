import type { JsonObject } from '../../shared/json.js';
import type { Option } from '../option.js';
import { declaredOptions, namesWithoutEffect, schema, sections } from '../schema.js';
import { effectNote } from './effect-note.js';

/**
 * The JSON Schema (draft-07, which YAML editors know) of `config.yml`. Nothing is required in it: every option may come
 * from the environment as well.
 */
export function renderJsonSchema(): string {
  const properties = (Object.keys(schema) as (keyof typeof schema)[]).map((section): [string, JsonObject] => [
    section,
    {
      type: ['object', 'null'],
      title: sections[section].title,
      properties: Object.fromEntries(
        declaredOptions
          .filter((one) => one.section === section)
          .map(({ key, option }) => [key, property(option)]),
      ),
      ...patternProperties(section),
      additionalProperties: false,
    },
  ]);
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of the VirusTotal connector (config.yml)',
    type: ['object', 'null'],
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function property(option: Option): JsonObject {
  const { type, default: value } = option;
  return {
    description: [option.doc, effectNote(option), `Variable: ${option.env}.`]
      .filter((part) => part !== undefined)
      .join(' '),
    ...orNothing(type.jsonSchema),
    ...(value === undefined ? {} : { default: value }),
    ...(option.example === undefined || option.secret === true ? {} : { examples: [option.example] }),
    ...(option.secret === true ? { writeOnly: true } : {}),
  };
}

/** An entry without a value means the default. */
function orNothing(fragment: JsonObject): JsonObject {
  if (Array.isArray(fragment.anyOf))
    return { ...fragment, anyOf: [...(fragment.anyOf as unknown[]), { type: 'null' }] };
  const types = Array.isArray(fragment.type) ? (fragment.type as unknown[]) : [fragment.type];
  return { ...fragment, type: [...types, 'null'] };
}

function patternProperties(section: string): JsonObject {
  const prefix = `${section}.`;
  const ignored = namesWithoutEffect.filter(({ path }) => path.startsWith(prefix));
  if (ignored.length === 0) return {};
  return {
    patternProperties: Object.fromEntries(
      ignored.map(({ path, reason }) => [
        `^${path.slice(prefix.length).replace(/\*$/, '.*')}$`,
        { description: `No effect: ${reason}.` },
      ]),
    ),
  };
}
