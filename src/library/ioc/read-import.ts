import { looksLikeCsv } from './csv-shape.js';
import { extractCsv } from './extract-csv.js';
import { extractStix } from './extract-stix.js';
import { extractText } from './extract-text.js';
import { Collector, refuseTooLarge, type Extraction, type ImportFormat } from './extraction.js';

/** What is known of a content. */
export interface ReadOptions {
  /** Told by the file name and the content when absent. */
  readonly format?: ImportFormat | undefined;
  readonly filename?: string | undefined;
}

/**
 * The IOCs in a content that somebody pasted or uploaded.
 *
 * @throws ConnectorError (`invalid`) when the content is too large; whatever else is wrong is a fault in the result.
 */
export function readImport(content: string, { format, filename }: ReadOptions = {}): Extraction {
  refuseTooLarge(content);
  const text = wellDecoded(content);
  const read = format ?? detectFormat(text, filename);
  const collector = new Collector();
  if (read === 'csv') extractCsv(text, collector);
  else if (read === 'stix') extractStix(text, collector);
  else extractText(text, collector);
  return collector.extraction(read);
}

/**
 * What a content is: STIX when it is JSON that says so at its beginning, or is called `.stix`; CSV by its name or because
 * its lines have the same number of fields; else text, which nearly everything can be read as.
 */
export function detectFormat(content: string, filename = ''): ImportFormat {
  const head = content.slice(0, 20_000).trimStart();
  const isStix =
    /^[{[]/.test(head) && /"(?:type|id)"\s*:\s*"(?:bundle|[a-z0-9-]+--[0-9a-f-]{36})"/.test(head);
  if (isStix || /\.stix2?$/i.test(filename)) return 'stix';
  if (/^[{[]\s*["[{]/.test(head)) return 'text';
  return /\.(?:csv|tsv)$/i.test(filename) || looksLikeCsv(content) ? 'csv' : 'text';
}

/** A browser that took UTF-16 for UTF-8 leaves a NUL beside each letter, and marks that it could not read. */
function wellDecoded(content: string): string {
  const text = content.replace(/^[\uFEFF\uFFFD]{1,2}/, '');
  return text.includes('\0') ? text.replaceAll('\0', '') : text;
}
