import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { startChromium } from '../chromium.js';
import { startLibraryProcess, type LibraryProcess } from '../library-process.js';
import { startLibraryWorld, type LibraryWorld } from '../library-world.js';
import { describeSecurity } from './security.js';
import { describeWholePath } from './whole-path.js';

/**
 * The library as a whole, on whatever database.
 *
 * @param database - Variables that name an empty database; none for a new SQLite file.
 */
export function describeLibrary(database: () => Promise<Readonly<Record<string, string>>>): void {
  describe('over HTTP', () => {
    let world: LibraryWorld;

    beforeAll(async () => {
      world = await startLibraryWorld(await database());
    });

    afterAll(() => world.close());

    describeSecurity(() => world);
  });

  describe('in a browser', () => {
    let folder: string;
    let browser: Browser;
    let library: LibraryProcess;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'library-'));
      [browser, library] = await Promise.all([
        startChromium(),
        startLibraryProcess(folder, await database()),
      ]);
    });

    afterAll(async () => {
      await browser.close();
      await library.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    });

    describeWholePath(
      () => browser,
      () => library,
    );
  });
}
