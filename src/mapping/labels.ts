import { plainText } from './plain-text.js';

/** Real tags are short machine words; these limits only stop a report that is not what it should be. */
const MAX_LABELS = 100;
const MAX_LABEL_LENGTH = 100;

/**
 * VirusTotal's tags as OpenCTI labels: lower-case, because the platform compares labels by their lower-case form;
 * each once, in the order sent.
 */
export function labelsFromTags(tags: readonly string[]): readonly string[] {
  const labels = new Set<string>();
  for (const tag of tags) {
    const label = plainText(tag, MAX_LABEL_LENGTH).toLowerCase();
    if (label !== '') labels.add(label);
  }
  return [...labels].slice(0, MAX_LABELS);
}
