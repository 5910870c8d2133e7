import type { Kysely } from 'kysely';
import type { LibraryDatabase } from './open-database.js';
import type { Tables } from './tables.js';

/** How much of a budget is used. */
export interface BudgetUsage {
  readonly used: number;
  /** `null` without one. */
  readonly limit: number | null;
  /** ISO 8601, UTC. */
  readonly resetsAt: string;
}

export interface OrganisationUsage {
  readonly day: BudgetUsage;
  readonly month: BudgetUsage;
}

/** Why a look-up was not counted. */
export interface BudgetSpent {
  readonly budget: 'day' | 'month';
  readonly limit: number;
  /** ISO 8601, UTC: when there is a budget again. */
  readonly resetsAt: string;
}

/** Look-ups of organisations, by UTC day, against their budgets. */
export class UsageStore {
  readonly #database: Kysely<Tables>;

  constructor(database: LibraryDatabase) {
    this.#database = database.kysely;
  }

  /**
   * Counts one look-up, unless a budget is spent. Of look-ups at the same time, no more are counted than fit.
   *
   * @returns `undefined` when it was counted.
   */
  async take(organisationId: string, at: Date): Promise<BudgetSpent | undefined> {
    let spent: BudgetSpent | undefined;
    const undo = new Error('A budget is spent.');
    try {
      await this.#database.transaction().execute(async (transaction) => {
        // Counting first locks the day's row, so that whoever counts at the same time waits for what we find.
        await add(transaction, organisationId, at, 1);
        spent = overspent(await read(transaction, organisationId, at));
        if (spent !== undefined) throw undo;
      });
    } catch (error) {
      if (error !== undo) throw error;
    }
    return spent;
  }

  /** Why one more look-up would not be counted; `undefined` when it would. */
  async spent(organisationId: string, at: Date): Promise<BudgetSpent | undefined> {
    return overspent(await this.read(organisationId, at), 1);
  }

  /** Takes a look-up back that was counted at a time but not done. */
  async giveBack(organisationId: string, at: Date): Promise<void> {
    await this.#database
      .updateTable('lookUps')
      .set((eb) => ({ count: eb('count', '-', 1) }))
      .where('organisationId', '=', organisationId)
      .where('day', '=', dayOf(at))
      .where('count', '>', 0)
      .execute();
  }

  /** What an organisation has used at a time of its budgets. */
  read(organisationId: string, at: Date): Promise<OrganisationUsage> {
    return read(this.#database, organisationId, at);
  }
}

async function add(database: Kysely<Tables>, organisationId: string, at: Date, count: number): Promise<void> {
  await database
    .insertInto('lookUps')
    .values({ organisationId, day: dayOf(at), count })
    .onConflict((conflict) =>
      conflict
        .columns(['organisationId', 'day'])
        .doUpdateSet((eb) => ({ count: eb('lookUps.count', '+', eb.ref('excluded.count')) })),
    )
    .execute();
}

async function read(database: Kysely<Tables>, organisationId: string, at: Date): Promise<OrganisationUsage> {
  const budgets = await database
    .selectFrom('organisations')
    .select(['budgetPerDay', 'budgetPerMonth'])
    .where('id', '=', organisationId)
    .executeTakeFirst();
  const today = dayOf(at);
  const days = await database
    .selectFrom('lookUps')
    .select(['day', 'count'])
    .where('organisationId', '=', organisationId)
    .where('day', '>=', `${today.slice(0, 7)}-01`)
    .where('day', '<=', today)
    .execute();
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  return {
    day: {
      used: days.find((counted) => counted.day === today)?.count ?? 0,
      limit: budgets?.budgetPerDay ?? null,
      resetsAt: new Date(Date.UTC(year, month, day + 1)).toISOString(),
    },
    month: {
      used: days.reduce((sum, { count }) => sum + count, 0),
      limit: budgets?.budgetPerMonth ?? null,
      resetsAt: new Date(Date.UTC(year, month + 1, 1)).toISOString(),
    },
  };
}

/**
 * Of two spent budgets, the month's, as it is the one to wait for.
 *
 * @param more - Look-ups that are not counted yet.
 */
function overspent(usage: OrganisationUsage, more = 0): BudgetSpent | undefined {
  for (const budget of ['month', 'day'] as const) {
    const { used, limit, resetsAt } = usage[budget];
    if (limit !== null && used + more > limit) return { budget, limit, resetsAt };
  }
  return undefined;
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}
