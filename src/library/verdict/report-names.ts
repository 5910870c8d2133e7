import { fileName } from '../../mapping/file-names.js';
import { plainText } from '../../mapping/plain-text.js';
import type { Report } from '../../virustotal/schema.js';

const MAX_NAME_LENGTH = 200;
const MAX_NAMES = 100;

/** What the threat is called, the most telling name first; each once. */
export function threatNames(report: Report): readonly string[] {
  if (report.kind === 'file')
    return names([report.threatLabel ?? '', ...report.threatNames.map(({ value }) => value)]);
  return report.kind === 'url' ? names(report.threatNames) : [];
}

/** The one name for the list of IOCs. */
export function threatLabel(report: Report): string | undefined {
  return threatNames(report)[0];
}

/** VirusTotal's tags in lower case; each once. */
export function reportTags(report: Report): readonly string[] {
  return names(report.tags.map((tag) => tag.toLowerCase()));
}

/** What the object is called: the names of a file, the title of a page. */
export function objectNames(report: Report): readonly string[] {
  if (report.kind === 'url') return names([report.title ?? '']);
  if (report.kind !== 'file') return [];
  const submitted = [report.meaningfulName ?? '', ...report.names].slice(0, 10 * MAX_NAMES);
  return names(submitted.map((name) => fileName(name) ?? ''));
}

/** Text of strangers in one line each, without what is empty. */
function names(texts: readonly string[]): readonly string[] {
  const distinct = new Set<string>();
  for (const text of texts) {
    const name = plainText(text, MAX_NAME_LENGTH);
    if (name !== '') distinct.add(name);
    if (distinct.size === MAX_NAMES) break;
  }
  return [...distinct];
}
