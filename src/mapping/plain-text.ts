/**
 * Makes text of strangers fit for one line: white space and line breaks become single blanks; control characters,
 * invisible format characters (among them the ones that reverse the reading direction) and broken surrogates go.
 *
 * @param maxLength - Greatest length of the result in UTF-16 units; longer text ends in `…`.
 * @returns The text, trimmed; empty when nothing visible is left.
 */
export function plainText(text: string, maxLength: number): string {
  if (text.length > 2 * maxLength + 100) {
    // Nearly always this is more than can be shown, and what lies far behind is not worth a look at each character.
    const line = neatLine(text.slice(0, 2 * maxLength + 100));
    if (line.length > maxLength) return cut(line, maxLength);
  }
  const head = text.slice(0, 4 * maxLength + 1000);
  const line = neatLine(head);
  return line.length <= maxLength && head.length === text.length ? line : cut(line, maxLength);
}

/** Cutting may leave half of a surrogate pair at the end. */
function cut(line: string, maxLength: number): string {
  return `${line.slice(0, maxLength - 1).replace(/\p{Cs}$/u, '')}…`;
}

/** Visible ASCII with single blanks in between: the text of nearly every cell of a Note, which needs no work. */
const NEAT = /^[!-~]+(?: [!-~]+)*$/;

function neatLine(text: string): string {
  return NEAT.test(text) ? text : neat(text);
}

/** Character by character: hostile texts have something to replace nearly everywhere, where expressions are slow. */
function neat(text: string): string {
  let line = '';
  let start = -1;
  let isGap = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const isPair = isLead(code) && isTrail(text.charCodeAt(index + 1));
    const kind = isPair ? kindOf(text.slice(index, index + 2)) : (KINDS[code] ?? 0) || learn(code);
    if (kind === VISIBLE) {
      if (start === -1) {
        if (isGap && line !== '') line += ' ';
        isGap = false;
        start = index;
      }
    } else {
      if (start !== -1) line += text.slice(start, index);
      start = -1;
      if (kind === BLANK) isGap = true;
    }
    if (isPair) index += 1;
  }
  return start === -1 ? line : line + text.slice(start);
}

const [VISIBLE, BLANK, INVISIBLE] = [1, 2, 3] as const;

/** What each UTF-16 unit is, as far as it was met; 0: not yet. */
const KINDS = new Uint8Array(0x1_0000);

function learn(code: number): number {
  const kind = kindOf(String.fromCharCode(code));
  KINDS[code] = kind;
  return kind;
}

function kindOf(character: string): number {
  if (/[\s\u0085]/u.test(character)) return BLANK;
  return /[\p{Cc}\p{Cf}\p{Cs}]/u.test(character) ? INVISIBLE : VISIBLE;
}

function isLead(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isTrail(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
