import { relationNames, relationRule, type RelationRule } from '../../mapping/parts/related-rules.js';
import { relatedValue, type RelatedType, type RelatedValue } from '../../mapping/parts/related-value.js';
import type { AskedRelationships, Report } from '../../virustotal/schema.js';
import { iocKey, type Ioc, type IocType } from '../ioc/ioc.js';
import { normaliseIoc } from '../ioc/normalise.js';
import { objectKind } from '../ioc/object-kind.js';

/** A related IOC, in normal form. */
export interface RelatedIoc extends Ioc {
  /** Of a file, where it was found under one. */
  readonly name?: string;
}

/** What is related to an IOC by one relationship of VirusTotal. */
export interface RelatedGroup {
  /** VirusTotal's name: `contacted_domains`. */
  readonly relation: string;
  /** For people: `Contacted domains`. */
  readonly label: string;
  readonly items: readonly RelatedIoc[];
  /** How many more VirusTotal has; `null` when there are more, but it does not say how many. */
  readonly more: number | null;
}

/** What to ask for inside the call for a report, so that {@link relatedIocs} has something to show. */
export const RELATIONS_TO_ASK: AskedRelationships = {
  file: relationNames('file'),
  ip_address: relationNames('ip_address'),
  domain: relationNames('domain'),
  // The others need a premium key, and VirusTotal may refuse the whole call over one that is not for this key.
  url: ['last_serving_ip_address'],
};

const TYPES: Readonly<Record<RelatedType, IocType>> = {
  StixFile: 'sha256',
  'IPv4-Addr': 'ipv4',
  'IPv6-Addr': 'ipv6',
  'Domain-Name': 'domain',
  Url: 'url',
};

/**
 * The IOCs that are related to the one that was looked up, by relationship; without itself, and without what could not be
 * looked up (private addresses, names of local networks).
 *
 * @param asked - The value that was looked up.
 */
export function relatedIocs(report: Report, asked: string): readonly RelatedGroup[] {
  return relationNames(report.kind).flatMap((relation) => {
    const rule = relationRule(report.kind, relation);
    const group = rule === undefined ? undefined : groupOf(relation, rule, report, asked);
    return group === undefined ? [] : [group];
  });
}

/** Names of VirusTotal's relationships that IOCs of a type have. */
export function relationsOf(type: IocType): readonly string[] {
  return relationNames(objectKind(type));
}

/** Whether VirusTotal relates IOCs of the one type to such of the other by a relationship of this name. */
export function canRelate(source: IocType, relation: string, target: IocType): boolean {
  const kind = objectKind(source);
  const holds = relationRule(kind, relation)?.holds;
  // Names resolve to addresses, and addresses are what names resolved to.
  if (holds === 'resolution') return objectKind(target) === (kind === 'domain' ? 'ip_address' : 'domain');
  return holds === objectKind(target);
}

function groupOf(
  relation: string,
  rule: RelationRule,
  report: Report,
  asked: string,
): RelatedGroup | undefined {
  const sent = report.related[relation] ?? [];
  const total = report.relatedTotals[relation];
  const parent = { kind: report.kind, names: [asked, report.id].map((name) => name.toLowerCase()) };
  const items = new Map<string, RelatedIoc>();
  for (const object of sent) {
    const value = object.type === rule.holds ? relatedValue(object, parent) : undefined;
    const ioc = value && iocOf(value);
    if (ioc === undefined || ioc.value === asked || ioc.value === report.id) continue;
    const key = iocKey(ioc);
    if (!items.has(key)) items.set(key, ioc);
  }
  const more = total === 'more' ? null : Math.max(0, (total ?? 0) - sent.length);
  if (items.size === 0 && more === 0) return undefined;
  return { relation, label: rule.title, items: [...items.values()], more };
}

function iocOf({ type, value, fileName }: RelatedValue): RelatedIoc | undefined {
  const { ioc } = normaliseIoc(TYPES[type], value);
  return ioc && (fileName === undefined ? ioc : { ...ioc, name: fileName });
}
