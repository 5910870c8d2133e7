import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import { PostponeError } from '../../virustotal/postpone-error.js';
import type { Asker, LookUp, Submissions, VirusTotal } from '../../virustotal/schema.js';
import type { Exclusions } from '../exclusions.js';
import { changeAnalysis, readAnalysis, type AnalysisRecord } from './analysis-record.js';
import { lateReportDelayMs, MAX_LATE_REPORTS, pollDelayMs } from './timing.js';

export interface PollerOptions {
  readonly store: Pick<StateStore, 'update'>;
  readonly submissions: Pick<Submissions, 'analysisStatus'>;
  readonly virusTotal: Pick<VirusTotal, 'lookUp'>;
  /** What is excluded is not asked about, also when it was submitted before. */
  readonly exclusions: Exclusions;
  readonly firstPollMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const NOT_IN_TIME = 'Its analysis has not ended in time; enrich it again later to have the result.';

/** What a poll changes in the record of an analysis. */
type Progress = Partial<AnalysisRecord>;

/** Asks VirusTotal once how far an analysis is, and writes down what came of it. */
export class Poller {
  readonly #options: PollerOptions;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /**
   * Does nothing when the analysis is not due any more.
   *
   * @returns whether it has ended.
   * @throws StateError
   */
  async poll(key: string): Promise<boolean> {
    const { store, clock, exclusions, logger } = this.#options;
    const record = await readAnalysis(store, key);
    if (record?.stage !== 'waiting' || record.dueAt > clock.now().getTime()) return false;
    const progress = exclusions.excludes(record.object)
      ? this.#givenUp('Its analysis was not followed: it is excluded (VIRUSTOTAL_EXCLUDE).')
      : await this.#ask(record);
    await changeAnalysis(store, key, (current) =>
      current?.stage === 'waiting' ? advanced(current, progress, record) : current,
    );
    if (progress.endedAt === undefined) return false;
    const waitedS = Math.round((progress.endedAt - record.begunAt) / 1000);
    logger.info(
      { stage: progress.stage, analysisId: record.submission?.analysisId, waitedS },
      'analysis ended',
    );
    return true;
  }

  async #ask(record: AnalysisRecord): Promise<Progress> {
    const { submissions, logger } = this.#options;
    const asker: Asker = { priority: record.priority };
    try {
      // Once it has ended, and where nobody told its id, only the report itself says more.
      const status =
        record.submission === undefined || record.lateReports > 0
          ? undefined
          : await submissions.analysisStatus(record.submission, asker);
      if (status === 'queued' || status === 'in-progress') return this.#later(record);
      return await this.#reportProgress(record, asker, status === 'completed' || record.lateReports > 0);
    } catch (error) {
      if (error instanceof PostponeError) return this.#notBefore(error.until, record);
      logger.warn(
        { analysisId: record.submission?.analysisId, reason: describeError(error) },
        'VirusTotal did not tell how far an analysis is; it is asked again later',
      );
      // What does not pass by itself is an answer, too.
      const passes = error instanceof ConnectorError && error.retryable;
      return passes ? this.#later({ ...record, giveUpAt: Infinity }) : this.#later(record);
    }
  }

  /** `completed` precedes the fresh report by seconds at times (VirusTotal reference §7). */
  async #reportProgress(record: AnalysisRecord, asker: Asker, isComplete: boolean): Promise<Progress> {
    const { virusTotal, clock, firstPollMs } = this.#options;
    const notBefore = clock.now();
    const answer = await virusTotal.lookUp(record.object, { ...asker, notBefore });
    const completed: Progress = { stage: 'completed', endedAt: notBefore.getTime() };
    if (isFresh(answer, record)) return completed;
    if (!isComplete) return this.#later(record);
    const { lateReports } = record;
    if (lateReports >= MAX_LATE_REPORTS) {
      return {
        ...completed,
        remark: 'Its analysis has ended, but there is no new report yet; enrich it again later.',
      };
    }
    return {
      lateReports: lateReports + 1,
      dueAt: clock.now().getTime() + lateReportDelayMs(lateReports, firstPollMs),
    };
  }

  #later(record: AnalysisRecord): Progress {
    const { clock, firstPollMs, random } = this.#options;
    const now = clock.now().getTime();
    if (now >= record.giveUpAt) return this.#givenUp(NOT_IN_TIME);
    const polls = record.polls + 1;
    return { polls, dueAt: now + pollDelayMs(polls, firstPollMs, random) };
  }

  #givenUp(remark: string): Progress {
    return { stage: 'given-up', endedAt: this.#options.clock.now().getTime(), remark };
  }

  /** Time in which nothing can be asked, for want of quota or in an outage, does not count as waiting. */
  #notBefore(until: Date, record: AnalysisRecord): Progress {
    const { clock, firstPollMs, random } = this.#options;
    const now = clock.now().getTime();
    const pauseMs = Math.max(0, until.getTime() - now);
    return {
      dueAt: now + pauseMs + pollDelayMs(0, firstPollMs, random),
      giveUpAt: record.giveUpAt + pauseMs,
    };
  }
}

/** Somebody more urgent may have asked for it to be due earlier while it was asked for. */
function advanced(current: AnalysisRecord, progress: Progress, asked: AnalysisRecord): AnalysisRecord {
  const next = { ...current, ...progress };
  return current.priority === asked.priority ? next : { ...next, dueAt: Math.min(next.dueAt, current.dueAt) };
}

/** Whether the report is of this analysis or a later one. Only VirusTotal's own dates are compared. */
function isFresh(answer: LookUp, { staleSince }: AnalysisRecord): boolean {
  const analysedAt = answer.found ? answer.report.lastAnalysisDate?.getTime() : undefined;
  return analysedAt !== undefined && (staleSince === undefined || analysedAt > staleSince);
}
