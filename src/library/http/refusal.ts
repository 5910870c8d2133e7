/** What a refusal says beyond its sentence. */
export interface RefusalFacts {
  /** Where the fault is: `items/3/value`. */
  readonly field?: string;
  /** When to come back. */
  readonly retryAfterSeconds?: number;
  /** For programs; follows from the status when absent. */
  readonly code?: string;
}

/** A request is refused: becomes a problem document (RFC 9457). */
export class Refusal extends Error {
  /**
   * @param status - HTTP status.
   * @param detail - A sentence for a person: what is wrong and what to do.
   */
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly facts: RefusalFacts = {},
  ) {
    super(detail);
    this.name = 'Refusal';
  }
}

/** The same whether there is no such thing or it belongs to another organisation. */
export function notFound(what: string): Refusal {
  return new Refusal(404, `There is no such ${what}; it may have been deleted.`);
}

/** @param detail - A sentence that says what would do. */
export function invalid(field: string, detail: string): Refusal {
  return new Refusal(400, detail, { field });
}
