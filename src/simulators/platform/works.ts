import type { Clock } from '../../shared/clock.js';
import { PlatformError } from './errors.js';
import type { Since } from './version.js';
import {
  clearsStrayCounters,
  closesOvertakenWorks,
  completesOnProcessed,
  completesOnReport,
  forgetsCountersOfOvertaken,
  forgetsCountersOnProcessed,
  mayRefuseDeadWorks,
  toleratesDeletedWorks,
  type DeadWorkAnswer,
  type WorkCounters,
} from './work-rules.js';

/** How far a work is. */
export type WorkStatus = 'wait' | 'progress' | 'complete' | 'timeout';

/** A line in a work's messages or errors. */
export interface WorkLine {
  timestamp: string;
  message: string;
  source: string | null;
}

/** What the platform keeps of one request to a connector. Times are ISO texts. */
export interface Work {
  readonly id: string;
  readonly connectorId: string;
  readonly timestamp: string;
  /** As a connector called it that opened it; `null` of a request. */
  readonly name: string | null;
  status: WorkStatus;
  receivedTime: string | null;
  processedTime: string | null;
  completedTime: string | null;
  /** Bundle messages the connector announced, in all. */
  expected: number;
  /** Reports that came in, in all. */
  processed: number;
  messages: WorkLine[];
  errors: WorkLine[];
  draftContext: string | null;
  updatedAt: string;
}

const MAX_ERRORS = 100;
const COMPLETED_WORKS_STAY_MS = 7 * 24 * 3_600_000;

/** The works of the platform and the rules by which they live and end (protocol reference §10). */
export class Works {
  readonly #works = new Map<string, Work>();
  readonly #counters = new Map<string, WorkCounters>();
  /** By connector: creation of the work for which the last report came. */
  readonly #lastReported = new Map<string, string>();
  readonly #since: Since;
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #deadWorks: DeadWorkAnswer;
  #lastTimestamp = 0;

  constructor(since: Since, clock: Clock, changed: () => void, deadWorks: DeadWorkAnswer = 'refused') {
    this.#since = since;
    this.#clock = clock;
    this.#changed = changed;
    this.#deadWorks = deadWorks;
  }

  /** A new work in status `wait`, named `work_<connectorId>_<ISO timestamp>`; timestamps never repeat. */
  create(connectorId: string): Work {
    return this.#create(connectorId, { name: null, status: 'wait', receivedTime: null });
  }

  /** A work that a connector opens of its own accord; it counts as received, and is in progress at once. */
  open(connectorId: string, name: string | null): Work {
    const receivedTime = this.#clock.now().toISOString();
    return this.#create(connectorId, { name, status: 'progress', receivedTime });
  }

  #create(connectorId: string, beginning: Pick<Work, 'name' | 'status' | 'receivedTime'>): Work {
    this.#lastTimestamp = Math.max(this.#clock.now().getTime(), this.#lastTimestamp + 1);
    const timestamp = new Date(this.#lastTimestamp).toISOString();
    const work: Work = {
      id: `work_${connectorId}_${timestamp}`,
      connectorId,
      timestamp,
      ...beginning,
      processedTime: null,
      completedTime: null,
      expected: 0,
      processed: 0,
      messages: [],
      errors: [],
      draftContext: null,
      updatedAt: timestamp,
    };
    this.#works.set(work.id, work);
    this.#counters.set(work.id, { expected: undefined, processed: undefined, initialized: true });
    this.#changed();
    return work;
  }

  /** The work, or `undefined` when it never was or was deleted. */
  find(id: string): Work | undefined {
    return this.#works.get(id);
  }

  /** All works, oldest first. */
  all(): Work[] {
    return [...this.#works.values()];
  }

  /** Whether the counters are those the work was created with; from 6.8.7 on workers discard bundles of others. */
  isAlive(id: string): boolean {
    return this.#counters.get(id)?.initialized === true;
  }

  /** Deletes a work as a person does in the interface. */
  delete(id: string): void {
    this.#works.delete(id);
    this.#counters.delete(id);
    this.#changed();
  }

  /** @throws {TypeError} when the work was deleted, on old platforms; so do the following. */
  toReceived(id: string, message: string | null): void {
    const work = this.#existing(id);
    if (work === undefined) return;
    const now = this.#touch(work);
    work.receivedTime ??= now;
    work.status = 'progress';
    if (message !== null) work.messages.push({ timestamp: now, message, source: null });
    this.#changed();
  }

  toProcessed(id: string, message: string | null, inError: boolean): void {
    const work = this.#existing(id, failureOfReading('import_expected_number'));
    if (work === undefined) return;
    const now = this.#touch(work);
    work.processedTime = now;
    const line = { timestamp: now, message: message ?? '', source: null };
    if (inError) this.#addError(work, line);
    else work.messages.push(line);
    const counters = this.#counters.get(id) ?? NOTHING_COUNTED;
    if (completesOnProcessed(this.#since, work.expected, counters)) this.#complete(work, now);
    if (forgetsCountersOnProcessed(this.#since, counters)) this.#counters.delete(id);
    this.#changed();
  }

  /** @throws {PlatformError} `WORK_NOT_ALIVE` for a dead work, from 6.9.19 on and unless it is answered. */
  addExpectations(id: string, count: number): void {
    if (mayRefuseDeadWorks(this.#since) && this.#deadWorks === 'refused' && !this.isAlive(id)) {
      throw new PlatformError('WORK_NOT_ALIVE', 'This work is not alive anymore', { workId: id });
    }
    const work = this.#existing(id);
    const counters = this.#counting(id);
    counters.expected = (counters.expected ?? 0) + count;
    if (work !== undefined) {
      this.#touch(work);
      work.expected += count;
    }
    this.#clearStray(id);
    this.#changed();
  }

  reportExpectation(id: string, error: { error?: string | null; source?: string | null } | null): void {
    const [, connectorId, timestamp] = id.split('_');
    if (connectorId !== undefined && timestamp !== undefined) this.#lastReported.set(connectorId, timestamp);
    const counters = this.#counting(id);
    counters.processed = (counters.processed ?? 0) + 1;
    const completes = completesOnReport(this.#since, counters);
    // Only what has to be written into the work can fail because the work is gone.
    const work = completes || error !== null ? this.#existing(id, failureOfWriting()) : this.#works.get(id);
    if (work !== undefined) this.#noteReport(work, error, completes);
    this.#clearStray(id);
    this.#changed();
  }

  /** @throws {TypeError} when the work does not exist, on every platform. */
  ping(id: string): void {
    const work = this.#works.get(id);
    if (work === undefined) throw failureOfReading('_index');
    this.#touch(work);
    this.#changed();
  }

  addDraftContext(id: string, draftContext: string | null): void {
    const work = this.#existing(id);
    if (work === undefined) return;
    this.#touch(work);
    work.draftContext = draftContext;
    this.#changed();
  }

  /**
   * One run of the platform's manager, as it happens every minute: closes what is still open and older than the work of
   * the same connector for which the last report came, and deletes what was completed a week ago. Up to 7.260507 it
   * takes the counters of what it closes away, so that from 6.8.7 on workers throw its bundles away.
   *
   * @returns ids of the works it closed.
   */
  closeOvertaken(): string[] {
    if (!closesOvertakenWorks(this.#since)) return [];
    const overtaken = this.all().filter(
      ({ status, connectorId, timestamp }) =>
        (status === 'wait' || status === 'progress') &&
        timestamp < (this.#lastReported.get(connectorId) ?? ''),
    );
    for (const work of overtaken) {
      this.#complete(work, this.#touch(work));
      if (forgetsCountersOfOvertaken(this.#since)) this.#counters.delete(work.id);
    }
    this.#deleteOld();
    this.#changed();
    return overtaken.map((work) => work.id);
  }

  #deleteOld(): void {
    const end = this.#clock.now().getTime() - COMPLETED_WORKS_STAY_MS;
    for (const { id, status, completedTime } of this.all()) {
      if (status === 'complete' && completedTime !== null && Date.parse(completedTime) <= end)
        this.delete(id);
    }
  }

  #noteReport(
    work: Work,
    error: { error?: string | null; source?: string | null } | null,
    completes: boolean,
  ): void {
    const now = this.#touch(work);
    work.processed += 1;
    if (error !== null) {
      this.#addError(work, { timestamp: now, message: error.error ?? '', source: error.source ?? null });
    }
    if (completes) this.#complete(work, now);
  }

  /** The work; `undefined` where nobody minds that it was deleted. */
  #existing(id: string, failure: Error = failureOfReading('_index')): Work | undefined {
    const work = this.#works.get(id);
    if (work === undefined && !toleratesDeletedWorks(this.#since)) throw failure;
    return work;
  }

  #counting(id: string): WorkCounters {
    const counters = this.#counters.get(id) ?? { ...NOTHING_COUNTED };
    this.#counters.set(id, counters);
    return counters;
  }

  #clearStray(id: string): void {
    if (clearsStrayCounters(this.#since) && !this.isAlive(id)) this.#counters.delete(id);
  }

  #touch(work: Work): string {
    work.updatedAt = this.#clock.now().toISOString();
    return work.updatedAt;
  }

  #complete(work: Work, now: string): void {
    work.status = 'complete';
    work.completedTime ??= now;
  }

  #addError(work: Work, line: WorkLine): void {
    if (work.errors.length < MAX_ERRORS) work.errors.push(line);
  }
}

const NOTHING_COUNTED: WorkCounters = { expected: undefined, processed: undefined, initialized: false };

/** Not an answer that the platform means to give, but a failure of its code, which finds nothing where the work was. */
function failureOfReading(property: string): TypeError {
  return new TypeError(`Cannot read properties of undefined (reading '${property}')`);
}

/** Here the code asks the database to change a work that it did not find. */
function failureOfWriting(): PlatformError {
  return new PlatformError('DATABASE_ERROR', 'Update indexing fail');
}
