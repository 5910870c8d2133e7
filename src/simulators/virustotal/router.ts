import type { Route } from './exchange.js';

/** A route that fits a request, with the decoded values of its variable segments. */
export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a request; the one with the fewest variable segments wins. */
export class Router {
  readonly #routes: readonly { readonly route: Route; readonly segments: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    const variables = (route: Route): number => route.pattern.split('/:').length;
    this.#routes = [...routes]
      .sort((a, b) => variables(a) - variables(b))
      .map((route) => ({ route, segments: route.pattern.split('/') }));
  }

  /**
   * The route for a method and a path as sent (percent-encoded, without the query). Slashes at the end count:
   * `/files/` is no route.
   */
  match(method: string, path: string): RouteMatch | undefined {
    const asked = path.split('/').map(decode);
    for (const { route, segments } of this.#routes) {
      if (route.method !== method || segments.length !== asked.length) continue;
      const params = bind(segments, asked);
      if (params !== undefined) return { route, params };
    }
    return undefined;
  }
}

function bind(
  segments: readonly string[],
  asked: readonly (string | undefined)[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const value = asked[index];
    if (value === undefined) return undefined;
    if (!segment.startsWith(':')) {
      if (segment !== value) return undefined;
    } else {
      if (value === '') return undefined;
      params[segment.slice(1)] = value;
    }
  }
  return params;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
