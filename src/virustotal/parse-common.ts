import { asNumber, asText, isJsonObject, type JsonObject } from '../shared/json.js';
import { asCount, asDate, asObject, readMap, readTexts } from './report-fields.js';
import type { AnalysisStats, CommonReport, EngineResult, GtiAssessment } from './schema.js';

/** What the reports of all kinds have in common. */
export function parseCommon(id: string, attributes: JsonObject): CommonReport {
  return {
    id,
    stats: analysisStats(attributes.last_analysis_stats),
    results: readMap(attributes.last_analysis_results, engineResult),
    lastAnalysisDate: asDate(attributes.last_analysis_date),
    lastModificationDate: asDate(attributes.last_modification_date),
    reputation: asNumber(attributes.reputation),
    votes: votes(attributes.total_votes),
    tags: readTexts(attributes.tags),
    gti: gtiAssessment(attributes.gti_assessment),
  };
}

/** `undefined` when there is no counter at all; a single missing one is 0, since some variants leave zeros out. */
function analysisStats(value: unknown): AnalysisStats | undefined {
  const stats = asObject(value);
  let counters = 0;
  const count = (...spellings: string[]): number => {
    const counter = spellings.map((key) => asCount(stats[key])).find((number) => number !== undefined);
    if (counter !== undefined) counters += 1;
    return counter ?? 0;
  };
  const result: AnalysisStats = {
    malicious: count('malicious'),
    suspicious: count('suspicious'),
    undetected: count('undetected'),
    harmless: count('harmless'),
    timeout: count('timeout'),
    confirmedTimeout: count('confirmed-timeout', 'confirmedTimeout'),
    failure: count('failure'),
    typeUnsupported: count('type-unsupported', 'typeUnsupported'),
  };
  return counters === 0 ? undefined : result;
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
