/** A part of a list, and how long the whole is. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
}

/** Which part: pages count from 1. */
export interface PageRequest {
  readonly page: number;
  readonly pageSize: number;
}

/** Rows to leave out before the page. */
export function offsetOf({ page, pageSize }: PageRequest): number {
  return (page - 1) * pageSize;
}
