/**
 * Makes text of strangers fit for one line: white space and line breaks become single blanks; control characters,
 * invisible format characters (among them the ones that reverse the reading direction) and broken surrogates go.
 *
 * @param maxLength - Greatest length of the result in UTF-16 units; longer text ends in `…`.
 * @returns The text, trimmed; empty when nothing visible is left.
 */
export function plainText(text: string, maxLength: number): string {
  // What lies far behind is never shown, and texts of a megabyte are not worth a look at each of their characters.
  const head = text.slice(0, 4 * maxLength + 1000);
  const line = NEAT.test(head) ? head : neat(head);
  if (line.length <= maxLength && head.length === text.length) return line;
  // Cutting may leave half of a surrogate pair at the end.
  return `${line.slice(0, maxLength - 1).replace(/\p{Cs}$/u, '')}…`;
}

/** Visible ASCII with single blanks in between: the text of nearly every cell of a Note, which needs no work. */
const NEAT = /^[!-~]+(?: [!-~]+)*$/;

function neat(text: string): string {
  return text
    .replace(/[\s\u0085]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .replace(/ {2,}/gu, ' ')
    .trim();
}
