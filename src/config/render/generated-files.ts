import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderManifest, renderVariableSchema } from './catalogue.js';
import { renderJsonSchema } from './json-schema.js';
import { renderMapping } from './mapping.js';
import { renderMarkdown } from './markdown.js';
import { renderSample } from './sample.js';

/** The files made from the declaration of the options, by their path in the project. */
export const generatedFiles: Readonly<Record<string, () => string>> = {
  'config.yml.sample': renderSample,
  'docs/configuration.md': renderMarkdown,
  'docs/mapping.md': renderMapping,
  'config/connector.schema.json': renderJsonSchema,
  '__metadata__/connector_manifest.json': renderManifest,
  '__metadata__/connector_config_schema.json': renderVariableSchema,
};

/** The generated files that are missing or differ from what the declaration gives now. */
export function staleFiles(root: string): string[] {
  return Object.entries(generatedFiles)
    .filter(([file, render]) => contentOf(join(root, file)) !== render())
    .map(([file]) => file);
}

/** Writes the generated files anew. */
export function writeGeneratedFiles(root: string): void {
  for (const [file, render] of Object.entries(generatedFiles)) {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, render());
  }
}

function contentOf(path: string): string | undefined {
  try {
    // A checkout on Windows may have other line ends.
    return readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}
