import type { Option } from '../option.js';
import { declaredOptions, namesWithoutEffect, schema, sections, type DeclaredOption } from '../schema.js';
import { effectNote } from './effect-note.js';

const INTRODUCTION = `<!-- Generated from src/config; change the declaration and run: npm run generate -->

# Configuration

The connector needs three values: \`OPENCTI_URL\`, \`OPENCTI_TOKEN\` and \`VIRUSTOTAL_TOKEN\`. Everything else has a default.
The names, paths and defaults are those of the Python VirusTotal connector and of OpenCTI's client library, so that the
environment of an existing container works unchanged.

## Where values come from

The first source that has a non-empty value wins:

1. an environment variable;
2. the same variable in a file \`.env\` in the working directory;
3. the YAML file: the one named by \`--config\`, else by the variable \`CONFIG_FILE\`, else \`config.yml\` in the working
   directory ([config.yml.sample](../config.yml.sample) shows every option, and \`config/connector.schema.json\` lets
   editors check it);
4. the default.

Unlike in the Python connector no source shuts out the others: \`.env\` only completes the environment.

## How values are read

- White space around a value is dropped, and an empty value means the default.
- Yes and no are read in any case: \`true\`, \`yes\`, \`on\`, \`y\`, \`t\`, \`1\` and \`false\`, \`no\`, \`off\`, \`n\`, \`f\`, \`0\`.
- A list is separated by commas; in the file it may be a YAML list.
- Certificates and keys are PEM text, or the path of a PEM file.
- Words such as \`TLP:AMBER\` or \`INTERNAL_ENRICHMENT\` are read in any case.

A missing or bad value stops the start; nothing becomes a default silently. All faults are listed at once, each with its
path and what to do. Unknown keys of the file and unknown variables that begin with \`VIRUSTOTAL_\` or \`CONNECTOR_\` are
reported as warnings, with the name that was probably meant. Every start logs the warnings, whatever the log level.
Secrets never appear in a message or in the log.
`;

/** The text of `docs/configuration.md`. */
export function renderMarkdown(): string {
  const chapters = (Object.keys(schema) as (keyof typeof schema)[]).map((section) => {
    const options = declaredOptions.filter((declared) => declared.section === section);
    const headings = [...new Set(options.map(({ option }) => option.group))];
    const tables = headings.map((heading) => {
      const rows = table(options.filter(({ option }) => option.group === heading));
      return heading === undefined ? rows : `### ${heading}\n\n${rows}`;
    });
    const { title, note } = sections[section];
    return (
      [`## ${title} (\`${section}\`)`, ...(note === undefined ? [] : [note]), ...tables].join('\n\n') + '\n'
    );
  });
  return [INTRODUCTION, ...chapters, withoutEffect()].join('\n');
}

function table(options: readonly DeclaredOption[]): string {
  const rows = options.map(({ path, option }) => {
    const names = [option.env, ...(option.otherEnv ?? []).map(({ name }) => name)].map((name) => code(name));
    return row([
      names.join('<br>'),
      code(path),
      escape(option.type.name),
      defaultCell(option),
      meaning(option),
    ]);
  });
  return [
    row(['Variable', 'Path', 'Value', 'Default', 'Meaning']),
    row(Array(5).fill('---') as string[]),
    ...rows,
  ].join('\n');
}

function meaning(option: Option): string {
  const deprecated = (option.otherEnv ?? [])
    .filter((other) => other.deprecated)
    .map(({ name }) => `${code(name)} is deprecated.`);
  const note = effectNote(option);
  return [
    escape(option.doc),
    ...deprecated,
    ...(option.secret === true ? ['Secret.'] : []),
    ...(note === undefined ? [] : [`**${escape(note)}**`]),
  ].join(' ');
}

function defaultCell(option: Option): string {
  if (option.presence === 'required') return '**required**';
  if (option.defaultText !== undefined) return escape(option.defaultText);
  if (option.default === undefined) return 'not set';
  const shown = option.type.show(option.default);
  return shown === '' ? 'empty' : code(shown);
}

function withoutEffect(): string {
  const rows = namesWithoutEffect.map(({ env, path, reason }) =>
    row([code(env), code(path), `${escape(reason)}.`]),
  );
  return [
    '## Accepted and ignored',
    '',
    row(['Variable', 'Path', 'Why']),
    row(['---', '---', '---']),
    ...rows,
    '',
  ].join('\n');
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const code = (text: string): string => `\`${escape(text)}\``;
const escape = (text: string): string => text.replaceAll('|', '\\|');
