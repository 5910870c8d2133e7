import { ForbiddenError, InvalidArgumentError } from './errors.js';
import type { Privileges } from './http/privileges.js';
import type { AskedRelationships, VtObjectKind } from './schema.js';

/**
 * Asks for relationships inside the call for a report (`?relationships=`). VirusTotal may refuse the whole call because
 * of one of the names (VirusTotal reference §5.1); it is then made without them, and they are not asked for again for a
 * while, so that it is paid for once.
 */
export class EmbeddedRelationships {
  /** Kinds for which a call with relationships was answered: if one is refused as invalid, it is for its value. */
  private readonly accepted = new Set<VtObjectKind>();
  /**
   * Kinds that the key may not look up at all, as it seems, with the query of the call that was refused last. One call
   * each tells whether that is still so: in turn with relationships and without, since either may be what has changed.
   */
  private readonly refusedAltogether = new Map<VtObjectKind, string>();

  constructor(
    private readonly relationships: AskedRelationships,
    private readonly privileges: Privileges,
  ) {}

  /**
   * Makes the call for a report, with relationships where they are wanted and to be had.
   *
   * @param call - Makes the call with a query, which is empty when nothing more is asked for.
   */
  async ask<T>(kind: VtObjectKind, call: (query: string) => Promise<T>): Promise<T> {
    const names = this.relationships[kind] ?? [];
    const query = `?relationships=${names.map(encodeURIComponent).join(',')}`;
    const endpoint = `${kind}${query}`;
    if (names.length === 0 || (await this.privileges.lacks(endpoint))) return call('');
    const refused = this.refusedAltogether.get(kind);
    if (refused !== undefined) return this.askOnce(kind, refused === '' ? query : '', call);
    try {
      const answer = await call(query);
      this.accepted.add(kind);
      return answer;
    } catch (error) {
      if (!this.mayBeRefusal(kind, error)) throw error;
      // When this fails as well, it was not because of the relationships.
      const answer = await this.askOnce(kind, '', call);
      await this.privileges.refused(endpoint);
      return answer;
    }
  }

  private async askOnce<T>(
    kind: VtObjectKind,
    query: string,
    call: (query: string) => Promise<T>,
  ): Promise<T> {
    try {
      const answer = await call(query);
      this.refusedAltogether.delete(kind);
      return answer;
    } catch (error) {
      if (error instanceof ForbiddenError) this.refusedAltogether.set(kind, query);
      else this.refusedAltogether.delete(kind);
      throw error;
    }
  }

  private mayBeRefusal(kind: VtObjectKind, error: unknown): boolean {
    if (error instanceof ForbiddenError) return true;
    return error instanceof InvalidArgumentError && error.status === 400 && !this.accepted.has(kind);
  }
}
