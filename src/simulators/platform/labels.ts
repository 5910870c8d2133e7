import { deterministicId } from './standard-id.js';

export interface StoredLabel {
  readonly id: string;
  readonly value: string;
  readonly color: string;
}

/** What the platform gives labels that come without a colour (it computes one from the name). */
const OWN_COLOR = '#888888';

/** The labels of a platform. One that exists keeps its colour. */
export class Labels {
  readonly #byId = new Map<string, StoredLabel>();

  /** The label with this name in any case, or with this id. */
  find(idOrValue: string): StoredLabel | undefined {
    return this.#byId.get(idOrValue) ?? this.#byId.get(idOf(idOrValue));
  }

  /** The label of this name, which is made when there is none. */
  add(name: string, color: string = OWN_COLOR): StoredLabel {
    const known = this.find(name);
    if (known !== undefined) return known;
    const value = name.trim().toLowerCase();
    const label = { id: idOf(value), value, color };
    this.#byId.set(label.id, label);
    return label;
  }

  /** All of them, in the order in which they were made. */
  all(): readonly StoredLabel[] {
    return [...this.#byId.values()];
  }
}

function idOf(name: string): string {
  return deterministicId('label', { value: name.trim().toLowerCase() });
}
