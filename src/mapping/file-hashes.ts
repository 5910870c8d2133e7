import { anyHashPattern, observablePattern } from '../stix/pattern.js';
import type { FileReport } from '../virustotal/schema.js';

/** From the strongest hash to the weakest, as STIX names (STIX 2.1 §10.6), with their length in hexadecimal digits. */
const HASH_LENGTHS = { 'SHA-256': 64, 'SHA-1': 40, MD5: 32 } as const;

type HashName = keyof typeof HASH_LENGTHS;
/** The hashes that a file is known by here, in lower case. */
export type FileHashes = Readonly<Partial<Record<HashName, string>>>;

/** The hashes of the report that are well-formed, lower-case. VirusTotal's id of a file is its SHA-256. */
export function fileHashes(report: FileReport): FileHashes {
  const md5 = validHash('MD5', report.md5);
  const sha1 = validHash('SHA-1', report.sha1);
  const sha256 = validHash('SHA-256', report.sha256) ?? validHash('SHA-256', report.id);
  return {
    ...(md5 === undefined ? {} : { MD5: md5 }),
    ...(sha1 === undefined ? {} : { 'SHA-1': sha1 }),
    ...(sha256 === undefined ? {} : { 'SHA-256': sha256 }),
  };
}

function validHash(name: HashName, hash: string | undefined): string | undefined {
  if (hash?.length !== HASH_LENGTHS[name] || !/^[\da-f]+$/iu.test(hash)) return undefined;
  return hash.toLowerCase();
}

/**
 * The strongest hash there is: of the report, else the one that was asked.
 *
 * @param asked - An MD5, SHA-1 or SHA-256.
 */
export function bestHash(hashes: FileHashes, asked: string): readonly [HashName, string] {
  const names = Object.keys(HASH_LENGTHS) as HashName[];
  for (const name of names) {
    const hash = hashes[name];
    if (hash !== undefined) return [name, hash];
  }
  return [names.find((name) => HASH_LENGTHS[name] === asked.length) ?? 'SHA-256', asked];
}

/** The pattern of the Indicator that is made of a verdict, in both forms: by the strongest hash, and by any of them. */
export function filePatterns(
  hashes: FileHashes,
  asked: string,
): { readonly best: string; readonly any: string } {
  const [name, hash] = bestHash(hashes, asked);
  const best = observablePattern('StixFile', { [name]: hash });
  return { best, any: Object.keys(hashes).length === 0 ? best : anyHashPattern(hashes) };
}
