import { tokenize, type Token } from './pattern-tokens.js';
import type { Hashes } from './ids.js';
import {
  hashAlgorithm,
  isHashedType,
  type ObservableValue,
  type ObservableValueType,
} from './observable-value.js';

/** STIX types whose property `value` identifies an observable. */
const VALUE_TYPES: Readonly<Record<string, Exclude<ObservableValueType, 'StixFile' | 'Artifact'>>> = {
  'ipv4-addr': 'IPv4-Addr',
  'ipv6-addr': 'IPv6-Addr',
  'domain-name': 'Domain-Name',
  hostname: 'Hostname',
  'x-opencti-hostname': 'Hostname',
  url: 'Url',
};

/** STIX types whose hashes identify a file. */
const HASHED_TYPES: Readonly<Record<string, 'StixFile' | 'Artifact'>> = {
  file: 'StixFile',
  artifact: 'Artifact',
};

/** Which hash a pattern asks for when there are several: the strongest that is in general use first. */
const PREFERRED_HASHES = ['SHA-256', 'SHA-1', 'MD5', 'SHA-512'] as const;

/** In the order of the STIX specification (§10.6). */
const ANY_HASH = ['MD5', 'SHA-1', 'SHA-256', 'SHA-512'] as const;

/**
 * `[path = 'value']`, with backslash and quote escaped as STIX 2.1 §9.4 has it.
 *
 * @param path - An object path, already valid, e.g. `url:value`.
 */
export function comparisonPattern(path: string, value: string): string {
  return `[${path} = '${value.replace(/[\\']/g, '\\$&')}']`;
}

/**
 * The pattern that finds one observable. Domain names are lower-cased, as the platform keeps them.
 *
 * @param type - OpenCTI type. An Artifact is sought as a file, as the platform does it.
 * @param identity - The value, or for files the hashes; SHA-256 is taken if it is there.
 * @throws TypeError when the identity does not suit the type.
 */
export function observablePattern(type: ObservableValueType, identity: string | Hashes): string {
  if (typeof identity === 'string' && !isHashedType(type)) {
    const value = type === 'Domain-Name' ? identity.toLowerCase() : identity;
    return comparisonPattern(`${type.toLowerCase()}:value`, value);
  }
  if (typeof identity !== 'string' && isHashedType(type)) {
    const algorithm = PREFERRED_HASHES.find((name) => Boolean(identity[name]));
    const hash = algorithm === undefined ? undefined : identity[algorithm];
    // Names with a hyphen must be quoted; OpenCTI removes the quotes of the others (7.260506.0).
    const key = algorithm === 'MD5' ? algorithm : `'${algorithm ?? ''}'`;
    if (hash !== undefined) return comparisonPattern(`file:hashes.${key}`, hash);
  }
  throw new TypeError(`No pattern can be made for this ${type}`);
}

/**
 * The pattern that finds a file by any of its hashes; by one hash the same as that of {@link observablePattern}.
 *
 * @throws TypeError when there is no hash that a pattern can ask for.
 */
export function anyHashPattern(hashes: Hashes): string {
  const comparisons = ANY_HASH.flatMap((algorithm) => {
    const hash = hashes[algorithm];
    if (!hash) return [];
    // The comparison alone, without its brackets.
    return [observablePattern('StixFile', { [algorithm]: hash }).slice(1, -1)];
  });
  if (comparisons.length === 0) throw new TypeError('No pattern can be made for a file without hashes');
  return `[${comparisons.join(' OR ')}]`;
}

/**
 * The observables that a STIX pattern names: equality comparisons (`=`, `==`, `IN`) on identifying properties,
 * each once, in the order in which they stand (within one observation expression: values, then files). Negations
 * and every other comparison are left out, and text that is no pattern gives nothing; it never throws.
 *
 * Hashes: those that one observation expression `[...]` compares on the same object type are one file when each
 * algorithm occurs once (`MD5 = 'a' OR SHA-256 = 'b'` are two names of one file), otherwise one file each.
 */
export function patternObservables(pattern: string): ObservableValue[] {
  const found = observations(tokenize(pattern)).flatMap(observablesIn);
  return [...new Map(found.map((observable) => [JSON.stringify(observable), observable])).values()];
}

/**
 * Whether {@link patternObservables} gives everything that the pattern asks for: a pattern that asks for something else
 * as well, such as the sender of a mail, is about more than the observables in it.
 */
export function asksForObservablesOnly(pattern: string): boolean {
  return observations(tokenize(pattern)).every((tokens) =>
    tokens.every((token, index) => token.kind !== 'path' || comparisonAt(tokens, index) !== undefined),
  );
}

/** The tokens between square brackets, one list for each pair; a missing end is forgiven. */
function observations(tokens: readonly Token[]): Token[][] {
  const all: Token[][] = [];
  let current: Token[] | undefined;
  for (const token of tokens) {
    if (isSymbol(token, '[')) {
      current = [];
      all.push(current);
    } else if (isSymbol(token, ']')) {
      current = undefined;
    } else {
      current?.push(token);
    }
  }
  return all;
}

/** A path that identifies an observable, and what it is compared to. */
type Comparison =
  | {
      readonly type: Exclude<ObservableValueType, 'StixFile' | 'Artifact'>;
      readonly values: readonly string[];
    }
  | {
      readonly type: 'StixFile' | 'Artifact';
      readonly algorithm: string;
      readonly values: readonly string[];
    };

interface HashComparison {
  readonly type: 'StixFile' | 'Artifact';
  readonly algorithm: string;
  readonly hash: string;
}

function observablesIn(tokens: readonly Token[]): ObservableValue[] {
  const comparisons = tokens
    .map((_, index) => comparisonAt(tokens, index))
    .filter((found) => found !== undefined);
  const values = comparisons.flatMap((comparison) =>
    'algorithm' in comparison ? [] : comparison.values.map((value) => ({ type: comparison.type, value })),
  );
  const hashes = comparisons.flatMap((comparison): HashComparison[] =>
    'algorithm' in comparison ? comparison.values.map((hash) => ({ ...comparison, hash })) : [],
  );
  return [...values, ...files('StixFile', hashes), ...files('Artifact', hashes)];
}

/** The comparison that begins with the path at `index`, if it asks for what identifies an observable. */
function comparisonAt(tokens: readonly Token[], index: number): Comparison | undefined {
  const token = tokens[index];
  if (token?.kind !== 'path' || isWord(tokens[index - 1], 'NOT')) return undefined;
  const { objectType, steps } = token;
  const [first, second = ''] = steps;
  const values = comparedValues(tokens, index + 1);
  if (values.length === 0) return undefined;
  if (steps.length === 1 && first === 'value') {
    const type = ownEntry(VALUE_TYPES, objectType);
    return type && { type, values };
  }
  if (steps.length !== 2 || first !== 'hashes') return undefined;
  const type = ownEntry(HASHED_TYPES, objectType);
  const algorithm = hashAlgorithm(second);
  return type && algorithm && { type, algorithm, values };
}

/** The texts to which the path before `index` is compared for equality. */
function comparedValues(tokens: readonly Token[], index: number): string[] {
  const operator = tokens[index];
  if (isSymbol(operator, '=')) {
    const operand = tokens[index + 1];
    return operand?.kind === 'text' ? [operand.text] : [];
  }
  if (!isWord(operator, 'IN') || !isSymbol(tokens[index + 1], '(')) return [];
  const values: string[] = [];
  for (let at = index + 2; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.kind === 'text') values.push(token.text);
    else if (!isSymbol(token, ',')) break;
  }
  return values;
}

function files(type: 'StixFile' | 'Artifact', comparisons: readonly HashComparison[]): ObservableValue[] {
  const own = comparisons.filter((comparison) => comparison.type === type);
  if (own.length === 0) return [];
  const pairs = own.map(({ algorithm, hash }) => ({ [algorithm]: hash }));
  const algorithms = new Set(own.map((comparison) => comparison.algorithm));
  if (algorithms.size === own.length) return [{ type, hashes: Object.assign({}, ...pairs) as Hashes }];
  return pairs.map((hashes) => ({ type, hashes }));
}

function ownEntry<Value>(entries: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(entries, key) ? entries[key] : undefined;
}

function isSymbol(token: Token | undefined, symbol: string): boolean {
  return token?.kind === 'symbol' && token.symbol === symbol;
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.word.toUpperCase() === word;
}
