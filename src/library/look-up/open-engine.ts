import type { QuotaUsage } from '../../virustotal/quota/usage.js';
import { StoppedError } from '../../virustotal/stopped-error.js';
import type { OpenedVirusTotal, UsedVirusTotal } from './opened-virustotal.js';

/** VirusTotal as it is open for one key, with count of who uses it. */
export class OpenEngine implements UsedVirusTotal {
  #users = 0;
  #retired: Promise<void> | undefined;
  #onIdle: () => void = () => undefined;

  constructor(
    readonly opened: OpenedVirusTotal,
    /** `undefined`: the simulator. */
    readonly key: string | undefined,
    readonly simulatedSince: Date | undefined,
  ) {}

  get virusTotal(): OpenedVirusTotal['virusTotal'] {
    return this.opened.virusTotal;
  }

  usage(): QuotaUsage {
    return this.opened.usage();
  }

  /** Nobody begins to use it any more. */
  get isRetired(): boolean {
    return this.#retired !== undefined;
  }

  /** @throws StoppedError when it is retired; what the work throws. */
  async run<T>(work: (engine: UsedVirusTotal) => Promise<T>): Promise<T> {
    if (this.isRetired) throw new StoppedError();
    this.#users += 1;
    try {
      return await work(this);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.#onIdle();
    }
  }

  /** Sends away who waits, and ends when nobody uses it any more. */
  retire(): Promise<void> {
    return (this.#retired ??= this.#end());
  }

  async #end(): Promise<void> {
    const idle = new Promise<void>((resolve) => (this.#onIdle = resolve));
    if (this.#users === 0) this.#onIdle();
    await this.opened.close();
    await idle;
  }
}
