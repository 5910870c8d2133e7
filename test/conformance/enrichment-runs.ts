import { pino } from 'pino';
import { createEnrich } from '../../src/enrichment/enrich.js';
import { compileExclusions } from '../../src/enrichment/exclusions.js';
import type { EnrichedOutcome, EnrichmentOutcome } from '../../src/enrichment/outcome.js';
import type { MappingOptions } from '../../src/mapping/options.js';
import { fixedClock } from '../../src/shared/clock.js';
import { ConnectorError } from '../../src/shared/connector-error.js';
import { asText, asTextList, isJsonObject, type JsonObject } from '../../src/shared/json.js';
import { createBundle } from '../../src/stix/bundle.js';
import type { Bundle } from '../../src/stix/objects.js';
import { arrangeBundle } from '../../src/stix/split-bundle.js';
import { extraPath, extraQuestions } from '../../src/virustotal/extra-questions.js';
import { parseReport } from '../../src/virustotal/parse-report.js';
import type { VirusTotal, VtObject } from '../../src/virustotal/schema.js';
import { requestOf } from '../helpers/enrichment-requests.js';
import { stixFaults } from '../helpers/stix-validity.js';

/** From an entity of the platform and an answer of VirusTotal to the bundle that is sent, by the product's own path. */

export const NOW = '2026-03-04T05:06:07.890Z';
/** The reports come from the cache. */
const FETCHED_AT = '2026-03-04T01:02:03.456Z';

const logger = pino({ level: 'silent' });
const policy = {
  createPositives: 1,
  validMinutes: 2880,
  detect: true,
  countSuspicious: true,
  trustedPositives: 1,
};

/** Every option on, and Indicators from one detection on. */
export const everyOption: MappingOptions = {
  replaceWithLowerScore: true,
  includeAttributesInNote: true,
  explainVerdict: true,
  trustedEngines: ['Bkav'],
  labels: { threat: true, verdict: true, prefix: 'vt:', allow: [], deny: ['denied-*'] },
  related: { max: 20, excludeBenign: true, resolutionDates: true },
  network: { certificates: true, whois: true, fingerprints: true },
  community: { comments: 10, votes: true },
  gti: ['malware_families', 'software_toolkits', 'threat_actors', 'campaigns', 'reports', 'vulnerabilities'],
  indicators: { allHashes: true, killChain: true, followVerdict: true },
  file: {
    fullReportNote: true,
    importYara: true,
    labelTags: true,
    related: [
      'contacted_domains',
      'contacted_ips',
      'contacted_urls',
      'dropped_files',
      'bundled_files',
      'execution_parents',
    ],
    malware: true,
    attackTechniques: true,
    sandboxVerdicts: true,
    sigma: true,
    ids: true,
    indicator: policy,
  },
  ip: {
    addRelationships: true,
    addNetwork: true,
    labelTags: true,
    related: ['resolutions', 'communicating_files'],
    indicator: policy,
  },
  domain: {
    addRelationships: true,
    labelTags: true,
    related: ['resolutions', 'subdomains', 'siblings', 'communicating_files', 'referrer_files'],
    indicator: policy,
  },
  url: {
    labelTags: true,
    related: ['last_serving_ip_address', 'redirects_to', 'redirecting_urls', 'downloaded_files'],
    indicator: policy,
  },
};

/** What VirusTotal answers. */
export interface Answers {
  /** The parsed JSON of the report on an object; `undefined` when VirusTotal does not know it. */
  bodyFor(object: VtObject): unknown;
  /** YARA rulesets by id: the text of their rules. */
  readonly rulesets?: Readonly<Record<string, string>>;
  /** The JSON of what is asked beyond reports, by the path that is asked, e.g. `/files/…/comments?limit=40`. */
  readonly extras?: Readonly<Record<string, JsonObject>>;
}

/** Enriches the entity, at a fixed time. */
export async function enrich(
  entity: JsonObject,
  answers: Answers,
  options: MappingOptions = everyOption,
): Promise<EnrichmentOutcome> {
  const run = createEnrich({
    entities: { readEntity: () => Promise.reject(new Error('the entity comes with the request')) },
    virusTotal: virusTotalThatAnswers(answers),
    clock: fixedClock(NOW),
    logger,
    gate: { scope: [], maxTlp: 'TLP:RED', exclusions: compileExclusions([]) },
    mapping: options,
  });
  const entityId = asText(entity.id) ?? '';
  return run(requestOf({ entityId, entityType: undefined, entity }));
}

/** VirusTotal that gives these answers, through the parser of the product. */
export function virusTotalThatAnswers({ bodyFor, rulesets = {}, extras = {} }: Answers): VirusTotal {
  return {
    lookUp: (object) => {
      const body = bodyFor(object);
      if (body === undefined) return Promise.resolve({ found: false });
      const report = parseReport(object.kind, body);
      return report === undefined
        ? Promise.reject(new ConnectorError('this is no report of VirusTotal', 'transient'))
        : Promise.resolve({ found: true, report, fetchedAt: new Date(FETCHED_AT) });
    },
    yaraRuleset: (id) => {
      const rules = Object.hasOwn(rulesets, id) ? rulesets[id] : undefined;
      return Promise.resolve(
        rules === undefined
          ? undefined
          : { id, name: 'demo_rules', source: 'https://github.com/example/demo-rules', rules },
      );
    },
    extra: (name, subject) => {
      const path = extraPath(name, subject) ?? '';
      const json = Object.hasOwn(extras, path) ? extras[path] : undefined;
      return Promise.resolve(json === undefined ? undefined : extraQuestions[name].parse(json));
    },
    quota: () => Promise.reject(new Error('nobody asks for the quota here')),
  };
}

/** The bundle that goes to the platform's workers: the entity reduced to what changed, and what is derived from it. */
export function deliveredBundle(outcome: EnrichedOutcome): Bundle {
  return createBundle([outcome.leanEntity, ...outcome.objects]);
}

/** What is wrong with an outcome, in each form in which it is handed to the platform. */
export function faultsOf(outcome: EnrichedOutcome, entity: JsonObject): string[] {
  const { object_marking_refs: markings, created_by_ref: author } = entity;
  const surroundings = {
    markings: asTextList(markings),
    elsewhere: [author as string],
    subject: outcome.entity.id,
  };
  const delivered = deliveredBundle(outcome);
  return [
    ...stixFaults(delivered, surroundings),
    // A playbook gets the whole entity.
    ...stixFaults(createBundle([outcome.entity]), surroundings),
    ...(isSplitAsItIs(delivered) ? [] : ['splitting the bundle loses or changes something']),
    ...(outcome.entity.id === entity.id ? [] : ['the entity has another id']),
    ...(outcome.message.startsWith('VirusTotal: ') ? [] : [`the message is ${outcome.message}`]),
  ];
}

/** Whether each object comes out of the splitting as it was, but for the count of what it needs. */
function isSplitAsItIs(bundle: Bundle): boolean {
  const sent = new Map(arrangeBundle(bundle).objects.map(({ nb_deps: _, ...object }) => [object.id, object]));
  return (
    sent.size === bundle.objects.length &&
    bundle.objects.every((object) => JSON.stringify(sent.get(object.id)) === JSON.stringify(object))
  );
}

/** Whether the answer is one of VirusTotal's at all: an object with an id that can be one, of the kind that was asked. */
export function isAnswer(body: unknown, kind: string): boolean {
  const data = isJsonObject(body) && isJsonObject(body.data) ? body.data : {};
  const { id, type } = data;
  const isId = typeof id === 'string' && id !== '' && id.length <= 300;
  return isId && (typeof type !== 'string' || type === '' || type === kind);
}
