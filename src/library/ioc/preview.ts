import type { Extraction, FoundIoc, ImportFault } from './extraction.js';
import { iocKey } from './ioc.js';

/** An IOC before its import: not in the library yet, in it already, or standing further up. */
export interface PreviewItem extends Omit<FoundIoc, 'isRepeated'> {
  readonly state: 'new' | 'known' | 'duplicate';
}

/** What an import would do. */
export interface ImportPreview extends Omit<Extraction, 'items' | 'faults'> {
  readonly items: readonly PreviewItem[];
  readonly faults: readonly ImportFault[];
}

/**
 * Shows what an import would do.
 *
 * @param known - The keys (`iocKey`) of those among the items that the library holds.
 */
export function previewImport(extraction: Extraction, known: ReadonlySet<string>): ImportPreview {
  return {
    ...extraction,
    items: extraction.items.map(({ isRepeated, ...item }) => ({
      ...item,
      state: isRepeated ? 'duplicate' : known.has(iocKey(item)) ? 'known' : 'new',
    })),
  };
}
