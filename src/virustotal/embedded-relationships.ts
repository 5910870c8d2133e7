import { ForbiddenError, InvalidArgumentError } from './errors.js';
import type { Privilege } from './http/privilege-check.js';
import type { Privileges } from './http/privileges.js';
import type { AskedRelationships, VtObjectKind } from './schema.js';

/** Relationships that only premium keys may see, of those that are asked for here (VirusTotal reference §5.2). */
const PREMIUM_NAMES: Readonly<Partial<Record<VtObjectKind, readonly string[]>>> = {
  url: ['redirects_to', 'redirecting_urls', 'downloaded_files'],
};

/** The query of a call, which is empty when nothing more is asked for. */
type Query = string;

/** Makes a call with a query, where the key may. */
type MakeCall<T> = (query: Query, privilege?: Privilege) => Promise<T>;

/** How VirusTotal refuses values, whatever else the call asks (VirusTotal reference §1.5). */
const ABOUT_VALUE = /canonicali[sz]e|is not a valid .*pattern/i;

/**
 * Asks for relationships inside the call for a report (`?relationships=`). VirusTotal may refuse the whole call because
 * of one of the names (VirusTotal reference §5.1); it is then made with the names that every key may see, and when that is
 * refused too, with none. What was refused is not asked for again for a while, so that no more than one answer is paid for,
 * and a refusal is met once.
 */
export class EmbeddedRelationships {
  /** Queries by kind that were answered: if such a call is refused as invalid, it is for its value. */
  private readonly accepted = new Set<string>();
  /**
   * Kinds that the key may not look up at all, as it seems, with the query of the call that was refused last. One call
   * each tells whether that is still so: in turn with relationships and without, since either may be what has changed.
   */
  private readonly refusedAltogether = new Map<VtObjectKind, Query>();

  /** Queries by kind that were refused, while the calls without them tell whether it was for their names. */
  private readonly suspected = new Set<string>();

  constructor(
    private readonly relationships: AskedRelationships,
    private readonly privileges: Privileges,
  ) {}

  /**
   * Makes the call for a report, with relationships where they are wanted and to be had.
   *
   * @param call - Makes the call with a query; throws ForbiddenError, without a call, where the privilege is refused.
   */
  async ask<T>(kind: VtObjectKind, call: MakeCall<T>): Promise<T> {
    const queries = await this.queriesOf(kind);
    const [query = '', ...lesser] = queries;
    if (lesser.length === 0) return call(query);
    const refused = this.refusedAltogether.get(kind);
    if (refused !== undefined) return this.askOnce(kind, refused === '' ? query : '', call);
    return this.askInTurn(kind, queries, call);
  }

  /** What may be asked, from all that is wanted down to nothing, without what was refused a short time ago. */
  private async queriesOf(kind: VtObjectKind): Promise<readonly Query[]> {
    const names = this.relationships[kind] ?? [];
    const premium = PREMIUM_NAMES[kind] ?? [];
    const common = names.filter((name) => !premium.includes(name));
    const queries: Query[] = [];
    for (const query of new Set([queryOf(names), queryOf(common)]))
      if (query !== '' && !(await this.privileges.lacks(kind + query))) queries.push(query);
    return [...queries, ''];
  }

  /** Until one is answered: those before it were refused for their names. When none is, it was not because of them. */
  private async askInTurn<T>(kind: VtObjectKind, queries: readonly Query[], call: MakeCall<T>): Promise<T> {
    const refused: Query[] = [];
    try {
      for (const query of queries) {
        if (query === '') break;
        try {
          const answer = await call(query, this.privilegeOf(kind + query));
          this.accepted.add(kind + query);
          await this.remember(kind, refused);
          return answer;
        } catch (error) {
          if (!this.mayBeRefusal(kind + query, error)) throw error;
          refused.push(query);
        }
      }
      const answer = await this.askOnce(kind, '', call);
      await this.remember(kind, refused);
      return answer;
    } finally {
      for (const query of refused) this.suspected.delete(kind + query);
    }
  }

  /** Others need not make a call that was refused just now. */
  private privilegeOf(asked: string): Privilege {
    return {
      name: asked,
      isRefused: async () => this.suspected.has(asked) || (await this.privileges.lacks(asked)),
      failed: (error) => {
        if (this.mayBeRefusal(asked, error)) this.suspected.add(asked);
        return Promise.resolve();
      },
    };
  }

  private async remember(kind: VtObjectKind, refused: readonly Query[]): Promise<void> {
    for (const query of refused) await this.privileges.refused(kind + query);
  }

  private async askOnce<T>(kind: VtObjectKind, query: Query, call: MakeCall<T>): Promise<T> {
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

  private mayBeRefusal(asked: string, error: unknown): boolean {
    if (error instanceof ForbiddenError) return true;
    if (!(error instanceof InvalidArgumentError) || ABOUT_VALUE.test(error.message)) return false;
    return error.status === 400 && !this.accepted.has(asked);
  }
}

function queryOf(names: readonly string[]): Query {
  return names.length === 0 ? '' : `?relationships=${names.map(encodeURIComponent).join(',')}`;
}
