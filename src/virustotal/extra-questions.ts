import type { JsonObject } from '../shared/json.js';
import { encodePathSegment } from './gui-link.js';
import {
  parseAssociations,
  parseComments,
  parseResolutions,
  parseSigmaRule,
  parseTechniques,
} from './parse-extras.js';
import type { ExtraAnswers, ExtraName, ExtraSubject } from './schema-extras.js';

/** One page is one look-up, and VirusTotal's pages have at most 40 elements (VirusTotal reference §5.1). */
const PAGE = '?limit=40';

/** How one thing is asked beyond reports. */
export interface ExtraQuestion<T> {
  /** Kinds of objects that have it. */
  readonly kinds: readonly ExtraSubject['kind'][];
  /** Behind the path of the object, with its query. */
  readonly suffix: string;
  readonly parse: (json: JsonObject) => T | undefined;
  /** A rule or text that is the same for every object: it is kept for a week, and no person waits for a fresh one. */
  readonly isLasting: boolean;
}

const everyKind = ['file', 'ip_address', 'domain', 'url'] as const;

export const extraQuestions: { readonly [Name in ExtraName]: ExtraQuestion<ExtraAnswers[Name]> } = {
  behaviour_techniques: {
    kinds: ['file'],
    suffix: '/behaviour_mitre_trees',
    parse: parseTechniques,
    isLasting: false,
  },
  // Who wrote a comment is a relationship of it, and comes with it only when asked for.
  comments: {
    kinds: everyKind,
    suffix: `/comments${PAGE}&relationships=author`,
    parse: parseComments,
    isLasting: false,
  },
  associations: {
    kinds: everyKind,
    suffix: `/associations${PAGE}`,
    parse: parseAssociations,
    isLasting: false,
  },
  resolutions: {
    kinds: ['ip_address', 'domain'],
    suffix: `/resolutions${PAGE}`,
    parse: parseResolutions,
    isLasting: false,
  },
  sigma_rule: { kinds: ['sigma_rule'], suffix: '', parse: parseSigmaRule, isLasting: true },
};

const collections: Readonly<Record<ExtraSubject['kind'], string>> = {
  file: 'files',
  ip_address: 'ip_addresses',
  domain: 'domains',
  url: 'urls',
  sigma_rule: 'sigma_rules',
};

/** The path of a question, with its query; `undefined` when an object of this kind has no such thing. */
export function extraPath(name: ExtraName, { kind, id }: ExtraSubject): string | undefined {
  const { kinds, suffix } = extraQuestions[name];
  // Ids come from reports; one that leaves its place in the path would ask for something else.
  if (!kinds.includes(kind) || id === '' || id === '.' || id === '..') return undefined;
  return `/${collections[kind]}/${encodePathSegment(id)}${suffix}`;
}

/** The kind of endpoint, for which a refusal is remembered: what a key may ask about files it may not about URLs. */
export function extraEndpoint(name: ExtraName, { kind }: ExtraSubject): string {
  return `${collections[kind]}/${name}`;
}
