import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createRefuseMessage } from '../../src/app/refuse-message.js';
import { DeadLetters } from '../../src/dead-letters/dead-letters.js';
import { createEnrich } from '../../src/enrichment/enrich.js';
import { compileExclusions } from '../../src/enrichment/exclusions.js';
import { createRequestHandler } from '../../src/enrichment/handle-request.js';
import type { BundleSink, PlaybookResponder, WorkReporter } from '../../src/enrichment/ports.js';
import { createSettle } from '../../src/enrichment/settle.js';
import { readRequest } from '../../src/platform/inbound/message.js';
import { UnreadableMessage } from '../../src/platform/inbound/unreadable-message.js';
import { bundleMessages, bundleText } from '../../src/platform/outbound/bundle-message.js';
import { fixedClock } from '../../src/shared/clock.js';
import { noTelemetry } from '../../src/shared/telemetry.js';
import { MemoryStore } from '../../src/state/memory-store.js';
import { parseReport } from '../../src/virustotal/parse-report.js';
import type { VirusTotal } from '../../src/virustotal/schema.js';
import { everyOption } from './enrichment-runs.js';
import { mutatedMessage } from './message-mutations.js';

const RUNS = 10_000;
const NOW = new Date('2026-01-02T03:04:05.678Z');
const clock = fixedClock(NOW.toISOString());
const logger = pino({ level: 'silent' });
const stats = { malicious: 14, suspicious: 2, harmless: 42, undetected: 39, timeout: 0 };

/** VirusTotal knows everything, and says little about it: what reports may hold is tried elsewhere. */
const virusTotal: VirusTotal = {
  lookUp: (object) => {
    const data = { type: object.kind, id: 'id', attributes: { last_analysis_stats: stats } };
    const report = parseReport(object.kind, { data });
    return Promise.resolve(report === undefined ? { found: false } : { found: true, report, fetchedAt: NOW });
  },
  yaraRuleset: () => Promise.resolve(undefined),
  extra: () => Promise.resolve(undefined),
  quota: () => Promise.reject(new Error('nobody asks for the quota here')),
};

const enrich = createEnrich({
  entities: { readEntity: () => Promise.resolve(undefined) },
  virusTotal,
  clock,
  logger,
  gate: { scope: [], maxTlp: 'TLP:RED', exclusions: compileExclusions([]) },
  mapping: everyOption,
});

/** What the platform was told, by work and playbook step. */
class Account {
  readonly works = new Map<string, { expected: number; reported: number; ended: number }>();
  replies = 0;

  work(id: string | undefined): { expected: number; reported: number; ended: number } {
    const known = this.works.get(id ?? '') ?? { expected: 0, reported: 0, ended: 0 };
    this.works.set(id ?? '', known);
    return known;
  }
}

/** Everything between an inbound message and the platform, but for the platform. */
function connector(account: Account): { take: (body: Buffer) => Promise<void>; deadLetters: DeadLetters } {
  const works: WorkReporter = {
    received: () => Promise.resolve(),
    addExpectations: ({ workId }, count) => {
      account.work(workId).expected += count;
      return Promise.resolve();
    },
    reportExpectation: ({ workId }) => {
      account.work(workId).reported += 1;
      return Promise.resolve();
    },
    processed: ({ workId }, message) => {
      expect(message).not.toBe('');
      account.work(workId).ended += 1;
      return Promise.resolve();
    },
  };
  const sink: BundleSink = {
    prepare: (request, bundle) => {
      const context = { connectorUserId: 'user', drafts: true, wholeBundles: true };
      const messages = bundleMessages(request, bundle, context);
      const objects = messages.reduce((sum, message) => sum + message.objects.length, 0);
      return {
        expectations: objects,
        send: () => {
          // The workers report each object.
          account.work(request.workId).reported += objects;
          return { delivered: Promise.resolve({ undelivered: [] }) };
        },
      };
    },
  };
  const playbooks: PlaybookResponder = {
    reply: (_request, bundle) => {
      bundleText(bundle);
      account.replies += 1;
      return Promise.resolve();
    },
  };
  const settle = createSettle({
    works,
    sink,
    playbooks,
    telemetry: noTelemetry,
    logger,
    clock,
    dropsOvertakenBundles: false,
    emptyWorks: { by: 'report' },
  });
  const handler = createRequestHandler({
    startedAt: NOW,
    enrich,
    settle,
    works,
    telemetry: noTelemetry,
    clock,
    logger,
  });
  const deadLetters = new DeadLetters({
    store: new MemoryStore({ isDurable: true }),
    logger,
    clock,
    bounds: { count: 5 },
  });
  const refuse = createRefuseMessage({
    deadLetters,
    handler,
    source: 'queue',
    telemetry: noTelemetry,
    logger,
  });
  return {
    deadLetters,
    take: (body) => {
      const read = readRequest(body, NOW);
      return read instanceof UnreadableMessage ? refuse(read) : handler(read);
    },
  };
}

describe('hostile messages', () => {
  it(`are settled, each of ${RUNS}, whatever was done to them`, { timeout: 300_000 }, async () => {
    const counts = { readable: 0, unreadable: 0, told: 0 };
    await fc.assert(
      fc.asyncProperty(mutatedMessage, async (body) => {
        const account = new Account();
        const { take, deadLetters } = connector(account);
        await take(body);
        const read = readRequest(body, NOW);
        const ends = [...account.works.values()];
        expect(ends.every(({ expected, reported }) => expected === reported && expected > 0)).toBe(true);
        const ended = ends.reduce((sum, work) => sum + work.ended, 0) + account.replies;
        if (read instanceof UnreadableMessage) {
          counts.unreadable += 1;
          const [letter] = await deadLetters.list();
          const kept = await deadLetters.bodyOf(letter?.id ?? '');
          expect(kept?.equals(body)).toBe(true);
          expect(ended).toBe(read.request === undefined ? 0 : 1);
          counts.told += ended;
        } else {
          counts.readable += 1;
          expect(ended).toBe(1);
        }
      }),
      { numRuns: RUNS },
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    // The mutations are neither too tame nor too wild to show anything.
    expect(Math.min(counts.readable, counts.unreadable, counts.told)).toBeGreaterThan(RUNS / 20);
  });
});
