import { describe, expect, it } from 'vitest';
import { Passwords } from './passwords.js';

const EMAIL = 'somebody@example.org';
const passwords = new Passwords();

describe('a password', () => {
  it('is hashed by Argon2id at the cost that OWASP asks for, each time with another salt', async () => {
    const hashes = await Promise.all([1, 2].map(() => passwords.hash('correct horse', EMAIL, 'password')));
    for (const hash of hashes) expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(new Set(hashes).size).toBe(2);
    expect(await passwords.verify(hashes[0]!, 'correct horse')).toBe(true);
    expect(await passwords.verify(hashes[0]!, 'Correct horse')).toBe(false);
  });

  it('is the same however a keyboard writes its characters', async () => {
    const hash = await passwords.hash('correct hórse', EMAIL, 'password');
    expect(await passwords.verify(hash, 'correct ho\u0301rse')).toBe(true);
  });

  it('never is right without a hash', async () => {
    expect(await passwords.verify(null, '')).toBe(false);
  });

  it.each([
    ['has less than 12 characters', 'elevenchars'],
    ['has less than 12 characters, some of two units', '😀'.repeat(11)],
    ['has more than 256 characters', 'x'.repeat(257)],
    ['is the e-mail address', EMAIL.toUpperCase()],
  ])('is refused when it %s', async (_what, password) => {
    await expect((async () => passwords.hash(password, EMAIL, 'next'))()).rejects.toMatchObject({
      refusal: 'invalid',
      field: 'next',
    });
  });

  it.each(['x'.repeat(12), '😀'.repeat(256)])('is taken at the limits of length', async (password) => {
    const hash = await passwords.hash(password, EMAIL, 'next');
    expect(await passwords.verify(hash, password)).toBe(true);
  });
});

it('the decoy costs as much as a hash does', async () => {
  const hash = await passwords.hash('correct horse', EMAIL, 'password');
  const fastest = async (of: string | null): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 15; round += 1) {
      const begin = performance.now();
      await passwords.verify(of, 'wrong password');
      times.push(performance.now() - begin);
    }
    return Math.min(...times);
  };
  const [ofHash, ofNothing] = [await fastest(hash), await fastest(null)];
  expect(ofNothing / ofHash).toBeGreaterThan(0.2);
  expect(ofNothing / ofHash).toBeLessThan(5);
});
