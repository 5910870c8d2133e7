import type { EnrichmentRequest } from './request.js';

/** A place in the order in which results are handed to the platform. */
export interface Turn {
  /** The results of a newer request went out before ours, or may have before this process began. */
  readonly overtaken: boolean;
  /** Resolves when nothing that matters is ahead any more, or when we are overtaken all the same. */
  wait(): Promise<void>;
  /** The results are on their way: leaves the order, and overtakes what is older and has not left. */
  sent(): void;
  /** Leaves the order without results; the next ones may go. Harmless when called again, also after `sent`. */
  release(): void;
}

/** For what has no work, and so can neither overtake one nor be overtaken: nobody waits for it. */
export const outOfOrder: Turn = {
  overtaken: false,
  wait: () => Promise.resolve(),
  sent: () => undefined,
  release: () => undefined,
};

/** A request that has not left the order yet. */
interface Place {
  /** When its work was created, in ms since the epoch. */
  readonly createdAt: number;
  /** Decides between works of one moment. */
  readonly number: number;
  readonly isManual: boolean;
  /** Its work was created before this process began. */
  readonly isFromBefore: boolean;
  overtaken: boolean;
  /** Resolves when nobody has to wait for it: it has left, or is overtaken already. */
  readonly passed: Promise<void>;
  readonly pass: () => void;
}

/**
 * Keeps results in the order of the works, while the look-ups run side by side.
 *
 * The platform closes works that are older than the newest work with a reported expectation, and from 6.8.7 to
 * 7.260507 their bundles are then thrown away (protocol reference §10, force-close hazard): a newer work must not
 * report before an older one that is nearly ready. There are two exceptions: a manual request does not wait for those
 * that nobody waits for, which may take hours when quota is scarce, and nobody waits for a request that was overtaken,
 * because its work is closed in any case.
 */
export class CommitOrder {
  readonly #present = new Set<Place>();
  /** Creation of the newest work whose results went out. */
  #newestSent = Number.NEGATIVE_INFINITY;
  #taken = 0;
  readonly #startedAt: number;

  /** @param startedAt - When this process began: what went out before, it does not know. */
  constructor(startedAt: Date) {
    this.#startedAt = startedAt.getTime();
  }

  /** Takes the place of a request. Call it synchronously when its work begins. */
  take(request: Pick<EnrichmentRequest, 'workId' | 'mode' | 'receivedAt'>): Turn {
    const place = this.#enter(request);
    const release = (): void => {
      this.#present.delete(place);
      place.pass();
    };
    return {
      get overtaken() {
        return place.overtaken || place.isFromBefore;
      },
      wait: () => this.#wait(place),
      sent: () => {
        release();
        this.#overtake(place.createdAt);
      },
      release,
    };
  }

  #enter({ workId, mode, receivedAt }: Pick<EnrichmentRequest, 'workId' | 'mode' | 'receivedAt'>): Place {
    const createdAt = creationOf(workId) ?? receivedAt.getTime();
    const isFromBefore = createdAt < this.#startedAt;
    let pass: () => void = () => undefined;
    const passed = new Promise<void>((resolve) => (pass = resolve));
    const isManual = mode === 'manual';
    const number = (this.#taken += 1);
    const place: Place = { createdAt, number, isManual, isFromBefore, overtaken: false, passed, pass };
    this.#present.add(place);
    if (createdAt < this.#newestSent) overtake(place);
    return place;
  }

  async #wait(place: Place): Promise<void> {
    for (let last = this.#lastAhead(place); last !== undefined; last = this.#lastAhead(place)) {
      await Promise.race([last.passed, place.passed]);
    }
  }

  /** Of those that have to leave first the one that came last. */
  #lastAhead(place: Place): Place | undefined {
    if (place.overtaken) return undefined;
    let last: Place | undefined;
    for (const other of this.#present) {
      const matters = !other.overtaken && (other.isManual || !place.isManual);
      if (matters && isBefore(other, place) && (last === undefined || isBefore(last, other))) last = other;
    }
    return last;
  }

  #overtake(createdAt: number): void {
    this.#newestSent = Math.max(this.#newestSent, createdAt);
    for (const place of this.#present) if (place.createdAt < this.#newestSent) overtake(place);
  }
}

function overtake(place: Place): void {
  place.overtaken = true;
  place.pass();
}

function isBefore(a: Place, b: Place): boolean {
  return a.createdAt === b.createdAt ? a.number < b.number : a.createdAt < b.createdAt;
}

/**
 * When a work was created, in ms since the epoch. The platform puts the moment into its id:
 * `work_<connectorId>_<ISO timestamp>` (protocol reference §4.2).
 */
export function creationOf(workId: string | undefined): number | undefined {
  const [timestamp] = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.exec(workId ?? '') ?? [];
  const createdAt = Date.parse(timestamp ?? '');
  return Number.isNaN(createdAt) ? undefined : createdAt;
}
