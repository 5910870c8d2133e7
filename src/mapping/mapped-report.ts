import type { ExternalReference, Note, StixId, StixObject } from '../stix/objects.js';
import { guiLink } from '../virustotal/gui-link.js';
import type { Report } from '../virustotal/schema.js';
import type { EntityChanges, MappedReport, MappingContext } from './context.js';
import { scoreToSet, type Verdict } from './score.js';
import type { YaraIndicators } from './yara-indicators.js';

/** What the mapping of one kind of object adds to what all kinds have in common. */
export interface ReportParts {
  /** What changes on the enriched object beside score and external reference. */
  readonly changes?: Partial<EntityChanges>;
  /** The Indicator made from the verdict with its relationship; empty when there is none. */
  readonly verdictIndicator: readonly StixObject[];
  readonly yaraIndicators?: YaraIndicators;
  readonly notes: readonly (Note | undefined)[];
  /** Objects of the network (addresses, systems, countries) with their relationships. */
  readonly network?: readonly StixObject[];
}

/** The reference to the object's page on www.virustotal.com. */
export function virusTotalReference(report: Report): ExternalReference {
  return {
    source_name: 'VirusTotal',
    description: 'VirusTotal Report',
    url: guiLink(report.kind, report.id),
  };
}

/** Puts the parts together: each object once, and relationships behind what they connect. */
export function assembleReport(
  report: Report,
  verdict: Verdict,
  parts: ReportParts,
  context: MappingContext,
): MappedReport {
  const { verdictIndicator, yaraIndicators, network = [] } = parts;
  const yaraObjects = yaraIndicators?.objects ?? [];
  const notes = parts.notes.filter((note) => note !== undefined);
  const objects = distinctById([...verdictIndicator, ...yaraObjects, ...network, ...notes]);
  const relationships = objects.filter(isRelationship);
  const { detection, score } = verdict;
  return {
    changes: {
      score: scoreToSet(score, context.subject.score, context.options.replaceWithLowerScore),
      labels: [],
      externalReferences: [virusTotalReference(report)],
      hashes: {},
      size: undefined,
      name: undefined,
      additionalNames: [],
      ...parts.changes,
    },
    objects: [...objects.filter((object) => !isRelationship(object)), ...relationships],
    summary: {
      observable: context.observable,
      detection: detection && { malicious: detection.malicious, engines: detection.engines },
      score,
      indicatorCreated: verdictIndicator.length > 0,
      yaraRules: distinctById(yaraObjects).filter((object) => object.type === 'indicator').length,
      yaraRulesLeftOut: yaraIndicators?.leftOut ?? 0,
      notes: notes.length,
      relationships: relationships.length,
    },
  };
}

function isRelationship(object: StixObject): boolean {
  return object.type === 'relationship';
}

function distinctById(objects: readonly StixObject[]): readonly StixObject[] {
  const byId = new Map<StixId, StixObject>();
  for (const object of objects) if (!byId.has(object.id)) byId.set(object.id, object);
  return [...byId.values()];
}
