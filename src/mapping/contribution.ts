import type { StixId, StixObject } from '../stix/objects.js';
import type { ExtraAnswers, ExtraName, SigmaRule } from '../virustotal/schema-extras.js';
import type { Report, YaraRuleset } from '../virustotal/schema.js';
import type { EntityChanges, MappingContext } from './context.js';
import type { Verdict } from './score.js';

/** What was asked of VirusTotal beside the report itself. */
export interface ReportExtras {
  /** The rulesets of the report's YARA matches by id; what could not be had is missing. */
  readonly rulesets: ReadonlyMap<string, YaraRuleset>;
  /** For URLs: the address that last served it. */
  readonly lastServingIpAddress: string | undefined;
  /** Answers about this object; what was not wanted, or could not be had, is missing. */
  readonly answers: Readonly<Partial<Omit<ExtraAnswers, RuleName>>>;
  /** The rules of the report's Sigma matches by id; what could not be had is missing. */
  readonly sigmaRules: ReadonlyMap<string, SigmaRule>;
  /** Valid Indicators on this object that VirusTotal is the author of, as the platform holds them; read only when asked for. */
  readonly ownIndicators?: readonly StixObject[];
}

/** Nothing beyond the report. */
export const noExtras: ReportExtras = {
  rulesets: new Map(),
  lastServingIpAddress: undefined,
  answers: {},
  sigmaRules: new Map(),
};

/** Answers that are about a rule and not about the object. */
type RuleName = Extract<ExtraName, 'sigma_rule'>;

/** A block of the results Note under a heading of its own. */
export interface NoteSection {
  readonly title: string;
  /** Markdown, made by `note-markdown.ts`: nothing of a report as it is. Without lines the section is left out. */
  readonly lines: readonly string[];
}

/** What one part makes of a report; everything is optional, and a part that has nothing to say gives `undefined`. */
export interface Contribution {
  /** Derived objects with their relationships and further Notes, in any order; each id counts once. */
  readonly objects?: readonly StixObject[];
  /** What an Indicator that is made from this verdict `indicates`; the objects themselves stand in `objects`. */
  readonly indicated?: readonly StixId[];
  /** Added to what changes on the enriched object: lists are joined, single values hold where there is none yet. */
  readonly changes?: Partial<EntityChanges>;
  /** Markdown lines of the results Note, right below its headline. They alone are no reason to write a Note. */
  readonly opening?: readonly string[];
  /** Sections of the results Note, below the facts. */
  readonly sections?: readonly NoteSection[];
  /** Points of the results Note, such as how many objects were left out: one Markdown line each, without a bullet. */
  readonly remarks?: readonly string[];
  /** Clauses of the work's message, e.g. `12 related observables added`: plain text. */
  readonly clauses?: readonly string[];
  /** Clauses that count objects which other parts may make as well. */
  readonly counts?: readonly ObjectCount[];
}

/** A clause of the work's message that counts objects: each object counts in the first such clause only. */
export interface ObjectCount {
  readonly ids: readonly StixId[];
  /** @param count - Of those that no other clause counted; never 0. */
  readonly clause: (count: number) => string;
}

/** What a part sees. */
export interface PartInput<R extends Report = Report> {
  readonly report: R;
  readonly verdict: Verdict;
  readonly context: MappingContext;
  readonly extras: ReportExtras;
}

/**
 * One part of the mapping of a kind of object, which looks itself whether its option is on. Pure, and it never throws for
 * what a report holds: one bad entry costs itself only.
 */
export type Part<R extends Report = Report> = (input: PartInput<R>) => Contribution | undefined;

/** All parts as one contribution, in their order. */
export function contribute<R extends Report>(
  parts: readonly Part<R>[],
  input: PartInput<R>,
): Required<Omit<Contribution, 'changes' | 'counts'>> & {
  readonly changes: readonly Partial<EntityChanges>[];
} {
  const contributions = parts.map((part) => part(input)).filter((made) => made !== undefined);
  const counted = new Set<StixId>();
  return {
    objects: contributions.flatMap(({ objects }) => objects ?? []),
    indicated: contributions.flatMap(({ indicated }) => indicated ?? []),
    changes: contributions.flatMap(({ changes }) => changes ?? []),
    opening: contributions.flatMap(({ opening }) => opening ?? []),
    sections: contributions.flatMap(({ sections }) => sections ?? []),
    remarks: contributions.flatMap(({ remarks }) => remarks ?? []),
    clauses: contributions.flatMap(({ clauses = [], counts = [] }) => [
      ...clauses,
      ...counts.flatMap((count) => counting(count, counted)),
    ]),
  };
}

function counting({ ids, clause }: ObjectCount, counted: Set<StixId>): readonly string[] {
  const before = counted.size;
  for (const id of ids) counted.add(id);
  return counted.size === before ? [] : [clause(counted.size - before)];
}

/** What all parts of one report made. */
export type Contributions = ReturnType<typeof contribute>;

/** Whether it has something to say that is worth a results Note of its own. */
export function wantsNote({ sections, remarks }: Contributions): boolean {
  return remarks.length > 0 || sections.some(({ lines }) => lines.length > 0);
}
