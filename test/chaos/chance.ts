/** Chance that comes out the same each time for the same seed; everything random in a run comes from one of these. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number in [0, 1) (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 on, below the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** One of them. */
  oneOf<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** A source of its own, so that what draws from it does not depend on how often others draw. */
  fork(): Chance {
    return new Chance(this.below(2 ** 31));
  }

  /** Strikes exactly once in every `period` calls, at a place that is drawn anew each time. */
  onceIn(period: number): () => boolean {
    let call = 0;
    let struck = this.below(period);
    return () => {
      const strikes = call === struck;
      call += 1;
      if (call === period) {
        call = 0;
        struck = this.below(period);
      }
      return strikes;
    };
  }
}
