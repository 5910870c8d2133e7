import { asText, isJsonObject, type JsonObject } from '../shared/json.js';
import { parseUrl } from '../shared/parse-url.js';
import { totalOf } from './parse-related.js';
import { asCount, asDate, asObject, readList, readMap, readTexts } from './report-fields.js';
import type {
  Association,
  AssociationKind,
  Comment,
  Page,
  Resolution,
  SigmaRule,
  Technique,
} from './schema-extras.js';

/** Readers of what is asked beyond reports; each gives `undefined` when the JSON is no answer to that question. */

/** Texts of collections; reports have whole articles. */
const MAX_DESCRIPTION = 20_000;
const MAX_LINK = 2000;
/** Of each technique; few of them are shown. */
const MAX_SIGNATURES = 50;
/** Ids become part of links. */
const MAX_ID = 300;

/** Strongest last, for comparison. */
const SEVERITIES = ['UNKNOWN', 'INFO', 'LOW', 'MEDIUM', 'HIGH'];

interface Seen {
  id: string;
  name: string | undefined;
  tactics: Map<string, string | undefined>;
  severity: string | undefined;
  sandboxes: Set<string>;
  signatures: Set<string>;
}

/** `{ data: { <sandbox>: { tactics: [{ id, name, techniques: [{ id, name, signatures }] }] } } }` (reference §5.4). */
export function parseTechniques({ data }: JsonObject): readonly Technique[] | undefined {
  if (!isJsonObject(data)) return undefined;
  const seen = new Map<string, Seen>();
  for (const [sandbox, tree] of Object.entries(data)) {
    readList(asObject(tree).tactics, (entry) => {
      const tactic = asObject(entry);
      readList(tactic.techniques, (technique) => {
        note(seen, sandbox, tactic, asObject(technique));
        return undefined;
      });
      return undefined;
    });
  }
  return [...seen.values()].map(({ tactics, sandboxes, signatures, ...technique }) => ({
    ...technique,
    tactics: [...tactics].map(([id, name]) => ({ id, name })),
    sandboxes: [...sandboxes],
    signatures: [...signatures],
  }));
}

function note(seen: Map<string, Seen>, sandbox: string, tactic: JsonObject, sent: JsonObject): void {
  const id = asText(sent.id)?.toUpperCase();
  if (id === undefined || !/^T\d{4}(\.\d{3})?$/.test(id)) return;
  const known = seen.get(id) ?? {
    id,
    name: undefined,
    tactics: new Map(),
    severity: undefined,
    sandboxes: new Set(),
    signatures: new Set(),
  };
  seen.set(id, known);
  known.name ??= asText(sent.name);
  const tacticId = asText(tactic.id);
  if (tacticId !== undefined) known.tactics.set(tacticId, asText(tactic.name));
  known.sandboxes.add(sandbox);
  readList(sent.signatures, (entry) => {
    const { severity, description } = asObject(entry);
    const text = asText(description);
    if (text !== undefined && known.signatures.size < MAX_SIGNATURES) known.signatures.add(text);
    known.severity = stronger(known.severity, asText(severity));
    return undefined;
  });
}

function stronger(one: string | undefined, other: string | undefined): string | undefined {
  return SEVERITIES.indexOf(other ?? '') > SEVERITIES.indexOf(one ?? '') ? other : one;
}

/** The list of a relationship; `undefined` when there is none. */
function elements<T>(
  { data }: JsonObject,
  read: (id: string, attributes: JsonObject, relationships: JsonObject) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(data)) return undefined;
  return readList(data, (entry) => {
    const object = asObject(entry);
    const id = asText(object.id);
    return id === undefined
      ? undefined
      : read(id, asObject(object.attributes), asObject(object.relationships));
  });
}

/** The same with how many more there are. */
function page<T>(
  json: JsonObject,
  read: (id: string, attributes: JsonObject) => T | undefined,
): Page<T> | undefined {
  const entries = elements(json, read);
  if (entries === undefined || !Array.isArray(json.data)) return undefined;
  const total = totalOf(json) ?? 0;
  return { entries, beyond: total === 'more' ? 'some' : Math.max(0, total - json.data.length) };
}

export function parseComments(json: JsonObject): readonly Comment[] | undefined {
  return elements(json, (id, attributes, relationships) => {
    const text = asText(attributes.text);
    if (text === undefined) return undefined;
    const { positive, negative, abuse } = asObject(attributes.votes);
    const votes = {
      positive: asCount(positive) ?? 0,
      negative: asCount(negative) ?? 0,
      abuse: asCount(abuse) ?? 0,
    };
    const author = asText(asObject(asObject(relationships.author).data).id);
    return { id, text, author, date: asDate(attributes.date), votes };
  });
}

const ASSOCIATION_KINDS: Readonly<Record<string, AssociationKind>> = {
  'malware-family': 'malware_families',
  'software-toolkit': 'software_toolkits',
  'threat-actor': 'threat_actors',
  campaign: 'campaigns',
  report: 'reports',
  vulnerability: 'vulnerabilities',
};

/** Told apart by `collection_type`, never by the id (reference §5.3). */
export function parseAssociations(json: JsonObject): Page<Association> | undefined {
  return page(json, (id, attributes) => {
    // The documentation spells some with an underscore.
    const type = (asText(attributes.collection_type) ?? '').replaceAll('_', '-');
    const kind = Object.hasOwn(ASSOCIATION_KINDS, type) ? ASSOCIATION_KINDS[type] : undefined;
    const name = asText(attributes.name);
    if (kind === undefined || name === undefined || id.length > MAX_ID) return undefined;
    return {
      kind,
      id,
      name,
      description: describe(attributes),
      origin: asText(attributes.origin),
      createdAt: asDate(attributes.creation_date),
      modifiedAt: asDate(attributes.last_modification_date),
      aliases: readList(attributes.alt_names_details, confirmedName),
      firstSeenAt: firstMoment(attributes.first_seen_details),
      lastSeenAt: firstMoment(attributes.last_seen_details),
      cve: kind === 'vulnerabilities' ? cveOf(name, id) : undefined,
      link: kind === 'reports' ? webAddress(attributes.link) : undefined,
    };
  });
}

/** Reports have summaries in place of a description; the one by people comes first. */
function describe(attributes: JsonObject): string | undefined {
  const { description, executive_summary, autogenerated_summary } = attributes;
  return (asText(description) ?? asText(executive_summary) ?? asText(autogenerated_summary))?.slice(
    0,
    MAX_DESCRIPTION,
  );
}

/** A name that only might be another one would make the platform merge two things. */
function confirmedName(entry: unknown): string | undefined {
  const { value, confidence } = asObject(entry);
  return (asText(confidence) ?? 'confirmed').toLowerCase() === 'confirmed' ? asText(value) : undefined;
}

/** The first entry's moment: `2020-01-31T00:00:00Z`. */
function firstMoment(details: unknown): Date | undefined {
  return readList(details, (entry) => {
    const text = asText(asObject(entry).value) ?? '';
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(text)) return undefined;
    const date = new Date(text);
    return Number.isNaN(date.getTime()) ? undefined : date;
  })[0];
}

function cveOf(name: string, id: string): string | undefined {
  return (/^CVE-\d{4}-\d{4,10}$/i.exec(name) ??
    /(?<![a-z0-9])cve-\d{4}-\d{4,10}$/i.exec(id))?.[0].toUpperCase();
}

function webAddress(value: unknown): string | undefined {
  const text = asText(value) ?? '';
  if (text.length > MAX_LINK || !/^https?:\/\/[^\s<>"\\]+$/u.test(text)) return undefined;
  return parseUrl(text)?.href;
}

export function parseResolutions(json: JsonObject): Page<Resolution> | undefined {
  return page(json, (_id, attributes) => {
    const address = asText(attributes.ip_address);
    const host = asText(attributes.host_name);
    if (address === undefined || host === undefined) return undefined;
    return { address, host, date: asDate(attributes.date) };
  });
}

export function parseSigmaRule({ data }: JsonObject): SigmaRule | undefined {
  const object = asObject(data);
  const id = asText(object.id);
  if (id === undefined) return undefined;
  const attributes = asObject(object.attributes);
  // The documentation names it both ways.
  const detection = asObject(attributes.detection ?? attributes.detections);
  return {
    id,
    title: asText(attributes.title),
    description: asText(attributes.description),
    level: asText(attributes.level),
    status: asText(attributes.status),
    author: asText(attributes.author),
    source: asText(attributes.source),
    logSource: textsByName(attributes.log_source),
    condition: asText(detection.condition),
    details: textsByName(detection.details),
    falsePositives: readTexts(attributes.false_positives),
    fields: readTexts(attributes.fields),
    references: readTexts(attributes.references),
    tags: readTexts(attributes.tags),
    text: asText(attributes.rule),
  };
}

function textsByName(value: unknown): Record<string, string> {
  return Object.fromEntries(
    readMap(value, (name, entry): [string, string] | undefined => {
      const text = asText(entry);
      return text === undefined ? undefined : [name, text];
    }),
  );
}
