import type {
  DomainReport,
  FileReport,
  IpAddressReport,
  RelatedObject,
  Report,
  UrlReport,
} from '../../virustotal/schema.js';
import type { Resolution } from '../../virustotal/schema-extras.js';
import type { Contribution, Part, PartInput } from '../contribution.js';
import type { MappingOptions } from '../options.js';
import { relationSource } from '../relationships.js';
import { stixDate } from '../stix-date.js';
import { isBenign } from './benign-infrastructure.js';
import { moreInVirusTotal } from './more-in-virustotal.js';
import { RelatedGraph } from './related-graph.js';
import { domainRules, fileRules, ipAddressRules, urlRules, type RelationRule } from './related-rules.js';
import { relatedValue, resolutionEnd, valueOf, type Parent, type RelatedValue } from './related-value.js';

/** Related observables of a file, from what came with its report. */
export const relatedToFile: Part<FileReport> = relatedBy(fileRules, ({ file }) => file.related);

/** Related observables of an address. */
export const relatedToIpAddress: Part<IpAddressReport> = relatedBy(ipAddressRules, ({ ip }) => ip.related);

/** Related observables of a domain or hostname. */
export const relatedToDomain: Part<DomainReport> = relatedBy(domainRules, ({ domain }) => domain.related);

/** Related observables of a URL. */
export const relatedToUrl: Part<UrlReport> = relatedBy(urlRules, ({ url }) => url.related);

function relatedBy<Name extends string>(
  rules: Readonly<Record<Name, RelationRule>>,
  wanted: (options: MappingOptions) => readonly Name[],
): Part {
  return (input) => {
    const names = wanted(input.context.options);
    return names.length === 0 ? undefined : relatedObservables(names, rules, input);
  };
}

/** The related observables carry no score: what is said about an object does not hold for what it is related to. */
function relatedObservables<Name extends string>(
  names: readonly Name[],
  rules: Readonly<Record<Name, RelationRule>>,
  input: PartInput,
): Contribution {
  const { context } = input;
  const family = familyOf(input);
  const graph = new RelatedGraph(relationSource(context), context);
  const remarks: string[] = [];
  for (const name of names) {
    const rule = rules[name];
    const selection = select(name, rule, family, input);
    for (const value of selection.added) graph.add(value, rule);
    const remark = remarkOn(rule, selection);
    if (remark !== undefined) remarks.push(remark);
  }
  const { observables } = graph;
  return {
    objects: graph.objects(),
    remarks,
    clauses:
      observables === 0 ? [] : [`${observables} related observable${observables === 1 ? '' : 's'} added`],
  };
}

/** The enriched object as it may appear among what is related to it. */
interface Family extends Parent {
  readonly id: string;
  readonly own: ReadonlySet<string>;
}

function familyOf({ report, context }: PartInput): Family {
  const { type, value } = context.observable;
  const asked = type === 'Artifact' ? 'StixFile' : type === 'Hostname' ? 'Domain-Name' : type;
  const written = [value, report.id, ...(report.kind === 'url' ? [report.url ?? ''] : [])];
  const names = [...new Set(written.flatMap((text) => [text, valueOf(asked, text)?.value ?? text]))];
  return {
    kind: report.kind,
    id: report.id,
    own: new Set(names),
    names: [...new Set(names.map((name) => name.toLowerCase()))],
  };
}

/** What of one relationship is added, and what is not. */
interface Selection {
  readonly added: readonly RelatedValue[];
  readonly benign: number;
  /** Not public, or not to be read. */
  readonly unusable: number;
  /** How many more VirusTotal has; `isLeast` when it does not say exactly. */
  readonly more: number;
  readonly isLeast: boolean;
}

function select(
  name: string,
  rule: RelationRule,
  family: Family,
  { report, context, extras }: PartInput,
): Selection {
  const { max, excludeBenign } = context.options.related;
  const sent = report.related[name] ?? [];
  const dated = rule.holds === 'resolution' ? extras.answers.resolutions : undefined;
  const usable = new Map<string, RelatedValue>();
  const skipped = new Set<string>();
  let unusable = 0;
  const ends = [
    // First, because these say more of the same.
    ...datedEnds(family, dated?.entries ?? []),
    ...readEnds([...sent, ...saidByReport(name, report)], rule, family),
  ];
  for (const value of ends) {
    if (value === undefined) unusable += 1;
    else if (family.own.has(value.value) || usable.has(value.value)) continue;
    else if (excludeBenign && rule.isOwn !== true && isBenign(value)) skipped.add(value.value);
    else usable.set(value.value, value);
  }
  const added = [...usable.values()].slice(0, max);
  // The answer with the dates is the longer list.
  const beyond = dated?.beyond ?? beyondSent(report.relatedTotals[name], sent.length);
  const isLeast = beyond === 'some';
  const more = usable.size - added.length + (isLeast ? 1 : beyond);
  return { added, benign: skipped.size, unusable, more, isLeast };
}

function beyondSent(total: number | 'more' | undefined, sent: number): number | 'some' {
  return total === 'more' ? 'some' : Math.max(0, (total ?? 0) - sent);
}

/** What the report says itself, which every key sees, also where the descriptors are refused. */
function saidByReport(name: string, report: Report): readonly RelatedObject[] {
  if (report.kind !== 'url' || name !== 'redirects_to') return [];
  const chain = [...report.redirectionChain, ...(report.finalUrl === undefined ? [] : [report.finalUrl])];
  return chain.map((url) => ({ type: 'url', id: '', url, filename: undefined }));
}

/** The other ends in the order sent; the enriched object itself is left to the caller where its value tells it. */
function* readEnds(
  sent: readonly RelatedObject[],
  rule: RelationRule,
  family: Family,
): Generator<RelatedValue | undefined> {
  for (const object of sent) {
    const isItself = object.type === family.kind && object.id === family.id;
    if (isItself) continue;
    yield object.type === rule.holds ? relatedValue(object, family) : undefined;
  }
}

/** The other ends of resolutions with their dates; the first of each, since the newest come first. */
function datedEnds({ kind }: Family, resolutions: readonly Resolution[]): readonly RelatedValue[] {
  const ends = new Map<string, RelatedValue>();
  for (const { address, host, date } of resolutions) {
    const end = resolutionEnd(kind === 'domain' ? address : host, kind);
    if (end !== undefined && !ends.has(end.value)) ends.set(end.value, { ...end, since: stixDate(date) });
  }
  return [...ends.values()];
}

/** Says what is left out; `undefined` when nothing is. The counts are this product's own, so they are safe Markdown. */
function remarkOn({ title }: RelationRule, selection: Selection): string | undefined {
  const { added, benign, unusable, more, isLeast } = selection;
  const leftOut = [
    ...(benign === 0 ? [] : [`${benign} left out as infrastructure that everything uses`]),
    ...(unusable === 0 ? [] : [`${unusable} left out as not public or not readable`]),
    ...(more === 0 ? [] : [moreInVirusTotal(more, isLeast)]),
  ];
  if (leftOut.length === 0) return undefined;
  return `**${title}:** ${[`${added.length === 0 ? 'none' : added.length} added`, ...leftOut].join('; ')}`;
}
