import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { AnalysisSubject, Behaviour } from './behaviour.js';
import type { Catalog } from './catalog.js';
import { alreadyExists } from './envelope.js';
import { fileVerdicts, netVerdicts } from './engine-verdicts.js';
import { epochSeconds, type FileIdentity, newFile, newHost, newUrl } from './report-skeletons.js';
import { urlId } from './canonical-url.js';

type AnalysisStatus = 'queued' | 'in-progress' | 'completed';

/** One analysis, from its submission on. */
export interface Analysis {
  readonly id: string;
  readonly subject: AnalysisSubject;
  readonly date: Date;
  /** `meta` of the answer: identity of the file or URL. */
  readonly meta: JsonObject | undefined;
  /** Whether this is the first analysis of a file nobody submitted before: following it is free. */
  readonly free: boolean;
  /** How often it was asked for. */
  polls: number;
  published: boolean;
}

const uploadUrlValidMs = 3_600_000;

/** Submissions, the analyses they start and what the analyses do to the catalogue. */
export class Submissions {
  readonly #analyses = new Map<string, Analysis>();
  readonly #uploadTokens = new Map<string, Date>();
  readonly #firstSeenHere = new Set<string>();
  #issuedTokens = 0;

  constructor(
    private readonly catalog: Catalog,
    private readonly behaviour: Behaviour,
  ) {}

  /** Whether nobody had submitted this file before it was uploaded here. */
  isFirstSeenHere(sha256: string): boolean {
    return this.#firstSeenHere.has(sha256);
  }

  /**
   * Starts the analysis of an uploaded file, or returns the one that is running.
   *
   * @throws {@link ApiError} 409 while one is running, when the behaviour says so.
   */
  submitFile(file: FileIdentity, at: Date): Analysis {
    const subject = { type: 'file', id: file.sha256 } as const;
    const running = this.#running(subject);
    if (running !== undefined) {
      if (this.behaviour.concurrentSubmission === 'conflict')
        throw alreadyExists('The file is being analysed already');
      return running;
    }
    const isNew = this.catalog.find('file', file.sha256) === undefined;
    if (isNew) this.#firstSeenHere.add(file.sha256);
    const { md5, sha1, sha256, size } = file;
    const id = Buffer.from(`${md5}:${epochSeconds(at)}`).toString('base64');
    const meta = { file_info: { sha256, sha1, md5, size } };
    if (isNew) this.#pending.set(sha256, newFile(file, at));
    else this.#countSubmission(subject, at);
    if (isNew && this.behaviour.pendingFile === 'without-verdicts') this.catalog.addFile(newFile(file, at));
    return this.#start({ id, subject, meta, free: isNew }, at);
  }

  /** Starts the analysis of a canonical URL, or returns the one that is running. */
  submitUrl(canonical: string, at: Date): Analysis {
    const subject = { type: 'url', id: urlId(canonical) } as const;
    this.#countSubmission(subject, at);
    this.#pending.set(subject.id, newUrl(canonical, at));
    const meta = { url_info: { id: subject.id, url: canonical } };
    return this.#running(subject) ?? this.#start({ ...analysisOf(subject, at), meta }, at);
  }

  /** Starts another analysis of an object that is known by its id, or returns the one that is running. */
  reanalyse(subject: AnalysisSubject, at: Date): Analysis {
    const attributes = this.catalog.find(subject.type, subject.id)?.attributes ?? {};
    return (
      this.#running(subject) ??
      this.#start({ ...analysisOf(subject, at), ...metaOf(subject, attributes) }, at)
    );
  }

  /** The analysis with this id. */
  find(id: string): Analysis | undefined {
    return this.#analyses.get(id);
  }

  /** Where the analysis stands; with a pace by polls, each call is one poll. */
  poll(analysis: Analysis, at: Date): { readonly status: AnalysisStatus } & JsonObject {
    analysis.polls += 1;
    const status = this.#status(analysis, at);
    if (status === 'completed' && this.behaviour.analysisPace.by === 'polls') this.#publish(analysis);
    const { last_analysis_stats: stats, last_analysis_results: results } = this.#verdicts(analysis.subject);
    const zeros = Object.fromEntries(Object.keys(stats).map((counter) => [counter, 0]));
    const partial = Object.entries(results).slice(0, Math.floor(Object.keys(results).length / 2));
    const date = epochSeconds(analysis.date);
    if (status === 'queued') return { date, status, stats: zeros, results: {} };
    if (status === 'in-progress') return { date, status, stats: zeros, results: Object.fromEntries(partial) };
    return { date, status, stats, results };
  }

  /** Puts the outcome of every analysis that has ended by now into the catalogue. */
  settle(at: Date): void {
    const pace = this.behaviour.analysisPace;
    if (pace.by !== 'time') return;
    const durationMs = pace.queuedMs + pace.inProgressMs + this.behaviour.reportLagMs;
    for (const analysis of this.#analyses.values())
      if (!analysis.published && at.getTime() - analysis.date.getTime() >= durationMs)
        this.#publish(analysis);
  }

  /** A token for one upload within the next hour. */
  issueUploadToken(at: Date): string {
    this.#issuedTokens += 1;
    const token = createHash('sha256').update(`upload ${this.#issuedTokens}`).digest('base64url');
    this.#uploadTokens.set(token, new Date(at.getTime() + uploadUrlValidMs));
    return token;
  }

  /** Uses the token up. @returns whether it was good. */
  redeemUploadToken(token: string, at: Date): boolean {
    const expires = this.#uploadTokens.get(token);
    this.#uploadTokens.delete(token);
    return expires !== undefined && at < expires;
  }

  /** Forgets all submissions. */
  reset(): void {
    this.#analyses.clear();
    this.#uploadTokens.clear();
    this.#firstSeenHere.clear();
    this.#pending.clear();
  }

  /** Attributes of objects that enter the catalogue when their analysis ends, by id. */
  readonly #pending = new Map<string, JsonObject>();

  #start(analysis: Omit<Analysis, 'date' | 'polls' | 'published'>, at: Date): Analysis {
    const started = { ...analysis, date: at, polls: 0, published: false };
    this.#analyses.set(started.id, started);
    return started;
  }

  #running(subject: AnalysisSubject): Analysis | undefined {
    return [...this.#analyses.values()].find(
      (analysis) =>
        !analysis.published && analysis.subject.type === subject.type && analysis.subject.id === subject.id,
    );
  }

  #status(analysis: Analysis, at: Date): AnalysisStatus {
    const pace = this.behaviour.analysisPace;
    const [progress, queued, inProgress] =
      pace.by === 'polls'
        ? [analysis.polls - 1, pace.queued, pace.inProgress]
        : [at.getTime() - analysis.date.getTime(), pace.queuedMs, pace.inProgressMs];
    if (progress < queued) return 'queued';
    return progress < queued + inProgress ? 'in-progress' : 'completed';
  }

  /** The verdicts the catalogue has; a re-analysis changes none. Else what the behaviour decides. */
  #verdicts(subject: AnalysisSubject): {
    last_analysis_stats: JsonObject;
    last_analysis_results: JsonObject;
  } {
    const { last_analysis_stats: stats, last_analysis_results: results } =
      this.catalog.find(subject.type, subject.id)?.attributes ?? {};
    if (isJsonObject(stats) && isJsonObject(results))
      return { last_analysis_stats: stats, last_analysis_results: results };
    const counts = this.behaviour.analyse(subject);
    return subject.type === 'file' ? fileVerdicts(subject.id, counts) : netVerdicts(subject.id, counts);
  }

  #publish(analysis: Analysis): void {
    if (analysis.published) return;
    analysis.published = true;
    const { subject, date } = analysis;
    const seconds = epochSeconds(date);
    const known = this.catalog.find(subject.type, subject.id)?.attributes;
    const attributes = {
      ...(known ?? this.#pending.get(subject.id) ?? newHost(date)),
      ...this.#verdicts(subject),
      last_analysis_date: seconds,
      last_modification_date: seconds,
    };
    this.#pending.delete(subject.id);
    if (subject.type === 'file' && known === undefined) this.catalog.addFile(attributes);
    else this.catalog.put({ ...subject, attributes });
  }

  #countSubmission(subject: AnalysisSubject, at: Date): void {
    const known = this.catalog.find(subject.type, subject.id)?.attributes;
    if (known === undefined) return;
    const times = known.times_submitted;
    this.catalog.update(subject, {
      times_submitted: (typeof times === 'number' ? times : 0) + 1,
      last_submission_date: epochSeconds(at),
    });
  }
}

const prefixOf = { file: 'f', url: 'u', domain: 'd', ip_address: 'i' } as const;

function analysisOf(subject: AnalysisSubject, at: Date): Pick<Analysis, 'id' | 'subject' | 'meta' | 'free'> {
  // The middle part of d- and i- ids is opaque: no plain digest of the name.
  const middle =
    subject.type === 'file' || subject.type === 'url'
      ? subject.id
      : createHash('sha256').update(`simulated ${subject.type} ${subject.id}`).digest('hex');
  return {
    id: `${prefixOf[subject.type]}-${middle}-${epochSeconds(at)}`,
    subject,
    meta: undefined,
    free: false,
  };
}

function metaOf(subject: AnalysisSubject, attributes: JsonObject): Pick<Analysis, 'meta'> {
  const { sha256, sha1, md5, size, url } = attributes;
  if (subject.type === 'file') return { meta: { file_info: { sha256, sha1, md5, size } } };
  return { meta: subject.type === 'url' ? { url_info: { id: subject.id, url } } : undefined };
}
