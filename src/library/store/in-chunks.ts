import { setImmediate as nextTurn } from 'node:timers/promises';

/** Rows of one statement: with up to 20 columns, fewer parameters than either database takes (32,766 and 65,535). */
const ROWS = 500;

/**
 * Parts of a long list, for one statement each. In between, the event loop gets a turn: SQLite works on this thread.
 */
export async function* inChunks<T>(items: readonly T[]): AsyncGenerator<readonly T[], void, undefined> {
  for (let start = 0; start < items.length; start += ROWS) {
    if (start > 0) await nextTurn();
    yield items.slice(start, start + ROWS);
  }
}
