import type { Option } from '../option.js';

/** What an operator must know about an option that does not work, in one sentence. */
export function effectNote(option: Option): string | undefined {
  if (option.effect === undefined) return undefined;
  const acts =
    option.actsAs === undefined ? '' : `; the connector acts as with ${option.type.show(option.actsAs)}`;
  return option.effect === 'none'
    ? `No effect in this connector${acts}.`
    : `No effect in this version yet${acts}.`;
}
