import type { JsonObject } from '../../shared/json.js';
import { badRequest, invalidArgument } from './envelope.js';

const defaultLimit = 10;
const maximumLimit = 40;
/** `meta.count` never says more than this. */
const countCap = 200;

/** A page asked for. */
export interface PageRequest {
  readonly limit: number;
  readonly offset: number;
}

/**
 * Reads `limit` and `cursor`.
 *
 * @param self - Address of the list: a cursor belongs to the list it came from.
 * @param aboveMaximum - What to do with a limit above 40.
 * @throws {@link ApiError} 400 for a limit that is no positive number, for a refused one, and for a foreign cursor.
 */
export function readPageRequest(
  self: string,
  query: URLSearchParams,
  aboveMaximum: 'clamp' | 'refuse',
): PageRequest {
  const limitText = query.get('limit') ?? String(defaultLimit);
  const limit = /^\d+$/.test(limitText) ? Number(limitText) : 0;
  if (limit < 1 || (limit > maximumLimit && aboveMaximum === 'refuse'))
    throw invalidArgument(`"limit" must be a number between 1 and ${maximumLimit}`);
  const cursor = query.get('cursor');
  return { limit: Math.min(limit, maximumLimit), offset: cursor === null ? 0 : readCursor(self, cursor) };
}

/**
 * The opaque cursor that leads to an offset of the list at `self`. Descriptors and full objects are the same list:
 * a cursor embedded by `?relationships=` continues on either.
 */
export function makeCursor(self: string, offset: number): string {
  return Buffer.from(JSON.stringify([offset, listOf(self)])).toString('base64');
}

/** The list envelope with one page of the elements. `self` is the address of the list without query. */
export function listPage(self: string, elements: readonly JsonObject[], page: PageRequest): JsonObject {
  const end = page.offset + page.limit;
  const cursor = end < elements.length ? makeCursor(self, end) : undefined;
  return {
    data: elements.slice(page.offset, end),
    meta: {
      count: Math.min(elements.length, countCap),
      ...(cursor === undefined ? {} : { cursor }),
    },
    links: pageLinks(self, page.limit, cursor),
  };
}

/** `self` and, when there is a cursor, `next`. */
export function pageLinks(self: string, limit: number, cursor: string | undefined): JsonObject {
  return {
    self: `${self}?limit=${limit}`,
    ...(cursor === undefined ? {} : { next: `${self}?cursor=${encodeURIComponent(cursor)}&limit=${limit}` }),
  };
}

function readCursor(self: string, cursor: string): number {
  try {
    const [offset, from] = JSON.parse(Buffer.from(cursor, 'base64').toString('utf8')) as [unknown, unknown];
    if (typeof offset === 'number' && from === listOf(self)) return offset;
  } catch {
    // Falls through to the same refusal as a cursor of another list.
  }
  throw badRequest('Invalid cursor');
}

function listOf(self: string): string {
  return new URL(self).pathname.replace('/relationships/', '/');
}
