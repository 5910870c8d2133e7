import type { ExpressionBuilder, Kysely, SqlBool, Expression, Transaction } from 'kysely';
import { systemClock, type Clock } from '../../shared/clock.js';
import type { Ioc } from '../ioc/ioc.js';
import type { Thresholds } from '../verdict/badge.js';
import { changeInTurn } from './change-in-turn.js';
import type { Dialect } from './dialect.js';
import { inChunks } from './in-chunks.js';
import { countFacets, type IocFacets } from './ioc-facets.js';
import { rejudgeIocs } from './ioc-verdicts.js';
import { iocCondition, type IocFilter, type IocSelection } from './ioc-filter.js';
import { findIocIds, importIocs, type ImportResult, type IocOrigin } from './ioc-import.js';
import { countIocs, iterateIocs, listIocs, type IocListRequest } from './ioc-list.js';
import { asIocRecord, IOC_COLUMNS, type IocRecord } from './ioc-record.js';
import type { LibraryDatabase } from './open-database.js';
import type { Page } from './page.js';
import type { Tables } from './tables.js';
import { hasTag, joinTags, minusTags, plusTags } from './tag-list.js';

/** What a person may change about an IOC; what is absent stays. */
export interface IocPatch {
  readonly note?: string | null | undefined;
  readonly source?: string | null | undefined;
  /** All the tags it then has. */
  readonly tags?: readonly string[] | undefined;
}

/** Part of a statement on `iocs` that says which rows. */
type Rows = (eb: ExpressionBuilder<Tables, 'iocs'>) => Expression<SqlBool>;

/** The IOCs of organisations. What belongs to another organisation is treated as if it did not exist. */
export class IocStore {
  readonly #database: Kysely<Tables>;
  readonly #dialect: Dialect;
  readonly #clock: Clock;

  constructor(database: LibraryDatabase, clock: Clock = systemClock) {
    this.#database = database.kysely;
    this.#dialect = database.dialect;
    this.#clock = clock;
  }

  /** One page of the IOCs that a filter lets through, sorted, and how many there are. */
  list(organisationId: string, request: IocListRequest): Promise<Page<IocRecord>> {
    return listIocs(this.#database, this.#dialect, organisationId, request);
  }

  /** How many IOCs a filter lets through. */
  count(organisationId: string, filter: IocFilter): Promise<number> {
    return countIocs(this.#database, this.#dialect, organisationId, filter);
  }

  /** How many there are of each type, verdict and tag; see {@link countFacets}. */
  facets(organisationId: string, filter: IocFilter): Promise<IocFacets> {
    return countFacets(this.#database, this.#dialect, organisationId, filter);
  }

  /** The selected IOCs, read a batch at a time, for an export. */
  iterate(organisationId: string, selection: IocSelection): AsyncGenerator<IocRecord, void, undefined> {
    return iterateIocs(this.#database, this.#dialect, organisationId, selection);
  }

  /** One IOC, or `undefined`. */
  async get(organisationId: string, id: string): Promise<IocRecord | undefined> {
    const rows = await this.#database
      .selectFrom('iocs')
      .select(IOC_COLUMNS)
      .where('organisationId', '=', organisationId)
      .where('id', '=', id)
      .execute();
    return rows.map(asIocRecord)[0];
  }

  /** The IOC of a type and value in normal form, or `undefined`. */
  async find(organisationId: string, ioc: Ioc): Promise<IocRecord | undefined> {
    const [id] = await this.findIds(organisationId, [ioc]);
    return id === undefined ? undefined : this.get(organisationId, id);
  }

  /** For each IOC its id, or `undefined` when it is not in the library: the preview of an import. */
  findIds(organisationId: string, items: readonly Ioc[]): Promise<(string | undefined)[]> {
    return findIocIds(this.#database, organisationId, items);
  }

  /** Adds what is new, all or nothing, and says what was known; see {@link importIocs}. */
  import(organisationId: string, items: readonly Ioc[], origin: IocOrigin = {}): Promise<ImportResult> {
    return changeInTurn(this.#database, this.#dialect, organisationId, (transaction) =>
      importIocs(transaction, this.#dialect, organisationId, items, origin, this.#now()),
    );
  }

  /** Changes an IOC; `undefined` when there is none. */
  async patch(organisationId: string, id: string, patch: IocPatch): Promise<IocRecord | undefined> {
    const { note, source, tags } = patch;
    const row = await this.#database
      .updateTable('iocs')
      .set({
        updatedAt: this.#now(),
        ...(note === undefined ? {} : { note }),
        ...(source === undefined ? {} : { source }),
        ...(tags === undefined ? {} : { tags: joinTags(tags) }),
      })
      .where('organisationId', '=', organisationId)
      .where('id', '=', id)
      .returning(IOC_COLUMNS)
      .executeTakeFirst();
    return row === undefined ? undefined : asIocRecord(row);
  }

  /**
   * Judges all enriched IOCs of an organisation anew by the engines that were counted, as `verdictOf` does.
   *
   * @returns How many have another verdict than before.
   */
  rejudge(organisationId: string, thresholds: Thresholds): Promise<number> {
    return changeInTurn(this.#database, this.#dialect, organisationId, (transaction) =>
      rejudgeIocs(transaction, organisationId, thresholds, this.#now()),
    );
  }

  /**
   * Gives them all of the tags, in one statement: a filter by one of these lets through what it did before.
   *
   * @returns How many did not have all of the tags before.
   */
  tag(organisationId: string, selection: IocSelection, tags: readonly string[]): Promise<number> {
    return this.#inTransaction(organisationId, selection, async (transaction, rows) => {
      const { numUpdatedRows } = await transaction
        .updateTable('iocs')
        .set({ tags: plusTags(this.#dialect, tags), updatedAt: this.#now() })
        .where(rows)
        .where((eb) => eb.or(tags.map((tag) => eb.not(hasTag(this.#dialect, tag)))))
        .executeTakeFirst();
      return Number(numUpdatedRows);
    });
  }

  /**
   * Takes all of the tags from them, in one statement as {@link tag}.
   *
   * @returns How many had any of the tags.
   */
  untag(organisationId: string, selection: IocSelection, tags: readonly string[]): Promise<number> {
    return this.#inTransaction(organisationId, selection, async (transaction, rows) => {
      const { numUpdatedRows } = await transaction
        .updateTable('iocs')
        .set({ tags: minusTags(tags), updatedAt: this.#now() })
        .where(rows)
        .where((eb) => eb.or(tags.map((tag) => hasTag(this.#dialect, tag))))
        .executeTakeFirst();
      return Number(numUpdatedRows);
    });
  }

  /**
   * Deletes IOCs with their tags, enrichments and relations.
   *
   * @returns How many.
   */
  delete(organisationId: string, selection: IocSelection): Promise<number> {
    return this.#inTransaction(organisationId, selection, async (transaction, rows) => {
      const { numDeletedRows } = await transaction.deleteFrom('iocs').where(rows).executeTakeFirst();
      return Number(numDeletedRows);
    });
  }

  /** Does something to each part of a selection, all or nothing, and adds up what it answers. */
  #inTransaction(
    organisationId: string,
    selection: IocSelection,
    change: (transaction: Transaction<Tables>, rows: Rows) => Promise<number>,
  ): Promise<number> {
    return changeInTurn(this.#database, this.#dialect, organisationId, async (transaction) => {
      if ('filter' in selection) {
        return change(transaction, iocCondition(this.#dialect, organisationId, selection.filter));
      }
      let sum = 0;
      for await (const chunk of inChunks([...new Set(selection.ids)])) {
        sum += await change(transaction, (eb) =>
          eb.and([eb('iocs.organisationId', '=', organisationId), eb('iocs.id', 'in', chunk)]),
        );
      }
      return sum;
    });
  }

  #now(): string {
    return this.#clock.now().toISOString();
  }
}
