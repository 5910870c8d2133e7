import type { Clock } from '../../shared/clock.js';
import type { Payer } from '../../virustotal/schema.js';
import type { UsageStore } from '../store/usage-store.js';
import { BudgetSpentError } from './look-up-refused.js';

/** Counts a look-up against the budget of an organisation, when VirusTotal is really asked. */
export class BudgetPayer implements Payer {
  readonly #usage: UsageStore;
  readonly #organisationId: string;
  readonly #clock: Clock;
  #paidAt: Date | undefined;

  constructor(usage: UsageStore, organisationId: string, clock: Clock) {
    this.#usage = usage;
    this.#organisationId = organisationId;
    this.#clock = clock;
  }

  /** Whether a look-up was spent. */
  get hasPaid(): boolean {
    return this.#paidAt !== undefined;
  }

  /** @throws BudgetSpentError */
  async check(): Promise<void> {
    const spent = await this.#usage.spent(this.#organisationId, this.#clock.now());
    if (spent !== undefined) throw new BudgetSpentError(spent);
  }

  /** @throws BudgetSpentError */
  async pay(): Promise<void> {
    const now = this.#clock.now();
    const spent = await this.#usage.take(this.#organisationId, now);
    if (spent !== undefined) throw new BudgetSpentError(spent);
    this.#paidAt = now;
  }

  async refund(): Promise<void> {
    if (this.#paidAt === undefined) return;
    const paidAt = this.#paidAt;
    this.#paidAt = undefined;
    await this.#usage.giveBack(this.#organisationId, paidAt);
  }
}
