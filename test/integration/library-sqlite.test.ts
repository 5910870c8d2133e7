import { describe } from 'vitest';
import { describeLibrary } from '../helpers/library-suites/library.js';

describe('the library on SQLite', () => {
  describeLibrary(() => Promise.resolve({}));
});
