import { asText, isJsonObject, type JsonObject } from '../../shared/json.js';
import { hashesOf } from '../../stix/extensions.js';
import { hashAlgorithm, isHashedType } from '../../stix/observable-value.js';
import { patternObservables } from '../../stix/pattern.js';
import type { Collector } from './extraction.js';
import type { IocType } from './ioc.js';
import { normaliseIoc } from './normalise.js';

/** STIX types of observables that are one value. */
const VALUE_TYPES: Readonly<Partial<Record<string, IocType>>> = Object.assign(Object.create(null), {
  'ipv4-addr': 'ipv4',
  'ipv6-addr': 'ipv6',
  'domain-name': 'domain',
  hostname: 'hostname',
  'x-opencti-hostname': 'hostname',
  url: 'url',
}) as Partial<Record<string, IocType>>;

const HASH_TYPES: readonly (readonly [algorithm: string, type: IocType])[] = [
  ['SHA-256', 'sha256'],
  ['SHA-1', 'sha1'],
  ['MD5', 'md5'],
];

/**
 * Reads STIX 2.0 and 2.1: a bundle, a list of objects, or one object. IOCs are observables (in 2.0 those inside
 * `observed-data`) and what the patterns of Indicators compare for equality. Of a file with several hashes the strongest
 * is taken, since all of them have one report.
 */
export function extractStix(content: string, collector: Collector): void {
  let json: unknown;
  try {
    json = JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch (error) {
    collector.fault(
      'The content',
      `is not JSON: ${error instanceof Error ? error.message : 'cannot be read'}`,
      lineOf(error, content),
    );
    return;
  }
  const objects = objectsIn(json);
  if (objects === undefined) {
    collector.fault('The content', 'is not STIX: neither a bundle nor a list of objects with a type');
    return;
  }
  for (const object of objects) {
    if (!isJsonObject(object)) continue;
    readObject(object, collector);
    if (collector.isFull) return;
  }
}

/** Whether parsed JSON is STIX; the objects in it. */
function objectsIn(json: unknown): readonly unknown[] | undefined {
  if (Array.isArray(json)) return json.some(isTyped) ? json : undefined;
  if (!isJsonObject(json)) return undefined;
  if (Array.isArray(json.objects)) return json.objects as unknown[];
  return isTyped(json) ? [json] : undefined;
}

function isTyped(object: unknown): boolean {
  return (
    isJsonObject(object) && asText(object.type) !== undefined && asText(object.id)?.includes('--') === true
  );
}

function readObject(object: JsonObject, collector: Collector): void {
  if (object.type === 'indicator') readIndicator(object, collector);
  else if (object.type === 'observed-data' && isJsonObject(object.objects)) {
    for (const observable of Object.values(object.objects))
      if (isJsonObject(observable)) readObservable(observable, collector);
  } else readObservable(object, collector);
}

function readObservable({ type, value, hashes }: JsonObject, collector: Collector): void {
  const valueType = VALUE_TYPES[asText(type) ?? ''];
  const text = asText(value);
  if (valueType !== undefined && text !== undefined) add(valueType, text, collector);
  if (type === 'file' || type === 'artifact') readHashes(hashesOf(hashes), collector);
}

function readHashes(hashes: Readonly<Record<string, string>>, collector: Collector): void {
  for (const [algorithm, type] of HASH_TYPES) {
    const hash = hashes[algorithm];
    if (hash === undefined) continue;
    add(type, hash, collector);
    return;
  }
  const [only] = Object.entries(hashes);
  if (only !== undefined)
    collector.fault(
      only[1],
      `is a ${hashAlgorithm(only[0]) ?? only[0]} hash, by which VirusTotal does not know files`,
    );
}

function readIndicator({ pattern, pattern_type: patternType }: JsonObject, collector: Collector): void {
  const text = asText(pattern);
  // STIX 2.0 has no type of pattern.
  if (text === undefined || (patternType !== undefined && patternType !== 'stix')) return;
  const observables = patternObservables(text);
  if (observables.length === 0)
    collector.fault(
      text,
      'compares nothing that is looked up for equality (address, name, URL, MD5, SHA-1, SHA-256)',
    );
  for (const observable of observables) {
    if (observable.hashes !== undefined) readHashes(observable.hashes, collector);
    else if (!isHashedType(observable.type)) {
      const type = VALUE_TYPES[observable.type.toLowerCase()];
      if (type !== undefined) add(type, observable.value, collector);
    }
  }
}

function add(type: IocType, value: string, collector: Collector): void {
  collector.add({ original: value, result: normaliseIoc(type, value) });
}

/** The line of a position in the message of the JSON parser, where it names one. */
function lineOf(error: unknown, content: string): number | undefined {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  if (position === undefined) return undefined;
  let line = 1;
  for (
    let index = content.indexOf('\n');
    index !== -1 && index < Number(position);
    index = content.indexOf('\n', index + 1)
  )
    line += 1;
  return line;
}
