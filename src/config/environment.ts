import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Fault } from './findings.js';

/** A non-empty value of a variable and where it was set. */
export interface Variable {
  readonly value: string;
  readonly source: string;
}

/** Environment variables of the process, completed by those of a `.env` file. Empty ones do not exist. */
export interface Environment {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly faults: readonly Fault[];
}

/**
 * Reads the variables of the process and, for those it does not set, of `.env` in the working directory.
 *
 * @param env - Usually `process.env`.
 * @param cwd - The working directory.
 */
export function readEnvironment(env: NodeJS.ProcessEnv, cwd: string): Environment {
  const variables = new Map<string, Variable>();
  const add = (values: NodeJS.Dict<string>, source: string): void => {
    for (const [name, raw] of Object.entries(values)) {
      const value = raw?.trim() ?? '';
      if (value !== '' && !variables.has(name)) variables.set(name, { value, source });
    }
  };
  add(env, 'the environment');
  try {
    add(parseEnv(readFileSync(join(cwd, '.env'), 'utf8')), 'the .env file');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code !== 'ENOENT') {
      const remedy = 'Make .env in the working directory a readable file, or remove it.';
      return { variables, faults: [{ path: '.env', problem: `cannot be read (${code})`, remedy }] };
    }
  }
  return { variables, faults: [] };
}
