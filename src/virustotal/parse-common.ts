import { asNumber, asText, isJsonObject, type JsonObject } from '../shared/json.js';
import { contextEntries, gtiFactors, threatSeverity } from './parse-intelligence.js';
import { asCount, asDate, asObject, readMap, readTexts } from './report-fields.js';
import type {
  AnalysisStats,
  CommonReport,
  EngineResult,
  GtiAssessment,
  RelatedObjects,
  RelatedTotals,
} from './schema.js';

/** An object of VirusTotal whose attributes are still to be read. */
export interface SentObject {
  readonly id: string;
  readonly attributes: JsonObject;
  readonly related: RelatedObjects;
  readonly relatedTotals: RelatedTotals;
}

/** What the reports of all kinds have in common. */
export function parseCommon({ id, attributes, related, relatedTotals }: SentObject): CommonReport {
  const results = readMap(attributes.last_analysis_results, engineResult);
  return {
    id,
    stats: analysisStats(attributes.last_analysis_stats, results),
    results,
    lastAnalysisDate: asDate(attributes.last_analysis_date),
    lastModificationDate: asDate(attributes.last_modification_date),
    reputation: asNumber(attributes.reputation),
    votes: votes(attributes.total_votes),
    tags: readTexts(attributes.tags),
    gti: gtiAssessment(attributes.gti_assessment),
    gtiFactors: gtiFactors(attributes.gti_assessment),
    threatSeverity: threatSeverity(attributes.threat_severity),
    crowdsourcedContext: contextEntries(attributes.crowdsourced_context),
    related,
    relatedTotals,
  };
}

/** How each counter is spelled, and the category that it counts. */
const SPELLINGS: Readonly<Record<keyof AnalysisStats, readonly string[]>> = {
  malicious: ['malicious'],
  suspicious: ['suspicious'],
  undetected: ['undetected'],
  harmless: ['harmless'],
  timeout: ['timeout'],
  confirmedTimeout: ['confirmed-timeout', 'confirmedTimeout'],
  failure: ['failure'],
  typeUnsupported: ['type-unsupported', 'typeUnsupported'],
};

/** The counters that make the verdict. One of them that cannot be read must never pass for 0. */
const DECISIVE = ['malicious', 'suspicious', 'undetected', 'harmless'] as const;

/**
 * The counters sent; where one is left out (some variants leave zeros out), the results of its category. The results
 * alone are counted when there are no counters, or a decisive one cannot be read.
 *
 * @returns `undefined` when there is nothing to count.
 */
function analysisStats(value: unknown, results: readonly EngineResult[]): AnalysisStats | undefined {
  const sent = asObject(value);
  const names = Object.keys(SPELLINGS) as (keyof AnalysisStats)[];
  const readable =
    names.some((name) => sentCount(sent, name) !== undefined) &&
    DECISIVE.every((name) => sent[name] === undefined || asCount(sent[name]) !== undefined);
  if (!readable && results.length === 0) return undefined;
  const counted = (name: keyof AnalysisStats): number =>
    results.filter(({ category }) => SPELLINGS[name].includes(category)).length;
  const counts = names.map((name) => [name, (readable ? sentCount(sent, name) : undefined) ?? counted(name)]);
  return Object.fromEntries(counts) as AnalysisStats;
}

function sentCount(sent: JsonObject, name: keyof AnalysisStats): number | undefined {
  return SPELLINGS[name].map((key) => asCount(sent[key])).find((count) => count !== undefined);
}

function engineResult(key: string, value: unknown): EngineResult | undefined {
  const entry = asObject(value);
  const engine = asText(entry.engine_name) ?? asText(key);
  const category = asText(entry.category);
  if (engine === undefined || category === undefined) return undefined;
  return {
    engine,
    category,
    result: asText(entry.result),
    version: asText(entry.engine_version),
    updated: asText(entry.engine_update),
  };
}

function votes(value: unknown): { harmless: number; malicious: number } | undefined {
  if (!isJsonObject(value)) return undefined;
  const harmless = asCount(value.harmless);
  const malicious = asCount(value.malicious);
  if (harmless === undefined && malicious === undefined) return undefined;
  return { harmless: harmless ?? 0, malicious: malicious ?? 0 };
}

/** Each part is documented as a bare value and sent as `{ value }`; both are read. */
function gtiAssessment(value: unknown): GtiAssessment | undefined {
  const assessment = asObject(value);
  const part = (key: string): unknown => {
    const sent = assessment[key];
    return isJsonObject(sent) ? sent.value : sent;
  };
  const score = asNumber(part('threat_score'));
  const result: GtiAssessment = {
    verdict: asText(part('verdict')),
    severity: asText(part('severity')),
    threatScore: score !== undefined && score >= 0 && score <= 100 ? score : undefined,
    description: asText(assessment.description),
  };
  return Object.values(result).every((field) => field === undefined) ? undefined : result;
}
