import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSecret } from './open-secret.js';

const digits = '0123456789abcdef'.repeat(4);
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secret-'));
  file = join(folder, 'state', 'library.secret');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the secret of an installation', () => {
  it('is made once, for its owner alone, by one of many who start at once', async () => {
    const secrets = await Promise.all(Array.from({ length: 8 }, () => openSecret({ file })));
    expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1);
    expect(secrets[0]).toHaveLength(32);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await openSecret({ file })).toEqual(secrets[0]);
    expect(await readdir(join(folder, 'state'))).toEqual(['library.secret']);
    expect((await readFile(file, 'utf8')).trim()).toBe(secrets[0]?.toString('hex'));
  });

  it('is what the environment says, and then no file is made', async () => {
    expect(await openSecret({ secret: ` ${digits.toUpperCase()}\n`, file })).toEqual(
      Buffer.from(digits, 'hex'),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['', 'short', `${digits}0`, digits.replace('0', 'g')])(
    'is not taken for what it is not, nor shown: %j',
    async (secret) => {
      const failure = openSecret({ secret, file });
      await expect(failure).rejects.toMatchObject({ kind: 'configuration' });
      await expect(failure).rejects.toThrow('LIBRARY_SECRET is not 64 hexadecimal digits');
      if (secret !== '') await expect(failure).rejects.not.toThrow(secret);
    },
  );

  it('is never replaced when its file was damaged', async () => {
    await openSecret({ file });
    await writeFile(file, 'damaged');
    await expect(openSecret({ file })).rejects.toThrow(`The secret in ${file} is not 64 hexadecimal digits`);
    expect(await readFile(file, 'utf8')).toBe('damaged');
  });

  it('must not be readable by others', async () => {
    await openSecret({ file });
    await chmod(file, 0o640);
    await expect(openSecret({ file })).rejects.toThrow('chmod 600');
  });

  it('says where it cannot be written', async () => {
    await writeFile(join(folder, 'taken'), '');
    const inside = join(folder, 'taken', 'library.secret');
    await expect(openSecret({ file: inside })).rejects.toThrow(/LIBRARY_SECRET_FILE/);
  });
});
