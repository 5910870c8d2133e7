import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import type { JsonObject } from '../../shared/json.js';

export interface BundleDirectoryOptions {
  readonly path: string;
  /** Files that are older are deleted; 0 keeps them for ever. */
  readonly retentionDays: number;
  /** Name of the connector, with which its files begin. */
  readonly connectorName: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const DAY_MS = 86_400_000;
const CLEAN_UP_EVERY_MS = 3_600_000;
/** More than one process may write here at once. */
const MAX_NAMES_TRIED = 10;

/**
 * A directory in which bundles are left for others to fetch (protocol reference §9.7). A file is written under another
 * name and renamed when it is whole and on the disk, so that nobody reads half of one.
 */
export class BundleDirectory {
  readonly #options: BundleDirectoryOptions;
  readonly #prefix: string;
  #lastMicros = 0;
  #cleanedUpAt = Number.NEGATIVE_INFINITY;

  constructor(options: BundleDirectoryOptions) {
    this.#options = options;
    // Nothing in a name leads into another directory.
    this.#prefix = options.connectorName.toLowerCase().replace(/[ /\\\0]/g, '_');
  }

  /**
   * Writes a document under a name of its own and returns that name.
   *
   * @throws ConnectorError (`configuration`) naming the directory and what is wrong with it.
   */
  async write(document: JsonObject): Promise<string> {
    await this.#cleanUp();
    const text = JSON.stringify(document);
    try {
      return await this.#writeNew(text);
    } catch (error) {
      throw new ConnectorError(
        `the bundle could not be written into the directory ${this.#options.path} (${describeError(error)}); see to it that CONNECTOR_SEND_TO_DIRECTORY_PATH exists, can be written and has room`,
        'configuration',
        { cause: error },
      );
    }
  }

  async #writeNew(text: string): Promise<string> {
    for (let tried = 1; ; tried += 1) {
      const name = this.#newName();
      const path = join(this.#options.path, name);
      try {
        await writeWhole(`${path}.tmp`, text);
      } catch (error) {
        if (tried < MAX_NAMES_TRIED && codeOf(error) === 'EEXIST') continue;
        throw error;
      }
      await rename(`${path}.tmp`, path);
      return name;
    }
  }

  /** `<connector>-YYYYMMDD-HHMMSS-<seconds since the epoch, with fraction>.json`, in UTC. */
  #newName(): string {
    // The clock counts milliseconds; of two bundles in one of them the second gets the next microsecond.
    const now = this.#options.clock.now();
    this.#lastMicros = Math.max(now.getTime() * 1_000, this.#lastMicros + 1);
    const [date = '', time = ''] = now.toISOString().split('T');
    const stamp = `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
    const seconds = Math.floor(this.#lastMicros / 1_000_000);
    const fraction = String(this.#lastMicros % 1_000_000).padStart(6, '0');
    return `${this.#prefix}-${stamp}-${seconds}.${fraction}.json`;
  }

  /** Deletes own files that are too old, now and then. What others left in the directory is none of our business. */
  async #cleanUp(): Promise<void> {
    const { path, retentionDays, clock, logger } = this.#options;
    const now = clock.now().getTime();
    if (retentionDays === 0 || now - this.#cleanedUpAt < CLEAN_UP_EVERY_MS) return;
    this.#cleanedUpAt = now;
    try {
      let deleted = 0;
      for (const name of await readdir(path)) {
        if (!this.#isOwn(name)) continue;
        const file = join(path, name);
        if ((await stat(file)).mtimeMs >= now - retentionDays * DAY_MS) continue;
        await unlink(file);
        deleted += 1;
      }
      if (deleted > 0) logger.info({ path, deleted }, 'old bundles deleted from the directory');
    } catch (error) {
      // Another replica may have been quicker; what is left is met again.
      if (codeOf(error) !== 'ENOENT')
        logger.warn({ path, reason: describeError(error) }, 'old bundles could not be deleted');
    }
  }

  /** Also what a crash left half written. */
  #isOwn(name: string): boolean {
    return (
      name.startsWith(`${this.#prefix}-`) &&
      /^\d{8}-\d{6}-\d+\.\d+\.json(?:\.tmp)?$/.test(name.slice(this.#prefix.length + 1))
    );
  }
}

/** A file that holds all of it, also after a power failure; none when that fails. */
async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(path).catch(() => undefined);
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
