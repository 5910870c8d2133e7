import type { Logger } from 'pino';
import type { PartHealth } from '../../observability/health.js';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { QuotaUsage } from '../../virustotal/quota/usage.js';
import type { KeyQuota } from '../../virustotal/schema.js';
import { StoppedError } from '../../virustotal/stopped-error.js';
import type { EnrichmentStore } from '../store/enrichment-store.js';
import type { SettingsStore } from '../store/settings-store.js';
import { keyIn, NO_KEY, type KeyVault, type VirusTotalKey } from './key-vault.js';
import { LookUpRefused, refusalOf } from './look-up-refused.js';
import { OpenEngine } from './open-engine.js';
import type { OpenVirusTotal, UsedVirusTotal } from './opened-virustotal.js';

/** What came of a test of the key. */
export interface KeyTest {
  readonly ok: boolean;
  /** A sentence for a person; never the key. */
  readonly message: string;
}

export interface LookUpEngineOptions {
  readonly vault: KeyVault;
  readonly open: OpenVirusTotal;
  readonly settings: SettingsStore;
  readonly enrichments: EnrichmentStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

const SIMULATED: KeyTest = {
  ok: true,
  message: 'No key is set: a simulator answers, and nothing that it says is true.',
};
/** Moment since when enrichments may come of the simulator; absent while none does. */
const SIMULATED_SINCE = 'virustotal.simulated_since';

/**
 * VirusTotal with the key that is set now. When another one is set, whoever asks is served with it from then on; calls
 * that are on their way end with the one before. What the simulator said is removed before a real key is used first.
 */
export class LookUpEngine {
  readonly #options: LookUpEngineOptions;
  #open: OpenEngine | undefined;
  /** The last change of the key; changes follow one another. */
  #changing: Promise<void> = Promise.resolve();
  readonly #retiring = new Set<Promise<void>>();
  #isClosed = false;
  #told: string | undefined;

  constructor(options: LookUpEngineOptions) {
    this.#options = options;
  }

  /** Whether what is said now is made up. */
  async isSimulated(): Promise<boolean> {
    return (await this.#options.vault.read()).source === 'simulator';
  }

  /** Since when what is said is made up; `undefined` while it is real. */
  async simulatedSince(): Promise<Date | undefined> {
    return (await this.isSimulated()) ? (await this.#current()).simulatedSince : undefined;
  }

  /**
   * Does something with VirusTotal; again, when the key was changed before it had its turn.
   *
   * @throws LookUpRefused (`key`) when the key cannot be read; StoppedError when the library stops; what the work throws.
   */
  async use<T>(work: (engine: UsedVirusTotal) => Promise<T>): Promise<T> {
    for (;;) {
      const engine = await this.#current();
      try {
        return await engine.run(work);
      } catch (error) {
        if (!(error instanceof StoppedError) || !engine.isRetired || this.#isClosed) throw error;
      }
    }
  }

  /**
   * To be called before something of the simulator is kept: another process on the same database, which has the new key
   * sooner, may have removed what there was.
   */
  async noteSimulated(since: Date): Promise<void> {
    await this.#options.settings.setOnce(SIMULATED_SINCE, since.toISOString());
  }

  /** The quota of the key; `undefined` when there is no key that can be read. */
  async usage(): Promise<QuotaUsage | undefined> {
    try {
      return (await this.#current()).opened.usage();
    } catch (error) {
      if (error instanceof LookUpRefused || error instanceof StoppedError) return undefined;
      throw error;
    }
  }

  /** Whether VirusTotal can be reached and takes the key, as far as is known. */
  health(): PartHealth {
    if (this.#told !== undefined) return { ok: false, detail: this.#told };
    return this.#open?.opened.health() ?? { ok: true };
  }

  /**
   * Asks VirusTotal for the quota of a key, which is free of charge.
   *
   * @param candidate - A key that is not set; by default the one that is.
   */
  async test(candidate?: string): Promise<KeyTest> {
    try {
      if (candidate !== undefined) return await this.#testCandidate(candidate);
      return await this.use(async ({ virusTotal, simulatedSince }) =>
        simulatedSince === undefined ? taken(await virusTotal.quota()) : SIMULATED,
      );
    } catch (error) {
      const refusal = refusalOf(error, this.#options.clock.now());
      if (refusal === undefined) throw error;
      return { ok: false, message: refusal.message };
    }
  }

  /** Ends when nothing is under way any more. Harmless when called again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#changing.catch(() => undefined);
    if (this.#open !== undefined) void this.#retire(this.#open);
    this.#open = undefined;
    await Promise.all(this.#retiring);
  }

  async #testCandidate(text: string): Promise<KeyTest> {
    const key = keyIn(text);
    if (key === undefined) return { ok: false, message: NO_KEY };
    const opened = await this.#options.open(key);
    try {
      return taken(await opened.virusTotal.quota());
    } finally {
      await opened.close();
    }
  }

  async #current(): Promise<OpenEngine> {
    const change = this.#changing.catch(() => undefined).then(() => this.#followKey());
    this.#changing = change;
    await change;
    if (this.#open === undefined) throw new StoppedError();
    return this.#open;
  }

  async #followKey(): Promise<void> {
    if (this.#isClosed) throw new StoppedError();
    const { vault, open, logger } = this.#options;
    const key = await vault.read();
    if (key.fault !== undefined) {
      this.#sayFault(key.fault);
      if (this.#open !== undefined) void this.#retire(this.#open);
      this.#open = undefined;
      throw new LookUpRefused(key.fault, 'key');
    }
    this.#told = undefined;
    if (this.#open !== undefined && this.#open.key === key.key) return;
    const before = this.#open;
    const opened = await open(key.key);
    try {
      // While the simulator has not had its last word, nothing can be removed for good.
      if (before?.simulatedSince !== undefined) await this.#retire(before);
      this.#open = new OpenEngine(opened, key.key, await this.#simulation(key));
    } catch (error) {
      await opened.close();
      throw error;
    }
    if (before !== undefined && !before.isRetired) void this.#retire(before);
    if (before !== undefined)
      logger.info({ source: key.source }, 'another VirusTotal key is used from now on');
  }

  /** Since when there may be something of the simulator in the library; what there is goes when a real key comes. */
  async #simulation({ source }: VirusTotalKey): Promise<Date | undefined> {
    const { settings, enrichments, clock, logger } = this.#options;
    if (source === 'simulator')
      return new Date(await settings.setOnce(SIMULATED_SINCE, clock.now().toISOString()));
    const since = await settings.get(SIMULATED_SINCE);
    if (since === undefined) return undefined;
    const iocs = await enrichments.removeSince(new Date(since));
    await settings.delete(SIMULATED_SINCE);
    logger.info({ iocs, since }, 'removed what the VirusTotal simulator said');
    return undefined;
  }

  /** @returns when nothing is under way with it any more. */
  #retire(engine: OpenEngine): Promise<void> {
    const retired = engine.retire().catch((error: unknown) => {
      this.#options.logger.warn({ reason: describeError(error) }, 'VirusTotal could not be closed');
    });
    this.#retiring.add(retired);
    void retired.then(() => this.#retiring.delete(retired));
    return retired;
  }

  #sayFault(fault: string): void {
    if (this.#told === undefined) this.#options.logger.error(fault);
    this.#told = fault;
  }
}

function taken(quota: KeyQuota): KeyTest {
  return { ok: true, message: `VirusTotal takes the key${allowance(quota)}.` };
}

/** `; look-ups that it allows: 500 a day and 15500 a month`. */
function allowance({ daily, monthly }: KeyQuota): string {
  const parts = [
    ...(daily === undefined ? [] : [`${daily.allowed} a day`]),
    ...(monthly === undefined ? [] : [`${monthly.allowed} a month`]),
  ];
  return parts.length === 0 ? '' : `; look-ups that it allows: ${parts.join(' and ')}`;
}
