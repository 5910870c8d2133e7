import { MAX_VALUE_LENGTH } from './ioc.js';
import { nameInText } from './name-in-text.js';
import { normaliseIoc, type Normalised } from './normalise.js';
import { refangLine, type Refanged } from './refang.js';
import type { Normalise } from './remembering-normaliser.js';
import { addressesIn, hashesIn, ipv6In, networkReason, type Part } from './scan-word.js';
import { urlEnd } from './url-end.js';

/** What was found in a line, or looked like an IOC and is none. `original` is as it was written. */
export interface Finding {
  readonly original: string;
  readonly result: Normalised;
}

/** Letters, digits and what joins them within one word. */
const WORD = /[\p{L}\p{N}\p{M}._:@%+*-]+/gu;

const SCHEME = /[a-z][a-z0-9+.-]{0,20}:\/\//gi;

/**
 * Finds IOCs in a line of any text, in the order in which they stand: URLs, addresses, hashes and names, defanged or not.
 *
 * - A URL stands for itself: its host is not found once more. Of a URL with another scheme than http and https only the
 *   host is. A host with a path is a URL of http.
 * - The domain of an e-mail address is not found; neither are version numbers, file names and segments of paths.
 * - Hexadecimal digits are a hash only when they are as many as it has.
 *
 * Never throws, and takes time in proportion to the length.
 */
export function scanLine(line: string, normalise: Normalise = normaliseIoc): Finding[] {
  const scanner = new LineScanner(refangLine(line), normalise);
  scanner.scan();
  return scanner.findings;
}

class LineScanner {
  readonly findings: Finding[] = [];
  readonly #line: Refanged;
  readonly #text: string;
  /** Where a name stands behind the slash of another, `example.com/example.net`, and not in a path. */
  #alternativeAt = -1;

  constructor(
    line: Refanged,
    private readonly normalise: Normalise,
  ) {
    this.#line = line;
    this.#text = line.text;
  }

  scan(): void {
    let position = 0;
    SCHEME.lastIndex = 0;
    for (let match = SCHEME.exec(this.#text); match !== null; match = SCHEME.exec(this.#text)) {
      const web = /https?:\/\/$/i.exec(match[0]);
      const start = match.index + (web?.index ?? 0);
      const behind = this.#words(position, start);
      // Both were a part of a URL without a scheme, which reached that far.
      if (behind > start) {
        position = behind;
        SCHEME.lastIndex = behind;
        continue;
      }
      position = web === null ? match.index + match[0].length : this.#url(start);
      SCHEME.lastIndex = position;
    }
    this.#words(position, this.#text.length);
  }

  /** @returns where the URL ends. */
  #url(start: number): number {
    const end = urlEnd(this.#text, start);
    if (end - start > 2 * MAX_VALUE_LENGTH)
      this.#refuse(start, end, `is longer than ${MAX_VALUE_LENGTH} characters`);
    else if (end - start > 'https://'.length)
      this.#add(start, end, this.normalise('url', this.#text.slice(start, end)));
    return Math.max(end, start + 'http://'.length);
  }

  /** The words between two positions. @returns where the last of them ends, which may be behind `to`. */
  #words(from: number, to: number): number {
    let position = from;
    while (position < to) {
      WORD.lastIndex = position;
      const match = WORD.exec(this.#text);
      if (match === null || match.index >= to) break;
      const end = Math.min(match.index + match[0].length, to);
      position = Math.max(end, this.#word(match.index, end));
    }
    return position;
  }

  /** @returns where what was found ends. */
  #word(start: number, end: number): number {
    const word = this.#text.slice(start, end);
    const address = ipv6In({ text: this.#text, start, end });
    if (address !== undefined) return this.#address('ipv6', address, end);
    const isMail = word.includes('@');
    let reached = end;
    let at = start;
    // The dots of an ellipsis join nothing. What separates stands between what is separated.
    for (const [index, piece] of word.split(/(:|@|\.{2,})/).entries()) {
      if (index % 2 === 0)
        reached = Math.max(
          reached,
          this.#part({ text: this.#text, start: at, end: at + piece.length }, isMail),
        );
      at += piece.length;
      if (reached > end) break;
    }
    return reached;
  }

  /** A word between separators. @returns where what was found ends. */
  #part(whole: Part, isMail: boolean): number {
    const part = trimmed(whole);
    const word = part.text.slice(part.start, part.end);
    if (word.length < 4) return whole.end;
    const addresses = addressesIn(part);
    if (addresses !== undefined) {
      let reached = whole.end;
      for (const address of addresses) reached = Math.max(reached, this.#address('ipv4', address, whole.end));
      return reached;
    }
    if (!isMail && word.includes('.')) {
      const reached = this.#name(part, whole);
      if (reached !== undefined) return reached;
    }
    for (const { start, end, result } of hashesIn(part)) this.#add(start, end, result);
    return whole.end;
  }

  /** @returns where the name or its URL ends; `undefined` when the word is neither. */
  #name(part: Part, whole: Part): number | undefined {
    const { text, start, end } = part;
    const word = text.slice(start, end);
    const isDefanged = this.#line.hasDefangedDot(start, end);
    const isWildcard = text.slice(Math.max(0, start - 2), start) === '*.';
    const before =
      isWildcard || start === this.#alternativeAt ? '' : text.slice(Math.max(0, start - 2), start);
    const verdict = nameInText(word, { isDefanged, before, after: text.slice(end, end + 2) });
    if (verdict === 'none') return this.#withinOtherScript(part, whole);
    if (isWildcard) return this.#refuse(start - 2, whole.end, 'is a wildcard, not one name');
    const url = this.#urlWithoutScheme(start, end);
    if (url !== undefined) return url;
    if (verdict === 'name') this.#add(start, end, this.normalise('domain', word));
    else this.#refuse(start, end, verdict.reason);
    return whole.end;
  }

  /** `访问example.com下载`: scripts without blanks run into the name. */
  #withinOtherScript({ text, start, end }: Part, whole: Part): number | undefined {
    const word = text.slice(start, end);
    if (word.length > 500 || !/[^\x00-\x7F]/.test(word)) return undefined;
    let found: number | undefined;
    for (const match of word.matchAll(/[\x21-\x7E]{4,}/g)) {
      const from = start + match.index;
      const part = trimmed({ text, start: from, end: from + match[0].length });
      if (text.slice(part.start, part.end).includes('.')) found = this.#name(part, whole) ?? found;
    }
    return found;
  }

  /** An address, unless it is a network or begins a URL. @returns where it, or the URL, ends. */
  #address(
    type: 'ipv4' | 'ipv6',
    { start, end, isWhole }: Part & { isWhole: boolean },
    behind: number,
  ): number {
    const written = this.#text.slice(start, end);
    const reason = isWhole ? networkReason(this.#text.slice(end, end + 5), written) : undefined;
    if (reason !== undefined) {
      const prefix = /^\/\d+/.exec(this.#text.slice(end, end + 5))?.[0] ?? '';
      return this.#refuse(start, end + prefix.length, reason);
    }
    const url = isWhole && type === 'ipv4' ? this.#urlWithoutScheme(start, end) : undefined;
    if (url !== undefined) return url;
    this.#add(start, end, this.normalise(type, written));
    return behind;
  }

  /** `example.com/a` and `198.51.100.3:8080/a`, but not `example.com/example.net`. */
  #urlWithoutScheme(start: number, end: number): number | undefined {
    const text = this.#text;
    const port = /^:\d{1,5}(?=\/)/.exec(text.slice(end, end + 7))?.[0].length ?? 0;
    if (!/^\/[\p{L}\p{N}._~%?#+&=-]/u.test(text.slice(end + port, end + port + 2))) return undefined;
    if (text[start - 1] === '/' || text[start - 1] === '\\') return undefined;
    const last = urlEnd(text, start);
    if (last - start > 2 * MAX_VALUE_LENGTH)
      return this.#refuse(start, last, `is longer than ${MAX_VALUE_LENGTH} characters`);
    const path = text.slice(end + port + 1, last);
    const isAlternative =
      /^[\w.-]+$/.test(path) &&
      (/^\d+(?:\.\d+)*$/.test(path) ||
        nameInText(path, { isDefanged: false, before: '', after: '' }) === 'name');
    if (isAlternative) {
      this.#alternativeAt = end + port + 1;
      return undefined;
    }
    const result = this.normalise('url', text.slice(start, last));
    this.#add(start, last, result);
    return last;
  }

  #add(start: number, end: number, result: Normalised): void {
    this.findings.push({ original: this.#line.written(start, end), result });
  }

  /** @returns `end`. */
  #refuse(start: number, end: number, reason: string): number {
    this.#add(start, end, { reason });
    return end;
  }
}

/** Without what may stand around a word but never at the edge of an IOC. */
function trimmed({ text, start, end }: Part): Part {
  let [from, to] = [start, end];
  while (from < to && EDGE.has(text[from] ?? '')) from += 1;
  while (to > from && EDGE.has(text[to - 1] ?? '')) to -= 1;
  return { text, start: from, end: to };
}

const EDGE = new Set('._-+%*');
