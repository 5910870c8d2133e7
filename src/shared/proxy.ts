import type { buildConnector as Connecting, Dispatcher, Pool as PoolOfUndici } from 'undici';
import { ProxyError, type ProxyName } from './proxy-error.js';
import { readNoProxy } from './no-proxy.js';
import { buildConnector, Pool, ProxyAgent } from './undici.js';

/** Proxy URLs, and the hosts (separated by commas) that are reached without one. */
export interface ProxyOptions {
  /** For http URLs. */
  readonly http: string | undefined;
  /** For https URLs. */
  readonly https: string | undefined;
  readonly none: string | undefined;
}

/** One proxy, whose credentials are kept apart from its address, so that no message can hold them. */
export interface Proxy extends ProxyName {
  /** Without path and credentials. */
  readonly origin: string;
  /** The value of `Proxy-Authorization`. */
  readonly authorization: string | undefined;
}

/** What the connections of a pool have in common, whether they lead through a proxy or not. */
export interface PoolOptions extends Omit<PoolOfUndici.Options, 'connect'> {
  readonly connect: Connecting.BuildOptions & { readonly timeout: number };
}

/**
 * Which proxy leads to a server, as the scheme of its URL says; `undefined` when there is no proxy at all. One for http
 * URLs is not taken for https ones: neither does Python, nor curl.
 */
export function chooseProxy(options: ProxyOptions): ((server: URL) => Proxy | undefined) | undefined {
  const http = options.http === undefined ? undefined : readProxy(options.http, 'HTTP_PROXY');
  const https = options.https === undefined ? undefined : readProxy(options.https, 'HTTPS_PROXY');
  if (http === undefined && https === undefined) return undefined;
  const isDirect = readNoProxy(options.none);
  return (server) => {
    if (isDirect(server)) return undefined;
    return server.protocol === 'https:' ? https : http;
  };
}

function readProxy(text: string, variable: ProxyName['variable']): Proxy {
  const { origin, host, port, protocol, username, password } = new URL(text);
  const credentials = `${decode(username)}:${decode(password)}`;
  return {
    variable,
    host: port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host,
    origin,
    authorization:
      credentials === ':' ? undefined : `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`,
  };
}

/** A password with a percent sign that was not encoded is meant as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The connections to one server, through a proxy. */
export function throughProxy(proxy: Proxy, server: URL, options: PoolOptions): Dispatcher {
  if (server.protocol === 'https:') return new Tunnels(proxy, options);
  const pool = new Pool(proxy.origin, { ...options, connect: connectorTo(proxy, options) });
  return pool.compose(forwardThrough(proxy, server));
}

/** Opens connections to the proxy, and says of those that fail that it was the proxy. */
function connectorTo(proxy: Proxy, { connect }: PoolOptions): Connecting.connector {
  const connector = buildConnector(connect);
  return (peer, callback) => {
    // By its own name: undici would take that of the server, which stands in the header `Host`.
    connector({ ...peer, servername: '' }, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(ProxyError.unreachable(proxy, error), null);
    });
  };
}

/** An https server: the proxy sees nothing but its name. */
class Tunnels extends ProxyAgent {
  constructor(proxy: Proxy, options: PoolOptions) {
    super({
      ...options,
      uri: proxy.origin,
      requestTls: options.connect,
      ...(proxy.authorization === undefined ? {} : { token: proxy.authorization }),
      clientFactory: (origin) =>
        new TunnelingPool(origin, proxy, {
          connect: connectorTo(proxy, options),
          // A proxy that opens no tunnel, and does not say so, is like one that takes no connection.
          headersTimeout: options.connect.timeout,
        }),
    });
  }
}

/** The connections to the proxy on which tunnels are asked for. */
class TunnelingPool extends Pool {
  readonly #proxy: Proxy;

  constructor(origin: URL, proxy: Proxy, options: PoolOfUndici.Options) {
    super(origin, options);
    this.#proxy = proxy;
  }

  // With this one signature out of two, since `ProxyAgent` uses no other.
  override connect = async (options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> => {
    let answer: Dispatcher.ConnectData;
    try {
      answer = await super.connect(options);
    } catch (error) {
      throw error instanceof ProxyError ? error : ProxyError.unreachable(this.#proxy, error);
    }
    if (answer.statusCode === 200) return answer;
    answer.socket.on('error', () => undefined).destroy();
    throw ProxyError.refused(this.#proxy, answer.statusCode);
  };
}

/**
 * An http server: each request names it to the proxy by its whole URL. undici would open a tunnel, which Squid grants to
 * port 443 alone unless it is told otherwise; and its `proxyTunnel: false` has no words for a proxy that is down, and
 * none but tunnels for one that speaks TLS.
 */
function forwardThrough(proxy: Proxy, server: URL): Dispatcher.DispatcherComposeInterceptor {
  const { authorization } = proxy;
  return (dispatch) => (options, handler) => {
    const onResponseStart = handler.onResponseStart?.bind(handler);
    // 407 is the proxy's alone to answer (RFC 9110, section 15.5.8).
    handler.onResponseStart = (controller, status, ...rest) => {
      if (status === 407) controller.abort(ProxyError.refused(proxy, status));
      else onResponseStart?.(controller, status, ...rest);
    };
    const headers = {
      host: server.host,
      // All requests come from `request`, which is given names and values.
      ...(options.headers as Record<string, string>),
      ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
    };
    return dispatch({ ...options, path: server.origin + options.path, headers }, handler);
  };
}
