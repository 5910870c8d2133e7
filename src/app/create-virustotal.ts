import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { createDispatcher } from '../shared/http-dispatcher.js';
import type { Telemetry } from '../shared/telemetry.js';
import { defaultTimeouts, VirusTotalClient } from '../virustotal/client.js';
import { RulesetCache } from '../virustotal/ruleset-cache.js';
import type { VirusTotal } from '../virustotal/schema.js';
import { proxiesOf } from './platform-options.js';
import { productVersion, userAgent } from './product.js';

const CONNECT_TIMEOUT_MS = 10_000;

export interface VirusTotalServices {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Ends every call when the connector stops. */
  readonly signal?: AbortSignal;
}

/** VirusTotal as enrichment sees it: the client, with rulesets cached. */
export function createVirusTotal(config: Config, services: VirusTotalServices): VirusTotal {
  const client = new VirusTotalClient({
    baseUrl: config.virustotal.apiUrl,
    apiKey: config.virustotal.token,
    // The form that the vendor recommends: org.product.major.minor.
    tool: `opencti.virustotal-connector.${productVersion.split('.').slice(0, 2).join('.')}`,
    userAgent,
    dispatcher: createDispatcher({
      verify: true,
      extraCa: config.network.httpsCaCertificates,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      // An Indicator with many values, or a file with many rulesets, must not flood VirusTotal.
      connections: config.connector.concurrency,
      proxies: proxiesOf(config),
    }),
    timeouts: defaultTimeouts,
    sleep,
    random: Math.random,
    ...services,
  });
  return new RulesetCache(client, services.clock);
}
