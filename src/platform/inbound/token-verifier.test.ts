import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import {
  JwtVerifier,
  platformTokenVerifier,
  sharedTokenVerifier,
  type TokenVerifier,
} from './token-verifier.js';

const NOW_S = 1_767_323_045;
const keys = generateKeyPairSync('ed25519');
const otherKeys = generateKeyPairSync('ed25519');

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(changes: { header?: object; claims?: object; key?: KeyObject } = {}): string {
  const header = { alg: 'EdDSA', typ: 'JWT', kid: '0123456789abcdef', ...changes.header };
  const claims = { iss: 'opencti', sub: 'connector', iat: NOW_S, exp: NOW_S + 3_600, ...changes.claims };
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), changes.key ?? keys.privateKey).toString('base64url')}`;
}

function keySet(kid = '0123456789abcdef', key: KeyObject = keys.publicKey): string {
  return JSON.stringify({ keys: [{ ...key.export({ format: 'jwk' }), kid, use: 'sig', alg: 'EdDSA' }] });
}

describe('sharedTokenVerifier', () => {
  it('accepts the token of the connector and nothing else', async () => {
    const verifier = sharedTokenVerifier('s3cret-token');
    await expect(verifier.verify('s3cret-token')).resolves.toBe(true);
    await expect(verifier.verify('s3cret-toker')).resolves.toBe(false);
    await expect(verifier.verify('s3cret-token-and-more')).resolves.toBe(false);
    await expect(verifier.verify('')).resolves.toBe(false);
  });
});

describe('JwtVerifier', () => {
  let nowMs: number;
  const refresh = vi.fn<() => Promise<string | undefined>>();
  beforeEach(() => {
    nowMs = NOW_S * 1_000;
    refresh.mockReset().mockResolvedValue(keySet());
  });

  const verifier = (jwks = keySet()): JwtVerifier =>
    new JwtVerifier({
      jwks,
      refreshJwks: refresh,
      logger: recordedLogger().logger,
      clock: { now: () => new Date(nowMs) },
    });

  it('accepts what the platform signed', async () => {
    await expect(verifier().verify(jwt())).resolves.toBe(true);
    expect(refresh).not.toHaveBeenCalled();
  });

  it.each([
    ['signed by another key', jwt({ key: otherKeys.privateKey })],
    ['of another issuer', jwt({ claims: { iss: 'somebody' } })],
    ['for another subject', jwt({ claims: { sub: 'user' } })],
    ['without an expiry', jwt({ claims: { exp: undefined } })],
    ['with an expiry that is no number', jwt({ claims: { exp: '9999999999' } })],
    ['that has expired', jwt({ claims: { exp: NOW_S - 61 } })],
    ['that is not valid yet', jwt({ claims: { nbf: NOW_S + 61 } })],
    ['without a key id', jwt({ header: { kid: undefined } })],
    ['with algorithm none', `${encode({ alg: 'none', kid: '0123456789abcdef' })}.${jwt().split('.')[1]!}.`],
    ['with extensions that must be understood', jwt({ header: { crit: ['b64'], b64: false } })],
    ['with another part', `${jwt()}.x`],
    [
      'that was changed',
      jwt().replace(/\.[^.]+\./, `.${encode({ iss: 'opencti', sub: 'connector', exp: NOW_S + 9e6 })}.`),
    ],
    ['of absurd length', `${jwt()}${'A'.repeat(10_000)}`],
  ])('refuses a token %s', async (_name, token) => {
    await expect(verifier().verify(token)).resolves.toBe(false);
  });

  it('refuses a token signed with the public key as if it were a shared secret', async () => {
    const signed = `${encode({ alg: 'HS256', kid: '0123456789abcdef' })}.${jwt().split('.')[1]!}`;
    const secret = keys.publicKey.export({ format: 'pem', type: 'spki' });
    const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    await expect(verifier().verify(token)).resolves.toBe(false);
  });

  it('tolerates clocks that differ by less than a minute', async () => {
    await expect(verifier().verify(jwt({ claims: { exp: NOW_S - 59 } }))).resolves.toBe(true);
  });

  it('reads the key set again for an unknown key', async () => {
    refresh.mockResolvedValue(keySet('fedcba9876543210'));
    await expect(verifier().verify(jwt({ header: { kid: 'fedcba9876543210' } }))).resolves.toBe(true);
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it('reads the key set once for many tokens that come together, and at most once a minute', async () => {
    const busy = verifier();
    const unknown = jwt({ header: { kid: 'unknown' } });
    await Promise.all([busy.verify(unknown), busy.verify(unknown), busy.verify(unknown)]);
    await busy.verify(unknown);
    expect(refresh).toHaveBeenCalledTimes(1);

    nowMs += 60_000;
    await busy.verify(unknown);
    expect(refresh).toHaveBeenCalledTimes(2);
  });

  it('waits for ten seconds at most until the platform has said its keys', async () => {
    refresh.mockImplementation(() => new Promise(() => undefined));
    const waits: number[] = [];
    const patient = new JwtVerifier({
      jwks: keySet(),
      refreshJwks: refresh,
      logger: recordedLogger().logger,
      clock: { now: () => new Date(nowMs) },
      sleep: (durationMs) => {
        waits.push(durationMs);
        return Promise.resolve();
      },
    });
    await expect(patient.verify(jwt({ header: { kid: 'unknown' } }))).resolves.toBe(false);
    await expect(patient.verify(jwt())).resolves.toBe(true);
    expect(waits).toEqual([10_000]);
  });

  it('keeps its keys when reading them again fails', async () => {
    refresh.mockRejectedValue(new Error('platform is away'));
    const steady = verifier();
    await expect(steady.verify(jwt({ header: { kid: 'unknown' } }))).resolves.toBe(false);
    await expect(steady.verify(jwt())).resolves.toBe(true);
  });

  it('accepts nothing with a key set that cannot be read', async () => {
    refresh.mockResolvedValue(undefined);
    for (const jwks of [
      '',
      'null',
      '{"keys":[{"kid":"0123456789abcdef","kty":"OKP","crv":"Ed25519","x":"!"}]}',
    ]) {
      await expect(verifier(jwks).verify(jwt())).resolves.toBe(false);
    }
  });

  it('never throws, whatever is presented', async () => {
    const any = verifier();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.tuple(fc.json(), fc.json(), fc.string())), async (value) => {
        const token =
          typeof value === 'string'
            ? value
            : value.map((part) => Buffer.from(part).toString('base64url')).join('.');
        await expect(any.verify(token)).resolves.toBe(false);
      }),
    );
  });
});

describe('platformTokenVerifier', () => {
  const refresh = vi.fn<() => Promise<string | undefined>>();
  const verifier = (jwks: string | undefined): TokenVerifier =>
    platformTokenVerifier({
      jwks,
      token: 's3cret-token',
      refreshJwks: refresh,
      logger: recordedLogger().logger,
      clock: { now: () => new Date(NOW_S * 1_000) },
    });

  beforeEach(() => {
    refresh.mockReset().mockResolvedValue(undefined);
  });

  it('accepts the connector’s own token of a platform that has no keys, and asks for none', async () => {
    await expect(verifier(undefined).verify('s3cret-token')).resolves.toBe(true);
    await expect(verifier(undefined).verify('another-token')).resolves.toBe(false);
    expect(refresh).not.toHaveBeenCalled();
  });

  it.each(['', '{}', keySet()])('does not accept it of a platform that has a key set: %j', async (jwks) => {
    await expect(verifier(jwks).verify('s3cret-token')).resolves.toBe(false);
  });

  it('follows a platform that is upgraded, and does not go back', async () => {
    const upgraded = verifier(undefined);
    refresh.mockResolvedValue(keySet());
    await expect(upgraded.verify(jwt())).resolves.toBe(true);
    await expect(upgraded.verify('s3cret-token')).resolves.toBe(false);
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it('asks at most once a minute for keys that the platform does not have', async () => {
    const old = verifier(undefined);
    for (let count = 0; count < 20; count += 1) await expect(old.verify(jwt())).resolves.toBe(false);
    expect(refresh).toHaveBeenCalledTimes(1);
  });
});
