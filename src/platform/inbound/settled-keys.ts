/** How many are remembered; more than can be settled while an acknowledgement is on its way. */
const MAX_REMEMBERED = 1_024;

/**
 * Remembers requests that were settled lately: an ack on a connection that is breaking may be lost in silence, and the
 * broker then delivers again.
 */
export class SettledKeys {
  readonly #keys = new Set<string>();

  add(key: string): void {
    this.#keys.add(key);
    const [oldest] = this.#keys;
    if (this.#keys.size > MAX_REMEMBERED && oldest !== undefined) this.#keys.delete(oldest);
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }
}
