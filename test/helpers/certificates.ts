import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** An authority that exists for one test. */
export interface Authority {
  /** Path of its certificate. */
  readonly cert: string;
  /**
   * Issues a certificate.
   *
   * @param names - Subject alternative names, such as `DNS:localhost`.
   * @param passphrase - Encrypts the key.
   */
  issue(name: string, names: string, passphrase?: string): CertificateFiles;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
const DAYS = ['-days', '2'];

/**
 * Makes an authority with `openssl`, which must be installed.
 *
 * @param directory - Where its files go; they are prefixed with the name.
 */
export function makeAuthority(directory: string, name: string): Authority {
  const file = (suffix: string): string => join(directory, `${name}-${suffix}`);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const ca = { cert: file('ca.pem'), key: file('ca.key') };
  const subject = ['-subj', `/CN=${name}`];
  openssl('req', '-x509', ...NEW_KEY, '-nodes', '-keyout', ca.key, '-out', ca.cert, ...subject, ...DAYS);
  return {
    cert: ca.cert,
    issue: (leaf, names, passphrase) => {
      const made = { cert: file(`${leaf}.pem`), key: file(`${leaf}.key`) };
      const request = file(`${leaf}.csr`);
      const extensions = file(`${leaf}.ext`);
      const protection = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`];
      writeFileSync(extensions, `subjectAltName=${names}\n`);
      openssl(
        'req',
        '-new',
        ...NEW_KEY,
        ...protection,
        '-keyout',
        made.key,
        '-out',
        request,
        '-subj',
        `/CN=${leaf}`,
      );
      const signer = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-extfile', extensions];
      openssl('x509', '-req', '-in', request, ...signer, '-out', made.cert, ...DAYS);
      return made;
    },
  };
}
