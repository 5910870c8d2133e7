/** Whether the text matches one of the patterns, in which `*` stands for any text, in any case. */
export function matchesAny(text: string, patterns: readonly string[]): boolean {
  const folded = text.toLowerCase();
  return patterns.some((pattern) => matches(folded, pattern.toLowerCase().split('*')));
}

/** Piece by piece from the left, each as early as it can be: never slower than the text is long, unlike a regex. */
function matches(text: string, pieces: readonly string[]): boolean {
  const [first = '', ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, position);
    if (found === -1) return false;
    position = found + piece.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}
