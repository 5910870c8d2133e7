import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { ConnectorError } from './connector-error.js';
import { chooseProxy, throughProxy, type ProxyOptions } from './proxy.js';
import { Agent, Pool } from './undici.js';

/** How an HTTPS peer is verified, and how long to wait for a connection. */
export interface DispatcherOptions {
  /** `true`: verify against the known CAs; `false`: accept any certificate; a text: CA bundle, PEM or a path to it. */
  readonly verify: boolean | string;
  /** More CAs (PEM text or path), beside those that Node knows. */
  readonly extraCa?: string | undefined;
  readonly connectTimeoutMs: number;
  /** None by default. What is said of TLS holds for proxies as well. */
  readonly proxies?: ProxyOptions | undefined;
  /** Sockets per origin; default: no limit of ours. */
  readonly connections?: number | undefined;
}

/**
 * One keep-alive connection pool for each server, through the proxy that leads to it.
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
  const proxyTo = options.proxies === undefined ? undefined : chooseProxy(options.proxies);
  if (proxyTo === undefined) return new Agent(pool);
  return new Agent({
    ...pool,
    // Asked once for each server, not for each request.
    factory: (origin) => {
      const server = new URL(origin);
      const proxy = proxyTo(server);
      return proxy === undefined ? new Pool(server, pool) : throughProxy(proxy, server, pool);
    },
  });
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
