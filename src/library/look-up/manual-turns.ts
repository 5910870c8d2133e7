import type { Sleep } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import type { WindowUsage } from '../../virustotal/quota/usage.js';
import { NoTurnError } from './look-up-refused.js';

/** A person is told sooner than a reverse proxy gives up (60 s by default), and does not wait for minutes. */
const LONGEST_WAIT_MS = 20_000;
/** Of one organisation, while look-ups have to wait: manual ones overtake the jobs of all. */
const MOST_WAITING = 10;
const MINUTE_MS = 60_000;

/** The turn of one manual look-up. */
export interface ManualTurn {
  /** Aborts with a NoTurnError when the wait has become too long. */
  readonly signal: AbortSignal;
  /**
   * To be called before the wait for quota.
   *
   * @throws NoTurnError when the turn would not come soon.
   */
  queue(minute: WindowUsage): void;
  /** The wait is over. Harmless when called again. */
  leave(): void;
  /** The look-up is over. */
  end(): void;
}

/** Manual look-ups that wait for their turn at VirusTotal: not for long, and not many of one organisation. */
export class ManualTurns {
  readonly #clock: Clock;
  readonly #sleep: Sleep;
  /** How many wait, by organisation. */
  readonly #waiting = new Map<string, number>();

  constructor({ clock, sleep }: { readonly clock: Clock; readonly sleep: Sleep }) {
    this.#clock = clock;
    this.#sleep = sleep;
  }

  begin(organisationId: string): ManualTurn {
    const late = new AbortController();
    const over = new AbortController();
    let minute: WindowUsage | undefined;
    void this.#sleep(LONGEST_WAIT_MS, over.signal).then(() => {
      if (!over.signal.aborted) late.abort(this.#refusal(minute));
    });
    const leave = (): void => {
      if (minute === undefined) return;
      minute = undefined;
      this.#count(organisationId, -1);
    };
    return {
      signal: late.signal,
      queue: (now) => {
        // Of another key, when it was changed during the wait.
        leave();
        if (!this.#comesSoon(organisationId, now)) throw this.#refusal(now);
        minute = now;
        this.#count(organisationId, 1);
      },
      leave,
      end: () => {
        leave();
        over.abort();
      },
    };
  }

  #comesSoon(organisationId: string, { used, limit }: WindowUsage): boolean {
    if (limit === undefined) return true;
    const free = Math.max(0, limit - used);
    if (this.#total() < free) return true;
    // Those before us take what is free and what a whole minute gives: our turn is a minute away at least.
    const isFar = this.#total() >= free + limit;
    return !isFar && (this.#waiting.get(organisationId) ?? 0) < MOST_WAITING;
  }

  #refusal(minute: WindowUsage | undefined): NoTurnError {
    const minutes = Math.max(1, Math.ceil(this.#total() / Math.max(1, minute?.limit ?? Infinity)));
    return new NoTurnError(new Date(this.#clock.now().getTime() + minutes * MINUTE_MS));
  }

  #total(): number {
    return [...this.#waiting.values()].reduce((sum, count) => sum + count, 0);
  }

  #count(organisationId: string, by: 1 | -1): void {
    const count = (this.#waiting.get(organisationId) ?? 0) + by;
    if (count === 0) this.#waiting.delete(organisationId);
    else this.#waiting.set(organisationId, count);
  }
}
