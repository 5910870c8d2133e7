/**
 * How analysts write what nobody shall click: `hxxp://`, `h**p`, `http[:]//`, `[.]`, `(dot)`, `{.}`, ` [ . ] `, half
 * brackets, `\.`, `[@]`, `[/]`, full-width dots; with it go invisible characters and the `\/` of JSON. Each branch looks at
 * a few characters only, so that a text takes time in proportion to its length.
 */
const DEFANGED = new RegExp(
  [
    String.raw`(?<![a-z0-9])(?<scheme>h[tx*]{2}p|hxp|meow)(?<secure>s|\[s\]|\(s\))?[ \t]?(?:[[({]{0,2}:[\])}]{0,2}[[({]{0,2}(?:\\?\/|\\(?!\/)){1,2}[\])}]{0,2})[ \t]?`,
    String.raw`(?<dot>[ \t][[({<]{1,2}[ \t]?(?:\.|dot|d0t|punkt|punto)[ \t]?[\])}>]{1,2}[ \t]|[[({<]{1,2}[ \t]?(?:\.|dot|d0t|punkt|punto)[ \t]?[\])}>]{1,2}|(?<=[\w-])(?:\[\.|\.\]|\\\.|[\uFF0E\uFF61\u3002])(?=[\w-]))`,
    String.raw`(?<at>[ \t][[({<](?:@|at)[\])}>][ \t]|[[({<](?:@|at)[\])}>])`,
    String.raw`[[({](?<separator>:\/\/|:|\/{1,2})[\])}]`,
    String.raw`(?<nothing>[\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060\uFEFF]|\\(?=\/))`,
  ].join('|'),
  'giu',
);

/** What must be there for anything above to match; nearly all lines of a log have none of it. */
const SUSPECT =
  /[[({<\\\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060\uFEFF\uFF0E\uFF61\u3002]|hxp|h[tx*]{2}p|meow/iu;

/** A text as it was meant, and where its parts stood in the text as it was written. */
export interface Refanged {
  readonly text: string;
  /** Whether a dot was taken out of its brackets between the two positions in {@link text}. */
  readonly hasDefangedDot: (start: number, end: number) => boolean;
  /** What was written for the part of {@link text} between the two positions. */
  readonly written: (start: number, end: number) => string;
}

/** A part that was replaced: from where to where in the refanged text, and in the written one. */
interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
  readonly isDot: boolean;
}

/** Undoes defanging in a line of text. */
export function refangLine(line: string): Refanged {
  if (!SUSPECT.test(line)) return plain(line);
  const replacements: Replacement[] = [];
  let text = '';
  let from = 0;
  for (const match of line.matchAll(DEFANGED)) {
    const meant = meantBy(match.groups ?? {});
    text += line.slice(from, match.index);
    const to = match.index + match[0].length;
    const isDot = match.groups?.dot !== undefined;
    replacements.push({ start: text.length, end: text.length + meant.length, from: match.index, to, isDot });
    text += meant;
    from = to;
  }
  if (replacements.length === 0) return plain(line);
  return {
    text: text + line.slice(from),
    hasDefangedDot: (start, end) => {
      for (let index = firstFrom(replacements, start); index < replacements.length; index += 1) {
        const replacement = replacements[index];
        if (replacement === undefined || replacement.start >= end) return false;
        if (replacement.isDot) return true;
      }
      return false;
    },
    written: (start, end) => line.slice(writtenStart(replacements, start), writtenEnd(replacements, end)),
  };
}

/** A single value as it was meant: {@link refangLine} where positions do not matter. */
export function refang(text: string): string {
  return refangLine(text).text;
}

function plain(text: string): Refanged {
  return { text, hasDefangedDot: () => false, written: (start, end) => text.slice(start, end) };
}

function meantBy({ scheme, secure, dot, at, separator }: Record<string, string | undefined>): string {
  if (scheme !== undefined) return secure === undefined ? 'http://' : 'https://';
  if (dot !== undefined) return '.';
  if (at !== undefined) return '@';
  return separator ?? '';
}

/** The first replacement that ends behind the position, by bisection: a line may hold hundreds of thousands. */
function firstFrom(replacements: readonly Replacement[], position: number): number {
  let [low, high] = [0, replacements.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((replacements[middle]?.end ?? Infinity) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

function writtenStart(replacements: readonly Replacement[], position: number): number {
  const index = firstFrom(replacements, position);
  const inside = replacements[index];
  if (inside !== undefined && inside.start <= position) return inside.from;
  const before = replacements[index - 1];
  return before === undefined ? position : before.to + position - before.end;
}

function writtenEnd(replacements: readonly Replacement[], position: number): number {
  const index = firstFrom(replacements, position - 1);
  const inside = replacements[index];
  if (inside !== undefined && inside.start < position) return inside.to;
  const before = replacements[index - 1];
  return before === undefined ? position : before.to + position - before.end;
}
