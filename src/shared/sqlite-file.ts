import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** SQLite keeps the write-ahead log and its index beside the file; they belong together under whatever name. */
const COMPANIONS = ['', '-wal', '-shm'] as const;

/**
 * Creates the file and its folder, unless they exist, for this user alone; SQLite gives the companions the mode of the
 * file. Reports of a paid account and what a team looked up are nobody else's business.
 *
 * @returns What tells this file from another of the same name.
 */
export function prepareFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  return statSync(path).ino;
}

/**
 * Renames a damaged file with its companions to `<path>.corrupt-<time>`, unless another process has done so.
 *
 * @param inode - As {@link prepareFile} returned it.
 * @returns the new path, or `undefined` when the path already leads to another file.
 */
export function moveAside(path: string, inode: number, at: Date): string | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.ino !== inode) return undefined;
  const aside = `${path}.corrupt-${at.toISOString().replace(/[-:.]/g, '')}`;
  for (const companion of COMPANIONS) {
    // A log that stayed behind would be replayed into the fresh file.
    if (statSync(path + companion, { throwIfNoEntry: false }) !== undefined) {
      renameSync(path + companion, aside + companion);
    }
  }
  return aside;
}
