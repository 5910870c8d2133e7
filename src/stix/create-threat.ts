import { domainObject, optional, stixTimestamp, type Provenance } from './create.js';
import { namedObjectId, reportId } from './ids.js';
import type { ExternalReference, Report, StixId, StixTimestamp, Threat } from './objects.js';

interface Described {
  /** Two characters at least: OpenCTI refuses shorter ones. */
  readonly name: string;
  readonly description?: string | undefined;
  /** When its source first told of it; the time of the enrichment by default. */
  readonly created?: Date | undefined;
  readonly modified?: Date | undefined;
  readonly externalReferences?: readonly ExternalReference[] | undefined;
}

export interface ThreatInput extends Described {
  readonly type: Threat['type'];
  /** Not of vulnerabilities, which have none. */
  readonly aliases?: readonly string[] | undefined;
  /** Only campaigns, intrusion sets and malware have these. */
  readonly firstSeen?: Date | undefined;
  readonly lastSeen?: Date | undefined;
}

export interface ReportInput extends Described {
  /** Part of the report's identity. */
  readonly published: Date;
  /** What the report is about; at least one. */
  readonly objectRefs: readonly StixId[];
}

const SEEN: readonly Threat['type'][] = ['campaign', 'intrusion-set', 'malware'];

/**
 * A campaign, an intrusion set, a malware family, a tool or a vulnerability. `last_seen` is left out where it would lie
 * before `first_seen`, which STIX 2.1 forbids.
 *
 * @throws RangeError when a date is invalid.
 */
export function createThreat(threat: ThreatInput, provenance: Provenance): Threat {
  const { type, name, firstSeen, lastSeen } = threat;
  const isSeen = SEEN.includes(type);
  const inOrder = firstSeen === undefined || lastSeen === undefined || lastSeen >= firstSeen;
  return {
    type,
    id: namedObjectId(type, name),
    ...domainObject(provenance),
    ...times(threat, provenance),
    name,
    ...optional('description', threat.description),
    ...(type === 'malware' ? { is_family: true } : {}),
    ...optional('aliases', type === 'vulnerability' ? undefined : threat.aliases),
    ...optional('first_seen', isSeen && firstSeen !== undefined ? stixTimestamp(firstSeen) : undefined),
    ...optional(
      'last_seen',
      isSeen && inOrder && lastSeen !== undefined ? stixTimestamp(lastSeen) : undefined,
    ),
    ...optional('external_references', threat.externalReferences),
  };
}

/**
 * A report about objects (STIX 2.1 §4.16).
 *
 * @throws RangeError when a date is invalid.
 */
export function createReport(report: ReportInput, provenance: Provenance): Report {
  const published = stixTimestamp(report.published);
  return {
    type: 'report',
    id: reportId(report.name, published),
    ...domainObject(provenance),
    ...times(report, provenance),
    name: report.name,
    ...optional('description', report.description),
    published,
    object_refs: report.objectRefs,
    ...optional('external_references', report.externalReferences),
  };
}

function times(
  { created, modified }: Described,
  { now }: Provenance,
): { created: StixTimestamp; modified: StixTimestamp } {
  const first = stixTimestamp(created ?? now);
  const last = stixTimestamp(modified ?? created ?? now);
  return { created: first, modified: last < first ? first : last };
}
