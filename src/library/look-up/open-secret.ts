import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConnectorError, describeError } from '../../shared/connector-error.js';

/** 256 bits, in hex. */
const SECRET_BYTES = 32;
const SECRET = /^[0-9a-f]{64}$/;
/** Group and others. */
const SHARED_BITS = 0o077;

/** Where the secret comes from that seals what is stored. */
export interface SecretSource {
  /** `LIBRARY_SECRET`: 64 hexadecimal digits. */
  readonly secret?: string | undefined;
  /** `LIBRARY_SECRET_FILE`: made when it is not there, for the owner alone. */
  readonly file: string;
}

/**
 * The secret of this installation. What it sealed is lost without it, so it is made once and never replaced.
 *
 * @throws ConnectorError (`configuration`) that names the option and the remedy.
 */
export async function openSecret({ secret, file }: SecretSource): Promise<Buffer> {
  if (secret !== undefined) return bytesOf(secret, 'LIBRARY_SECRET');
  try {
    return await readSecret(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    await makeSecret(file);
  } catch (error) {
    throw new ConnectorError(
      `The secret cannot be written to ${file} (${describeError(error)}); name a file in LIBRARY_SECRET_FILE whose folder can be written to, or set LIBRARY_SECRET.`,
      'configuration',
      { cause: error },
    );
  }
  return readSecret(file);
}

async function readSecret(file: string): Promise<Buffer> {
  let text: string;
  let mode: number;
  try {
    [text, { mode }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
  } catch (error) {
    if (isMissing(error)) throw error;
    throw new ConnectorError(
      `The secret in ${file} cannot be read (${describeError(error)}); give this user the right to, or name another file in LIBRARY_SECRET_FILE.`,
      'configuration',
      { cause: error },
    );
  }
  // Windows knows no such bits.
  if (process.platform !== 'win32' && (mode & SHARED_BITS) !== 0) {
    throw new ConnectorError(
      `Others than the owner may read the secret in ${file}; take that right away (chmod 600).`,
      'configuration',
    );
  }
  return bytesOf(text, file);
}

/** Complete or not at all, and by one of several processes that start at once. */
async function makeSecret(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${randomBytes(SECRET_BYTES).toString('hex')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
}

/** The message never holds the text. */
function bytesOf(text: string, source: string): Buffer {
  const digits = text.trim().toLowerCase();
  if (SECRET.test(digits)) return Buffer.from(digits, 'hex');
  throw new ConnectorError(
    `The secret in ${source} is not 64 hexadecimal digits; restore the one that was there, since what it sealed cannot be read without it (a new one: openssl rand -hex 32).`,
    'configuration',
  );
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
