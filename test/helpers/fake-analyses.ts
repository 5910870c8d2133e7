import { objectPath } from '../../src/virustotal/object-id.js';
import { parseReport } from '../../src/virustotal/parse-report.js';
import type {
  AnalysisStatus,
  Asker,
  FileContent,
  LookUp,
  Submission,
  Submissions,
  VirusTotal,
  VtObject,
} from '../../src/virustotal/schema.js';
import type { VirtualTime } from './virtual-time.js';

interface Running {
  readonly object: VtObject;
  readonly startedAt: number;
  readonly free: boolean;
}

/** VirusTotal as enrichment sees it: knows objects once an analysis of them has ended, in virtual time. */
export class FakeAnalyses implements VirusTotal, Submissions {
  /** How long an analysis takes, and by how much the report comes later. */
  durationMs = 60_000;
  lagMs = 0;
  /** What was submitted: `upload …`, `url …`, `reanalyse …`. */
  readonly submitted: string[] = [];
  /** Look-ups, and who wanted nothing older than when. */
  readonly lookUps: { readonly path: string; readonly asker: Asker }[] = [];
  /** For whom URLs were submitted. */
  readonly submitters: Asker[] = [];
  polls = 0;
  /** Called before each call; a test may throw here. */
  before: (call: 'lookUp' | 'submit' | 'poll') => void = () => undefined;
  /** Called after VirusTotal took a submission, before its answer arrives. */
  beforeAnswer: () => Promise<void> = () => Promise.resolve();
  /** Called after VirusTotal was asked how far an analysis is, before its answer arrives. */
  beforePollAnswer: () => Promise<void> = () => Promise.resolve();
  /** Whether the analysis ids that it gave are still known. */
  forgetsAnalyses = false;
  /** Moments of the last analysis, by path; without one the object was never analysed. */
  readonly known = new Map<string, number | undefined>();
  readonly #running = new Map<string, Running>();

  constructor(private readonly time: VirtualTime) {}

  lookUp(object: VtObject, asker: Asker): Promise<LookUp> {
    return this.#call('lookUp', () => {
      const path = objectPath(object);
      this.lookUps.push({ path, asker });
      this.#conclude();
      if (!this.known.has(path)) return { found: false };
      const analysedAt = this.known.get(path);
      const report = parseReport(object.kind, {
        data: {
          type: object.kind,
          id: path.split('/').at(-1),
          attributes:
            analysedAt === undefined
              ? {}
              : {
                  last_analysis_date: Math.floor(analysedAt / 1000),
                  last_analysis_stats: { malicious: 3, harmless: 7 },
                },
        },
      })!;
      return { found: true, report, fetchedAt: this.time.clock.now() };
    });
  }

  async submitFile(content: FileContent): Promise<Submission | undefined> {
    const pieces: Uint8Array[] = [];
    for await (const piece of await content.open(new AbortController().signal)) pieces.push(piece);
    return this.#submit(`upload ${content.name}`, { kind: 'file', hash: content.hash }, true);
  }

  async submitUrl(url: string, asker: Asker): Promise<Submission> {
    this.submitters.push(asker);
    const submission = await this.#submit(`url ${url}`, { kind: 'url', url }, false);
    return submission ?? { analysisId: objectPath({ kind: 'url', url }), free: false };
  }

  async reanalyse(object: VtObject): Promise<Submission | undefined> {
    if (!this.known.has(objectPath(object))) return undefined;
    return this.#submit(`reanalyse ${objectPath(object)}`, object, false);
  }

  async analysisStatus({ analysisId }: Submission): Promise<AnalysisStatus | undefined> {
    const status = await this.#call<AnalysisStatus | undefined>('poll', () => {
      this.polls += 1;
      if (this.forgetsAnalyses) return undefined;
      const running = this.#running.get(analysisId);
      if (running === undefined) return 'completed';
      return this.#nowMs() - running.startedAt >= this.durationMs ? 'completed' : 'queued';
    });
    await this.beforePollAnswer();
    return status;
  }

  yaraRuleset(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  extra(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  quota(): Promise<never> {
    return Promise.reject(new Error('not asked here'));
  }

  /** @returns `undefined` while the same object is being analysed. */
  async #submit(what: string, object: VtObject, free: boolean): Promise<Submission | undefined> {
    const analysisId = objectPath(object);
    const taken = await this.#call('submit', () => {
      this.submitted.push(what);
      this.#conclude();
      if (this.#running.has(analysisId)) return false;
      this.#running.set(analysisId, { object, startedAt: this.#nowMs(), free });
      return true;
    });
    await this.beforeAnswer();
    return taken ? { analysisId, free } : undefined;
  }

  #conclude(): void {
    for (const [path, { startedAt }] of this.#running) {
      if (this.#nowMs() - startedAt < this.durationMs + this.lagMs) continue;
      this.#running.delete(path);
      this.known.set(path, startedAt + this.durationMs);
    }
  }

  async #call<T>(call: 'lookUp' | 'submit' | 'poll', answer: () => T): Promise<T> {
    await Promise.resolve();
    this.before(call);
    return answer();
  }

  #nowMs(): number {
    return this.time.clock.now().getTime();
  }
}
