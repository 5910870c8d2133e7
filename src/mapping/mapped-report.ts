import { createRelationship } from '../stix/create.js';
import { mergedById } from '../stix/merge-objects.js';
import type { ExternalReference, Note, StixId, StixObject } from '../stix/objects.js';
import { guiLink } from '../virustotal/gui-link.js';
import type { Report } from '../virustotal/schema.js';
import type { EntityChanges, MappedReport, MappingContext } from './context.js';
import type { Contributions } from './contribution.js';
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
  /** What the parts of this kind of object made. */
  readonly contributions: Contributions;
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
  const { verdictIndicator, yaraIndicators, network = [], contributions } = parts;
  const yaraObjects = yaraIndicators?.objects ?? [];
  const notes = parts.notes.filter((note) => note !== undefined);
  const contributed = withoutSubject(contributions.objects, context.subject.id);
  const objects = mergedById([
    ...verdictIndicator,
    ...yaraObjects,
    ...network,
    ...contributed.filter((object) => object.type !== 'note'),
    ...indications(verdictIndicator, contributions, context),
    ...notes,
    ...contributed.filter((object) => object.type === 'note'),
  ]);
  const relationships = objects.filter(isRelationship);
  const { detection, score } = verdict;
  const changes: EntityChanges = {
    score: scoreToSet(score, context.subject.score, context.options.replaceWithLowerScore),
    labels: [],
    externalReferences: [virusTotalReference(report)],
    hashes: {},
    size: undefined,
    name: undefined,
    additionalNames: [],
    killChainPhases: [],
    ...parts.changes,
  };
  return {
    changes: contributions.changes.reduce(withChanges, changes),
    objects: [...objects.filter((object) => !isRelationship(object)), ...relationships],
    summary: {
      observable: context.observable,
      detection: detection && { malicious: detection.malicious, engines: detection.engines },
      score,
      indicatorCreated: verdictIndicator.length > 0,
      yaraRules: mergedById(yaraObjects).filter((object) => object.type === 'indicator').length,
      yaraRulesLeftOut: yaraIndicators?.leftOut ?? 0,
      notes: objects.filter((object) => object.type === 'note').length,
      relationships: relationships.length,
      clauses: contributions.clauses,
    },
  };
}

/** The Indicator made from the verdict, related to what the parts say that it indicates. */
function indications(
  verdictIndicator: readonly StixObject[],
  { indicated }: Contributions,
  context: MappingContext,
): readonly StixObject[] {
  return verdictIndicator
    .filter((object) => object.type === 'indicator')
    .flatMap(({ id }) => indicated.map((target) => createRelationship('indicates', id, target, context)));
}

/** Lists are joined; a single value holds where there is none yet. */
function withChanges(changes: EntityChanges, added: Partial<EntityChanges>): EntityChanges {
  return {
    score: changes.score ?? added.score,
    band: changes.band ?? added.band,
    labels: [...new Set([...changes.labels, ...(added.labels ?? [])])],
    externalReferences: [...changes.externalReferences, ...(added.externalReferences ?? [])],
    hashes: { ...added.hashes, ...changes.hashes },
    size: changes.size ?? added.size,
    name: changes.name ?? added.name,
    additionalNames: [...changes.additionalNames, ...(added.additionalNames ?? [])],
    killChainPhases: [...changes.killChainPhases, ...(added.killChainPhases ?? [])],
    cleared: changes.cleared ?? added.cleared,
  };
}

/**
 * The enriched object comes into the bundle by itself, with what changes on it, so it must not be among what is derived;
 * and nothing is related to itself (a name is among its own siblings, a URL redirects to itself).
 */
function withoutSubject(objects: readonly StixObject[], subjectId: StixId): readonly StixObject[] {
  return objects.filter(
    (object) =>
      object.id !== subjectId && !(isRelationship(object) && object.source_ref === object.target_ref),
  );
}

function isRelationship(object: StixObject): boolean {
  return object.type === 'relationship';
}
