import type { OrganisationRecord } from '../store/organisation-store.js';
import { AccountError } from './account-error.js';
import { readName } from './account-fields.js';
import type { AccountStores } from './account-stores.js';
import { record, type Actor } from './actor.js';

/** What may be changed of an organisation; what is absent stays, and `null` is no budget. */
export interface OrganisationChange {
  readonly name?: string | undefined;
  /** Look-ups in a UTC day. */
  readonly budgetPerDay?: number | null | undefined;
  readonly budgetPerMonth?: number | null | undefined;
}

/** Told after the budget of an organisation was changed. */
export type BudgetChanged = (organisationId: string) => Promise<void>;

/** What super admins do with organisations. */
export class OrganisationAdministration {
  readonly #stores: AccountStores;
  readonly #budgetChanged: BudgetChanged;

  constructor(stores: AccountStores, budgetChanged: BudgetChanged = () => Promise.resolve()) {
    this.#stores = stores;
    this.#budgetChanged = budgetChanged;
  }

  /** All of them, by name. */
  list(): Promise<readonly OrganisationRecord[]> {
    return this.#stores.organisations.list();
  }

  /**
   * @throws AccountError when a field is wrong.
   * @throws TakenError when another organisation has the name.
   */
  async create(
    actor: Actor,
    wanted: OrganisationChange & { readonly name: string },
  ): Promise<OrganisationRecord> {
    const made = await this.#stores.organisations.create({ ...checked(wanted), name: readName(wanted.name) });
    await record(this.#stores.audit, actor, {
      action: 'organisation.create',
      subject: made.name,
      details: { budgetPerDay: made.budgetPerDay, budgetPerMonth: made.budgetPerMonth },
      organisationId: made.id,
    });
    return made;
  }

  /**
   * @throws AccountError when there is no such organisation, or a field is wrong.
   * @throws TakenError when another organisation has the name.
   */
  async change(actor: Actor, id: string, change: OrganisationChange): Promise<OrganisationRecord> {
    const wanted = checked(change);
    const before = await this.#stores.organisations.get(id);
    const after = before === undefined ? undefined : await this.#stores.organisations.patch(id, wanted);
    if (before === undefined || after === undefined) {
      throw new AccountError('not_found', 'There is no such organisation.');
    }
    await record(this.#stores.audit, actor, {
      action: 'organisation.change',
      subject: before.name,
      details: wanted,
      organisationId: id,
    });
    if (wanted.budgetPerDay !== undefined || wanted.budgetPerMonth !== undefined)
      await this.#budgetChanged(id);
    return after;
  }
}

interface CheckedChange {
  readonly name?: string;
  readonly budgetPerDay?: number | null;
  readonly budgetPerMonth?: number | null;
}

function checked({ name, budgetPerDay, budgetPerMonth }: OrganisationChange): CheckedChange {
  return {
    ...(name === undefined ? {} : { name: readName(name) }),
    ...(budgetPerDay === undefined ? {} : { budgetPerDay: readBudget(budgetPerDay, 'budgetPerDay') }),
    ...(budgetPerMonth === undefined ? {} : { budgetPerMonth: readBudget(budgetPerMonth, 'budgetPerMonth') }),
  };
}

/** What an integer of PostgreSQL holds. */
const LARGEST_BUDGET = 2_147_483_647;

function readBudget(budget: number | null, field: string): number | null {
  if (budget === null || (Number.isInteger(budget) && budget >= 0 && budget <= LARGEST_BUDGET)) return budget;
  throw new AccountError(
    'invalid',
    'A budget is a whole number of look-ups; leave it empty for none.',
    field,
  );
}
