import type { Static } from 'typebox';
import type { KeptDetails } from '../look-up/kept-details.js';
import type { DetailsOnTheWire } from './ioc-schemas.js';

/** What a look-up found, as it goes out. */
export function detailsOnTheWire(details: KeptDetails): Static<typeof DetailsOnTheWire> {
  // The same but for `readonly`, which types of schemas do not have.
  return details as Static<typeof DetailsOnTheWire>;
}
