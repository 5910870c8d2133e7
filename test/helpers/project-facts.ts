import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { CrashReport } from '../../src/cli/crash-report.js';
import { declaredOptions } from '../../src/config/schema.js';

/** Folder of the project, with a slash at its end. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The text of a file of the project. */
export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Names of variables that are read but are no options. */
const OTHER_VARIABLES = ['AMQP_URL', 'CONFIG_FILE', 'MALLOC_ARENA_MAX', 'NODE_ENV', 'NODE_OPTIONS'];
const variables = new Set([
  ...OTHER_VARIABLES,
  ...declaredOptions.flatMap(({ option }) => [
    option.env,
    ...(option.otherEnv ?? []).map(({ name }) => name),
  ]),
]);

/** Whether the product reads this environment variable. */
export const isKnownVariable = (name: string): boolean => variables.has(name);

/** The commands that the program's own help lists. */
export async function commandsOfTheProgram(): Promise<Set<string>> {
  let help = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    help += String(chunk);
    return true;
  });
  try {
    await runCommandLine(['node', 'main.js', '--help'], new AbortController().signal, new CrashReport());
  } finally {
    write.mockRestore();
  }
  const listed = help.slice(help.indexOf('Commands:'));
  return new Set([...listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name ?? ''));
}
