import { asText, asTextList, isJsonObject, type JsonObject } from '../shared/json.js';
import type { StixId } from './objects.js';

/** TLP 2.0 labels, from the least to the most restrictive. */
export const TLP_VALUES = ['TLP:CLEAR', 'TLP:GREEN', 'TLP:AMBER', 'TLP:AMBER+STRICT', 'TLP:RED'] as const;

export type Tlp = (typeof TLP_VALUES)[number];

/** The marking definitions that OpenCTI uses; `TLP:CLEAR` is the `TLP:WHITE` of STIX 2.1 §7.2.1.4. */
export const TLP_IDS: Readonly<Record<Tlp, StixId>> = {
  'TLP:CLEAR': 'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9',
  'TLP:GREEN': 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da',
  'TLP:AMBER': 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82',
  'TLP:AMBER+STRICT': 'marking-definition--826578e1-40ad-459f-bc73-ede076f81f37',
  'TLP:RED': 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed',
};

/** The marking definitions of the OASIS extension "TLP 2.0"; objects that were imported as STIX may carry them. */
const OASIS_TLP2_IDS: Readonly<Record<Tlp, StixId>> = {
  'TLP:CLEAR': 'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487',
  'TLP:GREEN': 'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb',
  'TLP:AMBER': 'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421',
  'TLP:AMBER+STRICT': 'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003',
  'TLP:RED': 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1',
};

/** PAP (Permissible Actions Protocol) markings of OpenCTI. They restrict what is published, not look-ups. */
export const PAP_IDS = {
  'PAP:CLEAR': 'marking-definition--4cdff7eb-acb8-543f-8573-829eb9fe8b34',
  'PAP:GREEN': 'marking-definition--89484dde-e3d2-547f-a6c6-d14824429eb1',
  'PAP:AMBER': 'marking-definition--a6f20d4d-0360-59b6-ba22-3b48707828b1',
  'PAP:RED': 'marking-definition--4e4e3b84-de45-53df-9d9b-b21207699fd8',
} as const satisfies Readonly<Record<string, StixId>>;

/** A marking that is known by more than its id. In STIX objects the definition is an object such as `{tlp: 'amber'}`. */
export interface MarkingDefinition {
  readonly definition_type: string;
  readonly definition: unknown;
}

const TLP_BY_ID: ReadonlyMap<string, Tlp> = new Map(
  TLP_VALUES.flatMap((tlp) => [[TLP_IDS[tlp], tlp] as const, [OASIS_TLP2_IDS[tlp], tlp] as const]),
);

const rank = (tlp: Tlp): number => TLP_VALUES.indexOf(tlp);

/** The ids of the markings of an object, or of a file; `undefined` when there is something that is no list of ids. */
export function markingsOf(object: JsonObject): StixId[] | undefined {
  const refs: unknown = object.object_marking_refs ?? [];
  const list = typeof refs === 'string' ? [refs] : refs;
  const ids = asTextList(list).map((id) => id.toLowerCase() as StixId);
  return Array.isArray(list) && ids.length === list.length ? ids : undefined;
}

/**
 * Reads a TLP label, whatever its case, with or without the prefix `TLP:`; `WHITE` is `CLEAR`.
 *
 * @returns `undefined` when it is none.
 */
export function parseTlp(text: string): Tlp | undefined {
  const label = text
    .trim()
    .toUpperCase()
    .replace(/^TLP:\s*/, '');
  const name = label === 'WHITE' ? 'CLEAR' : label;
  return TLP_VALUES.find((tlp) => tlp === `TLP:${name}`);
}

/** The strictest TLP among marking ids; `undefined` when none of them is a TLP marking. */
export function strictestTlp(markingIds: readonly string[]): Tlp | undefined {
  return markingIds
    .map((id) => TLP_BY_ID.get(id))
    .filter((tlp) => tlp !== undefined)
    .reduce<Tlp | undefined>(
      (strictest, tlp) => (strictest === undefined || rank(tlp) > rank(strictest) ? tlp : strictest),
      undefined,
    );
}

/**
 * Whether something so marked may be shown to someone who may see up to `max`.
 *
 * Without a TLP marking, or without a limit, it may. A marking that is known by its id alone and is not one of
 * the ids above is taken for no TLP marking: an id carries no name, and refusing all of them would refuse PAP
 * and every statement. Hand in the definition where it is known; then a TLP text that nobody can rank
 * (`TLP:EX:CHR`) is refused.
 *
 * @param markings - Marking ids, or definitions.
 */
export function isWithinTlp(
  markings: readonly (string | MarkingDefinition)[],
  max: Tlp | undefined,
): boolean {
  if (max === undefined) return true;
  return markings.every((marking) => {
    if (typeof marking === 'string') {
      const tlp = TLP_BY_ID.get(marking);
      return tlp === undefined || rank(tlp) <= rank(max);
    }
    if (marking.definition_type.toUpperCase() !== 'TLP') return true;
    const tlp = parseTlp(definitionText(marking.definition));
    return tlp !== undefined && rank(tlp) <= rank(max);
  });
}

/** Why something so marked must not be published: a TLP above the ceiling, a PAP above `PAP:CLEAR`, or no known marking. */
export type PublicationObstacle = 'above' | 'pap' | 'unknown';

/**
 * What keeps something so marked from being published, which cannot be undone: unlike {@link isWithinTlp}, a marking that
 * nobody can rank is an obstacle here. It may be a TLP of the platform's own, or "company confidential".
 *
 * @param max - The strictest TLP that may be published.
 * @returns `undefined` when nothing does; without a marking nothing does.
 */
export function publicationObstacle(
  markingIds: readonly string[],
  max: Tlp,
): PublicationObstacle | undefined {
  const obstacles = markingIds.map((id) => {
    const tlp = TLP_BY_ID.get(id);
    if (tlp !== undefined) return rank(tlp) > rank(max) ? 'above' : undefined;
    if (id === PAP_IDS['PAP:CLEAR']) return undefined;
    return (Object.values(PAP_IDS) as string[]).includes(id) ? 'pap' : 'unknown';
  });
  return (['above', 'pap', 'unknown'] as const).find((obstacle) => obstacles.includes(obstacle));
}

function definitionText(definition: unknown): string {
  if (isJsonObject(definition)) return asText(Object.values(definition)[0]) ?? '';
  return asText(definition) ?? '';
}
