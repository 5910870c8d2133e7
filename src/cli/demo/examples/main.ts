import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleFiles, EXAMPLES_FOLDER } from './example-bundles.js';

// Run from the root of the project: writes the example bundles of the documentation, or with --check compares them.
const folder = join(process.cwd(), EXAMPLES_FOLDER);
const files = await exampleFiles();
const present = presentFiles();
if (process.argv.includes('--check')) {
  const stale = Object.entries(files)
    .filter(([file, text]) => textOf(file) !== text)
    .map(([file]) => file);
  for (const file of [...stale, ...superfluous()]) console.error(`${file} is stale. Run: npm run generate`);
  process.exitCode = stale.length + superfluous().length === 0 ? 0 : 1;
} else {
  mkdirSync(folder, { recursive: true });
  for (const file of superfluous()) rmSync(file);
  for (const [file, text] of Object.entries(files)) writeFileSync(file, text);
  console.log(`Written: ${Object.keys(files).length} files in ${EXAMPLES_FOLDER}`);
}

function presentFiles(): string[] {
  try {
    return readdirSync(folder).map((name) => `${EXAMPLES_FOLDER}/${name}`);
  } catch {
    return [];
  }
}

function superfluous(): string[] {
  return present.filter((file) => !Object.hasOwn(files, file));
}

function textOf(file: string): string | undefined {
  // A checkout on Windows may have other line ends.
  return present.includes(file) ? readFileSync(file, 'utf8').replaceAll('\r\n', '\n') : undefined;
}
