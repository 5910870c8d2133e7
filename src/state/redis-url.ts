import { ConnectorError } from '../shared/connector-error.js';

/** What a Redis URL says. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Number of the logical database, 0 by default. */
  readonly database: number;
  readonly tls: boolean;
}

/**
 * Reads `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS
 * (https://www.iana.org/assignments/uri-schemes/prov/redis).
 *
 * @throws ConnectorError (`configuration`) whose message does not repeat the URL, as it may hold a password.
 */
export function parseRedisUrl(text: string): RedisAddress {
  let url: URL;
  try {
    url = new URL(text);
    const database = /^\/?(\d*)$/.exec(url.pathname)?.[1];
    if (!['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '' || database === undefined) {
      throw new TypeError('not a Redis URL');
    }
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? 6379 : Number(url.port),
      username: decoded(url.username),
      password: decoded(url.password),
      database: Number(database),
      tls: url.protocol === 'rediss:',
    };
  } catch {
    throw new ConnectorError(
      'The Redis URL is not valid; it reads redis://[[user]:password@]host[:port][/database], or rediss:// for TLS, with special characters percent-encoded.',
      'configuration',
    );
  }
}

/** Host, port and database for a log line. */
export function describeAddress({ host, port, database }: RedisAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `Redis ${name}:${port}${database === 0 ? '' : `/${database}`}`;
}

function decoded(part: string): string | undefined {
  return part === '' ? undefined : decodeURIComponent(part);
}
