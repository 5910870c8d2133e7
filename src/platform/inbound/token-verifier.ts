import { createHash, createPublicKey, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { sleep as wallSleep, type Sleep } from '../../shared/backoff.js';
import { systemClock, type Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import { asNumber, asText, isJsonObject, type JsonObject } from '../../shared/json.js';

/** Decides whether a callback comes from the platform's workers. */
export interface TokenVerifier {
  /** @param bearer - The credential of the `Authorization: Bearer` header. Never throws. */
  verify(bearer: string): Promise<boolean>;
}

/** 6.5.10 to 6.9.22: the worker presents the token of the connector's own user. Compared in constant time. */
export function sharedTokenVerifier(token: string): TokenVerifier {
  const expected = digest(token);
  return { verify: (bearer) => Promise.resolve(timingSafeEqual(digest(bearer), expected)) };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * The rule of the platform at hand (protocol reference §11). One that hands out a key set signs its callbacks, and only
 * that counts from then on; an older one presents the connector's own token until it is upgraded.
 */
export function platformTokenVerifier(
  options: JwtVerifierOptions & { readonly token: string },
): TokenVerifier {
  const shared = sharedTokenVerifier(options.token);
  const signed = new JwtVerifier(options);
  return {
    verify: async (bearer) => {
      if (!signed.hasKeySet && (await shared.verify(bearer))) return true;
      return signed.verify(bearer);
    },
  };
}

export interface JwtVerifierOptions {
  /** JSON text of the key set, from the registration; `undefined` while the platform has none. */
  readonly jwks: string | undefined;
  /** Gets the key set anew, by registering again. */
  readonly refreshJwks: () => Promise<string | undefined>;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly sleep?: Sleep;
}

const MAX_TOKEN_LENGTH = 8_192;
const CLOCK_SKEW_S = 60;
/** Tokens can be made up by anybody who reaches the port; they must not be able to make us register all the time. */
const REFRESH_INTERVAL_MS = 60_000;
/** How long a callback waits for the platform to say its keys. Else made-up tokens would pile up while it is away. */
const MAX_REFRESH_WAIT_MS = 10_000;

/**
 * 7.260224.0 and later: the platform signs a JWT for its workers (protocol reference §11). Only EdDSA with a key of the
 * registration's key set is accepted, from issuer `opencti` for subject `connector`, and not after its expiry. An
 * unknown key id makes the key set be read again, at most once a minute.
 */
export class JwtVerifier implements TokenVerifier {
  readonly #options: JwtVerifierOptions;
  readonly #clock: Clock;
  #keys: ReadonlyMap<string, KeyObject>;
  #refreshing: Promise<void> | undefined;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #hasKeySet: boolean;

  constructor(options: JwtVerifierOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#hasKeySet = options.jwks !== undefined;
    this.#keys = readKeySet(options.jwks ?? '');
  }

  /** Whether the platform has ever handed out a key set, readable or not. */
  get hasKeySet(): boolean {
    return this.#hasKeySet;
  }

  async verify(bearer: string): Promise<boolean> {
    if (bearer.length > MAX_TOKEN_LENGTH) return false;
    const [encodedHeader, encodedClaims, signature, ...rest] = bearer.split('.');
    if (encodedHeader === undefined || encodedClaims === undefined || signature === undefined) return false;
    if (rest.length > 0) return false;
    const header = decodePart(encodedHeader);
    const claims = decodePart(encodedClaims);
    const kid = asText(header?.kid);
    if (header?.alg !== 'EdDSA' || kid === undefined || claims === undefined) return false;
    // Extensions that must be understood (RFC 7515, 4.1.11); none are.
    if (header.crit !== undefined) return false;
    // Before the key set is read again, so that an outdated token cannot cause it.
    if (!this.#isCurrent(claims)) return false;

    const key = this.#keys.get(kid) ?? (await this.#keyAfterRefresh(kid));
    if (key === undefined) return false;
    return verify(
      null,
      Buffer.from(`${encodedHeader}.${encodedClaims}`),
      key,
      Buffer.from(signature, 'base64url'),
    );
  }

  #isCurrent(claims: JsonObject): boolean {
    const nowS = this.#clock.now().getTime() / 1_000;
    const expiry = asNumber(claims.exp);
    const notBefore = claims.nbf === undefined ? 0 : asNumber(claims.nbf);
    return (
      claims.iss === 'opencti' &&
      claims.sub === 'connector' &&
      expiry !== undefined &&
      nowS < expiry + CLOCK_SKEW_S &&
      notBefore !== undefined &&
      nowS >= notBefore - CLOCK_SKEW_S
    );
  }

  async #keyAfterRefresh(kid: string): Promise<KeyObject | undefined> {
    const now = this.#clock.now().getTime();
    if (this.#refreshing === undefined) {
      if (now - this.#refreshedAt < REFRESH_INTERVAL_MS) return undefined;
      this.#refreshedAt = now;
      this.#refreshing = this.#refresh().finally(() => {
        this.#refreshing = undefined;
      });
    }
    await this.#refreshed(this.#refreshing);
    return this.#keys.get(kid);
  }

  async #refreshed(refreshing: Promise<void>): Promise<void> {
    const { sleep = wallSleep } = this.#options;
    const timer = new AbortController();
    await Promise.race([refreshing, sleep(MAX_REFRESH_WAIT_MS, timer.signal)]);
    timer.abort();
  }

  async #refresh(): Promise<void> {
    const { refreshJwks, logger } = this.#options;
    try {
      const jwks = await refreshJwks();
      if (jwks !== undefined) {
        this.#keys = readKeySet(jwks);
        this.#hasKeySet = true;
      }
      logger.info({ keys: [...this.#keys.keys()] }, 'keys of OpenCTI were read again');
    } catch (error) {
      logger.warn({ reason: describeError(error) }, 'keys of OpenCTI could not be read again');
    }
  }
}

/** The Ed25519 keys of a key set by their id; what is no such key is left out. */
function readKeySet(jwks: string): ReadonlyMap<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  const set = parseJson(jwks);
  const list = isJsonObject(set) && Array.isArray(set.keys) ? (set.keys as unknown[]) : [];
  for (const entry of list) {
    if (!isJsonObject(entry)) continue;
    const kid = asText(entry.kid);
    const x = asText(entry.x);
    if (kid === undefined || x === undefined || entry.kty !== 'OKP' || entry.crv !== 'Ed25519') continue;
    try {
      keys.set(kid, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }));
    } catch {
      // Not a point on the curve; tokens of that key will not be accepted.
    }
  }
  return keys;
}

function decodePart(part: string): JsonObject | undefined {
  const value = parseJson(Buffer.from(part, 'base64url').toString('utf8'));
  return isJsonObject(value) ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
