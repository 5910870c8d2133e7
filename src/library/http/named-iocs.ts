import type { Ioc, IocType } from '../ioc/ioc.js';
import { normaliseIoc } from '../ioc/normalise.js';
import { inChunks } from '../store/in-chunks.js';
import { invalid } from './refusal.js';

const MAX_SHOWN = 100;

/**
 * Items of a body as IOCs in normal form.
 *
 * @throws Refusal that names the item (`items/3/value`) when one is no IOC.
 */
export async function normalisedItems(
  items: readonly { readonly type: IocType; readonly value: string }[],
): Promise<readonly Ioc[]> {
  const iocs: Ioc[] = [];
  for await (const chunk of inChunks(items)) {
    for (const { type, value } of chunk) {
      const result = normaliseIoc(type, value);
      if (result.ioc === undefined) {
        const shown = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN - 1)}…` : value;
        throw invalid(`items/${iocs.length}/value`, `"${shown}" ${result.reason}.`);
      }
      iocs.push(result.ioc);
    }
  }
  return iocs;
}
