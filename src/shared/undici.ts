import type { Dispatcher } from 'undici';
import api from 'undici/lib/api/index.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import DispatcherBase from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

/**
 * undici without what is not used here: its entry point also loads `fetch`, WebSocket, caches and mocks, which take 9 MB
 * of memory (ADR 16). The rest of the product imports nothing but types from `undici` itself.
 */
export { Agent, buildConnector, Pool, ProxyAgent };

// The entry point also gives every dispatcher its methods, `connect` and `request` among them, and undici relies on
// that: without it `ProxyAgent` fails with `this[kClient].connect is not a function`. A test process in which anything
// imports `undici` itself does not notice; the built product does (test/integration/connector-proxies.test.ts).
Object.assign(DispatcherBase.prototype, api);

/** What a request says beside its address. */
export type HttpRequest = Omit<Dispatcher.RequestOptions, 'origin' | 'path'> & {
  readonly dispatcher: Dispatcher;
};

/**
 * One HTTP request, as undici's function of this name makes it. Redirects are not followed.
 *
 * @throws TypeError when the URL is none; whatever the network throws.
 */
export function request(
  url: string,
  { dispatcher, ...options }: HttpRequest,
): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(url);
  return api.request.call(dispatcher, { ...options, origin, path: pathname + search });
}
