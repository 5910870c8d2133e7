/** A map that forgets the entries unused for the longest time once their weights exceed its bound. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly weight: number }>();
  readonly #maxWeight: number;
  readonly #weigh: (key: string, value: V) => number;
  #weight = 0;

  /** @param weigh - Weight of an entry, in the unit of the bound. */
  constructor(maxWeight: number, weigh: (key: string, value: V) => number) {
    this.#maxWeight = maxWeight;
    this.#weigh = weigh;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value, which counts as used now. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // A Map keeps the order of insertion: the entry used last goes to the end.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps the value; one that alone exceeds the bound only displaces what the key had. */
  set(key: string, value: V): void {
    this.delete(key);
    const weight = this.#weigh(key, value);
    if (weight > this.#maxWeight) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#maxWeight) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  /** Keys and values, the one unused for the longest time first. */
  *[Symbol.iterator](): IterableIterator<readonly [string, V]> {
    for (const [key, entry] of this.#entries) yield [key, entry.value];
  }
}
