import { join } from 'node:path';
import { pino } from 'pino';
import { Agent } from 'undici';
import { gateOptions, mappingOptions } from '../src/app/mapping-options.js';
import { keyIdOf, openState } from '../src/app/open-state.js';
import { loadConfig } from '../src/config/load.js';
import { Attempts } from '../src/enrichment/attempts.js';
import { createEnrich } from '../src/enrichment/enrich.js';
import { createRequestHandler, type HandleRequest } from '../src/enrichment/handle-request.js';
import type { BundleSink, WorkReporter } from '../src/enrichment/ports.js';
import { createSettle } from '../src/enrichment/settle.js';
import { Metrics } from '../src/observability/metrics.js';
import { bundleMessages } from '../src/platform/outbound/bundle-message.js';
import type { Sleep } from '../src/shared/backoff.js';
import type { Clock } from '../src/shared/clock.js';
import { createStopController } from '../src/shared/stop-controller.js';
import { CachedVirusTotal } from '../src/virustotal/cache/cached-virustotal.js';
import { VirusTotalClient } from '../src/virustotal/client.js';
import { defaultTimeouts } from '../src/virustotal/http/call.js';
import { Privileges } from '../src/virustotal/http/privileges.js';
import { VirusTotalTransport } from '../src/virustotal/http/transport.js';
import { QuotaScheduler } from '../src/virustotal/quota/scheduler.js';

const API_KEY = '0'.repeat(64);
const MINUTE_MS = 60_000;

/** What went through so far. */
export interface SoakCounts {
  messages: number;
  objects: number;
  answers: number;
  errors: number;
}

/** The product between message and platform, in this process. */
export interface SoakPipeline {
  readonly handle: HandleRequest;
  readonly counts: SoakCounts;
  close(): Promise<void>;
}

/**
 * Wires the real parts as `app/create-connector.ts` does, but for the broker and the platform's API, in whose place
 * stand ports that count and forget.
 *
 * @param directory - For the state.
 */
export async function createSoakPipeline(
  directory: string,
  virusTotalUrl: string,
  time: { readonly clock: Clock; readonly sleep: Sleep },
): Promise<SoakPipeline> {
  const { clock, sleep } = time;
  const logger = pino({ level: 'silent' });
  const { config } = loadConfig({
    env: {
      OPENCTI_URL: 'http://localhost',
      OPENCTI_TOKEN: 'soak',
      VIRUSTOTAL_TOKEN: API_KEY,
      VIRUSTOTAL_IP_ADD_RELATIONSHIPS: 'true',
      STATE_PATH: join(directory, 'state.sqlite'),
    },
    file: undefined,
    cwd: directory,
  });
  const abort = createStopController();
  const telemetry = new Metrics('', '');
  const store = await openState(config, { logger, clock });
  const keyId = keyIdOf(API_KEY);
  const services = { clock, logger, telemetry };
  const scheduler = new QuotaScheduler({
    limits: { perMinute: 60, perDay: 80_000, perMonth: 0 },
    reserveManualPercent: 0,
    store,
    keyId,
    clock,
    logger,
    sleep,
  });
  telemetry.watchQuota(() => scheduler.usage());
  const dispatcher = new Agent({ connections: config.connector.concurrency });
  const transport = new VirusTotalTransport({
    baseUrl: virusTotalUrl,
    apiKey: API_KEY,
    tool: 'soak',
    userAgent: 'soak',
    dispatcher,
    timeouts: defaultTimeouts,
    sleep,
    random: Math.random,
    pacer: scheduler,
    privileges: new Privileges({ clock, logger, stored: { store, keyId } }),
    signal: abort.signal,
    ...services,
  });
  const virusTotal = new CachedVirusTotal(new VirusTotalClient(transport, clock), {
    ...services,
    store,
    keyId,
    foundMs: config.virustotal.cacheTtlMinutes * MINUTE_MS,
    unknownMs: config.virustotal.cacheUnknownTtlMinutes * MINUTE_MS,
  });
  const enrich = createEnrich({
    entities: { readEntity: () => Promise.resolve(undefined) },
    virusTotal,
    clock,
    logger,
    gate: gateOptions(config),
    mapping: mappingOptions(config),
    manualMaxAgeMs: config.virustotal.manualMaxAgeMinutes * MINUTE_MS,
  });
  const counts: SoakCounts = { messages: 0, objects: 0, answers: 0, errors: 0 };
  const works = countingWorks(counts);
  const settle = createSettle({
    works,
    sink: countingSink(counts),
    playbooks: {
      reply: () => {
        counts.answers += 1;
        return Promise.resolve();
      },
    },
    dropsOvertakenBundles: false,
    emptyWorks: { by: 'report' },
    ...services,
  });
  const handle = createRequestHandler({
    startedAt: clock.now(),
    enrich,
    settle,
    works,
    attempts: new Attempts(),
    signal: abort.signal,
    ...services,
  });
  return {
    handle,
    counts,
    close: async () => {
      abort.abort();
      await scheduler.close();
      await store.close();
      await dispatcher.destroy();
    },
  };
}

function countingWorks(counts: SoakCounts): WorkReporter {
  return {
    received: () => Promise.resolve(),
    addExpectations: () => Promise.resolve(),
    reportExpectation: () => Promise.resolve(),
    processed: (_request, _message, inError) => {
      if (inError) counts.errors += 1;
      return Promise.resolve();
    },
  };
}

/** Encodes as for workers of the newest platform. */
function countingSink(counts: SoakCounts): BundleSink {
  const context = { connectorUserId: undefined, drafts: true, wholeBundles: true };
  return {
    prepare: (request, bundle) => {
      const messages = bundleMessages(request, bundle, context);
      const objects = messages.reduce((sum, message) => sum + message.objects.length, 0);
      return {
        expectations: objects,
        send: () => {
          counts.messages += messages.length;
          counts.objects += objects;
          return { delivered: Promise.resolve({ undelivered: [] }) };
        },
      };
    },
  };
}
