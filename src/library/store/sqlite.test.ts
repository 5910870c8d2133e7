import { pino } from 'pino';
import { describe } from 'vitest';
import { itKeepsAccounts } from '../../../test/helpers/library-contract/accounts.js';
import { itKeepsIocs } from '../../../test/helpers/library-contract/iocs.js';
import { itKeepsWork } from '../../../test/helpers/library-contract/work.js';
import { openDatabase, type LibraryDatabase } from './open-database.js';

const open = (): Promise<LibraryDatabase> =>
  openDatabase({ path: ':memory:', logger: pino({ level: 'silent' }) });

describe('the library in SQLite', () => {
  describe('IOCs', () => {
    itKeepsIocs(open);
  });
  describe('work', () => {
    itKeepsWork(open);
  });
  describe('accounts', () => {
    itKeepsAccounts(open);
  });
});
