import { emailAddress, path, port, text, wholeNumber } from '../formats.js';
import { proxyAddresses } from '../list-formats.js';
import { httpUrl, secretUrl } from '../network-formats.js';
import { option, optional } from '../option.js';

/** What the command `library` needs beside the key of VirusTotal, its quota and the network. */
export const library = {
  // Kubernetes sets LIBRARY_PORT and LIBRARY_SERVICE_HOST for a service called library.
  listen_host: option({
    doc: 'Address on which the page and the API are served: 127.0.0.1 is for this machine alone, 0.0.0.0 for others as well; put a proxy with TLS in front then.',
    env: 'LIBRARY_LISTEN_HOST',
    type: text,
    default: '127.0.0.1',
  }),
  listen_port: option({
    doc: 'Port on which the page and the API are served.',
    env: 'LIBRARY_LISTEN_PORT',
    type: port,
    default: 7171,
  }),
  url: optional({
    doc: 'Address at which people reach the page, for links in invitations. With https, cookies travel by https alone, so the proxy in front must send x-forwarded-proto.',
    env: 'LIBRARY_URL',
    type: httpUrl,
    example: 'https://iocs.example.com',
  }),
  trusted_proxies: option({
    doc: 'Addresses and networks of proxies whose x-forwarded-* headers are believed; loopback, linklocal and uniquelocal stand for their networks. Where library.url is https and nothing is given, the nearest one is, when it is of a private network.',
    env: 'LIBRARY_TRUSTED_PROXIES',
    type: proxyAddresses,
    default: [],
  }),
  database_path: option({
    doc: 'SQLite file that holds the library. Not on a network file system.',
    env: 'LIBRARY_DATABASE_PATH',
    type: path,
    default: 'state/library.sqlite',
  }),
  database_url: optional({
    doc: 'PostgreSQL database that holds the library in place of the file.',
    env: 'LIBRARY_DATABASE_URL',
    type: secretUrl,
    secret: true,
    example: 'postgresql://library:secret@postgres/library',
  }),
  state_path: option({
    doc: 'SQLite file that holds the quota used and the cached reports of the library. With STATE_REDIS_URL they are in that Redis instead, and shared with the connector.',
    env: 'LIBRARY_STATE_PATH',
    type: path,
    default: 'state/library-state.sqlite',
  }),
  secret: optional({
    doc: 'Secret that seals the VirusTotal key in the database and signs cookies: 64 hexadecimal digits (openssl rand -hex 32). Without it the file of library.secret_file is used.',
    env: 'LIBRARY_SECRET',
    type: text,
    secret: true,
    example: 'ChangeMe',
  }),
  secret_file: option({
    doc: 'File that holds the secret; made at the first start, readable by its owner alone. Keep a copy: what it sealed cannot be read without it.',
    env: 'LIBRARY_SECRET_FILE',
    type: path,
    default: 'state/library.secret',
  }),
  admin_email: option({
    doc: 'E-mail address of the first super admin, who is made when there is none; the start prints a link that works once.',
    env: 'LIBRARY_ADMIN_EMAIL',
    type: emailAddress,
    default: 'admin@localhost',
  }),
  session_hours: option({
    doc: 'Hours after which a session ends in which nothing was done.',
    env: 'LIBRARY_SESSION_HOURS',
    type: wholeNumber(1, 168),
    default: 12,
  }),
};
