import type { Logger } from 'pino';
import { fullJitterMs, type Backoff } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import { PostponeError } from '../../virustotal/postpone-error.js';
import type { HandleRequest } from '../handle-request.js';
import type { WorkKeeper } from '../ports.js';
import { factsOf, type AnalysisEnd } from '../request.js';
import { urgencyOf, type AnalysisRecord } from './analysis-record.js';
import type { Exclusive } from './exclusive.js';
import {
  claimParked,
  isOwnedBy,
  PARKED_BUCKET,
  parkedFrom,
  settleParked,
  settledAtFrom,
  unpark,
  type MayResume,
  type ParkedRequest,
} from './parked-request.js';

/** The platform counts a work as timed out after 20 minutes without a sign of life (protocol reference §10). */
const KEEP_ALIVE_MS = 300_000;
const RETRY: Backoff = { baseMs: 5_000, maxMs: 60_000 };
const MAX_PAUSE_MS = 600_000;
/** How long a request is left to another replica that is at it, before it is looked at again. */
const ELSEWHERE_MS = 10_000;
/** How long a settled request is remembered: brokers notice within minutes that a consumer is gone. */
const KEEP_SETTLED_MS = 3_600_000;

export interface ResumptionOptions {
  readonly store: Pick<StateStore, 'list' | 'update'>;
  readonly exclusive: Exclusive;
  /** As in `isOwnedBy`. */
  readonly owner?: string | undefined;
  /** Takes a resumed request to its end. */
  readonly handler: HandleRequest;
  readonly works: WorkKeeper;
  readonly mayResume: MayResume;
  /** How many are resumed at the same time. */
  readonly concurrency: number;
  /** Called when there is one to be looked at again soon. */
  readonly onHeld: () => void;
  /** In [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Run {
  readonly done: Promise<void>;
  /** Something has begun that must not happen twice. */
  committed: boolean;
}

/** A parked request whose analysis has ended. */
interface Ready {
  readonly parked: ParkedRequest;
  readonly end: AnalysisEnd;
}

interface Retry {
  readonly attempts: number;
  readonly notBefore: number;
}

/** What a look at all parked requests showed. */
export interface Review {
  /** Keys of the analyses that somebody waits for. */
  readonly awaited: ReadonlySet<string>;
  /** Requests that could be resumed but have to wait, for their delivery or for another try. */
  readonly held: number;
  /** Requests of this connector that are parked, and since when the first of them. */
  readonly parked: number;
  readonly oldestAt: Date | undefined;
}

/** Hands parked requests whose analysis has ended to the handler again, and keeps the works of the others alive. */
export class Resumption {
  readonly #options: ResumptionOptions;
  readonly #runs = new Map<string, Run>();
  readonly #retries = new Map<string, Retry>();
  readonly #pinged = new Map<string, number>();
  /** Those that wait for a place, as of the last look, the most urgent first. */
  #line: Ready[] = [];

  constructor(options: ResumptionOptions) {
    this.#options = options;
  }

  /**
   * Looks at all parked requests.
   *
   * @param analyses - By key, as of now.
   * @throws StateError
   */
  async review(analyses: ReadonlyMap<string, AnalysisRecord>): Promise<Review> {
    const { store, clock, owner } = this.#options;
    const awaited = new Set<string>();
    const ready: Ready[] = [];
    const parkedAt: number[] = [];
    const records = await store.list(PARKED_BUCKET);
    this.#forgetAllBut(new Set(records.map(({ key }) => key)));
    for (const { key, value } of records) {
      const parked = await this.#parkedOrDropped(key, value);
      if (parked === undefined) continue;
      awaited.add(parked.analysis);
      if (!isOwnedBy(owner, parked)) continue;
      parkedAt.push(parked.parkedAt);
      const analysis = analyses.get(parked.analysis);
      if (analysis !== undefined && isUnderWay(analysis, clock.now())) this.#keepAlive(parked);
      else if (!this.#runs.has(key)) ready.push({ parked, end: endOf(parked, analysis) });
    }
    this.#line = ready.sort(byUrgency);
    const oldestAt = parkedAt.length === 0 ? undefined : new Date(Math.min(...parkedAt));
    return { awaited, held: this.#fillPlaces(), parked: parkedAt.length, oldestAt };
  }

  /** Waits for the requests in work; those that have begun to answer somebody and are not done in time count as done. */
  async drain(timeoutMs: number, sleep: (durationMs: number) => Promise<void>): Promise<void> {
    const { store, clock, logger } = this.#options;
    this.#line = [];
    await Promise.race([Promise.all([...this.#runs.values()].map((run) => run.done)), sleep(timeoutMs)]);
    for (const [key, run] of this.#runs) {
      logger.warn(
        { key },
        run.committed ? 'resumed request counts as settled' : 'resumed request stays parked',
      );
      if (run.committed) await settleParked(store, key, clock.now().getTime());
    }
  }

  /** @returns `undefined` when there is nothing to resume: it was settled, or cannot be read. */
  async #parkedOrDropped(key: string, value: unknown): Promise<ParkedRequest | undefined> {
    const { store, clock, logger } = this.#options;
    const settledAt = settledAtFrom(value);
    if (settledAt !== undefined) {
      if (clock.now().getTime() - settledAt > KEEP_SETTLED_MS) await unpark(store, key);
      return undefined;
    }
    const parked = parkedFrom(value);
    if (parked !== undefined) return parked;
    logger.error({ key }, 'parked request cannot be read and is dropped');
    await unpark(store, key);
    return undefined;
  }

  /** @returns how many that had a place could not take it. */
  #fillPlaces(): number {
    let held = 0;
    while (this.#runs.size < this.#options.concurrency) {
      const next = this.#line.shift();
      if (next === undefined) break;
      if (!this.#resume(next)) held += 1;
    }
    return held;
  }

  /** @returns whether it is being worked on. */
  #resume({ parked, end }: Ready): boolean {
    const { clock, mayResume } = this.#options;
    const { key } = parked.request;
    if (!mayResume(parked)) return false;
    if ((this.#retries.get(key)?.notBefore ?? 0) > clock.now().getTime()) return false;
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const run: Run = { committed: false, done: begun.then(() => this.#run(key, end, run)) };
    this.#runs.set(key, run);
    begin();
    return true;
  }

  async #run(key: string, end: AnalysisEnd, run: Run): Promise<void> {
    const { exclusive, clock, onHeld } = this.#options;
    const seen = { end: false };
    try {
      await exclusive.attempt(`resume ${key}`, async () => {
        seen.end = await this.#settle(key, end, run);
      });
      if (seen.end) this.#retries.delete(key);
      else this.#retries.set(key, { attempts: 0, notBefore: clock.now().getTime() + ELSEWHERE_MS });
    } catch (error) {
      this.#tryAgainLater(key, error);
    } finally {
      this.#runs.delete(key);
      if (this.#fillPlaces() > 0 || !seen.end) onHeld();
    }
  }

  /** @returns whether nothing more is to be done about it; another replica may have been quicker. */
  async #settle(key: string, end: AnalysisEnd, run: Run): Promise<boolean> {
    const { handler, store, clock, mayResume } = this.#options;
    const parked = await claimParked(store, key, mayResume, clock.now().getTime());
    if (parked === 'held') return false;
    if (parked === undefined) return true;
    await handler({ ...parked.request, resumed: true, analysis: end }, (isCommitted) => {
      run.committed = isCommitted;
    });
    await settleParked(store, key, clock.now().getTime());
    return true;
  }

  #tryAgainLater(key: string, error: unknown): void {
    const { clock, random, logger } = this.#options;
    const attempts = (this.#retries.get(key)?.attempts ?? 0) + 1;
    const now = clock.now().getTime();
    const cause = error instanceof Error ? error.cause : undefined;
    const untilMs = cause instanceof PostponeError ? cause.until.getTime() - now : 0;
    const delayMs = Math.min(Math.max(untilMs, fullJitterMs(attempts, RETRY, random)), MAX_PAUSE_MS);
    this.#retries.set(key, { attempts, notBefore: now + delayMs });
    logger.debug({ key, reason: describeError(error), delayMs }, 'parked request is resumed again later');
  }

  /** Others may have settled what was once at hand here. */
  #forgetAllBut(keys: ReadonlySet<string>): void {
    for (const map of [this.#retries, this.#pinged])
      for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
  }

  #keepAlive({ request, parkedAt }: ParkedRequest): void {
    const { clock, works, logger } = this.#options;
    const now = clock.now().getTime();
    const last = this.#pinged.get(request.key) ?? parkedAt;
    if (request.workId === undefined || now - last < KEEP_ALIVE_MS) return;
    this.#pinged.set(request.key, now);
    // A work that somebody deleted has nothing to be kept alive for; its results go out without it.
    works.ping(request).catch((error: unknown) => {
      logger.debug({ ...factsOf(request), reason: describeError(error) }, 'work could not be kept alive');
    });
  }
}

/** A submission that never came to an end was left by a process that died, and its request went another way. */
function isUnderWay({ stage, giveUpAt }: AnalysisRecord, now: Date): boolean {
  return stage === 'waiting' || (stage === 'submitting' && now.getTime() < giveUpAt);
}

/** Nobody waits behind a machine, and of equals the one that has waited longer is first. */
function byUrgency({ parked: a }: Ready, { parked: b }: Ready): number {
  return urgencyOf(a.request.mode) - urgencyOf(b.request.mode) || a.parkedAt - b.parkedAt;
}

/**
 * Without a record, which is lost only with the state, whatever is newer than the parking will do; and what was known
 * before the submission will not, also when the analysis was given up.
 */
function endOf({ parkedAt }: ParkedRequest, analysis: AnalysisRecord | undefined): AnalysisEnd {
  if (analysis === undefined) return { notBefore: new Date(parkedAt), remark: undefined };
  const { endedAt, begunAt, remark } = analysis;
  return { notBefore: new Date(endedAt ?? begunAt + 1), remark };
}
