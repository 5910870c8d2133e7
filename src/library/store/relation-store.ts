import type { Kysely } from 'kysely';
import { v7 as uuidV7 } from 'uuid';
import { systemClock, type Clock } from '../../shared/clock.js';
import type { Ioc, IocType } from '../ioc/ioc.js';
import type { LibraryVerdict } from '../verdict/badge.js';
import { inChunks } from './in-chunks.js';
import type { LibraryDatabase } from './open-database.js';
import type { Tables } from './tables.js';

/** A relation as one of its two IOCs sees it. */
export interface RelatedIoc {
  readonly id: string;
  /** VirusTotal's name of the relationship, e.g. `contacted_domains`. */
  readonly relation: string;
  /** Whether the relation leads to the other IOC, or comes from it. */
  readonly direction: 'to' | 'from';
  readonly createdAt: string;
  /** The other one. */
  readonly ioc: {
    readonly id: string;
    readonly type: IocType;
    readonly value: string;
    readonly verdict: LibraryVerdict | null;
    readonly malicious: number | null;
    readonly engines: number | null;
  };
}

export interface NewRelation {
  readonly targetId: string;
  readonly relation: string;
}

/** A relation as the IOC that it comes from sees it. */
export interface RelationTarget {
  readonly relation: string;
  readonly target: Ioc;
}

/** How many relations of one IOC are listed in each direction. */
const MOST_RELATIONS = 1_000;

/** How the IOCs of an organisation are related. */
export class RelationStore {
  readonly #database: Kysely<Tables>;
  readonly #clock: Clock;

  constructor(database: LibraryDatabase, clock: Clock = systemClock) {
    this.#database = database.kysely;
    this.#clock = clock;
  }

  /**
   * Keeps relations from one IOC to others. Those that are known, and those from or to what is not an IOC of the
   * organisation, or from an IOC to itself, are left out.
   *
   * @returns How many are new.
   */
  async add(organisationId: string, sourceId: string, relations: readonly NewRelation[]): Promise<number> {
    const createdAt = this.#clock.now().toISOString();
    return this.#database.transaction().execute(async (transaction) => {
      const source = await ownIds(transaction, organisationId, [sourceId]);
      if (source.size === 0) return 0;
      let added = 0;
      for await (const chunk of inChunks(relations)) {
        const targets = await ownIds(
          transaction,
          organisationId,
          chunk.map(({ targetId }) => targetId),
        );
        const rows = chunk
          .filter(({ targetId }) => targets.has(targetId) && targetId !== sourceId)
          .map(({ targetId, relation }) => ({
            id: uuidV7(),
            organisationId,
            sourceId,
            targetId,
            relation,
            createdAt,
          }));
        if (rows.length === 0) continue;
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('relations')
          .values(rows)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        added += Number(numInsertedOrUpdatedRows);
      }
      return added;
    });
  }

  /** Relations from and to an IOC, in the order in which they were made; 1,000 each way at most. */
  async of(organisationId: string, iocId: string): Promise<readonly RelatedIoc[]> {
    const [to, from] = [
      await this.#oneWay(organisationId, iocId, 'sourceId', 'targetId'),
      await this.#oneWay(organisationId, iocId, 'targetId', 'sourceId'),
    ];
    return [...to, ...from].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Where relations lead from some IOCs, by the IOC that they come from, in the order in which they were made. */
  async targetsOf(
    organisationId: string,
    sourceIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly RelationTarget[]>> {
    const targets = new Map<string, RelationTarget[]>();
    for await (const chunk of inChunks(sourceIds)) {
      const rows = await this.#database
        .selectFrom('relations')
        .innerJoin('iocs', 'iocs.id', 'relations.targetId')
        .select(['relations.sourceId', 'relations.relation', 'iocs.type', 'iocs.value'])
        .where('relations.organisationId', '=', organisationId)
        .where('relations.sourceId', 'in', chunk)
        .orderBy('relations.id')
        .execute();
      for (const { sourceId, relation, type, value } of rows) {
        const ofSource = targets.get(sourceId) ?? [];
        ofSource.push({ relation, target: { type, value } });
        targets.set(sourceId, ofSource);
      }
    }
    return targets;
  }

  async #oneWay(
    organisationId: string,
    iocId: string,
    own: 'sourceId' | 'targetId',
    other: 'sourceId' | 'targetId',
  ): Promise<RelatedIoc[]> {
    const rows = await this.#database
      .selectFrom('relations')
      .innerJoin('iocs', 'iocs.id', `relations.${other}`)
      .select([
        'relations.id',
        'relations.relation',
        'relations.createdAt',
        'iocs.id as iocId',
        'iocs.type',
        'iocs.value',
        'iocs.verdict',
        'iocs.malicious',
        'iocs.engines',
      ])
      .where('relations.organisationId', '=', organisationId)
      .where(`relations.${own}`, '=', iocId)
      .orderBy('relations.id')
      .limit(MOST_RELATIONS)
      .execute();
    return rows.map(({ id, relation, createdAt, iocId: otherId, ...ioc }) => ({
      id,
      relation,
      direction: own === 'sourceId' ? 'to' : 'from',
      createdAt,
      ioc: { id: otherId, ...ioc },
    }));
  }
}

async function ownIds(
  database: Kysely<Tables>,
  organisationId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database
    .selectFrom('iocs')
    .select('id')
    .where('organisationId', '=', organisationId)
    .where('id', 'in', ids)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
