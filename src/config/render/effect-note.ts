import type { Option } from '../option.js';

/** What an operator must know about an option that does not work, in one sentence. */
export function effectNote(option: Option): string | undefined {
  if (option.effect === undefined) return undefined;
  return option.effect === 'none' ? 'No effect in this connector.' : 'No effect in this version yet.';
}
