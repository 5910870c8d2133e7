import type { IocType } from './ioc.js';
import { normaliseIoc, type Normalised } from './normalise.js';

export type Normalise = (type: IocType, text: string) => Normalised;

/** Texts that are remembered; beyond that all are forgotten. */
const MAX_REMEMBERED = 50_000;

/** {@link normaliseIoc} for one content: logs repeat the same few values over and over. */
export function rememberingNormaliser(): Normalise {
  const remembered = new Map<string, Normalised>();
  return (type, text) => {
    const key = `${type} ${text}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const result = normaliseIoc(type, text);
    if (remembered.size === MAX_REMEMBERED) remembered.clear();
    remembered.set(key, result);
    return result;
  };
}
