import { createReport, createThreat, type ThreatInput } from '../../stix/create-threat.js';
import { createRelationship } from '../../stix/create.js';
import type { ExternalReference, StixObject } from '../../stix/objects.js';
import { collectionLink } from '../../virustotal/gui-link.js';
import type { Association, AssociationKind } from '../../virustotal/schema-extras.js';
import type { Report } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { inlineText, prose } from '../note-markdown.js';
import { moreInVirusTotal } from './more-in-virustotal.js';
import { plainText } from '../plain-text.js';
import { stixDate } from '../stix-date.js';

const MAX_NAME = 255;
const MAX_ALIASES = 50;
const MAX_DESCRIPTION = 4000;
const SOURCE = 'Google Threat Intelligence';

/** What each kind becomes; a group that Google tracks is an intrusion set, as OpenCTI's other connectors have it. */
const TYPES: Readonly<Record<Exclude<AssociationKind, 'reports'>, ThreatInput['type']>> = {
  threat_actors: 'intrusion-set',
  campaigns: 'campaign',
  malware_families: 'malware',
  software_toolkits: 'tool',
  vulnerabilities: 'vulnerability',
};

/** How the Note calls one. */
const NOUNS: Readonly<Record<AssociationKind, string>> = {
  threat_actors: 'Threat actor',
  campaigns: 'Campaign',
  malware_families: 'Malware family',
  software_toolkits: 'Toolkit',
  vulnerabilities: 'Vulnerability',
  reports: 'Report',
};

/**
 * What Google Threat Intelligence associates with an object. An observable is `related-to` it, a file `targets` the
 * vulnerability that it exploits, an Indicator `indicates` it (protocol reference §7.3) unless Google calls the object
 * benign; reports refer to the enriched object.
 */
export const associations: Part = ({ report, context, extras }) => {
  const { gti } = context.options;
  const { entries, beyond } = extras.answers.associations ?? { entries: [], beyond: 0 };
  const wanted = entries.filter(({ kind }) => gti.includes(kind));
  const usable = wanted.filter((association) => nameOf(association).length >= 2);
  const isLeast = beyond === 'some';
  const remarks = beyond === 0 ? [] : [`**${SOURCE}:** ${moreInVirusTotal(isLeast ? 1 : beyond, isLeast)}`];
  if (usable.length + remarks.length === 0) return undefined;
  const isBenign = isBenignTo(report);
  const threats = usable.flatMap((association) => threatOf(association, context));
  const reports = usable.flatMap((association) => reportOf(association, context));
  const { id: subjectId, entityType } = context.subject;
  const typeTo = (threat: StixObject): string => {
    if (entityType === 'Indicator' && !isBenign) return 'indicates';
    return entityType === 'StixFile' && exploits(report, threat) ? 'targets' : 'related-to';
  };
  return {
    objects: [
      ...threats.flatMap((threat) => [
        threat,
        createRelationship(typeTo(threat), subjectId, threat.id, context),
      ]),
      ...reports,
    ],
    indicated: isBenign ? [] : threats.map(({ id }) => id),
    sections: [{ title: SOURCE, lines: usable.map(noteLine) }],
    remarks,
    counts: [{ ids: [...threats, ...reports].map(({ id }) => id), clause: countClause }],
  };
};

/** Shared infrastructure is named in many a report; that does not make an Indicator of it one of their subject. */
function isBenignTo({ gti }: Report): boolean {
  return gti?.verdict?.toUpperCase().endsWith('BENIGN') ?? false;
}

/** VirusTotal tags files with the vulnerabilities that they exploit (`cve-2017-11882`); to be named together is less. */
function exploits({ tags }: Report, { type, name }: StixObject): boolean {
  return type === 'vulnerability' && tags.some((tag) => tag.toUpperCase() === name);
}

function nameOf({ kind, name, cve }: Association): string {
  // A vulnerability is known by its CVE id; without one it is left out.
  return kind === 'vulnerabilities' ? (cve ?? '') : plainText(name, MAX_NAME);
}

function threatOf(association: Association, context: MappingContext): readonly StixObject[] {
  const { kind, firstSeenAt, lastSeenAt } = association;
  if (kind === 'reports') return [];
  const name = nameOf(association);
  return [
    createThreat(
      {
        ...describedBy(association),
        type: TYPES[kind],
        name,
        aliases: aliasesOf(association, name),
        firstSeen: stixDate(firstSeenAt),
        lastSeen: stixDate(lastSeenAt),
      },
      context,
    ),
  ];
}

function reportOf(association: Association, context: MappingContext): readonly StixObject[] {
  const published = stixDate(association.createdAt);
  // The date is part of what a report is: an invented one would make another report each time.
  if (association.kind !== 'reports' || published === undefined) return [];
  const name = nameOf(association);
  return [
    createReport({ ...describedBy(association), name, published, objectRefs: [context.subject.id] }, context),
  ];
}

function describedBy(
  association: Association,
): Pick<ThreatInput, 'description' | 'created' | 'modified' | 'externalReferences'> {
  const { description, createdAt, modifiedAt } = association;
  return {
    description: paragraphs(description ?? ''),
    created: stixDate(createdAt),
    modified: stixDate(modifiedAt),
    externalReferences: referencesOf(association),
  };
}

function referencesOf({ id, origin, cve, link }: Association): readonly ExternalReference[] {
  const from = plainText(origin ?? '', MAX_NAME);
  return [
    {
      source_name: SOURCE,
      ...(from === '' ? {} : { description: from }),
      url: collectionLink(id),
      external_id: plainText(id, MAX_NAME),
    },
    ...(cve === undefined ? [] : [{ source_name: 'cve', external_id: cve }]),
    ...(link === undefined ? [] : [{ source_name: new URL(link).hostname || 'report', url: link }]),
  ];
}

/** Without the vendor behind it, as in `Example Bear (Example Vendor)`, which would hide that two names are one. */
function aliasesOf({ aliases }: Association, name: string): readonly string[] {
  const distinct = new Map<string, string>();
  for (const text of aliases) {
    if (distinct.size === MAX_ALIASES) break;
    const alias = plainText(text, MAX_NAME).replace(/ \([^()]{1,100}\)$/, '');
    const key = alias.toLowerCase();
    if (alias.length >= 2 && key !== name.toLowerCase() && !distinct.has(key)) distinct.set(key, alias);
  }
  return [...distinct.values()];
}

/** Text of many lines as Markdown that shows exactly this text. */
function paragraphs(text: string): string {
  let whole = '';
  for (const paragraph of text.slice(0, 2 * MAX_DESCRIPTION).split(/\n[ \t\r]*\n/)) {
    const line = prose(paragraph, MAX_DESCRIPTION);
    if (line !== '') whole += whole === '' ? line : `\n\n${line}`;
  }
  // What is cut ends within an escape at worst, which leaves it a text.
  return whole.length > MAX_DESCRIPTION
    ? `${whole.slice(0, MAX_DESCRIPTION - 1).replace(/\p{Cs}$/u, '')}…`
    : whole;
}

function noteLine(association: Association): string {
  const { kind, id } = association;
  return `- **${NOUNS[kind]}:** [${inlineText(nameOf(association))}](<${collectionLink(id)}>)`;
}

function countClause(count: number): string {
  return `${count} ${count === 1 ? 'association' : 'associations'} of Google Threat Intelligence added`;
}
