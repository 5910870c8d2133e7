import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { loadConfig } from '../config/load.js';
import { SecretRegistry } from '../observability/redact.js';
import { systemClock } from '../shared/clock.js';
import { createLibrary, offerPassword } from './create-library.js';

it('has its SQLite file for itself, but for the command that offers a password', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'library-'));
  const { config } = loadConfig({
    env: {
      VIRUSTOTAL_TOKEN: 'ab'.repeat(32),
      LIBRARY_DATABASE_PATH: join(folder, 'library.sqlite'),
      LIBRARY_STATE_PATH: join(folder, 'state.sqlite'),
      LIBRARY_SECRET_FILE: join(folder, 'library.secret'),
    },
    file: undefined,
    cwd: folder,
    unused: ['opencti', 'virustotal'],
  });
  const logger = pino({ level: 'silent' });
  const start = () =>
    createLibrary(
      config,
      {
        logger,
        secrets: new SecretRegistry(),
        clock: systemClock,
        startSimulator: () => Promise.reject(new Error('There is a key.')),
      },
      folder,
    );
  const first = await start();
  await first.inviteFirstAdmin();
  await expect(start()).rejects.toThrow('LIBRARY_DATABASE_PATH');
  const services = { logger, clock: systemClock };
  await expect(offerPassword(config, 'admin@localhost', services)).resolves.toHaveProperty('link');
  await first.close();
  const second = await start();
  await second.close();
  await rm(folder, { recursive: true });
});
