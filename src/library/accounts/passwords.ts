import { hash, verify, type Options } from '@node-rs/argon2';
import { AccountError } from './account-error.js';
import { Turns } from './turns.js';

/**
 * Argon2id, the package's default, with the least that OWASP recommends
 * (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html): 19 MiB, two passes, one thread.
 */
const COST: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A hash of no password, at the same cost. */
const DECOY = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
const SHORTEST = 12;
const LONGEST = 256;
/** Each takes 19 MiB and one core. */
const AT_ONCE = 2;
const MAX_WAITING = 200;

/** Hashes of passwords; two are computed at once. */
export class Passwords {
  readonly #turns = new Turns(AT_ONCE, MAX_WAITING);

  /**
   * The hash of a password that is good enough.
   *
   * @param field - The name of the password in the request, for the refusal.
   * @throws AccountError when it is too short, too long, or the address of its user.
   */
  hash(password: string, email: string, field: string): Promise<string> {
    const { length } = Array.from(password);
    if (length < SHORTEST || length > LONGEST) {
      throw new AccountError(
        'invalid',
        `A password has ${SHORTEST} to ${LONGEST} characters; a sentence is easy to keep in mind.`,
        field,
      );
    }
    if (password.toLowerCase() === email.toLowerCase()) {
      throw new AccountError('invalid', 'The e-mail address is no password; choose another one.', field);
    }
    return this.#turns.run(() => hash(normalised(password), COST));
  }

  /**
   * Whether the password is the one that was hashed. Without a hash it is `false` after the same time.
   *
   * @throws ConnectorError (`transient`) when too many ask at once.
   */
  async verify(passwordHash: string | null, password: string): Promise<boolean> {
    const isRight = await this.#turns.run(() => verify(passwordHash ?? DECOY, normalised(password)));
    return isRight && passwordHash !== null;
  }
}

/** Keyboards write the same character in several ways (NIST SP 800-63B, section 3.1.1.2). */
function normalised(password: string): string {
  return password.normalize('NFKC');
}
