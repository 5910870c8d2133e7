import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import { PostponeError } from '../../virustotal/postpone-error.js';
import { QuotaExhaustedError } from '../../virustotal/quota/quota-exhausted-error.js';
import type { Asker, LookUp, Submissions, VirusTotal } from '../../virustotal/schema.js';
import { changeAnalysis, readAnalysis, type AnalysisRecord } from './analysis-record.js';
import { lateReportDelayMs, MAX_LATE_REPORTS, pollDelayMs } from './timing.js';

export interface PollerOptions {
  readonly store: Pick<StateStore, 'update'>;
  readonly submissions: Pick<Submissions, 'analysisStatus'>;
  readonly virusTotal: Pick<VirusTotal, 'lookUp'>;
  readonly firstPollMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a poll changes in the record of an analysis. */
type Progress = Partial<AnalysisRecord>;

/** Asks VirusTotal once how far an analysis is, and writes down what came of it. */
export class Poller {
  readonly #options: PollerOptions;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** Does nothing when the analysis is not due any more. @throws StateError */
  async poll(key: string): Promise<void> {
    const { store, clock } = this.#options;
    const record = await readAnalysis(store, key);
    if (record?.stage !== 'waiting' || record.dueAt > clock.now().getTime()) return;
    const progress = await this.#ask(record);
    await changeAnalysis(store, key, (current) =>
      current?.stage === 'waiting' ? { ...current, ...progress } : current,
    );
    if (progress.endedAt === undefined) return;
    const { logger } = this.#options;
    const waitedS = Math.round((progress.endedAt - record.begunAt) / 1000);
    logger.info(
      { stage: progress.stage, analysisId: record.submission?.analysisId, waitedS },
      'analysis ended',
    );
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
      if (error instanceof QuotaExhaustedError) return this.#whenQuotaReturns(record, error.resetsAt);
      logger.warn(
        { analysisId: record.submission?.analysisId, reason: describeError(error) },
        'VirusTotal did not tell how far an analysis is; it is asked again later',
      );
      const later = this.#later(record);
      if (!(error instanceof PostponeError) || later.dueAt === undefined) return later;
      return { ...later, dueAt: Math.max(later.dueAt, error.until.getTime()) };
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
    if (now >= record.giveUpAt) return this.#givenUp();
    const polls = record.polls + 1;
    return { polls, dueAt: now + pollDelayMs(polls, firstPollMs, random) };
  }

  #givenUp(): Progress {
    return {
      stage: 'given-up',
      endedAt: this.#options.clock.now().getTime(),
      remark: 'Its analysis has not ended in time; enrich it again later to have the result.',
    };
  }

  /** Time in which nothing can be asked does not count as waiting for the analysis. */
  #whenQuotaReturns(record: AnalysisRecord, resetsAt: Date): Progress {
    const { clock, firstPollMs, random } = this.#options;
    const now = clock.now().getTime();
    const pauseMs = Math.max(0, resetsAt.getTime() - now);
    return {
      dueAt: now + pauseMs + pollDelayMs(0, firstPollMs, random),
      giveUpAt: record.giveUpAt + pauseMs,
    };
  }
}

/** Whether the report is of this analysis or a later one. Only VirusTotal's own dates are compared. */
function isFresh(answer: LookUp, { staleSince }: AnalysisRecord): boolean {
  const analysedAt = answer.found ? answer.report.lastAnalysisDate?.getTime() : undefined;
  return analysedAt !== undefined && (staleSince === undefined || analysedAt > staleSince);
}
