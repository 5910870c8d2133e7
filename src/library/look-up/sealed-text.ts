import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Changes whenever what is stored would be read wrongly; the first part of every sealed text. */
const FORMAT = 'v1';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
/** The length that GCM is specified for (NIST SP 800-38D §8.2.1). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Text that only those can read who have the secret: VirusTotal keys as they are stored. */
export class TextSeal {
  readonly #key: Buffer;

  /**
   * @param secret - At least 32 bytes of chance.
   * @param purpose - Separates what is sealed for one use from what is sealed for another with the same secret.
   * @throws RangeError when the secret is too short to keep anything.
   */
  constructor(secret: Uint8Array, purpose: string) {
    if (secret.byteLength < KEY_BYTES) throw new RangeError(`A secret has at least ${KEY_BYTES} bytes.`);
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES));
  }

  /** Never the same twice. */
  seal(text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES });
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return [FORMAT, nonce, cipher.getAuthTag(), sealed]
      .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
      .join('.');
  }

  /** The text; `undefined` when it was sealed with another secret, for another purpose, or changed since. */
  open(sealed: string): string | undefined {
    const [format, nonce, tag, text, ...rest] = sealed.split('.');
    if (format !== FORMAT || nonce === undefined || tag === undefined || text === undefined) return undefined;
    if (rest.length > 0) return undefined;
    try {
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv(ALGORITHM, this.#key, Buffer.from(nonce, 'base64url'), options);
      decipher.setAuthTag(Buffer.from(tag, 'base64url'));
      const opened = [decipher.update(Buffer.from(text, 'base64url')), decipher.final()];
      return Buffer.concat(opened).toString('utf8');
    } catch {
      return undefined;
    }
  }
}
