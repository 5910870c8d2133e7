import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { ConnectorError } from './connector-error.js';
import { Agent, EnvHttpProxyAgent } from './undici.js';

/** How an HTTPS peer is verified, and how long to wait for a connection. */
export interface DispatcherOptions {
  /** `true`: verify against the known CAs; `false`: accept any certificate; a text: CA bundle, PEM or a path to it. */
  readonly verify: boolean | string;
  /** More CAs (PEM text or path), beside those that Node knows. */
  readonly extraCa?: string | undefined;
  readonly connectTimeoutMs: number;
  /** Proxies; what is not given comes from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. */
  readonly proxies?: ProxyOptions | undefined;
  /** Sockets per origin; default: no limit of ours. */
  readonly connections?: number | undefined;
}

/** Proxy URLs, and the hosts (separated by commas) that are reached without one. */
export interface ProxyOptions {
  readonly http: string | undefined;
  readonly https: string | undefined;
  readonly none: string | undefined;
}

/**
 * One keep-alive connection pool that honours `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
 *
 * @throws ConnectorError (`configuration`) when a CA file cannot be read.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const authorities: string[] = [];
  if (typeof options.verify === 'string') authorities.push(readPem(options.verify));
  if (options.extraCa !== undefined) authorities.push(...rootCertificates, readPem(options.extraCa));
  const tls = {
    rejectUnauthorized: options.verify !== false,
    ...(authorities.length === 0 ? {} : { ca: authorities }),
  };
  const pool = {
    connect: { ...tls, timeout: options.connectTimeoutMs },
    keepAliveTimeout: 30_000,
    // Each client bounds its own calls; undici's five minutes would cut off a playbook that the platform still runs.
    headersTimeout: 0,
    bodyTimeout: 0,
    connections: options.connections ?? null,
  };
  // One that knows no proxy still asks for each request whether it needs one.
  if (!hasProxy(options.proxies)) return new Agent(pool);
  return new EnvHttpProxyAgent({
    ...pool,
    requestTls: pool.connect,
    ...(options.proxies?.http === undefined ? {} : { httpProxy: options.proxies.http }),
    ...(options.proxies?.https === undefined ? {} : { httpsProxy: options.proxies.https }),
    ...(options.proxies?.none === undefined ? {} : { noProxy: options.proxies.none }),
  });
}

function hasProxy({ http, https }: Partial<ProxyOptions> = {}): boolean {
  const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY } = process.env;
  return [http, https, http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY].some(Boolean);
}

/**
 * The PEM text that a configuration value means: the text itself, or the content of the file it names.
 *
 * @throws ConnectorError (`configuration`) when the file cannot be read.
 */
export function readPem(textOrPath: string): string {
  if (textOrPath.trimStart().startsWith('-----BEGIN')) return textOrPath;
  try {
    return readFileSync(textOrPath, 'utf8');
  } catch (error) {
    throw new ConnectorError(
      `The certificate file ${textOrPath} cannot be read; give the path of a readable PEM file or the PEM text itself.`,
      'configuration',
      { cause: error },
    );
  }
}
