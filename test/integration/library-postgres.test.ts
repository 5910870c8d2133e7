import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseError } from '../../src/library/store/database-error.js';
import { openDatabase, type LibraryDatabase } from '../../src/library/store/open-database.js';
import { itKeepsAccounts } from '../helpers/library-contract/accounts.js';
import { itKeepsIocs } from '../helpers/library-contract/iocs.js';
import { itKeepsWork } from '../helpers/library-contract/work.js';
import { describeLibrary } from '../helpers/library-suites/library.js';
import { createDatabase, findPostgres } from '../helpers/postgres-server.js';
import type { RealServer } from '../helpers/real-server.js';

const logger = pino({ level: 'silent' });
let server: RealServer;
const drops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const log = (message: string): void => void process.stderr.write(`postgres: ${message}\n`);
  server = await findPostgres(log);
  log(`using ${server.origin}`);
}, 900_000);

afterAll(async () => {
  for (const drop of drops) await drop();
  await server.stop();
});

async function emptyDatabase(): Promise<string> {
  const { url, drop } = await createDatabase(server);
  drops.push(drop);
  return url;
}

function open(url: string): Promise<LibraryDatabase> {
  return openDatabase({ path: '', url, logger });
}

describe('opening PostgreSQL', () => {
  it('makes the tables once when several processes start at once', async () => {
    const url = await emptyDatabase();
    const databases = await Promise.all(Array.from({ length: 5 }, () => open(url)));
    for (const database of databases) {
      expect(await database.kysely.selectFrom('iocs').selectAll().execute()).toEqual([]);
      await database.close();
    }
  });

  it.each([
    ['a wrong password', (url: URL) => (url.password = 'hunter2')],
    ['a database that does not exist', (url: URL) => (url.pathname = '/nowhere')],
    ['a user that does not exist', (url: URL) => (url.username = 'nobody')],
  ])('refuses %s as a fault of the configuration, without the password', async (_what, spoil) => {
    const url = new URL(server.url);
    const { password } = url;
    spoil(url);
    const error: unknown = await open(url.href).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DatabaseError);
    const fault = error as DatabaseError;
    expect(fault.kind).toBe('configuration');
    expect(fault.message).toContain('LIBRARY_DATABASE_URL');
    expect(fault.message).not.toContain(password);
    expect(fault.message).not.toContain('hunter2');
  });
});

describe('the library in PostgreSQL', () => {
  const openEmpty = async (): Promise<LibraryDatabase> => open(await emptyDatabase());
  describe('IOCs', () => {
    itKeepsIocs(openEmpty);
  });
  describe('work', () => {
    itKeepsWork(openEmpty);
  });
  describe('accounts', () => {
    itKeepsAccounts(openEmpty);
  });
});

describe('the library on PostgreSQL', () => {
  describeLibrary(async () => ({ LIBRARY_DATABASE_URL: await emptyDatabase() }));
});
