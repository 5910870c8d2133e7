import type { Hashes } from './ids.js';

/** OpenCTI types of the observables that can be read from, and written as, a STIX pattern. */
export const OBSERVABLE_VALUE_TYPES = [
  'StixFile',
  'Artifact',
  'IPv4-Addr',
  'IPv6-Addr',
  'Domain-Name',
  'Hostname',
  'Url',
] as const;

export type ObservableValueType = (typeof OBSERVABLE_VALUE_TYPES)[number];

/** What identifies an observable inside an Indicator: one value, or the hashes of one file. */
export type ObservableValue =
  | {
      readonly type: Exclude<ObservableValueType, 'StixFile' | 'Artifact'>;
      readonly value: string;
      readonly hashes?: never;
    }
  | { readonly type: 'StixFile' | 'Artifact'; readonly hashes: Hashes; readonly value?: never };

/** Whether observables of the type are identified by hashes. */
export function isHashedType(type: ObservableValueType): type is 'StixFile' | 'Artifact' {
  return type === 'StixFile' || type === 'Artifact';
}

/** The OpenCTI type whatever its case; `undefined` for types that cannot be looked up. */
export function parseObservableValueType(text: string): ObservableValueType | undefined {
  return OBSERVABLE_VALUE_TYPES.find((type) => type.toLowerCase() === text.toLowerCase());
}

const ALGORITHMS = ['MD5', 'SHA-1', 'SHA-256', 'SHA-512'] as const;

/**
 * The STIX name (STIX 2.1 §10.6) of a hash algorithm that identifies a file, however it is spelt (`sha256`,
 * `SHA256`, `SHA-256`); `undefined` for the others, such as fuzzy hashes.
 */
export function hashAlgorithm(name: string): (typeof ALGORITHMS)[number] | undefined {
  const plain = name.replace(/[-_ ]/g, '').toUpperCase();
  return ALGORITHMS.find((algorithm) => algorithm.replace('-', '') === plain);
}
