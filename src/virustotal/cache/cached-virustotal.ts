import { isJsonObject } from '../../shared/json.js';
import { extraPath, extraQuestions } from '../extra-questions.js';
import { encodePathSegment } from '../gui-link.js';
import { objectPath } from '../object-id.js';
import type {
  AskedRelationships,
  Asker,
  KeyQuota,
  LookUp,
  VirusTotal,
  VtObject,
  YaraRuleset,
} from '../schema.js';
import type { ExtraAnswers, ExtraName, ExtraSubject } from '../schema-extras.js';
import { AnswerCache, type AnswerCacheServices } from './answer-cache.js';

/** Where answers are kept, and for how long. */
export interface CachedVirusTotalOptions extends AnswerCacheServices {
  /** Lifetime of a report; 0 keeps none. */
  readonly foundMs: number;
  /** Lifetime of "VirusTotal does not know it", and of a report without an analysis; 0 keeps none. */
  readonly unknownMs: number;
  /** What the client asks for inside the call for a report; a cached report that was had without it will not do. */
  readonly relationships?: AskedRelationships;
  /** Whether the client hands out what VirusTotal sent; a cached report without it will not do. */
  readonly keepRaw?: boolean | undefined;
}

const DAY_MS = 86_400_000;

/**
 * Lifetime of a YARA ruleset, which is no judgement of the value that is looked up: it changes when its author publishes
 * another version, and until then every file that matches would pay for the same text again. The price is that of a
 * rule younger than the text at hand no Indicator is made, for a week at most.
 */
const RULESET_MS = 7 * DAY_MS;
/** A ruleset that is gone (404) hardly comes back; the rights of a key (403) change when its plan does. */
const NO_RULESET_MS = DAY_MS;

/** Whatever was asked beyond a report: a list, or a rule. */
type Extra = ExtraAnswers[ExtraName] | undefined;

/** VirusTotal, asked only for what is not in the store: reports, that it knows nothing, rules, and what goes beyond. */
export class CachedVirusTotal implements VirusTotal {
  private readonly reports: AnswerCache<LookUp>;
  private readonly rulesets: AnswerCache<YaraRuleset | undefined>;
  /** They change as reports do. */
  private readonly extras: AnswerCache<Extra>;
  /** They last as YARA rulesets do. */
  private readonly lastingExtras: AnswerCache<Extra>;

  constructor(
    private readonly virusTotal: VirusTotal,
    private readonly options: CachedVirusTotalOptions,
  ) {
    const { foundMs, unknownMs } = options;
    this.reports = new AnswerCache<LookUp>(
      {
        isFound: ({ found }) => found,
        isAnswer: isLookUp,
        isComplete: (answer) => options.keepRaw !== true || !answer.found || answer.raw !== undefined,
        pathsOf: pathsOfReport,
        // What is known and was never analysed is being analysed now, or may be soon.
        lifetimeMs: (answer) =>
          answer.found && answer.report.lastAnalysisDate !== undefined ? foundMs : unknownMs,
      },
      options,
    );
    this.rulesets = new AnswerCache<YaraRuleset | undefined>(
      {
        isFound: (ruleset) => ruleset !== undefined,
        isAnswer: isRuleset,
        lifetimeMs: (ruleset) => (ruleset === undefined ? NO_RULESET_MS : RULESET_MS),
      },
      options,
    );
    const isFound = (extra: Extra): boolean => extra !== undefined;
    const lifetimeOf = (found: number, none: number) => (extra: Extra) => (isFound(extra) ? found : none);
    const cacheOf = (lifetimeMs: (extra: Extra) => number): AnswerCache<Extra> =>
      new AnswerCache<Extra>({ isFound, isAnswer: isExtra, lifetimeMs }, options);
    this.extras = cacheOf(lifetimeOf(foundMs, unknownMs));
    this.lastingExtras = cacheOf(lifetimeOf(RULESET_MS, NO_RULESET_MS));
  }

  lookUp(object: VtObject, asker: Asker): Promise<LookUp> {
    return this.reports.answer({
      kind: object.kind,
      path: objectPath(object),
      relationships: this.options.relationships?.[object.kind] ?? [],
      asker,
      ask: (whom) => this.virusTotal.lookUp(object, whom),
    });
  }

  /** `notBefore` is not heeded: it is meant for the report, and would make a person pay for every ruleset anew. */
  yaraRuleset(id: string, { priority, startedAtMs, about }: Asker): Promise<YaraRuleset | undefined> {
    return this.rulesets.answer({
      kind: 'yara_ruleset',
      path: `/yara_rulesets/${encodePathSegment(id)}`,
      relationships: [],
      asker: { priority, startedAtMs, about },
      ask: (whom) => this.virusTotal.yaraRuleset(id, whom),
    });
  }

  /** A person who wants a fresh report wants these fresh as well, but no rule. */
  async extra<Name extends ExtraName>(
    name: Name,
    subject: ExtraSubject,
    asker: Asker,
  ): Promise<ExtraAnswers[Name] | undefined> {
    const path = extraPath(name, subject);
    if (path === undefined) return undefined;
    const { isLasting } = extraQuestions[name];
    const { priority, startedAtMs, about } = asker;
    const answer = await (isLasting ? this.lastingExtras : this.extras).answer({
      kind: name,
      path,
      relationships: [],
      asker: isLasting ? { priority, startedAtMs, about } : asker,
      ask: (whom) => this.virusTotal.extra(name, subject, whom),
    });
    // What is kept under the path of a question answers that question.
    return answer as ExtraAnswers[Name] | undefined;
  }

  quota(): Promise<KeyQuota> {
    return this.virusTotal.quota();
  }
}

/** A file is asked for by any of its hashes. */
function pathsOfReport(answer: LookUp): readonly string[] {
  if (!answer.found || answer.report.kind !== 'file') return [];
  const { sha256, sha1, md5 } = answer.report;
  return [sha256, sha1, md5]
    .filter((hash) => hash !== undefined)
    .map((hash) => objectPath({ kind: 'file', hash: hash.toLowerCase() }));
}

function isLookUp(value: unknown): value is LookUp {
  if (!isJsonObject(value)) return false;
  return value.found === false || (value.found === true && isJsonObject(value.report));
}

function isExtra(value: unknown): value is Extra {
  return value === undefined || typeof value === 'object';
}

function isRuleset(value: unknown): value is YaraRuleset | undefined {
  return value === undefined || (isJsonObject(value) && typeof value.rules === 'string');
}
