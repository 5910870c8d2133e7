import type { Clock } from '../shared/clock.js';
import { asNumber, isJsonObject } from '../shared/json.js';
import type { StateStore } from '../state/port.js';

/** How often a replica says that it lives, and looks at the others. */
export const LOOK_INTERVAL_MS = 5_000;
/** How long a replica may say nothing before the others take up what it has. */
const SILENCE_MS = 20_000;
/** After an outage of the state, the others may notice as much later than we that it is back. */
const OUTAGE_GRACE_MS = 60_000;

/** What {@link Holders} needs. */
export interface HoldersOptions {
  readonly store: StateStore;
  readonly connectorId: string;
  /** This process. */
  readonly holder: string;
  readonly clock: Clock;
}

/** What a look at the other replicas has shown. */
export interface OtherHolders {
  /** Whether there may be callbacks to take up. */
  readonly haveNews: boolean;
  isDead(holder: string): boolean;
  /** Forgets the dead, once what they had is taken up. */
  bury(): Promise<void>;
}

/** A number that a living process keeps changing; the word of one that has left; nothing, of one that is not known. */
type Sign = number | 'left' | undefined;

interface Observation {
  readonly sign: Sign;
  /** Milliseconds since the epoch by our own clock: those of the others may differ. */
  readonly since: number;
}

/**
 * Knows which of the replicas that share the state live: each changes a record of its own all the time, and one whose
 * record stays the same for too long is dead. A process that stops says so, and is not waited for.
 */
export class Holders {
  readonly #options: HoldersOptions;
  readonly #bucket: string;
  readonly #observed = new Map<string, Observation>();
  #beats = 0;
  #isKnown = false;
  /** The callbacks of somebody may be waiting for us to be sure that it is dead. */
  #isUnsure = true;
  #graceUntil = 0;

  constructor(options: HoldersOptions) {
    this.#options = options;
    this.#bucket = `callback-holder ${options.connectorId}`;
  }

  /** Whether the others have been told that this process lives, so that they leave alone what it has. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Says that this process lives, and looks who else does. @throws StateError */
  async look(): Promise<OtherHolders> {
    const { store, holder } = this.#options;
    this.#beats += 1;
    await this.#write(this.#beats);
    const records = await store.list(this.#bucket);
    if (!store.isDurable) return this.#cannotSay();
    this.#isKnown = true;
    const others = records.filter(({ key }) => key !== holder);
    const signs = new Map(others.map(({ key, value }) => [key, signFrom(value)]));
    const dead = [...signs.keys()].filter((key) => this.#isDead(key, signs));
    const haveNews = this.#isUnsure || dead.length > 0;
    this.#isUnsure = false;
    return {
      haveNews,
      isDead: (key) => {
        const isDead = this.#isDead(key, signs);
        // Nobody announces the end of one that has no record: it is looked for again.
        if (!isDead && !signs.has(key)) this.#isUnsure = true;
        return isDead;
      },
      bury: async () => {
        for (const key of dead) await this.#bury(key, signs.get(key));
      },
    };
  }

  /** Tells the others that they need not wait. @throws StateError */
  leave(): Promise<void> {
    return this.#write('left');
  }

  /** In an outage, nobody is heard of; nobody has died of it. */
  #cannotSay(): OtherHolders {
    this.#observed.clear();
    this.#graceUntil = this.#now + OUTAGE_GRACE_MS;
    this.#isUnsure = true;
    return { haveNews: false, isDead: () => false, bury: () => Promise.resolve() };
  }

  #isDead(key: string, signs: ReadonlyMap<string, Sign>): boolean {
    const sign = signs.get(key);
    if (sign === 'left') return true;
    const before = this.#observed.get(key);
    if (before !== undefined && before.sign === sign) return this.#now - before.since >= SILENCE_MS;
    this.#observed.set(key, { sign, since: Math.max(this.#now, this.#graceUntil) });
    return false;
  }

  async #bury(key: string, sign: Sign): Promise<void> {
    this.#observed.delete(key);
    await this.#options.store.update<unknown, undefined>(this.#bucket, key, (current) =>
      signFrom(current) === sign ? { next: undefined, result: undefined } : { result: undefined },
    );
  }

  #write(sign: number | 'left'): Promise<void> {
    const { store, holder } = this.#options;
    return store.update<unknown, undefined>(this.#bucket, holder, () => ({
      next: { sign },
      result: undefined,
    }));
  }

  get #now(): number {
    return this.#options.clock.now().getTime();
  }
}

function signFrom(value: unknown): Sign {
  if (!isJsonObject(value)) return undefined;
  return value.sign === 'left' ? 'left' : asNumber(value.sign);
}
