import { isJsonObject } from '../../shared/json.js';
import { makeCursor } from './pagination.js';

/** Something that goes wrong with one request. Durations are milliseconds of real time. */
export type Fault =
  /** An error envelope instead of the answer, e.g. 503 `TransientError`. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A page of a proxy or front end instead of the answer; status 200 is the nasty case. */
  | { readonly kind: 'html'; readonly status: number; readonly body?: string }
  /** Any body instead of the answer. */
  | {
      readonly kind: 'raw';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
    }
  /** Status and no body at all. */
  | { readonly kind: 'empty'; readonly status?: number }
  /** The answer, ending in the middle of the JSON text although the connection closes properly. */
  | { readonly kind: 'truncated-json' }
  /** The answer, with status and headers sent only after a while. */
  | { readonly kind: 'slow-headers'; readonly delayMs: number }
  /** The answer, with its second half sent only after a while. */
  | { readonly kind: 'slow-body'; readonly delayMs: number }
  /** No answer until the client gives up or the simulator closes, or until the connection is reset after `forMs`. */
  | { readonly kind: 'silence'; readonly forMs?: number }
  /** The connection is reset: at once, or in the middle of the body. */
  | { readonly kind: 'reset'; readonly when?: 'before-headers' | 'in-body' }
  /** `content-encoding: gzip` over a body that is not compressed, or a compressed body that is not declared. */
  | { readonly kind: 'gzip-mismatch'; readonly sends: 'plain-declared-gzip' | 'undeclared-gzip' }
  /** A page whose cursor leads to itself. */
  | { readonly kind: 'duplicate-cursor' }
  /** A page without elements although its cursor promises more. */
  | { readonly kind: 'empty-page' }
  /** The answer, changed by the test. */
  | { readonly kind: 'rewrite'; readonly rewrite: (body: unknown) => unknown };

/** What a pattern is compared with; `path` is below `/api/v3`, percent-encoded, without the query. */
export interface FaultTarget {
  readonly method: string;
  readonly path: string;
}

/**
 * Which requests a fault strikes: a predicate, or text such as `GET /files/*` where `*` stands for any run of
 * characters. `*` alone strikes everything.
 */
export type FaultPattern = string | ((target: FaultTarget) => boolean);

/** Decides about one request; `undefined` lets it through. */
export type FaultChance = (target: FaultTarget) => Fault | undefined;

interface Planned {
  readonly pattern: FaultPattern;
  readonly matches: (target: FaultTarget) => boolean;
  readonly fault: Fault;
  left: number;
  hits: number;
}

/** The faults that are planned, in the order in which they strike. */
export class Faults {
  #planned: Planned[] = [];
  #chance: FaultChance | undefined;

  /**
   * Plans a fault.
   *
   * @param pattern - The requests it strikes.
   * @param fault - What goes wrong.
   * @param times - How many requests it strikes; `Infinity` for all.
   */
  add(pattern: FaultPattern, fault: Fault, times = 1): void {
    this.#planned.push({ pattern, matches: matcher(pattern), fault, left: times, hits: 0 });
  }

  /** Lets a function decide about every request for which nothing is planned, for example by chance. */
  leaveTo(chance: FaultChance): void {
    this.#chance = chance;
  }

  /** Patterns of faults that struck no request: a test that ends with one tested less than it says. */
  unused(): readonly FaultPattern[] {
    return this.#planned.filter(({ hits }) => hits === 0).map(({ pattern }) => pattern);
  }

  /** Forgets all faults. */
  clear(): void {
    this.#planned = [];
    this.#chance = undefined;
  }

  /** The fault that strikes this request, which uses it up once. */
  take(target: FaultTarget): Fault | undefined {
    const planned = this.#planned.find((candidate) => candidate.left > 0 && candidate.matches(target));
    if (planned === undefined) return this.#chance?.(target);
    planned.left -= 1;
    planned.hits += 1;
    return planned.fault;
  }
}

/** Changes the body as the fault demands; `askedCursor` is the cursor of the request. */
export function faultyBody(fault: Fault, body: unknown, askedCursor: string | null): unknown {
  if (fault.kind === 'rewrite') return fault.rewrite(body);
  if (fault.kind !== 'empty-page' && fault.kind !== 'duplicate-cursor') return body;
  if (!isJsonObject(body) || !Array.isArray(body.data) || !isJsonObject(body.links)) return body;
  const next = new URL(String(body.links.self));
  const cursor = askedCursor ?? makeCursor(next.href, 0);
  next.searchParams.set('cursor', cursor);
  return {
    ...body,
    ...(fault.kind === 'empty-page' ? { data: [] } : {}),
    meta: { ...(isJsonObject(body.meta) ? body.meta : {}), cursor },
    links: { ...body.links, next: next.href },
  };
}

function matcher(pattern: FaultPattern): (target: FaultTarget) => boolean {
  if (typeof pattern === 'function') return pattern;
  const literal = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${literal.join('.*')}$`);
  return ({ method, path }) => expression.test(`${method} ${path}`);
}
