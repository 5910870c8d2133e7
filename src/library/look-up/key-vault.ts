import type { Clock } from '../../shared/clock.js';
import type { SettingsStore } from '../store/settings-store.js';
import type { TextSeal } from './sealed-text.js';

/** Where the key comes from; without one the simulator answers. */
export type KeySource = 'settings' | 'environment' | 'simulator';

/** The key that VirusTotal is asked with. */
export type VirusTotalKey =
  | { readonly source: 'settings' | 'environment'; readonly key: string; readonly fault?: undefined }
  | { readonly source: 'simulator'; readonly key?: undefined; readonly fault?: undefined }
  /** The key in the settings cannot be read; `fault` is a sentence with the remedy. */
  | { readonly source: 'settings'; readonly key?: undefined; readonly fault: string };

/** What people are shown of the key. */
export interface KeyState {
  readonly isSet: boolean;
  /** `••••1a2b`; `null` without a key, or when it cannot be read. */
  readonly masked: string | null;
  readonly source: KeySource;
}

export interface KeyVaultOptions {
  readonly settings: SettingsStore;
  /** Made for this purpose alone. */
  readonly seal: TextSeal;
  /** `VIRUSTOTAL_TOKEN`, already checked by the configuration. */
  readonly environmentKey?: string | undefined;
  readonly clock: Clock;
}

const SETTING = 'virustotal.key';
/** Another process on the same database may set another key. */
const REREAD_MS = 30_000;
/** All keys of VirusTotal look like this. */
const KEY = /^[0-9a-f]{64}$/;

/** For a text that is no key. */
export const NO_KEY = 'A key of VirusTotal has 64 hexadecimal digits; copy it again from your profile there.';

const UNREADABLE =
  'The VirusTotal key in the settings cannot be read, as it was sealed with another secret; put back the former LIBRARY_SECRET, or let a super admin set or remove the key.';

/**
 * The VirusTotal key: the one in the settings, where it is sealed, else the one of the environment. A key that cannot be
 * read is never replaced by another, nor by the simulator: what that says would be taken for true.
 */
export class KeyVault {
  readonly #options: KeyVaultOptions;
  #known: { readonly key: VirusTotalKey; readonly readAt: number } | undefined;

  constructor(options: KeyVaultOptions) {
    this.#options = options;
  }

  /** The key, read from the database half a minute ago at most. */
  async read(): Promise<VirusTotalKey> {
    const now = this.#options.clock.now().getTime();
    if (this.#known !== undefined && Math.abs(now - this.#known.readAt) < REREAD_MS) return this.#known.key;
    return this.#reread(now);
  }

  /** Never the key itself. */
  async state(): Promise<KeyState> {
    const { source, key, fault } = await this.read();
    return {
      isSet: key !== undefined || fault !== undefined,
      masked: key === undefined ? null : `••••${key.slice(-4)}`,
      source,
    };
  }

  /**
   * @param text - A key as somebody pasted it.
   * @returns Why it is none, as a sentence; `undefined` when it was kept.
   */
  async set(text: string): Promise<string | undefined> {
    const key = keyIn(text);
    if (key === undefined) return NO_KEY;
    await this.#options.settings.set(SETTING, this.#options.seal.seal(key));
    this.#known = undefined;
    return undefined;
  }

  /** Removes the key of the settings; that of the environment, if there is one, counts then. */
  async clear(): Promise<void> {
    await this.#options.settings.delete(SETTING);
    this.#known = undefined;
  }

  async #reread(readAt: number): Promise<VirusTotalKey> {
    const { settings, seal } = this.#options;
    const sealed = await settings.get(SETTING);
    const key = sealed === undefined ? this.#environmentKey() : openedKey(seal.open(sealed));
    this.#known = { key, readAt };
    return key;
  }

  #environmentKey(): VirusTotalKey {
    const { environmentKey } = this.#options;
    return environmentKey === undefined
      ? { source: 'simulator' }
      : { source: 'environment', key: environmentKey };
  }
}

/** The key in a text that somebody pasted, in lower case; `undefined` when it is none. */
export function keyIn(text: string): string | undefined {
  const key = text.trim().toLowerCase();
  return KEY.test(key) ? key : undefined;
}

function openedKey(key: string | undefined): VirusTotalKey {
  return key === undefined ? { source: 'settings', fault: UNREADABLE } : { source: 'settings', key };
}
