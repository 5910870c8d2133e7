import { stringify } from 'yaml';
import { declaredOptions, schema, sections, type DeclaredOption } from '../schema.js';
import { effectNote } from './effect-note.js';
import { wrap } from './wrap.js';

const HEADER = `# yaml-language-server: $schema=config/connector.schema.json
#
# Configuration of the VirusTotal connector. Copy this file to config.yml and set what is not commented out.
# Every option can also be set by the environment variable in brackets, which wins over this file.
# docs/configuration.md explains more.
`;

/** The text of `config.yml.sample`: required options with placeholders, all others commented out with their default. */
export function renderSample(): string {
  const blocks = (Object.keys(schema) as (keyof typeof schema)[]).map((section) => {
    const { title, note } = sections[section];
    const options = declaredOptions.filter((declared) => declared.section === section);
    const heading = note === undefined ? `# ${title}` : `# ${title}: ${note}`;
    return [heading, `${section}:`, ...options.flatMap(renderOption)].join('\n');
  });
  return `${HEADER}\n${blocks.join('\n\n')}\n`;
}

function renderOption({ key, option }: DeclaredOption): string[] {
  const unset = option.presence === 'optional' ? 'Not set by default.' : undefined;
  const parts = [option.doc, unset, effectNote(option), `[${option.env}]`];
  const doc = parts.filter((part) => part !== undefined).join(' ');
  const value = option.default === undefined ? (option.example ?? '') : option.type.show(option.default);
  const hash = option.presence === 'required' ? '' : '#';
  return [...wrap(doc, 96).map((line) => `  # ${line}`), `  ${hash}${key}: ${scalar(value)}`];
}

/** Numbers and booleans bare, texts quoted where YAML would misread them. */
function scalar(value: string): string {
  if (/^(true|false|\d+)$/.test(value)) return value;
  return stringify(value, { lineWidth: 0 }).trimEnd();
}
