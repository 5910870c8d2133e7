import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The command line of the built product. */
export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/**
 * @throws {Error} saying what to do when the product was not built.
 */
export function requireBuiltProduct(main = MAIN): void {
  if (existsSync(main)) return;
  throw new Error(`${main} is missing: these tests run the built product; run "npm run build" first.`);
}

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly exitCode: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command of the built product to its end, with these environment variables and hardly any other.
 *
 * @param directory - Working directory; it should hold no configuration file.
 */
export async function runCommand(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  directory: string,
): Promise<CommandResult> {
  requireBuiltProduct();
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { exitCode: code ?? signal ?? 'unknown', ...output };
}
