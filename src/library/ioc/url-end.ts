/** What stands in URLs without a meaning to this: nearly every character, which then needs no closer look. */
const PLAIN = /[\w\-./:?#=%+@$!*~]/;

/** What never stands in a URL, as people write them: blanks, quotes, and the punctuation of other scripts. */
const ENDS = /[\s\p{Cc}"<>`{}|\\^“”„«»‹›‘’、。，；：！？（）「」『』【】《》…]/u;

/** What ends a sentence and not a URL; emphasis of Markdown. */
const TRAILING = new Set('.,;:!?\'"*~');

const CLOSING: Readonly<Partial<Record<string, string>>> = { ')': '(', ']': '[' };

/**
 * Where a URL that begins at `start` ends: before what cannot stand in one, before a bracket that was opened in front of
 * it (`(see http://example.com/a_(b))`, Markdown links), before the quote that it is in, and before a next URL in a list.
 * Punctuation at its end belongs to the sentence. Takes time in proportion to what it reads.
 */
export function urlEnd(text: string, start: number): number {
  const quote = text[start - 1] === "'" ? "'" : undefined;
  const open: string[] = [];
  let end = start;
  for (; end < text.length; end += 1) {
    const character = text[end] ?? '';
    if (PLAIN.test(character)) continue;
    if (character === quote || ENDS.test(character)) break;
    if (character === '&' && /^&(?:quot|lt|gt|#39);/.test(text.slice(end, end + 6))) break;
    if ((character === ',' || character === ';') && /^https?:\/\//i.test(text.slice(end + 1, end + 9))) break;
    const opening = CLOSING[character];
    if (opening !== undefined && open.pop() !== opening) break;
    if (character === '(' || character === '[') open.push(character);
  }
  while (end > start && TRAILING.has(text[end - 1] ?? '')) end -= 1;
  return end;
}
