import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.js';
import { describeError } from '../../shared/connector-error.js';
import type { StateStore } from '../../state/port.js';
import { ForbiddenError } from '../errors.js';
import type { Privilege } from './privilege-check.js';

export interface PrivilegesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where it survives a restart; without it, this process alone remembers. */
  readonly stored?:
    | {
        readonly store: Pick<StateStore, 'read' | 'write'>;
        /** A hash of the API key: what one key may not do, another may. */
        readonly keyId: string;
      }
    | undefined;
  /** How long a refusal is believed; privileges are bought and granted. Default: a day. */
  readonly lifetimeMs?: number;
}

const DAY_MS = 86_400_000;
/** Changes whenever what is stored would be read wrongly. */
const FORMAT = 1;

/** Remembers what the key may not use, so that nothing is spent on a second refusal. */
export class Privileges {
  /** Until when a kind of endpoint is refused; 0 for what the store was asked about in vain. */
  private readonly known = new Map<string, number>();

  constructor(private readonly options: PrivilegesOptions) {}

  /**
   * That to ask an endpoint.
   *
   * @param endpoint - The kind of endpoint, such as `yara_rulesets`.
   */
  of(endpoint: string): Privilege {
    return {
      name: endpoint,
      isRefused: () => this.lacks(endpoint),
      failed: async (error) => {
        if (error instanceof ForbiddenError) await this.refused(endpoint);
      },
    };
  }

  /** Whether VirusTotal refused it a short time ago. */
  async lacks(endpoint: string): Promise<boolean> {
    const until = this.known.get(endpoint) ?? (await this.recall(endpoint));
    return until > this.nowMs();
  }

  /** VirusTotal refused it (403 `ForbiddenError`). */
  async refused(endpoint: string): Promise<void> {
    const { clock, logger, stored, lifetimeMs = DAY_MS } = this.options;
    if (await this.lacks(endpoint)) return;
    const storedAt = clock.now();
    const expiresAt = new Date(storedAt.getTime() + lifetimeMs);
    this.known.set(endpoint, expiresAt.getTime());
    logger.info(
      { endpoint, until: expiresAt.toISOString() },
      'the VirusTotal key may not use this; it is not asked for again for a while',
    );
    try {
      await stored?.store.write(this.keyOf(stored.keyId, endpoint), {
        bytes: Buffer.from('{}'),
        storedAt,
        expiresAt,
      });
    } catch (error) {
      logger.debug({ endpoint, reason: describeError(error) }, 'refusal cannot be stored');
    }
  }

  private async recall(endpoint: string): Promise<number> {
    const { stored, clock, logger } = this.options;
    let until = 0;
    try {
      const value = await stored?.store.read(this.keyOf(stored.keyId, endpoint), clock.now());
      until = value?.expiresAt.getTime() ?? 0;
    } catch (error) {
      logger.debug({ endpoint, reason: describeError(error) }, 'stored refusals cannot be read');
    }
    this.known.set(endpoint, until);
    return until;
  }

  private keyOf(keyId: string, endpoint: string): string {
    return `forbidden:${FORMAT}:${keyId}:${endpoint}`;
  }

  private nowMs(): number {
    return this.options.clock.now().getTime();
  }
}
