import type { Logger } from 'pino';

/** Where an error comes from that nobody caught. */
export type CrashOrigin = 'uncaughtException' | 'unhandledRejection';

/**
 * Says what ends the process although nobody foresaw it. Node would print the error as it is, with every secret in it;
 * the logger takes them out.
 */
export class CrashReport {
  #logger: Logger | undefined;

  /** From now on errors are logged. */
  logTo(logger: Logger): void {
    this.#logger = logger;
  }

  /**
   * Without a logger nothing is known of secrets, so that only the kind of the error is said, and where it arose.
   *
   * @param print - Takes lines when there is no logger.
   */
  tell(error: unknown, origin: CrashOrigin, print: (line: string) => void): void {
    if (this.#logger !== undefined) {
      this.#logger.fatal({ error, origin }, 'unexpected error ends the process; please report it');
      return;
    }
    const kind = error instanceof Error ? error.name : typeof error;
    print(`unexpected error (${kind}) ends the process; please report it`);
    for (const frame of framesOf(error)) print(frame);
  }
}

/** Where it arose, without the message, which may have several lines. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return (error.stack ?? '').split('\n').filter((line) => /^ {4}at .*:\d+:\d+\)?$/.test(line));
}
