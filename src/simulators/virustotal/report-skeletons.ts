import type { JsonObject } from '../../shared/json.js';
import { isUnroutedAddress } from './ip-address.js';
import { netVerdicts } from './engine-verdicts.js';

/** Epoch seconds, as every timestamp of the API. */
export function epochSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

/** What is known of a file. */
export interface FileIdentity {
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly name: string;
}

const noVotes = { harmless: 0, malicious: 0 };

/** Attributes of a file that was submitted but not analysed yet. */
export function newFile(file: FileIdentity, at: Date): JsonObject {
  const seconds = epochSeconds(at);
  return {
    md5: file.md5,
    sha1: file.sha1,
    sha256: file.sha256,
    size: file.size,
    names: [file.name],
    meaningful_name: file.name,
    type_description: 'unknown',
    magic: 'data',
    tags: [],
    reputation: 0,
    total_votes: noVotes,
    first_submission_date: seconds,
    last_submission_date: seconds,
    last_modification_date: seconds,
    times_submitted: 1,
    unique_sources: 1,
  };
}

/** Attributes of a URL that was submitted but not analysed yet. */
export function newUrl(canonical: string, at: Date): JsonObject {
  const seconds = epochSeconds(at);
  const { hostname } = new URL(canonical);
  const topLevel = /\.([a-z][a-z0-9-]*)$/.exec(hostname)?.[1];
  return {
    url: canonical,
    ...(topLevel === undefined ? {} : { tld: topLevel }),
    categories: {},
    threat_names: [],
    tags: [],
    reputation: 0,
    total_votes: noVotes,
    first_submission_date: seconds,
    last_submission_date: seconds,
    last_modification_date: seconds,
    times_submitted: 1,
  };
}

/** Attributes of a domain or address nobody asked for before. */
export function newHost(at: Date): JsonObject {
  return {
    tags: [],
    reputation: 0,
    total_votes: noVotes,
    last_modification_date: epochSeconds(at),
  };
}

/**
 * What the API answers for an address the catalogue does not hold: every valid address answers. Private and
 * reserved ones have verdicts and a whois text, but no AS, country or network.
 */
export function unlistedAddress(address: string, at: Date): JsonObject {
  if (!isUnroutedAddress(address)) return newHost(at);
  return {
    ...newHost(at),
    ...netVerdicts(address, { harmless: 60 }),
    last_analysis_date: epochSeconds(at),
    whois: 'NetName: SPECIAL-USE-EXAMPLE\nOrgName: Internet Assigned Numbers Authority\n',
    whois_date: epochSeconds(at),
  };
}
