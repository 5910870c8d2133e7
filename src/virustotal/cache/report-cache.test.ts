import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../state/memory-store.js';
import { TransportError } from '../errors.js';
import { parseReport } from '../parse-report.js';
import type { Asker, LookUp, VirusTotal, VtObject } from '../schema.js';
import { ReportCache, type ReportCacheOptions } from './report-cache.js';

const asker: Asker = { priority: 'auto' };
const domain: VtObject = { kind: 'domain', name: 'example.com' };
const MINUTE = 60_000;

let nowMs: number;
let asked: string[];
let answer: () => Promise<LookUp>;
let store: MemoryStore;

const clock = { now: () => new Date(nowMs) };
const found: LookUp = {
  found: true,
  report: parseReport('domain', {
    data: {
      type: 'domain',
      id: 'example.com',
      attributes: {
        last_analysis_date: 1_700_000_000,
        last_analysis_stats: { malicious: 3, harmless: 60, undetected: 4, suspicious: 0 },
        categories: { 'Vendor A': 'malware' },
      },
    },
  })!,
  fetchedAt: new Date('2026-01-02T03:04:05.678Z'),
};

const virusTotal: VirusTotal = {
  lookUp: (object, { priority }) => {
    asked.push(`${priority} ${object.kind}`);
    return answer();
  },
  yaraRuleset: () => Promise.resolve(undefined),
  lastServingIpAddress: () => Promise.resolve('192.0.2.1'),
  quota: () => Promise.resolve({ hourly: undefined, daily: undefined, monthly: undefined }),
};

function cache(overrides: Partial<ReportCacheOptions> = {}): ReportCache {
  return new ReportCache(virusTotal, {
    store,
    keyId: 'key-a',
    foundMs: 10 * MINUTE,
    unknownMs: MINUTE,
    clock,
    logger: pino({ level: 'silent' }),
    ...overrides,
  });
}

beforeEach(() => {
  nowMs = Date.parse('2026-01-02T03:05:00Z');
  asked = [];
  store = new MemoryStore();
  answer = () => Promise.resolve(found);
});

describe('ReportCache', () => {
  it('gives a report back as it was, with its moments, until its time is over', async () => {
    expect(await cache().lookUp(domain, asker)).toEqual(found);
    nowMs += 10 * MINUTE - 1;
    // Another process, the same store.
    expect(await cache().lookUp(domain, asker)).toEqual(found);
    expect(asked).toEqual(['auto domain']);
    nowMs += 1;
    await cache().lookUp(domain, asker);
    expect(asked).toHaveLength(2);
  });

  it('remembers for a shorter time that VirusTotal knows nothing', async () => {
    answer = () => Promise.resolve({ found: false });
    await cache().lookUp(domain, asker);
    nowMs += MINUTE - 1;
    expect(await cache().lookUp(domain, asker)).toEqual({ found: false });
    expect(asked).toHaveLength(1);
    nowMs += 1;
    answer = () => Promise.resolve(found);
    expect(await cache().lookUp(domain, asker)).toEqual(found);
  });

  it('asks every time when the lifetime is 0', async () => {
    const off = cache({ foundMs: 0 });
    await off.lookUp(domain, asker);
    await off.lookUp(domain, asker);
    expect(asked).toHaveLength(2);
  });

  it('obeys a lifetime that was shortened after the report was stored', async () => {
    await cache().lookUp(domain, asker);
    nowMs += 5 * MINUTE;
    await cache({ foundMs: 5 * MINUTE }).lookUp(domain, asker);
    expect(asked).toHaveLength(2);
  });

  it('asks once for a hundred requests at the same time', async () => {
    const shared = cache();
    const answers = await Promise.all(Array.from({ length: 100 }, () => shared.lookUp(domain, asker)));
    expect(answers).toHaveLength(100);
    expect(asked).toEqual(['auto domain']);
  });

  it('does not make a person wait for the turn of a machine', async () => {
    const shared = cache();
    await Promise.all([shared.lookUp(domain, asker), shared.lookUp(domain, { priority: 'manual' })]);
    expect(asked.sort()).toEqual(['auto domain', 'manual domain']);
  });

  it('keeps the answers of one key and of one object from others', async () => {
    await cache().lookUp(domain, asker);
    await cache({ keyId: 'key-b' }).lookUp(domain, asker);
    await cache().lookUp({ kind: 'domain', name: 'example.org' }, asker);
    expect(asked).toHaveLength(3);
  });

  it('does not remember failures', async () => {
    answer = () => Promise.reject(new TransportError('no line'));
    await expect(cache().lookUp(domain, asker)).rejects.toThrow('no line');
    answer = () => Promise.resolve(found);
    expect(await cache().lookUp(domain, asker)).toEqual(found);
  });

  it('answers all the same when the store fails or holds something else', async () => {
    const broken = {
      read: () => Promise.reject(new Error('no disk')),
      write: () => Promise.reject(new Error('full')),
    };
    expect(await cache({ store: broken }).lookUp(domain, asker)).toEqual(found);
    for (const text of ['', '{', '[]', '{"found":true}', '{"found":1}']) {
      const odd = {
        read: () =>
          Promise.resolve({ bytes: Buffer.from(text), storedAt: clock.now(), expiresAt: clock.now() }),
        write: () => Promise.resolve(),
      };
      expect(await cache({ store: odd }).lookUp(domain, asker)).toEqual(found);
    }
    expect(asked).toHaveLength(6);
  });

  it('passes everything else on', async () => {
    expect(await cache().yaraRuleset('a', asker)).toBeUndefined();
    expect(await cache().lastServingIpAddress('x', asker)).toBe('192.0.2.1');
    expect(await cache().quota()).toEqual({ hourly: undefined, daily: undefined, monthly: undefined });
  });
});
