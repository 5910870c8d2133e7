import { ENGINE_CATEGORIES, type EngineCategory, type EngineVerdict } from '../api.js';

/** Categories that mean the same to an analyst. */
export type EngineGroup = 'malicious' | 'suspicious' | 'undetected' | 'none';

export const GROUP_NAMES: Readonly<Record<EngineGroup, string>> = {
  malicious: 'Malicious',
  suspicious: 'Suspicious',
  undetected: 'Undetected',
  none: 'No verdict',
};

export const ENGINE_GROUPS = Object.keys(GROUP_NAMES) as readonly EngineGroup[];

const CATEGORY_NAMES: Readonly<Record<EngineCategory, string>> = {
  malicious: 'Malicious',
  suspicious: 'Suspicious',
  undetected: 'Undetected',
  harmless: 'Harmless',
  timeout: 'Timed out',
  'confirmed-timeout': 'Timed out',
  failure: 'Failed',
  'type-unsupported': 'Type not supported',
};

/** What the engine said, in words; categories of tomorrow appear as they come. */
export function categoryName(category: string): string {
  return ENGINE_CATEGORIES.some((one) => one === category)
    ? CATEGORY_NAMES[category as EngineCategory]
    : category;
}

/** The group of a category; those that are not known gave no verdict. */
export function groupOf(category: string): EngineGroup {
  if (category === 'malicious' || category === 'suspicious') return category;
  return category === 'undetected' || category === 'harmless' ? 'undetected' : 'none';
}

/** Engines of each group, the worst group first, by name within it. */
export function grouped(
  engines: readonly EngineVerdict[],
): readonly { readonly group: EngineGroup; readonly engines: readonly EngineVerdict[] }[] {
  return ENGINE_GROUPS.map((group) => ({
    group,
    engines: engines
      .filter((one) => groupOf(one.category) === group)
      .sort((a, b) => a.engine.localeCompare(b.engine, 'en', { sensitivity: 'base' })),
  })).filter((one) => one.engines.length > 0);
}

/** Engines whose name or result has the text, of one group when one is chosen. */
export function matching(
  engines: readonly EngineVerdict[],
  text: string,
  group: EngineGroup | null,
): readonly EngineVerdict[] {
  const wanted = text.trim().toLowerCase();
  return engines.filter(
    (one) =>
      (group === null || groupOf(one.category) === group) &&
      `${one.engine} ${one.result ?? ''}`.toLowerCase().includes(wanted),
  );
}
