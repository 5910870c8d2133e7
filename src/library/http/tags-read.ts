import { normalTag, normalTags } from '../store/tag-list.js';
import { invalid } from './refusal.js';

/**
 * Tags that came in, as they are kept: trimmed, in lower case, each once.
 *
 * @param field - Where they stand in the body.
 * @throws Refusal that names the first that is blank, or has a comma, which parts tags in an export and on the page, or a
 * control character such as a line feed.
 */
export function readTags(tags: readonly string[], field = 'tags'): string[] {
  for (const [index, tag] of tags.entries()) readTag(tag, `${field}/${index}`);
  return normalTags(tags);
}

/** One tag, as {@link readTags}. */
export function readTag(tag: string, field: string): string {
  if (/[,\u0000-\u001f\u007f]/.test(tag))
    throw invalid(field, 'A tag has no commas and no line feeds; give several tags as a list.');
  const normal = normalTag(tag);
  if (normal === '') throw invalid(field, 'A tag is more than blanks; leave it out.');
  return normal;
}
