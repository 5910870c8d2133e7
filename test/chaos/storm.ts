import { setTimeout as pause } from 'node:timers/promises';
import type { Broker } from '../../src/simulators/broker/broker.js';
import type { Chance } from './chance.js';
import type { Supervisor } from './supervisor.js';

/** Longest time between the request that sets a disaster off, and the disaster. */
const MAX_DELAY_MS = 300;
/** Longest time for which the broker stays away, beside what its start takes. */
const MAX_OUTAGE_MS = 2_000;

/** What the world does to the connector, and when. */
export interface StormOptions {
  readonly kills: number;
  readonly outages: number;
  readonly requests: number;
  readonly broker: Broker;
  readonly supervisor: Supervisor;
  /** Resolves when so many requests are settled, or no more can be expected. */
  readonly reached: (settled: number) => Promise<void>;
}

/** A time without a broker. */
export interface Outage {
  readonly from: Date;
  readonly until: Date;
}

/** Kills connector and broker at moments that chance chose beforehand: while so many requests are settled. */
export class Storm {
  /** When the connector was killed. */
  readonly kills: Date[] = [];
  /** When the broker was away. */
  readonly outages: Outage[] = [];
  /** One line for each disaster, for the report. */
  readonly told: string[] = [];
  readonly #options: StormOptions;
  readonly #plan: readonly { readonly at: number; readonly delayMs: number; readonly hits: Target }[];
  readonly #chance: Chance;

  constructor(options: StormOptions, chance: Chance) {
    this.#options = options;
    this.#chance = chance;
    const { kills, outages, requests } = options;
    const hits: Target[] = [
      ...Array<Target>(kills).fill('connector'),
      ...Array<Target>(outages).fill('broker'),
    ];
    this.#plan = hits
      .map((target) => ({
        // Neither before there is anything to lose, nor when nothing is left.
        at: Math.floor(requests * (0.05 + 0.8 * chance.next())),
        delayMs: chance.below(MAX_DELAY_MS),
        hits: target,
      }))
      .sort((a, b) => a.at - b.at);
  }

  /** Resolves when all has happened and the broker runs again. */
  async rage(): Promise<void> {
    const outages: Promise<void>[] = [];
    for (const { at, delayMs, hits } of this.#plan) {
      await this.#options.reached(at);
      await pause(delayMs);
      if (hits === 'connector') await this.#kill(at);
      else outages.push(this.#outage(at, outages.at(-1)));
    }
    await Promise.all(outages);
  }

  async #kill(at: number): Promise<void> {
    this.kills.push(this.#tell(`connector killed with ${at} settled`));
    await this.#options.supervisor.kill();
  }

  /** One after the other, while the connector may be killed at the same time. */
  async #outage(at: number, before: Promise<void> | undefined): Promise<void> {
    const lengthMs = this.#chance.below(MAX_OUTAGE_MS);
    await before;
    const { control } = this.#options.broker;
    if (control === undefined) throw new Error('this broker cannot be killed');
    const from = this.#tell(`broker killed with ${at} settled`);
    await control.kill();
    await pause(lengthMs);
    await control.restart();
    this.outages.push({ from, until: this.#tell('broker runs again') });
  }

  #tell(what: string): Date {
    const at = new Date();
    this.told.push(`${at.toISOString()} ${what}`);
    return at;
  }
}

type Target = 'connector' | 'broker';
