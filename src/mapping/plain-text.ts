/**
 * Makes text of strangers fit for one line: white space and line breaks become single blanks; control characters,
 * invisible format characters (among them the ones that reverse the reading direction) and broken surrogates go.
 *
 * @param maxLength - Greatest length of the result in UTF-16 units; longer text ends in `…`.
 * @returns The text, trimmed; empty when nothing visible is left.
 */
export function plainText(text: string, maxLength: number): string {
  const line = NEAT.test(text) ? text : neat(text);
  if (line.length <= maxLength) return line;
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
