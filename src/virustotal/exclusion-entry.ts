import { parseNetwork, type Network } from '../shared/network-set.js';
import { mergedName } from './domain-name.js';
import { parseHash } from './object-id.js';
import { urlForm } from './url-form.js';

/** What one entry of a list of exclusions stands for. */
export type Exclusion =
  | { readonly kind: 'network'; readonly network: Network }
  /** A name (see `mergedName`) and every name below it; without `itself` only those below. */
  | { readonly kind: 'name'; readonly name: string; readonly itself: boolean }
  /** Every URL whose place (see {@link urlForm}) begins so. */
  | { readonly kind: 'url'; readonly host: string; readonly place: string }
  | { readonly kind: 'hash'; readonly hash: string };

/** Why an entry stands for nothing, made to follow it in a sentence, and what to write instead, a sentence. */
export interface BadExclusion {
  readonly problem: string;
  readonly remedy: string;
}

const FORMS =
  'Write addresses (192.0.2.7), networks (10.0.0.0/8), domain names (example.com, *.example.com), URLs (https://intranet.example.com/x), or MD5, SHA-1 or SHA-256 hashes.';

/**
 * Reads one entry: an address, a network, `example.com` or `*.example.com`, the beginning of a URL, or a file hash.
 *
 * @param text - Trimmed, not empty.
 */
export function parseExclusion(text: string): Exclusion | BadExclusion {
  const hash = parseHash(text);
  if (hash !== undefined) return { kind: 'hash', hash };
  const network = parseNetwork(text);
  if (network !== undefined) return { kind: 'network', network };
  if (text.includes('://')) return urlExclusion(text);
  if (text.includes('/')) {
    return /^[\d.:a-f]+\//i.test(text) && !/^[a-f]+\//i.test(text)
      ? { problem: 'is not a network', remedy: 'Write a network as 10.0.0.0/8 or 2001:db8::/32.' }
      : { problem: 'has no scheme', remedy: 'Begin a URL with http:// or https://.' };
  }
  return nameExclusion(text);
}

function urlExclusion(text: string): Exclusion | BadExclusion {
  if (!/^https?:\/\//i.test(text)) {
    return { problem: 'is not an http or https URL', remedy: 'Begin a URL with http:// or https://.' };
  }
  if (/^[^/]+\/\/[^/?#\\]*@/.test(text)) {
    return {
      problem: 'holds a user name or a password',
      remedy: 'Write the URL without them: it covers URLs with any user.',
    };
  }
  if (text.includes('#')) {
    return { problem: 'has a fragment', remedy: 'Write the URL without anything from # on.' };
  }
  const form = urlForm(text);
  if (form === undefined || !isHost(form.host)) {
    return {
      problem: 'is not the beginning of a URL with a whole host',
      remedy: 'Write it as https://intranet.example.com/x; for all hosts below a name write *.example.com.',
    };
  }
  return { kind: 'url', ...form };
}

function nameExclusion(text: string): Exclusion | BadExclusion {
  const below = text.startsWith('*.');
  const name = mergedName(below ? text.slice(2) : text);
  if (!isName(name)) {
    if (text.slice(1).includes('*') || (text.startsWith('*') && !below)) {
      return {
        problem: 'has a wildcard elsewhere than in the place of the first label',
        remedy: 'Write *.example.com for every name below example.com.',
      };
    }
    return { problem: 'is no address, network, domain name, URL or file hash', remedy: FORMS };
  }
  if (!below && !name.includes('.')) {
    return {
      problem: 'is a single name, neither a domain nor a whole hash',
      remedy: `Write *.${name} for every name that ends so; single names are never sent.`,
    };
  }
  return { kind: 'name', name, itself: !below };
}

function isHost(host: string): boolean {
  return parseNetwork(host) !== undefined || isName(host);
}

/** Whether every label is well-formed and the last can be a top-level domain, which no part of an address is. */
function isName(name: string): boolean {
  const labels = name.split('.');
  return (
    name.length <= 253 &&
    labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label)) &&
    /^[a-z][a-z0-9-]+$/.test(labels.at(-1) ?? '')
  );
}
