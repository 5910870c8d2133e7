/**
 * What a failure means for the request that met it.
 *
 * - `invalid`: the request or a value in it can never succeed; settle it and say why.
 * - `configuration`: an operator must act (token, privilege, option); retrying changes nothing.
 * - `transient`: the same request may succeed later.
 * - `defect`: our own bug, or data nobody foresaw.
 */
export type FailureKind = 'invalid' | 'configuration' | 'transient' | 'defect';

/** Base of every error this product throws on purpose: it knows what it means and whom it concerns. */
export class ConnectorError extends Error {
  readonly kind: FailureKind;
  /** Whether it is certain that what failed had no effect, so that doing it again does nothing twice. */
  readonly untouched: boolean;
  /** Whether an answer says that it failed, and not that nothing was done before: doing it again may do a part twice. */
  readonly mayBePartial: boolean;

  /**
   * @param message - One sentence for the person who reads the work in OpenCTI: what happened and what to do.
   * @param kind - What the failure means for the request.
   * @param options - `cause`: the underlying error, kept for the log; `untouched`, `mayBePartial`: see the
   *   properties, false when absent.
   */
  constructor(
    message: string,
    kind: FailureKind,
    options: ErrorOptions & { untouched?: boolean; mayBePartial?: boolean } = {},
  ) {
    super(message, options);
    this.name = new.target.name;
    this.kind = kind;
    this.untouched = options.untouched ?? false;
    this.mayBePartial = options.mayBePartial ?? false;
  }

  /** Whether what failed may have happened all the same: the answer was lost, not the call. */
  get uncertain(): boolean {
    return this.retryable && !this.untouched;
  }

  /** Whether the same request may succeed later without anybody acting. */
  get retryable(): boolean {
    return this.kind === 'transient';
  }
}

/** The sentence to show a person for any thrown value. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message;
  return String(error);
}
