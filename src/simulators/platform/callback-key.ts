import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';
import type { JsonObject } from '../../shared/json.js';

const LIFETIME_S = 3_600;

/** The key with which the platform signs what it sends to callback connectors (7.260224.0 on). */
export class CallbackKey {
  #privateKey!: KeyObject;
  #publicX!: string;
  #keyId!: string;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.rotate();
  }

  /** Replaces the key, as a changed platform secret does; connectors learn of it when they register again. */
  rotate(): void {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#privateKey = privateKey;
    this.#publicX = publicKey.export({ format: 'jwk' }).x ?? '';
    this.#keyId = randomBytes(8).toString('hex');
  }

  /** JSON text of the key set (RFC 7517, RFC 8037), as `registerConnector.jwks` holds it. */
  jwks(): string {
    const key = { kid: this.#keyId, use: 'sig', alg: 'EdDSA', crv: 'Ed25519', kty: 'OKP', x: this.#publicX };
    return JSON.stringify({ keys: [key] });
  }

  /**
   * A token (RFC 7519) as the platform mints it: one hour, issuer `opencti`, subject `connector`.
   *
   * @param overrides - Claims and header fields to forge.
   */
  mint(overrides: { claims?: JsonObject; header?: JsonObject } = {}): string {
    const now = Math.floor(this.#clock.now().getTime() / 1_000);
    const header = { alg: 'EdDSA', typ: 'JWT', kid: this.#keyId, ...overrides.header };
    const claims = { iss: 'opencti', sub: 'connector', iat: now, exp: now + LIFETIME_S, ...overrides.claims };
    const signed = `${encode(header)}.${encode(claims)}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.#privateKey).toString('base64url')}`;
  }
}

function encode(part: JsonObject): string {
  return Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');
}
