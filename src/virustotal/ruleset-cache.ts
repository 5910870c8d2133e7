import type { Clock } from '../shared/clock.js';
import { SingleFlight } from '../shared/single-flight.js';
import type { Asker, KeyQuota, LookUp, VirusTotal, VtObject, YaraRuleset } from './schema.js';

/** How long and how much is remembered. */
export interface RulesetCacheLimits {
  readonly foundMs: number;
  /** For rulesets that are gone or not for this key. */
  readonly missingMs: number;
  readonly maxRulesets: number;
  /** Characters of all remembered rulesets together. */
  readonly maxCharacters: number;
}

/** An hour for found, ten minutes for missing ones; 200 rulesets; 64 M characters. */
export const defaultRulesetCacheLimits: RulesetCacheLimits = {
  foundMs: 3_600_000,
  missingMs: 600_000,
  maxRulesets: 200,
  maxCharacters: 64 * 1024 * 1024,
};

interface Remembered {
  readonly ruleset: YaraRuleset | undefined;
  readonly expiresAtMs: number;
}

/**
 * Remembers YARA rulesets, which many files share and each of which costs a look-up. Requests for one ruleset at the
 * same time are one call. Failures are never remembered. Everything else goes straight to VirusTotal.
 */
export class RulesetCache implements VirusTotal {
  /** The least recently used first. */
  private readonly remembered = new Map<string, Remembered>();
  private readonly flight = new SingleFlight<YaraRuleset | undefined>();
  private characters = 0;

  constructor(
    private readonly virusTotal: VirusTotal,
    private readonly clock: Clock,
    private readonly limits: RulesetCacheLimits = defaultRulesetCacheLimits,
  ) {}

  lookUp(object: VtObject, asker: Asker): Promise<LookUp> {
    return this.virusTotal.lookUp(object, asker);
  }

  async yaraRuleset(id: string, asker: Asker): Promise<YaraRuleset | undefined> {
    const known = this.recall(id);
    if (known !== undefined) return known.ruleset;
    return this.flight.run(id, async () => {
      const ruleset = await this.virusTotal.yaraRuleset(id, asker);
      this.remember(id, ruleset);
      return ruleset;
    });
  }

  lastServingIpAddress(urlId: string, asker: Asker): Promise<string | undefined> {
    return this.virusTotal.lastServingIpAddress(urlId, asker);
  }

  quota(): Promise<KeyQuota> {
    return this.virusTotal.quota();
  }

  private recall(id: string): Remembered | undefined {
    const known = this.remembered.get(id);
    if (known === undefined) return undefined;
    this.forget(id);
    if (known.expiresAtMs <= this.nowMs()) return undefined;
    this.store(id, known);
    return known;
  }

  private remember(id: string, ruleset: YaraRuleset | undefined): void {
    const lifetimeMs = ruleset === undefined ? this.limits.missingMs : this.limits.foundMs;
    this.forget(id);
    if (sizeOf(ruleset) > this.limits.maxCharacters) return;
    this.store(id, { ruleset, expiresAtMs: this.nowMs() + lifetimeMs });
    for (const oldest of this.remembered.keys()) {
      const fits =
        this.remembered.size <= this.limits.maxRulesets && this.characters <= this.limits.maxCharacters;
      if (fits) break;
      this.forget(oldest);
    }
  }

  private store(id: string, entry: Remembered): void {
    this.remembered.set(id, entry);
    this.characters += sizeOf(entry.ruleset);
  }

  private forget(id: string): void {
    const known = this.remembered.get(id);
    if (known === undefined) return;
    this.remembered.delete(id);
    this.characters -= sizeOf(known.ruleset);
  }

  private nowMs(): number {
    return this.clock.now().getTime();
  }
}

function sizeOf(ruleset: YaraRuleset | undefined): number {
  return ruleset?.rules.length ?? 0;
}
