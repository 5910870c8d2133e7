import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDatabase } from './database-lock.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'library-lock-'));
  path = join(folder, 'new', 'library.sqlite');
});

afterEach(() => rm(folder, { recursive: true }));

it('is had by one at a time, and the other is told what to do', async () => {
  const first = lockDatabase(path);
  expect(() => lockDatabase(path)).toThrow(
    expect.objectContaining({
      kind: 'configuration',
      message: expect.stringMatching(
        /^Another process of the library uses .*library\.sqlite; .*LIBRARY_DATABASE_PATH/,
      ) as string,
    }),
  );
  const other = lockDatabase(join(folder, 'other.sqlite'));
  await first.release();
  await first.release();
  await lockDatabase(path).release();
  await other.release();
});

it('ends with a process that is killed', async () => {
  await lockDatabase(path).release();
  const sqlite = createRequire(import.meta.url).resolve('@photostructure/sqlite');
  const script = `
    const { DatabaseSync } = require(${JSON.stringify(sqlite)});
    globalThis.lock = new DatabaseSync(${JSON.stringify(`${path}.lock`)});
    globalThis.lock.exec('BEGIN EXCLUSIVE');
    console.log('locked');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  expect(() => lockDatabase(path)).toThrow('LIBRARY_DATABASE_PATH');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await lockDatabase(path).release();
});

it('that cannot be had for another reason names the option', async () => {
  await writeFile(join(folder, 'new'), '');
  expect(() => lockDatabase(path)).toThrow('LIBRARY_DATABASE_PATH');
});
