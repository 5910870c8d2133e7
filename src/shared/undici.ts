import type { Dispatcher } from 'undici';
import api from 'undici/lib/api/index.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';

/**
 * undici without what is not used here: its entry point also loads `fetch`, WebSocket, caches and mocks, which take 9 MB
 * of memory (ADR 16). The rest of the product imports nothing but types from `undici` itself.
 */
export { Agent, EnvHttpProxyAgent };

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
