import type { Logger } from 'pino';

/** Closes the parts of the connector in the reverse order in which they were added. */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #parts: { readonly name: string; readonly close: () => Promise<void> }[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds a part that is running now. */
  add(name: string, close: () => Promise<void>): void {
    this.#parts.push({ name, close });
  }

  /** Closes all parts, the last one first; a part that fails to close does not keep the others open. */
  async stop(): Promise<void> {
    for (const { name, close } of this.#parts.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        this.#logger.warn({ part: name, error }, 'part could not be closed');
      }
    }
  }
}
