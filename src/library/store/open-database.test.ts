import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseError } from './database-error.js';
import { openDatabase, type LibraryDatabase } from './open-database.js';

const logger = pino({ level: 'silent' });
let folder: string;
const opened: LibraryDatabase[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'library-'));
});

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(path: string, url?: string): Promise<LibraryDatabase> {
  const database = await openDatabase({ path, url, logger });
  opened.push(database);
  return database;
}

async function faultOf(path: string, url?: string): Promise<DatabaseError> {
  const error: unknown = await open(path, url).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatabaseError);
  return error as DatabaseError;
}

describe('a SQLite file', () => {
  it('is made with its folder, for this user alone', async () => {
    const path = join(folder, 'deep', 'library.db');
    const database = await open(path);
    expect(database.dialect).toBe('sqlite');
    expect(database.description).toContain(path);
    expect((await stat(path)).mode & 0o077).toBe(0);
  });

  it('keeps what was written when it is opened again', async () => {
    const path = join(folder, 'library.db');
    const first = await open(path);
    await first.kysely.insertInto('settings').values({ key: 'a', value: 'b' }).execute();
    await first.close();
    const second = await open(path);
    expect(await second.kysely.selectFrom('settings').selectAll().execute()).toEqual([
      { key: 'a', value: 'b' },
    ]);
  });

  it('checks references', async () => {
    const { kysely } = await open(':memory:');
    await expect(
      kysely
        .insertInto('lookUps')
        .values({ organisationId: 'nobody', day: '2026-01-01', count: 1 })
        .execute(),
    ).rejects.toThrow(/FOREIGN KEY/);
  });

  it('that is something else is refused with the option to change', async () => {
    const path = join(folder, 'notes.txt');
    await writeFile(path, 'x'.repeat(5_000));
    const fault = await faultOf(path);
    expect(fault.kind).toBe('configuration');
    expect(fault.message).toContain('LIBRARY_DATABASE_PATH');
    expect(fault.message).toContain(path);
  });

  it('of a later version is refused and left alone', async () => {
    const path = join(folder, 'library.db');
    await (await open(path)).close();
    const later = new DatabaseSync(path);
    later.exec(`insert into kysely_migration values ('9999-future', '2099-01-01T00:00:00.000Z')`);
    later.close();
    const fault = await faultOf(path);
    expect(fault.kind).toBe('configuration');
    expect(fault.message).toContain('later version');
  });
});

describe('a PostgreSQL URL', () => {
  it.each(['mysql://u:hunter2@h/d', 'hunter2', 'postgresql://u:hunter2@h:port/d'])(
    'that is not valid is refused without being repeated: %s',
    async (url) => {
      const fault = await faultOf(':memory:', url);
      expect(fault.kind).toBe('configuration');
      expect(fault.message).toContain('LIBRARY_DATABASE_URL');
      expect(fault.message).not.toContain('hunter2');
    },
  );

  it('where nothing answers is a passing fault that names host and port, not the password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const fault = await faultOf(':memory:', `postgresql://user:hunter2@127.0.0.1:${port}/library`);
    expect(fault.kind).toBe('transient');
    expect(fault.message).toContain(`127.0.0.1:${port}/library`);
    expect(fault.message).toContain('LIBRARY_DATABASE_URL');
    expect(fault.message).not.toContain('hunter2');
  });
});
