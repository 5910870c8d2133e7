import { AccountError } from './account-error.js';

/** RFC 5321, section 4.5.3.1.3: a path, without its angle brackets. */
const LONGEST_EMAIL = 254;
const LONGEST_NAME = 100;
/** As far as can be told without sending a mail; `admin@localhost` is one. */
const EMAIL = /^[^\s@<>"\p{Cc}]+@[^\s@<>"\p{Cc}]+$/u;

/**
 * An e-mail address as it is stored, in lower case.
 *
 * @throws AccountError when it is none.
 */
export function readEmail(text: string): string {
  const email = text.trim().toLowerCase();
  if (email.length > LONGEST_EMAIL || !EMAIL.test(email)) {
    throw new AccountError('invalid', 'This is no e-mail address; write it like name@example.org.', 'email');
  }
  return email;
}

/**
 * A name as it is stored, of a person or of a thing.
 *
 * @throws AccountError when it is empty, too long, or holds control characters.
 */
export function readName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > LONGEST_NAME || /\p{Cc}/u.test(name)) {
    throw new AccountError('invalid', `A name has 1 to ${LONGEST_NAME} characters on one line.`, 'name');
  }
  return name;
}
