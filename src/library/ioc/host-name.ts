import { isIP } from 'node:net';
import { asciiName } from '../../virustotal/domain-name.js';
import { isTopLevelDomain } from './top-level-domains.js';

/** A name in normal form, or why there is none, made to follow the value in a sentence. */
export type HostName =
  { readonly type: 'domain' | 'hostname'; readonly value: string } | { readonly reason: string };

const MAX_NAME_LENGTH = 253;

/** Underscores, and hyphens at the edges, occur in the wild. */
const LABEL = /^[a-z0-9_-]{1,63}$/;

/** What a name can never hold, and what `domainToASCII` would cut off or decode instead of refusing it. */
const NO_NAME = /[\s/\\:@?#%[\]]/;

/**
 * Labels below which countries register, where they do not register at the top (`co.uk`, `com.br`): those of more than
 * five countries in the Public Suffix List, without the ones that are everyday names elsewhere.
 */
const REGISTRY_LABELS: ReadonlySet<string> = new Set(
  'ac asso co com ed edu firm gen go gob gouv gov govt gv id ind int lg ltd mil ne net nom or org plc sch school'.split(
    ' ',
  ),
);

/**
 * A domain name or hostname in lower case, as A-labels (IDNA, UTS #46), without the trailing dot.
 *
 * A `domain` is what a registry sells: the top-level domain and one label, or two labels below a registry's own second
 * level (`example.co.uk`); so is what cannot be told apart. A `hostname` has more labels in front. The list of second
 * levels is a short one: below rarer ones (`city.kawasaki.jp`) a domain is taken for a hostname, which costs nothing but
 * the word, since VirusTotal treats both alike.
 */
export function hostName(text: string): HostName {
  if (isIP(text) !== 0) return { reason: 'is an IP address, not a domain name' };
  if (text.startsWith('*.')) return { reason: 'is a wildcard, not one name' };
  const name = NO_NAME.test(text) ? '' : asciiName(text);
  const labels = name.split('.');
  if (name.length > MAX_NAME_LENGTH || !labels.every((label) => LABEL.test(label)))
    return { reason: 'is not a domain name' };
  if (labels.length < 2) return { reason: 'is a single name without a domain' };
  if (!/^[a-z][a-z0-9-]+$/.test(labels.at(-1) ?? '')) return { reason: 'does not end in a top-level domain' };
  return { type: labels.length > registrableLabels(labels) ? 'hostname' : 'domain', value: name };
}

/** How many labels the registrable name has that ends as this one does. */
function registrableLabels(labels: readonly string[]): number {
  const [registry = '', topLevelDomain = ''] = labels.slice(-2);
  const isCountry = topLevelDomain.length === 2;
  return isCountry && REGISTRY_LABELS.has(registry) ? 3 : 2;
}

/** Why a name may not exist, made to follow it in a sentence; `undefined` when its top-level domain is known. */
export function unknownEnding(name: string): string | undefined {
  const topLevelDomain = name.slice(name.lastIndexOf('.') + 1);
  return isTopLevelDomain(topLevelDomain)
    ? undefined
    : `ends in .${topLevelDomain}, which is not a known top-level domain`;
}
