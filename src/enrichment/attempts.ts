import { isWorthKeeping, type AttemptEntry, type AttemptJournal } from './attempt-journal.js';
import type { EnrichmentOutcome } from './outcome.js';
import type { DeliveryReport } from './ports.js';

/** What was done for a request already, so that a second attempt asks, announces and sends nothing twice. */
export interface Attempt {
  /** What came of the look-up. */
  outcome: EnrichmentOutcome | undefined;
  /** Whether the platform was told that the work has begun; told again, it would reopen a complete work. */
  received: boolean;
  /** Whether the platform was told that the request waits for quota, or for VirusTotal to come back. */
  toldToWait: boolean;
  /** Whether the log says that the request was handed back. */
  toldInLog: boolean;
  /** Expectations that the platform was told of. */
  announced: number;
  /** Whether it surely knows of them: not when its answer was lost, or the process died before it came. */
  isCertain: boolean;
  /** Whether the results are with the broker or the platform; only the work is still to be closed. */
  handedOver: boolean;
  /** Whether the results travel without their work, which is still to be told of its end. */
  isAlone: boolean;
  /** Objects that could not be delivered, and that the platform was not told of yet. */
  losses: DeliveryReport['undelivered'];
  /** Deliveries that ended with the process. */
  deaths: number;
  /** Deliveries that timed out while the platform was there. */
  timeouts: number;
  /** Answers to a playbook step that the platform failed at, as far as this process knows. */
  failedAnswers: number;
  /** Whether no worker has anything to report, and the work still waits for that. */
  isUnqueued: boolean;
  /** Why the results could not be handed over at all, for the person who reads the work. */
  failure: string | undefined;
  /** Where the results are, for the person who reads the work. */
  remark: string | undefined;
}

/**
 * How many unfinished requests are remembered. Only those that were in work are: at most 512 at once, because as many
 * manual ones as `CONNECTOR_CONCURRENCY` allows (256) may be in work beside the others. Those that were handed back may
 * come behind as many as the consumer reads ahead (1,000) before they come again.
 */
const MAX_REMEMBERED = 2_048;

/**
 * Remembers how far requests came that are in work, or were handed back: as long as the process lives, and with a
 * journal what counts also beyond.
 */
export class Attempts {
  readonly #unfinished = new Map<string, Attempt>();
  readonly #journal: AttemptJournal | undefined;

  /** @param journal - Keeps what has to survive the process; without one, a request begins anew after a crash. */
  constructor(journal?: AttemptJournal) {
    this.#journal = journal;
  }

  /** Begins an attempt, where the last one of this process stopped. */
  begin(key: string): Attempt {
    const earlier = this.#unfinished.get(key);
    this.#unfinished.delete(key);
    return earlier ?? newAttempt();
  }

  /** Begins an attempt of a request that was delivered before, perhaps to a process that died. */
  async recall(key: string): Promise<Attempt> {
    const isKnown = this.#unfinished.has(key);
    const attempt = this.begin(key);
    if (isKnown || this.#journal === undefined) return attempt;
    const found = this.#journal.find(key) ?? (await this.#journal.takeOver(key));
    if (found === undefined) return attempt;
    const { announced, isCertain, handedOver, deaths, timeouts } = found;
    // Announced after the begin of the work was told: told of it again, the platform would reopen a complete one.
    return { ...attempt, received: announced > 0, announced, isCertain, handedOver, deaths, timeouts };
  }

  /**
   * Notes that a request is in work.
   *
   * @param mustBeKnown - It came before: resolves when the note survives this process.
   */
  async enter(key: string, attempt: Attempt, mustBeKnown: boolean): Promise<void> {
    if (mustBeKnown) await this.#journal?.write(key, entryOf(attempt, true));
    else this.#journal?.noteSoon(key, entryOf(attempt, true));
  }

  /** To be called before something that must not be done twice: resolves when the attempt survives this process. */
  async commit(key: string, attempt: Attempt): Promise<void> {
    await this.#journal?.write(key, entryOf(attempt, true));
  }

  /** To be called after it: not waited for, but known to whoever comes later. */
  progress(key: string, attempt: Attempt): void {
    this.#journal?.note(key, entryOf(attempt, true));
  }

  /** Keeps an attempt for the next delivery of its request, which was handed back. */
  async keep(key: string, attempt: Attempt): Promise<void> {
    this.#unfinished.set(key, attempt);
    const [oldest] = this.#unfinished.keys();
    if (this.#unfinished.size > MAX_REMEMBERED && oldest !== undefined) {
      this.#unfinished.delete(oldest);
      this.#journal?.drop(oldest);
    }
    const entry = entryOf(attempt, false);
    await (isWorthKeeping(entry) ? this.#journal?.write(key, entry) : this.#journal?.erase(key));
  }

  /** The request is settled. */
  finish(key: string): void {
    this.#journal?.drop(key);
  }
}

function newAttempt(): Attempt {
  return {
    outcome: undefined,
    received: false,
    toldToWait: false,
    toldInLog: false,
    announced: 0,
    isCertain: true,
    handedOver: false,
    losses: [],
    isAlone: false,
    isUnqueued: false,
    failure: undefined,
    remark: undefined,
    deaths: 0,
    timeouts: 0,
    failedAnswers: 0,
  };
}

function entryOf(attempt: Attempt, isInWork: boolean): AttemptEntry {
  const { announced, isCertain, losses, deaths, timeouts } = attempt;
  // What is lost or still to be reported is not kept, and what is uncertain may have travelled without the work: all that
  // is done once more.
  const isSent = attempt.handedOver && isCertain && !attempt.isAlone;
  const handedOver = isSent && losses.length === 0 && !attempt.isUnqueued;
  return { announced, isCertain, handedOver, deaths, timeouts, isInWork };
}
