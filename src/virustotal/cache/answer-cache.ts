import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { withAnySignal } from '../../shared/any-signal.js';
import type { Clock } from '../../shared/clock.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import type { AnswerKind, Telemetry } from '../../shared/telemetry.js';
import type { StateStore } from '../../state/port.js';
import { CredentialsError } from '../errors.js';
import { PostponeError } from '../postpone-error.js';
import type { Asker } from '../schema.js';
import { UnpaidError } from '../unpaid-error.js';
import { WithdrawnError } from '../withdrawn-error.js';
import { type Boarded, RankedFlight } from './ranked-flight.js';
import { decodeAnswer, encodeAnswer } from './stored-answer.js';

/** What one kind of answer is, and how long it lasts. */
export interface AnswerPolicy<T> {
  /** Whether VirusTotal had what was asked for; not having it is an answer as well. */
  readonly isFound: (answer: T) => boolean;
  /** Whether a stored value is such an answer. */
  readonly isAnswer: (value: unknown) => value is T;
  /** Whether a kept answer has all that whoever asks now needs; all have when absent. */
  readonly isComplete?: (answer: T) => boolean;
  /** Every path under which what was found can be asked for; it is kept under each. */
  readonly pathsOf?: (answer: T) => readonly string[];
  /** How long an answer is used again, in ms; 0: it is not kept. */
  readonly lifetimeMs: (answer: T) => number;
}

/**
 * Sees to it that of several replicas one does the work; the others take what it leaves behind. It must not fail for
 * reasons of its own.
 *
 * @param ready - What another replica has left behind; `undefined` if nothing.
 * @param signal - Ends waiting for another replica, with its reason.
 */
export type AcrossReplicas = <A>(
  key: string,
  work: { readonly ready: () => Promise<A | undefined>; readonly task: () => Promise<A> },
  signal: AbortSignal,
) => Promise<A>;

/** Where answers are kept. */
export interface AnswerCacheServices {
  readonly store: Pick<StateStore, 'read' | 'write' | 'forget'>;
  /** A hash of the API key: what one key may see, another may not. */
  readonly keyId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Absent: nobody else uses the store. */
  readonly acrossReplicas?: AcrossReplicas | undefined;
}

/** What is asked, for whom, and how VirusTotal is asked when the answer is not at hand. */
export interface Question<T> {
  readonly kind: AnswerKind;
  /** Path of the object in the API. */
  readonly path: string;
  /** What is asked for inside the same call; a found answer that was had without one of them will not do. */
  readonly relationships: readonly string[];
  readonly asker: Asker;
  readonly ask: (asker: Asker) => Promise<T>;
}

/** An answer, and whether it was at hand or VirusTotal was asked for it. */
interface Entry<T> {
  readonly answer: T;
  readonly fetchedAt: Date;
  /** When VirusTotal gave it to this process, in monotonic milliseconds; `undefined`: it was at hand. */
  readonly arrivedAtMs: number | undefined;
}

/** What the store has: the answer, nothing, or one that will not do. */
type Recalled<T> = Entry<T> | 'miss' | 'stale';

/** Who had the unit of quota sooner than this need not look whether the answer came meanwhile. */
const SHORT_WAIT_MS = 50;

/** Changes whenever an answer of the version before would be read wrongly. */
const FORMAT = 3;

/**
 * Answers from the store as long as the answers are fresh. Requests for one thing at the same time are one look-up, also
 * across replicas, except that nobody waits for the turn of somebody less urgent. Whoever withdraws before VirusTotal was
 * asked pays nothing, and others who wait for the same ask themselves. Failures are never kept, and those of
 * the store never fail a look-up.
 */
export class AnswerCache<T> {
  private readonly flights = new RankedFlight<Entry<T>>();

  constructor(
    private readonly policy: AnswerPolicy<T>,
    private readonly services: AnswerCacheServices,
  ) {}

  /** @throws what asking VirusTotal throws. */
  async answer(question: Question<T>): Promise<T> {
    const { telemetry, clock } = this.services;
    const { kind, asker } = question;
    const key = this.keyOf(question.path);
    const askedAtMs = performance.now();
    for (;;) {
      asker.signal?.throwIfAborted();
      const flight = this.flights.run(key, asker.priority, (signal) => this.fly(key, question, signal));
      const entry = await this.arrival(flight, asker.signal);
      if (entry === undefined) continue;
      // What arrived since we asked is fresh, whatever the clock says. Who joined may want anything else fresher than the
      // one who began.
      const wasThere = entry.arrivedAtMs === undefined || entry.arrivedAtMs < askedAtMs;
      if (wasThere && isBefore(entry.fetchedAt, asker.notBefore)) continue;
      if (entry.arrivedAtMs !== undefined) {
        if (flight.joined) telemetry.cacheAsked(kind, 'shared');
        return entry.answer;
      }
      const ageMs = clock.now().getTime() - entry.fetchedAt.getTime();
      telemetry.cacheAsked(kind, 'hit', ageMs);
      this.services.logger.debug(
        { ...asker.about, kind, ageS: Math.round(ageMs / 1000) },
        'answered from the cache',
      );
      return entry.answer;
    }
  }

  /** `undefined` when it has to be tried again: the task of somebody less urgent failed, maybe of waiting. */
  private async arrival(
    flight: Boarded<Entry<T>>,
    signal: AbortSignal | undefined,
  ): Promise<Entry<T> | undefined> {
    try {
      return await (flight.joined ? unlessWithdrawn(flight, signal) : flight.answer);
    } catch (error) {
      if (flight.isLesser) return undefined;
      // That another may spend nothing, or does not want it any more, is no reason not to ask.
      if (flight.joined && (error instanceof UnpaidError || error instanceof WithdrawnError))
        return undefined;
      throw error;
    }
  }

  private async fly(key: string, question: Question<T>, signal: AbortSignal): Promise<Entry<T>> {
    const known = await this.recall(key, question);
    if (typeof known === 'object') return known;
    this.services.telemetry.cacheAsked(question.kind, known);
    const task = (): Promise<Entry<T>> => this.fetch(key, question, signal);
    const { acrossReplicas } = this.services;
    if (acrossReplicas === undefined) return task();
    const ready = (): Promise<Entry<T> | undefined> => this.atHand(key, question);
    // A person does not wait for the turn of another replica's machine either.
    return withAnySignal([signal, question.asker.signal], (either) =>
      acrossReplicas(`${question.asker.priority} ${key}`, { ready, task }, either),
    );
  }

  private async fetch(key: string, question: Question<T>, signal: AbortSignal): Promise<Entry<T>> {
    const { kind, asker, ask } = question;
    signal.throwIfAborted();
    asker.signal?.throwIfAborted();
    await asker.payer?.check();
    const askedAtMs = performance.now();
    const meanwhile: {
      entry?: Entry<T> | undefined;
      refusal?: { readonly error: unknown };
      isPaid?: boolean;
      isAsked?: boolean;
    } = {};
    const pay = async (): Promise<void> => {
      // A call that is tried again is one look-up.
      if (meanwhile.isPaid === true) return;
      await asker.payer?.pay();
      meanwhile.isPaid = true;
    };
    const isNeeded = async (): Promise<boolean> => {
      // Whoever waited for its turn may find what another replica, or a person, has left.
      if (performance.now() - askedAtMs > SHORT_WAIT_MS) meanwhile.entry = await this.atHand(key, question);
      if (meanwhile.entry !== undefined) return false;
      try {
        await confirm(asker, signal, pay);
      } catch (error) {
        meanwhile.refusal = { error };
        return false;
      }
      this.flights.depart(key, signal);
      return (meanwhile.isAsked = true);
    };
    let answer: T;
    try {
      answer = await withAnySignal([signal, asker.signal], (either) =>
        ask({ ...asker, signal: either, isNeeded }),
      );
    } catch (error) {
      if (meanwhile.isPaid === true && (meanwhile.isAsked !== true || isUncounted(error)))
        await asker.payer?.refund();
      if (meanwhile.entry !== undefined) return meanwhile.entry;
      if (meanwhile.refusal !== undefined) throw meanwhile.refusal.error;
      const isPostponed = error instanceof PostponeError && error.postpones(asker.priority);
      if (!signal.aborted && !(error instanceof WithdrawnError))
        this.services.telemetry.lookedUp(kind, isPostponed ? 'postponed' : 'failed');
      throw error;
    }
    this.services.telemetry.lookedUp(kind, this.policy.isFound(answer) ? 'found' : 'unknown');
    const entry = { answer, fetchedAt: this.services.clock.now(), arrivedAtMs: performance.now() };
    // Whoever still waits for quota to ask the same takes this and spends nothing.
    this.flights.settle(key, entry, signal);
    await this.remember(key, question, entry);
    return entry;
  }

  private async atHand(key: string, question: Question<T>): Promise<Entry<T> | undefined> {
    const known = await this.recall(key, question);
    return typeof known === 'object' ? known : undefined;
  }

  private async recall(key: string, { asker, relationships }: Question<T>): Promise<Recalled<T>> {
    const { store, clock, logger } = this.services;
    try {
      const now = clock.now();
      const value = await store.read(key, now);
      const stored = value === undefined ? undefined : decodeAnswer(value.bytes, this.policy.isAnswer);
      if (value === undefined || stored === undefined) return 'miss';
      const { storedAt: fetchedAt } = value;
      const { answer } = stored;
      const isFound = this.policy.isFound(answer);
      // The lifetime of now counts, not that of the day when it was stored.
      const isOver = now.getTime() - fetchedAt.getTime() >= this.policy.lifetimeMs(answer);
      const lacksSome =
        (isFound && relationships.some((name) => !stored.relationships.includes(name))) ||
        this.policy.isComplete?.(answer) === false;
      if (isOver || lacksSome || isBefore(fetchedAt, asker.notBefore)) return 'stale';
      return { answer, fetchedAt, arrivedAtMs: undefined };
    } catch (error) {
      logger.warn(
        { ...asker.about, reason: describeError(error) },
        'cached answer cannot be read; VirusTotal is asked',
      );
      return 'miss';
    }
  }

  private async remember(key: string, { relationships, asker }: Question<T>, entry: Entry<T>): Promise<void> {
    const { store, logger } = this.services;
    const { answer, fetchedAt: storedAt } = entry;
    const lifetimeMs = this.policy.lifetimeMs(answer);
    try {
      if (lifetimeMs <= 0) {
        // An older answer of the other sort must not outlive this one.
        await store.forget(key);
        return;
      }
      const expiresAt = new Date(storedAt.getTime() + lifetimeMs);
      const value = { bytes: encodeAnswer({ answer, relationships }), storedAt, expiresAt };
      const others = this.policy.pathsOf?.(answer) ?? [];
      for (const each of new Set([key, ...others.map((path) => this.keyOf(path))])) {
        await store.write(each, value);
      }
    } catch (error) {
      logger.warn({ ...asker.about, reason: describeError(error) }, 'answer cannot be cached');
    }
  }

  /** Hashed, because a URL may be long and is nobody's business who looks at the store. */
  private keyOf(path: string): string {
    const digest = createHash('sha256').update(path).digest('hex');
    return `answer:${FORMAT}:${this.services.keyId}:${digest}`;
  }
}

/**
 * Whether the call is to be made now that its turn has come; it is paid for if so.
 *
 * @param signal - Aborts when another has got the answer.
 * @throws WithdrawnError when it is not wanted any more; what paying throws; the reason of the signal.
 */
async function confirm(asker: Asker, signal: AbortSignal, pay: () => Promise<void>): Promise<void> {
  asker.signal?.throwIfAborted();
  if ((await asker.isNeeded?.()) === false) throw new WithdrawnError();
  await pay();
  asker.signal?.throwIfAborted();
  signal.throwIfAborted();
}

/** Waits for the answer of another, as long as it is wanted or on its way. */
async function unlessWithdrawn<A>(flight: Boarded<A>, signal: AbortSignal | undefined): Promise<A> {
  let leave: () => void = () => undefined;
  const withdrawn = new Promise<never>((_, reject) => {
    leave = () => {
      if (!flight.isUnderWay()) reject(signal?.reason as Error);
    };
  });
  signal?.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([flight.answer, withdrawn]);
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

/** VirusTotal did nothing, or does not know whose quota to count it against. */
function isUncounted(error: unknown): boolean {
  return error instanceof CredentialsError || (error instanceof ConnectorError && error.untouched);
}

function isBefore(moment: Date, limit: Date | undefined): boolean {
  return limit !== undefined && moment < limit;
}
