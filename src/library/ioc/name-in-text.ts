import { asciiName } from '../../virustotal/domain-name.js';
import { isTopLevelDomain } from './top-level-domains.js';

/** How a dotted word stands in its text. */
export interface Standing {
  /** Written with a defanged dot: somebody says that it is a name. */
  readonly isDefanged: boolean;
  /** Up to two characters in front of it. */
  readonly before: string;
  /** Up to two characters behind it. */
  readonly after: string;
}

/** Whether a dotted word is a domain name; a reason where people should hear why it was not taken. */
export type NameOrNot = 'name' | 'none' | { readonly reason: string };

/** Top-level domains that are better known as the ends of file names. */
const FILE_ENDINGS = new Set('cab dot java md mov pm ps py rs sh so zip'.split(' '));

/** Endings of file names that are no top-level domains, but get defanged along with everything else. */
const FILE_ONLY_ENDINGS = new Set(
  'bat bin cfg chm cmd conf cpl dat dll doc docm docx elf exe gif gz hta html iso jar jpg js json jse lnk log msi ocx pdf php png ppt pptx ps1 rar rtf scr sys tar tmp txt vbs wsf xls xlsm xlsx xml yaml'.split(
    ' ',
  ),
);

/** Products that are named like domains. */
const PRODUCTS = new Set(['asp.net', 'ado.net', 'vb.net', 'paint.net']);

/**
 * Tells domain names from the other words with dots in a text: file names, names of code, sentences without a blank
 * between them. Only what ends in a top-level domain is one; whether it stands for itself, as a segment of a path, or in
 * front of the brackets of a call, is told by what is around it.
 *
 * @param word - Refanged, without leading and trailing dots.
 */
export function nameInText(word: string, { isDefanged, before, after }: Standing): NameOrNot {
  if (isPathSegment(before) || /^\((?!\d)/.test(after)) return 'none';
  const labels = word.split('.');
  const ending = labels.at(-1) ?? '';
  const topLevelDomain = asciiName(ending);
  if (labels.length < 2 || labels.includes('') || word.length > 253) return 'none';
  if (!isTopLevelDomain(topLevelDomain)) {
    if (!isDefanged || FILE_ONLY_ENDINGS.has(topLevelDomain) || !/^[a-z][a-z0-9-]+$/.test(topLevelDomain))
      return 'none';
    return { reason: `ends in .${topLevelDomain}, which is not a known top-level domain` };
  }
  if (isDefanged || /^www\d?\./i.test(word)) return 'name';
  // `System.Net`, `Microsoft.Win32.Media`, `the end.It goes on`.
  if (/^[A-Z][a-z]+$/.test(ending) || PRODUCTS.has(word.toLowerCase())) return 'none';
  // `3.in` and the like; short names exist, but nearly always with letters.
  if (/^\d{1,2}$/.test(labels.at(-2) ?? '')) return 'none';
  if (!FILE_ENDINGS.has(topLevelDomain)) return 'name';
  return {
    reason: `may be a file name; if it is a domain, write it with [.] or as a URL`,
  };
}

/** Behind one slash or backslash, but not behind two, as in `//example.com/a` and `\\example.com\share`. */
function isPathSegment(before: string): boolean {
  const last = before.at(-1);
  return (last === '/' || last === '\\') && before.at(-2) !== last;
}
