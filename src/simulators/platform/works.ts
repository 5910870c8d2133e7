import type { Clock } from '../../shared/clock.js';
import { functionalError, PlatformError } from './errors.js';
import type { Since } from './version.js';

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
  status: WorkStatus;
  receivedTime: string | null;
  processedTime: string | null;
  completedTime: string | null;
  /** Bundle messages the connector announced. */
  expected: number;
  /** Reports that came in. */
  processed: number;
  messages: WorkLine[];
  errors: WorkLine[];
  draftContext: string | null;
  updatedAt: string;
  /** Whether its counters exist; from 6.8.7 on workers discard bundles of a work without counters. */
  alive: boolean;
  /** When the last expectation was reported. */
  lastReportAt: string | null;
}

const MAX_ERRORS = 100;

/** Whether a report completes a work: strict equality before 7.260422, so that counters can pass each other. */
export function completesOnReport(since: Since, expected: number, processed: number): boolean {
  return since('7.260422.0') ? processed >= expected : processed === expected;
}

/** Whether `toProcessed` completes a work; 7.260428 – 7.260609 never do. */
export function completesOnProcessed(since: Since, expected: number, processed: number): boolean {
  if (since('7.260428.0') && !since('7.260615.0')) return false;
  if (since('7.260422.0')) return processed >= expected;
  return expected === 0 || processed === expected;
}

/** The works of the platform and the rules by which they live and end. */
export class Works {
  readonly #works = new Map<string, Work>();
  readonly #since: Since;
  readonly #clock: Clock;
  readonly #changed: () => void;
  #lastTimestamp = 0;

  constructor(since: Since, clock: Clock, changed: () => void) {
    this.#since = since;
    this.#clock = clock;
    this.#changed = changed;
  }

  /** A new work in status `wait`, named `work_<connectorId>_<ISO timestamp>`; timestamps never repeat. */
  create(connectorId: string): Work {
    this.#lastTimestamp = Math.max(this.#clock.now().getTime(), this.#lastTimestamp + 1);
    const timestamp = new Date(this.#lastTimestamp).toISOString();
    const work: Work = {
      id: `work_${connectorId}_${timestamp}`,
      connectorId,
      timestamp,
      status: 'wait',
      receivedTime: null,
      processedTime: null,
      completedTime: null,
      expected: 0,
      processed: 0,
      messages: [],
      errors: [],
      draftContext: null,
      updatedAt: timestamp,
      alive: true,
      lastReportAt: null,
    };
    this.#works.set(work.id, work);
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

  /** Whether bundles of this work are still imported. */
  isAlive(id: string): boolean {
    return this.#works.get(id)?.alive === true;
  }

  /** Deletes a work as a person does in the interface. */
  delete(id: string): void {
    this.#works.delete(id);
    this.#changed();
  }

  toReceived(id: string, message: string | null): void {
    const work = this.#get(id);
    const now = this.#touch(work);
    work.receivedTime ??= now;
    work.status = 'progress';
    if (message !== null) work.messages.push({ timestamp: now, message, source: null });
    this.#changed();
  }

  toProcessed(id: string, message: string | null, inError: boolean): void {
    const work = this.#get(id);
    const now = this.#touch(work);
    work.processedTime = now;
    const line = { timestamp: now, message: message ?? '', source: null };
    if (inError) this.#addError(work, line);
    else work.messages.push(line);
    if (completesOnProcessed(this.#since, work.expected, work.processed)) {
      this.#complete(work, now);
      if (!this.#since('7.260428.0')) work.alive = false;
    }
    this.#changed();
  }

  /** @throws {PlatformError} `WORK_NOT_ALIVE` for a dead work, from 6.9.19 on. */
  addExpectations(id: string, count: number): void {
    const work = this.#works.get(id);
    if (this.#since('6.9.19') && work?.alive !== true) {
      throw new PlatformError('WORK_NOT_ALIVE', 'This work is not alive anymore', { workId: id });
    }
    const known = this.#get(id);
    this.#touch(known);
    known.expected += count;
    this.#changed();
  }

  reportExpectation(id: string, error: { error?: string | null; source?: string | null } | null): void {
    const work = this.#get(id);
    const now = this.#touch(work);
    work.processed += 1;
    work.lastReportAt = now;
    if (error !== null) {
      this.#addError(work, { timestamp: now, message: error.error ?? '', source: error.source ?? null });
    }
    if (completesOnReport(this.#since, work.expected, work.processed)) this.#complete(work, now);
    this.#changed();
  }

  /** @throws {PlatformError} when the work does not exist. */
  ping(id: string): void {
    this.#touch(this.#get(id));
    this.#changed();
  }

  addDraftContext(id: string, draftContext: string | null): void {
    const work = this.#get(id);
    this.#touch(work);
    work.draftContext = draftContext;
    this.#changed();
  }

  /**
   * The platform's manager, which runs every minute from 6.2.8 on: closes works that are older than the most recent
   * work of their connector for which anything was reported. 6.2.8 – 7.260507 it also kills them.
   *
   * @returns ids of the works it closed.
   */
  closeOvertaken(): string[] {
    if (!this.#since('6.2.8')) return [];
    const newestReported = new Map<string, string>();
    for (const work of this.#works.values()) {
      if (work.lastReportAt === null) continue;
      if (work.timestamp > (newestReported.get(work.connectorId) ?? '')) {
        newestReported.set(work.connectorId, work.timestamp);
      }
    }
    const overtaken = this.all().filter(
      (work) =>
        (work.status === 'wait' || work.status === 'progress') &&
        work.timestamp < (newestReported.get(work.connectorId) ?? ''),
    );
    for (const work of overtaken) {
      this.#complete(work, this.#touch(work));
      if (!this.#since('7.260510.0')) work.alive = false;
    }
    this.#changed();
    return overtaken.map((work) => work.id);
  }

  #get(id: string): Work {
    const work = this.#works.get(id);
    if (work === undefined) throw functionalError('Cannot find the work', { workId: id });
    return work;
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
