import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { describeError } from '../shared/connector-error.js';
import { createDispatcher } from '../shared/http-dispatcher.js';
import type { PartHealth } from '../observability/health.js';
import type { Telemetry } from '../shared/telemetry.js';
import { sweepLeases } from '../state/lease.js';
import type { StateStore } from '../state/port.js';
import { CachedVirusTotal } from '../virustotal/cache/cached-virustotal.js';
import { VirusTotalClient, type ClientOptions } from '../virustotal/client.js';
import { defaultTimeouts } from '../virustotal/http/call.js';
import type { OutageListener } from '../virustotal/http/outage-watch.js';
import { Privileges } from '../virustotal/http/privileges.js';
import { VirusTotalTransport, type TransportOptions } from '../virustotal/http/transport.js';
import type { ExhaustionListener } from '../virustotal/quota/exhaustion-watch.js';
import { QuotaScheduler } from '../virustotal/quota/scheduler.js';
import type { QuotaUsage } from '../virustotal/quota/usage.js';
import type { Priority, Submissions, VirusTotal } from '../virustotal/schema.js';
import { VirusTotalSubmissions } from '../virustotal/submissions.js';
import { acrossReplicas } from './across-replicas.js';
import { virusTotalHealth } from './health-parts.js';
import { holdLimits } from './hold-limits.js';
import { askedRelationships } from './mapping-options.js';
import { keyIdOf } from './open-state.js';
import { proxiesOf } from './platform-options.js';
import { productVersion, userAgent } from './product.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** How often our count is compared with VirusTotal's, since the key may be used elsewhere as well. */
const RECONCILE_INTERVAL_MS = 600_000;
/** A request that needs many look-ups, and goes back for lack of them, must find those it had when it comes again. */
const ANSWERS_LAST_MIN = 60;
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
  readonly submissions: Submissions;
  /** How the quota of the key stands. */
  usage(): QuotaUsage;
  /** Whether VirusTotal can be reached and takes the key. */
  health(): PartHealth;
  /** Sends away who waits for a look-up. The store, which has what was counted when this resolves, stays open. */
  close(): Promise<void>;
}

/** VirusTotal with quota and cache: a look-up is spent only where there is one, and where no fresh report is at hand. */
export function createPacedVirusTotal(
  config: Config,
  store: StateStore,
  services: VirusTotalServices,
  listener: ExhaustionListener & OutageListener = {},
  options: ClientOptions = {},
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
    reserveManualPercent: virustotal.quotaReserveManualPercent,
    longestWorkMs: holdLimits(config).workMs,
    mayReturn: (priority) => answersLastMin(config, priority) >= ANSWERS_LAST_MIN,
    store,
    keyId,
    clock,
    logger,
    sleep,
  });
  const privileges = new Privileges({ clock, logger, stored: { store, keyId } });
  let isUnreachable = false;
  const outages: OutageListener = {
    onUnreachable: () => {
      isUnreachable = true;
      listener.onUnreachable?.();
    },
    onReachable: () => {
      isUnreachable = false;
      listener.onReachable?.();
    },
  };
  const transport = createTransport(config, services, { pacer: scheduler, privileges, outages });
  const { keepRaw, relationships = askedRelationships(config) } = options;
  const client = new VirusTotalClient(transport, clock, { keepRaw, relationships });
  // Who wants no limits of ours is told those of VirusTotal by its 429.
  const isLimited = Object.values(limits).some((limit) => limit !== 0);
  const reconcile = (): void => void scheduler.reconcile(() => client.quota());
  const timer = isLimited ? setInterval(reconcile, RECONCILE_INTERVAL_MS) : undefined;
  timer?.unref();
  if (isLimited) reconcile();
  services.telemetry.watchQuota(() => scheduler.usage());
  services.telemetry.watchCircuit(() => transport.circuit);
  // One process has no other to wait for, and after a crash would wait for itself.
  const isShared = config.state.redisUrl !== undefined;
  if (isShared) void removeOldLeases(store, services);
  const virusTotal = new CachedVirusTotal(client, {
    ...services,
    store,
    keyId,
    foundMs: virustotal.cacheTtlMinutes * MINUTE_MS,
    unknownMs: virustotal.cacheUnknownTtlMinutes * MINUTE_MS,
    relationships,
    keepRaw,
    acrossReplicas: isShared ? acrossReplicas(store, services) : undefined,
  });
  return {
    virusTotal,
    submissions: new VirusTotalSubmissions(transport, virustotal.apiUrl),
    usage: () => scheduler.usage(),
    health: () => virusTotalHealth(isUnreachable ? transport.outage : undefined, transport.keyRefusal),
    close: () => {
      clearInterval(timer);
      return scheduler.close();
    },
  };
}

/** How long an answer of any sort will do for a request that comes again. */
function answersLastMin({ virustotal }: Config, priority: Priority): number {
  const { cacheTtlMinutes, cacheUnknownTtlMinutes, manualMaxAgeMinutes } = virustotal;
  const kept = Math.min(cacheTtlMinutes, cacheUnknownTtlMinutes);
  return priority === 'manual' ? Math.min(kept, manualMaxAgeMinutes) : kept;
}

/** A replica that was killed leaves its leases behind. */
async function removeOldLeases(store: StateStore, { clock, logger }: VirusTotalServices): Promise<void> {
  try {
    await sweepLeases(store, clock.now());
  } catch (error) {
    logger.debug({ reason: describeError(error) }, 'old leases cannot be removed');
  }
}

/** The client alone, for what is free of charge. */
export function createClient(config: Config, services: VirusTotalServices): VirusTotalClient {
  return new VirusTotalClient(createTransport(config, services), services.clock);
}

function createTransport(
  config: Config,
  services: VirusTotalServices,
  paced: Pick<TransportOptions, 'pacer' | 'privileges' | 'outages'> = {},
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
    ...paced,
    ...services,
  });
}
