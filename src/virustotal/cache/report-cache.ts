import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import { SingleFlight } from '../../shared/single-flight.js';
import type { StateStore } from '../../state/port.js';
import { objectPath } from '../object-id.js';
import type { Asker, KeyQuota, LookUp, VirusTotal, VtObject, YaraRuleset } from '../schema.js';
import { decodeLookUp, encodeLookUp } from './stored-look-up.js';

/** Where answers are kept, and for how long. */
export interface ReportCacheOptions {
  readonly store: Pick<StateStore, 'read' | 'write'>;
  /** A hash of the API key: what one key may see, another may not. */
  readonly keyId: string;
  /** Lifetime of a report; 0 keeps none. */
  readonly foundMs: number;
  /** Lifetime of "VirusTotal does not know it"; 0 keeps none. */
  readonly unknownMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Changes whenever a report of the version before would be read wrongly. */
const FORMAT = 1;

/**
 * Answers look-ups from the store as long as they are fresh. Requests for one object at the same time are one look-up.
 * Failures are never kept, and those of the store never fail a look-up. Everything else goes straight to VirusTotal.
 */
export class ReportCache implements VirusTotal {
  private readonly flight = new SingleFlight<LookUp>();

  constructor(
    private readonly virusTotal: VirusTotal,
    private readonly options: ReportCacheOptions,
  ) {}

  lookUp(object: VtObject, asker: Asker): Promise<LookUp> {
    const key = this.keyOf(object);
    // A person does not wait for the turn of a machine that wants to know the same.
    const flight = asker.priority === 'manual' ? `manual ${key}` : key;
    return this.flight.run(flight, async () => {
      const known = await this.recall(key);
      if (known !== undefined) return known;
      const answer = await this.virusTotal.lookUp(object, asker);
      await this.remember(key, answer);
      return answer;
    });
  }

  yaraRuleset(id: string, asker: Asker): Promise<YaraRuleset | undefined> {
    return this.virusTotal.yaraRuleset(id, asker);
  }

  lastServingIpAddress(urlId: string, asker: Asker): Promise<string | undefined> {
    return this.virusTotal.lastServingIpAddress(urlId, asker);
  }

  quota(): Promise<KeyQuota> {
    return this.virusTotal.quota();
  }

  /** Hashed, because a URL may be long and is nobody's business who looks at the store. */
  private keyOf(object: VtObject): string {
    const digest = createHash('sha256').update(objectPath(object)).digest('hex');
    return `report:${FORMAT}:${this.options.keyId}:${digest}`;
  }

  private async recall(key: string): Promise<LookUp | undefined> {
    const { store, clock, logger, foundMs, unknownMs } = this.options;
    try {
      const now = clock.now();
      const value = await store.read(key, now);
      const answer = value === undefined ? undefined : decodeLookUp(value.bytes);
      if (value === undefined || answer === undefined) return undefined;
      // The lifetime of now counts, not that of the day when it was stored.
      const ageMs = now.getTime() - value.storedAt.getTime();
      if (ageMs >= (answer.found ? foundMs : unknownMs)) return undefined;
      logger.debug({ found: answer.found, ageS: Math.round(ageMs / 1000) }, 'answered from the cache');
      return answer;
    } catch (error) {
      logger.warn({ reason: describeError(error) }, 'cached report cannot be read; VirusTotal is asked');
      return undefined;
    }
  }

  private async remember(key: string, answer: LookUp): Promise<void> {
    const { store, clock, logger, foundMs, unknownMs } = this.options;
    const lifetimeMs = answer.found ? foundMs : unknownMs;
    if (lifetimeMs <= 0) return;
    try {
      const storedAt = clock.now();
      const expiresAt = new Date(storedAt.getTime() + lifetimeMs);
      await store.write(key, { bytes: encodeLookUp(answer), storedAt, expiresAt });
    } catch (error) {
      logger.warn({ reason: describeError(error) }, 'report cannot be cached');
    }
  }
}
