import { ConnectorError } from '../../shared/connector-error.js';
import { iocKey, type IocType } from './ioc.js';
import type { Finding } from './scan-line.js';

/** Bytes of UTF-8 that are read at once. */
export const MAX_CONTENT_BYTES = 5_000_000;

/** Different IOCs that are taken at once. */
export const MAX_ITEMS = 20_000;

/** Repetitions, and faults, that are listed one by one; all of them are counted. */
const MAX_LISTED = 1000;

/** Characters of a text that is shown as it was written. */
const MAX_ORIGINAL_LENGTH = 300;

export type ImportFormat = 'text' | 'csv' | 'stix';

/** An IOC where it stands in the content. */
export interface FoundIoc {
  readonly type: IocType;
  readonly value: string;
  /** As it was written, 300 characters at most. */
  readonly original: string;
  /** From 1; absent in STIX, where lines say nothing. */
  readonly line?: number;
  /** It stands further up already. */
  readonly isRepeated: boolean;
  /** A sentence: why VirusTotal cannot know it. */
  readonly caveat?: string;
}

/** What looked like an IOC and is none, or could not be read. */
export interface ImportFault {
  readonly line?: number;
  /** As it was written, 300 characters at most. */
  readonly text: string;
  /** Made to follow the text in a sentence: `is a network, not one address`. */
  readonly reason: string;
}

/** What a content holds. */
export interface Extraction {
  readonly format: ImportFormat;
  /** In the order in which they stand; at most {@link MAX_ITEMS} different ones and 1,000 repetitions. */
  readonly items: readonly FoundIoc[];
  /** At most 1,000. */
  readonly faults: readonly ImportFault[];
  /** Repetitions, also those that are not listed. */
  readonly repeated: number;
  /** Faults that are not listed. */
  readonly faultsLeftOut: number;
}

/** @throws ConnectorError (`invalid`) when the content is larger than {@link MAX_CONTENT_BYTES}. */
export function refuseTooLarge(content: string): void {
  const bytes = Buffer.byteLength(content, 'utf8');
  if (bytes <= MAX_CONTENT_BYTES) return;
  const megabytes = (bytes / 1_000_000).toFixed(1);
  throw new ConnectorError(
    `content has ${megabytes} MB; ${MAX_CONTENT_BYTES / 1_000_000} MB at most are read at once. Split it.`,
    'invalid',
  );
}

/** Collects what is found, each IOC once, within the bounds. */
export class Collector {
  readonly #keys = new Set<string>();
  readonly #items: FoundIoc[] = [];
  readonly #faults: ImportFault[] = [];
  readonly #faultKeys = new Set<string>();
  #listedRepetitions = 0;
  #repeated = 0;
  #faultsLeftOut = 0;
  #isFull = false;

  /** Whether there is room for no further IOC; reading on is in vain. */
  get isFull(): boolean {
    return this.#isFull;
  }

  add({ original, result }: Finding, line?: number): void {
    if (this.#isFull) return;
    if (result.ioc === undefined) {
      this.fault(original, result.reason, line);
      return;
    }
    const key = iocKey(result.ioc);
    const isRepeated = this.#keys.has(key);
    if (isRepeated) {
      this.#repeated += 1;
      if (this.#listedRepetitions === MAX_LISTED) return;
      this.#listedRepetitions += 1;
    } else if (this.#keys.size === MAX_ITEMS) {
      this.#isFull = true;
      this.#faults.unshift({
        ...at(line),
        text: shown(original),
        reason: `and what follows is left out: ${MAX_ITEMS} different IOCs at most are taken at once; split the content`,
      });
      return;
    }
    this.#keys.add(key);
    const { caveat } = result;
    this.#items.push({
      ...result.ioc,
      original: shown(original),
      ...at(line),
      isRepeated,
      ...(caveat === undefined ? {} : { caveat }),
    });
  }

  /** The same fault of the same text is said once. */
  fault(text: string, reason: string, line?: number): void {
    const fault = { ...at(line), text: shown(text), reason };
    const key = `${reason} ${fault.text}`;
    if (this.#faultKeys.has(key)) return;
    if (this.#faults.length >= MAX_LISTED) {
      this.#faultsLeftOut += 1;
      return;
    }
    this.#faultKeys.add(key);
    this.#faults.push(fault);
  }

  extraction(format: ImportFormat): Extraction {
    return {
      format,
      items: this.#items,
      faults: this.#faults,
      repeated: this.#repeated,
      faultsLeftOut: this.#faultsLeftOut,
    };
  }
}

function at(line: number | undefined): { readonly line?: number } {
  return line === undefined ? {} : { line };
}

function shown(text: string): string {
  return text.length <= MAX_ORIGINAL_LENGTH
    ? text
    : `${text.slice(0, MAX_ORIGINAL_LENGTH - 1).replace(/\p{Cs}$/u, '')}…`;
}
