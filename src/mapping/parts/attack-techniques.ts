import { createAttackPattern } from '../../stix/create-threats.js';
import { createRelationship } from '../../stix/create.js';
import { namedObjectId } from '../../stix/ids.js';
import type { KillChainPhase, StixObject } from '../../stix/objects.js';
import type { Technique } from '../../virustotal/schema-extras.js';
import type { FileReport } from '../../virustotal/schema.js';
import type { MappingContext } from '../context.js';
import type { Part } from '../contribution.js';
import { table } from '../note-markdown.js';
import { plainText } from '../plain-text.js';
import { replacementOf, tacticOf } from './attack-knowledge.js';
import { malwareFamilies } from './malware-names.js';

/** A busy sample shows some forty; the strongest are kept. */
const MAX_TECHNIQUES = 50;
const MAX_NAME_LENGTH = 255;

/** Of one technique, in the Note. */
const MAX_SIGNATURES = 3;
const MAX_SIGNATURE_LENGTH = 120;
const MAX_SANDBOXES = 5;

/** Strongest first. */
const SEVERITIES = ['HIGH', 'MEDIUM', 'LOW', 'INFO'];

/** Behind every tactic that is known. */
const LAST = 1000;

/**
 * The ATT&CK techniques that sandboxes saw, under the ids by which OpenCTI knows them, and a table of them by tactic in
 * the Note. The file `uses` them, and so does the Malware that has most votes; an enriched Indicator `indicates` them.
 */
export const attackTechniques: Part<FileReport> = ({ report, context, extras }) => {
  if (!context.options.file.attackTechniques) return undefined;
  const all = distinct(extras.answers.behaviour_techniques ?? []);
  if (all.length === 0) return undefined;
  const kept = all
    .toSorted((a, b) => severityRank(a) - severityRank(b) || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_TECHNIQUES);
  const patterns = kept.flatMap((technique) => attackPattern(technique, context));
  const leftOut = all.length - kept.length;
  return {
    objects: [...patterns, ...relations(patterns, report, context)],
    sections: [{ title: 'ATT&CK techniques', lines: techniqueTable(kept) }],
    remarks: leftOut === 0 ? [] : [`**ATT&CK techniques:** ${leftOut} more of lower severity are left out`],
    clauses:
      patterns.length === 0
        ? []
        : [patterns.length === 1 ? '1 ATT&CK technique added' : `${patterns.length} ATT&CK techniques added`],
  };
};

/** Each once, under the id that is valid now: a revoked id and what revoked it may both have been seen. */
function distinct(techniques: readonly Technique[]): readonly Technique[] {
  const byId = new Map<string, Technique>();
  for (const technique of techniques) {
    const current = { ...technique, ...replacementOf(technique.id) };
    const known = byId.get(current.id);
    byId.set(current.id, known === undefined ? current : merged(known, current));
  }
  return [...byId.values()];
}

function merged(one: Technique, other: Technique): Technique {
  const tactics = new Map([...one.tactics, ...other.tactics].map((tactic) => [tactic.id, tactic]));
  return {
    id: one.id,
    name: one.name ?? other.name,
    tactics: [...tactics.values()],
    severity: severityRank(one) <= severityRank(other) ? one.severity : other.severity,
    sandboxes: [...new Set([...one.sandboxes, ...other.sandboxes])],
    signatures: [...new Set([...one.signatures, ...other.signatures])],
  };
}

function severityRank({ severity }: Technique): number {
  const rank = SEVERITIES.indexOf(severity ?? '');
  return rank === -1 ? SEVERITIES.length : rank;
}

/** Empty without a name: the platform would give a technique that it has already its id for a name. */
function attackPattern({ id, name, tactics }: Technique, context: MappingContext): readonly StixObject[] {
  const plainName = plainText(name ?? '', MAX_NAME_LENGTH);
  if (plainName.length < 2) return [];
  const phases = new Map<string, KillChainPhase>();
  for (const tactic of tactics) {
    const phase = tacticOf(tactic.id)?.phase;
    if (phase !== undefined) phases.set(tactic.id.toUpperCase(), phase);
  }
  return [createAttackPattern({ name: plainName, mitreId: id, phases: [...phases.values()] }, context)];
}

function relations(
  patterns: readonly StixObject[],
  report: FileReport,
  context: MappingContext,
): readonly StixObject[] {
  const { subject, options } = context;
  const type = subject.entityType === 'Indicator' ? 'indicates' : 'uses';
  // Further names are mostly other vendors' names for the same family: what one sample did is said of one of them.
  const [family] = options.file.malware ? malwareFamilies(report).names : [];
  const familyId = family === undefined ? undefined : namedObjectId('malware', family);
  return patterns.flatMap(({ id }) => [
    createRelationship(type, subject.id, id, context),
    ...(familyId === undefined ? [] : [createRelationship('uses', familyId, id, context)]),
  ]);
}

function techniqueTable(techniques: readonly Technique[]): readonly string[] {
  return table(
    ['Tactic', 'Technique', 'Severity', 'Sandboxes', 'Signatures'],
    techniques
      .map((technique) => ({ technique, rank: tacticRank(technique) }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ technique: { id, name, tactics, severity, sandboxes, signatures } }) => [
        tactics.map((tactic) => tactic.name ?? tactic.id),
        name === undefined ? id : `${id} ${name}`,
        severity?.toLowerCase(),
        capped(sandboxes, MAX_SANDBOXES),
        capped(signatures, MAX_SIGNATURES),
      ]),
  );
}

function tacticRank({ tactics }: Technique): number {
  return Math.min(LAST, ...tactics.map(({ id }) => tacticOf(id)?.rank ?? LAST));
}

function capped(texts: readonly string[], max: number): readonly string[] {
  const shown = texts.slice(0, max).map((text) => plainText(text, MAX_SIGNATURE_LENGTH));
  return texts.length > max ? [...shown, `${texts.length - max} more`] : shown;
}
