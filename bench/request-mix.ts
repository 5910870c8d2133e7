import { createHash } from 'node:crypto';
import {
  identityOf,
  sampleDomain,
  sampleFile,
  sampleIp,
  sampleMoment,
  sampleUrl,
} from '../src/simulators/virustotal/samples/reports.js';
import { sampleRulesets, sampleYaraMatches } from '../src/simulators/virustotal/samples/rulesets.js';
import type { BenchWorld } from './bench-world.js';

/** What is asked for in the mix, and how many of a hundred requests are for it. */
const SHARES = {
  'files with YARA matches': 20,
  files: 15,
  artifacts: 5,
  addresses: 25,
  domains: 20,
  urls: 15,
} as const;

export type MixKind = keyof typeof SHARES;
export const MIX_KINDS = Object.keys(SHARES) as MixKind[];

/** One request of the mix: which observable of its kind, counted from 0. */
export interface MixedRequest {
  readonly kind: MixKind;
  readonly index: number;
}

/** Of a hundred observables, so many are not known to VirusTotal. */
const UNKNOWN_PERCENT = 10;
/** Rulesets that match files; a popular one is met again and again. */
const RULESETS = 12;

/**
 * A mix of requests that comes out the same each time.
 *
 * @param repeatRate - Part of the requests, 0 to 1, that ask for what was asked for before.
 */
export function requestMix(count: number, repeatRate: number): readonly MixedRequest[] {
  const random = seededRandom(20_240_601);
  const seen = new Map<MixKind, number>();
  return Array.from({ length: count }, () => {
    const kind = kindAt(random() * 100);
    const known = seen.get(kind) ?? 0;
    if (known > 0 && random() < repeatRate) return { kind, index: Math.floor(random() * known) };
    seen.set(kind, known + 1);
    return { kind, index: known };
  });
}

/** Adds every observable of the mix to VirusTotal and the platform; gives the entity that a request is about. */
export function addMix(world: BenchWorld, mix: readonly MixedRequest[]): (request: MixedRequest) => string {
  const template = sampleRulesets[0];
  for (let number = 0; number < RULESETS && template !== undefined; number += 1) {
    world.virusTotal.catalog.addRuleset(rulesetId(number), template.attributes);
  }
  const entityIds = new Map<string, string>();
  const keyOf = ({ kind, index }: MixedRequest): string => `${kind} ${index}`;
  for (const request of mix) {
    if (!entityIds.has(keyOf(request))) entityIds.set(keyOf(request), addOne(world, request));
  }
  return (request) => entityIds.get(keyOf(request)) ?? '';
}

function addOne({ virusTotal: { catalog }, platform }: BenchWorld, { kind, index }: MixedRequest): string {
  const isKnown = index % 100 >= UNKNOWN_PERCENT;
  const verdicts = { malicious: index % 20 };
  switch (kind) {
    case 'files with YARA matches':
    case 'files':
    case 'artifacts': {
      const file = identityOf(`${kind} ${index}`, `sample-${index}.bin`);
      const withYara = kind !== 'files';
      const attributes = withYara ? { crowdsourced_yara_results: yaraMatches(index) } : {};
      if (isKnown) catalog.addFile(sampleFile(file, { verdicts, attributes }));
      const hashes = { 'SHA-256': file.sha256 };
      const entity =
        kind === 'artifacts'
          ? platform.addObservable('Artifact', { hashes, mime_type: 'application/octet-stream' })
          : platform.addObservable('StixFile', { hashes, name: file.name });
      return entity.standardId;
    }
    case 'addresses': {
      const value = `8.8.${Math.floor(index / 250)}.${(index % 250) + 1}`;
      if (isKnown) catalog.addIp(value, sampleIp(value, { verdicts }));
      return platform.addObservable('IPv4-Addr', { value }).standardId;
    }
    case 'domains': {
      const value = `host-${index}.example.com`;
      if (isKnown) catalog.addDomain(value, sampleDomain(value, { verdicts }));
      return platform.addObservable('Domain-Name', { value }).standardId;
    }
    case 'urls': {
      const value = `http://host-${index}.example.com/path`;
      if (isKnown) catalog.addUrl(value, sampleUrl(value, { verdicts }));
      return platform.addObservable('Url', { value }).standardId;
    }
  }
}

/** The matches of one file with two rulesets. */
function yaraMatches(index: number): ReturnType<typeof sampleYaraMatches> {
  const match = sampleYaraMatches(sampleMoment)[0] ?? {};
  return [index % RULESETS, (index * 5 + 1) % RULESETS].map((number) => ({
    ...match,
    ruleset_id: rulesetId(number),
  }));
}

function rulesetId(number: number): string {
  return createHash('sha256').update(`ruleset ${number}`).digest('hex').slice(0, 10);
}

function kindAt(percent: number): MixKind {
  let upTo = 0;
  return MIX_KINDS.find((kind) => percent < (upTo += SHARES[kind])) ?? 'urls';
}

/** Numbers in [0, 1), the same each time (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
