import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { createDispatcher } from '../shared/http-dispatcher.js';
import type { Telemetry } from '../shared/telemetry.js';
import type { StateStore } from '../state/port.js';
import { ReportCache } from '../virustotal/cache/report-cache.js';
import { VirusTotalClient } from '../virustotal/client.js';
import { defaultTimeouts, VirusTotalTransport, type Pacer } from '../virustotal/transport.js';
import type { ExhaustionListener } from '../virustotal/quota/exhaustion-watch.js';
import { QuotaScheduler } from '../virustotal/quota/scheduler.js';
import { RulesetCache } from '../virustotal/ruleset-cache.js';
import type { VirusTotal } from '../virustotal/schema.js';
import { keyIdOf } from './open-state.js';
import { proxiesOf } from './platform-options.js';
import { productVersion, userAgent } from './product.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** How often our count is compared with VirusTotal's, since the key may be used elsewhere as well. */
const RECONCILE_INTERVAL_MS = 600_000;
const MINUTE_MS = 60_000;

export interface VirusTotalServices {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Ends every call when the connector stops. */
  readonly signal?: AbortSignal;
}

/** VirusTotal as enrichment sees it. */
export interface PacedVirusTotal {
  readonly virusTotal: VirusTotal;
  /** Sends away who waits for a look-up. The store stays open. */
  close(): void;
}

/** VirusTotal with quota and cache: a look-up is spent only where there is one, and where no fresh report is at hand. */
export function createPacedVirusTotal(
  config: Config,
  store: StateStore,
  services: VirusTotalServices,
  listener: ExhaustionListener = {},
): PacedVirusTotal {
  const { clock, logger } = services;
  const { virustotal } = config;
  const keyId = keyIdOf(virustotal.token);
  const limits = {
    perMinute: virustotal.quotaPerMinute,
    perDay: virustotal.quotaPerDay,
    perMonth: virustotal.quotaPerMonth,
  };
  const scheduler = new QuotaScheduler({
    ...listener,
    limits,
    reserveManualPercent: 0,
    store,
    keyId,
    clock,
    logger,
    sleep,
  });
  const client = createClient(config, services, scheduler);
  // Who wants no limits of ours is told those of VirusTotal by its 429.
  const isLimited = Object.values(limits).some((limit) => limit !== 0);
  const reconcile = (): void => void scheduler.reconcile(() => client.quota());
  const timer = isLimited ? setInterval(reconcile, RECONCILE_INTERVAL_MS) : undefined;
  timer?.unref();
  if (isLimited) reconcile();
  const cached = new ReportCache(client, {
    store,
    keyId,
    foundMs: virustotal.cacheTtlMinutes * MINUTE_MS,
    unknownMs: virustotal.cacheUnknownTtlMinutes * MINUTE_MS,
    clock,
    logger,
  });
  return {
    virusTotal: new RulesetCache(cached, clock),
    close: () => {
      clearInterval(timer);
      scheduler.close();
    },
  };
}

/** The client alone, for what is free of charge; with a pacer, for look-ups. */
export function createClient(config: Config, services: VirusTotalServices, pacer?: Pacer): VirusTotalClient {
  return new VirusTotalClient(createTransport(config, services, pacer), services.clock);
}

function createTransport(
  config: Config,
  services: VirusTotalServices,
  pacer: Pacer | undefined,
): VirusTotalTransport {
  return new VirusTotalTransport({
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
    pacer,
    ...services,
  });
}
