import { isJsonObject } from '../../shared/json.js';
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
import { AnswerCache, type AnswerCacheServices } from './answer-cache.js';

/** Where answers are kept, and for how long. */
export interface CachedVirusTotalOptions extends AnswerCacheServices {
  /** Lifetime of a report; 0 keeps none. */
  readonly foundMs: number;
  /** Lifetime of "VirusTotal does not know it", and of a report without an analysis; 0 keeps none. */
  readonly unknownMs: number;
  /** What the client asks for inside the call for a report; a cached report that was had without it will not do. */
  readonly relationships?: AskedRelationships;
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

/** VirusTotal, asked only for what is not in the store: reports, that it knows nothing, and YARA rulesets. */
export class CachedVirusTotal implements VirusTotal {
  private readonly reports: AnswerCache<LookUp>;
  private readonly rulesets: AnswerCache<YaraRuleset | undefined>;

  constructor(
    private readonly virusTotal: VirusTotal,
    private readonly options: CachedVirusTotalOptions,
  ) {
    const { foundMs, unknownMs } = options;
    this.reports = new AnswerCache<LookUp>(
      {
        isFound: ({ found }) => found,
        isAnswer: isLookUp,
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

function isRuleset(value: unknown): value is YaraRuleset | undefined {
  return value === undefined || (isJsonObject(value) && typeof value.rules === 'string');
}
