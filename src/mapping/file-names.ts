import { plainText } from './plain-text.js';

const MAX_NAME_LENGTH = 255;

/** Reports hold up to thousands of names. */
const MAX_NAMES = 50;

/** What a StixFile is called, and what else it is called. */
export interface FileNames {
  /** `undefined` when the file has a name already, or none is usable. */
  readonly name: string | undefined;
  readonly additionalNames: readonly string[];
}

/**
 * The file name in a submitted name, which may be a whole path or URL: its last segment, without control characters.
 * `undefined` when nothing usable is left (`.`, `..`, `/`, empty).
 */
export function fileName(submitted: string): string | undefined {
  const segments = plainText(submitted, 10 * MAX_NAME_LENGTH)
    .split(/[/\\]/u)
    .map((segment) => segment.trim());
  const name = segments.findLast((segment) => segment !== '');
  return name === undefined || /^\.+$/u.test(name) ? undefined : plainText(name, MAX_NAME_LENGTH);
}

/** The usable names, the best one first, each once, as many as are needed: one may be the name of the file itself. */
function distinctFileNames(meaningfulName: string | undefined, names: readonly string[]): readonly string[] {
  const distinct = new Set<string>();
  for (const submitted of [meaningfulName ?? '', ...names]) {
    const name = fileName(submitted);
    if (name !== undefined) distinct.add(name);
    if (distinct.size > MAX_NAMES) break;
  }
  return [...distinct];
}

/**
 * Divides the names of a report between the one name and the additional names of a StixFile.
 *
 * @param meaningfulName - VirusTotal's own choice among the names; the first usable one stands in for it.
 * @param presentName - The name that the file has; it is never replaced, nor repeated among the additional ones.
 */
export function stixFileNames(
  meaningfulName: string | undefined,
  names: readonly string[],
  presentName: string | undefined,
): FileNames {
  const distinct = distinctFileNames(meaningfulName, names);
  const present = presentName?.trim() ?? '';
  const taken = present === '' ? distinct[0] : present;
  return {
    name: present === '' ? taken : undefined,
    additionalNames: distinct.filter((other) => other !== taken).slice(0, MAX_NAMES),
  };
}

/** The names of an Artifact, which has additional names only. */
export function artifactNames(
  meaningfulName: string | undefined,
  names: readonly string[],
): readonly string[] {
  return distinctFileNames(meaningfulName, names).slice(0, MAX_NAMES);
}
