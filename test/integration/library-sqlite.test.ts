import { afterAll, beforeAll, describe } from 'vitest';
import { describeSecurity } from '../helpers/library-suites/security.js';
import { startLibraryWorld, type LibraryWorld } from '../helpers/library-world.js';

describe('the library on SQLite', () => {
  let world: LibraryWorld;

  beforeAll(async () => {
    world = await startLibraryWorld();
  });

  afterAll(() => world.close());

  describeSecurity(() => world);
});
