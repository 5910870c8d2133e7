import type { Logger } from 'pino';
import { fullJitterMs, type Backoff } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import { PostponeError } from '../../virustotal/postpone-error.js';
import type { HandleRequest } from '../handle-request.js';
import type { WorkKeeper } from '../ports.js';
import type { AnalysisEnd } from '../request.js';
import type { AnalysisRecord } from './analysis-record.js';
import type { Exclusive } from './exclusive.js';
import { PARKED_BUCKET, parkedFrom, readParked, unpark, type ParkedRequest } from './parked-request.js';

/** The platform counts a work as timed out after 20 minutes without a sign of life (protocol reference §10). */
const KEEP_ALIVE_MS = 300_000;
const RETRY: Backoff = { baseMs: 5_000, maxMs: 60_000 };
const MAX_PAUSE_MS = 600_000;
/** How long a request is left to another replica that is at it, before it is looked at again. */
const ELSEWHERE_MS = 10_000;

export interface ResumptionOptions {
  readonly store: Pick<StateStore, 'list' | 'update'>;
  readonly exclusive: Exclusive;
  /** Takes a resumed request to its end. */
  readonly handler: HandleRequest;
  readonly works: WorkKeeper;
  /** Whether the delivery of this request is still to be acknowledged here; until then it is not resumed. */
  readonly isInHand: (key: string) => boolean;
  /** How many are resumed at the same time. */
  readonly concurrency: number;
  /** Called when one is done with. */
  readonly onDone: () => void;
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

interface Retry {
  readonly attempts: number;
  readonly notBefore: number;
}

/** What a look at all parked requests showed. */
export interface Review {
  /** Keys of the analyses that somebody waits for. */
  readonly awaited: ReadonlySet<string>;
  /** Requests that could be resumed but have to wait, for a place, for their delivery or for another try. */
  readonly held: number;
}

/** Hands parked requests whose analysis has ended to the handler again, and keeps the works of the others alive. */
export class Resumption {
  readonly #options: ResumptionOptions;
  readonly #runs = new Map<string, Run>();
  readonly #retries = new Map<string, Retry>();
  readonly #pinged = new Map<string, number>();

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
    const { store, clock, logger } = this.#options;
    const awaited = new Set<string>();
    let held = 0;
    const records = await store.list(PARKED_BUCKET);
    this.#forgetAllBut(new Set(records.map(({ key }) => key)));
    for (const { key, value } of records) {
      const parked = parkedFrom(value);
      if (parked === undefined) {
        logger.error({ key }, 'parked request cannot be read and is dropped');
        await unpark(store, key);
        continue;
      }
      awaited.add(parked.analysis);
      const analysis = analyses.get(parked.analysis);
      if (analysis !== undefined && isUnderWay(analysis, clock.now())) this.#keepAlive(parked);
      else if (!this.#runs.has(key) && !this.#resume(parked, endOf(parked, analysis))) held += 1;
    }
    return { awaited, held };
  }

  /** Waits for the requests in work; those that have begun to answer somebody and are not done in time count as done. */
  async drain(timeoutMs: number, sleep: (durationMs: number) => Promise<void>): Promise<void> {
    const { store, logger } = this.#options;
    await Promise.race([Promise.all([...this.#runs.values()].map((run) => run.done)), sleep(timeoutMs)]);
    for (const [key, run] of this.#runs) {
      logger.warn(
        { key },
        run.committed ? 'resumed request counts as settled' : 'resumed request stays parked',
      );
      if (run.committed) await unpark(store, key);
    }
  }

  /** @returns whether it is being worked on. */
  #resume(parked: ParkedRequest, end: AnalysisEnd): boolean {
    const { clock, concurrency, isInHand } = this.#options;
    const { key } = parked.request;
    if (this.#runs.size >= concurrency || isInHand(key)) return false;
    if ((this.#retries.get(key)?.notBefore ?? 0) > clock.now().getTime()) return false;
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const run: Run = { committed: false, done: begun.then(() => this.#run(key, end, run)) };
    this.#runs.set(key, run);
    begin();
    return true;
  }

  async #run(key: string, end: AnalysisEnd, run: Run): Promise<void> {
    const { exclusive, handler, store, clock, onDone } = this.#options;
    try {
      const isOurs = await exclusive.attempt(`resume ${key}`, async () => {
        // Another replica may have been quicker.
        const parked = await readParked(store, key);
        if (parked === undefined) return;
        await handler({ ...parked.request, resumed: true, analysis: end }, () => {
          run.committed = true;
        });
        await unpark(store, key);
      });
      if (isOurs) this.#retries.delete(key);
      else this.#retries.set(key, { attempts: 0, notBefore: clock.now().getTime() + ELSEWHERE_MS });
    } catch (error) {
      this.#tryAgainLater(key, error);
    } finally {
      this.#runs.delete(key);
      onDone();
    }
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
      logger.debug({ key: request.key, reason: describeError(error) }, 'work could not be kept alive');
    });
  }
}

/** A submission that never came to an end was left by a process that died, and its request went another way. */
function isUnderWay({ stage, giveUpAt }: AnalysisRecord, now: Date): boolean {
  return stage === 'waiting' || (stage === 'submitting' && now.getTime() < giveUpAt);
}

/** Without a record, which is lost only with the state, whatever is newer than the parking will do. */
function endOf({ parkedAt }: ParkedRequest, analysis: AnalysisRecord | undefined): AnalysisEnd {
  if (analysis === undefined) return { notBefore: new Date(parkedAt), remark: undefined };
  const { stage, endedAt, remark } = analysis;
  const isFresh = stage === 'completed' && endedAt !== undefined;
  return { notBefore: isFresh ? new Date(endedAt) : undefined, remark };
}
