import { beforeEach, describe, expect, it, vi } from 'vitest';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { noTelemetry } from '../../shared/telemetry.js';
import { MemoryStore } from '../../state/memory-store.js';
import { TransportError } from '../errors.js';
import { parseReport } from '../parse-report.js';
import { QuotaExhaustedError } from '../quota/quota-exhausted-error.js';
import type { Asker, LookUp, Priority, VirusTotal, VtObject, YaraRuleset } from '../schema.js';
import { CachedVirusTotal, type CachedVirusTotalOptions } from './cached-virustotal.js';

const asker: Asker = { priority: 'auto' };
const domain: VtObject = { kind: 'domain', name: 'example.com' };
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

let nowMs: number;
let asked: string[];
let answer: (asker: Asker) => Promise<LookUp>;
let rulesets: Map<string, string | Error>;
/** What is said beyond reports. */
let extra: unknown;
let store: MemoryStore;
/** What telemetry was told: `cache domain miss`, `look-up domain found`. */
let told: string[];

const clock = { now: () => new Date(nowMs) };

function reportOf(fetchedAt: string): LookUp {
  const report = parseReport('domain', {
    data: {
      type: 'domain',
      id: 'example.com',
      attributes: {
        last_analysis_date: 1_700_000_000,
        last_analysis_stats: { malicious: 3, harmless: 60, undetected: 4, suspicious: 0 },
        categories: { 'Vendor A': 'malware' },
      },
    },
  });
  return { found: true, report: report!, fetchedAt: new Date(fetchedAt) };
}

const found = reportOf('2026-01-02T03:04:05.678Z');
const newer = reportOf('2026-01-02T03:09:00.000Z');

const virusTotal: VirusTotal = {
  lookUp: (object, by) => {
    asked.push(`${by.priority} ${object.kind}`);
    return answer(by);
  },
  yaraRuleset: (id, { priority, startedAtMs }) => {
    asked.push(`${priority} ruleset ${id}${startedAtMs === undefined ? '' : ` since ${startedAtMs}`}`);
    const rules = rulesets.get(id);
    if (rules instanceof Error) return Promise.reject(rules);
    return Promise.resolve(rules === undefined ? undefined : ruleset(id, rules));
  },
  extra: (name, { kind, id }, { priority }) => {
    asked.push(`${priority} ${name} of ${kind} ${id}`);
    return extra instanceof Error ? Promise.reject(extra) : Promise.resolve(extra as undefined);
  },
  quota: () => Promise.resolve({ hourly: undefined, daily: undefined, monthly: undefined }),
};

function ruleset(id: string, rules: string): YaraRuleset {
  return { id, name: 'demo_rules', source: undefined, rules };
}

/** A process of its own on the same store. */
function cache(overrides: Partial<CachedVirusTotalOptions> = {}): CachedVirusTotal {
  return new CachedVirusTotal(virusTotal, {
    store,
    keyId: 'key-a',
    foundMs: 10 * MINUTE,
    unknownMs: MINUTE,
    clock,
    logger: recordedLogger().logger,
    telemetry: {
      ...noTelemetry,
      lookedUp: (kind, result) => told.push(`look-up ${kind} ${result}`),
      cacheAsked: (kind, result, ageMs) =>
        told.push(`cache ${kind} ${result}${ageMs === undefined ? '' : ` after ${ageMs} ms`}`),
    },
    ...overrides,
  });
}

interface QuotaLine {
  /** Whose turn it would be, in the order in which they came. */
  readonly waiting: readonly Priority[];
  /** Serves the first of this priority. */
  serve(priority: Priority, value: LookUp): void;
}

/** Waits for quota until served, or until somebody else has the answer. */
function waitsForQuota(): QuotaLine {
  const line: { readonly priority: Priority; serve(value: LookUp): void }[] = [];
  answer = ({ priority, signal }) =>
    new Promise((resolve, reject) => {
      const leave = (): void => void line.splice(line.indexOf(entry), 1);
      const entry = {
        priority,
        serve: (value: LookUp) => {
          leave();
          resolve(value);
        },
      };
      line.push(entry);
      signal?.addEventListener('abort', () => {
        if (line.includes(entry)) leave();
        reject(signal.reason as Error);
      });
    });
  return {
    serve: (priority, value) => line.find((entry) => entry.priority === priority)?.serve(value),
    get waiting() {
      return line.map(({ priority }) => priority);
    },
  };
}

/** Lets everything that waits for promises only go as far as it can. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  extra = undefined;
  nowMs = Date.parse('2026-01-02T03:05:00Z');
  asked = [];
  told = [];
  store = new MemoryStore();
  rulesets = new Map();
  answer = () => Promise.resolve(found);
});

describe('the cache of reports', () => {
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

  it('remembers no longer that what VirusTotal knows was never analysed', async () => {
    const report = parseReport('domain', { data: { type: 'domain', id: 'example.com', attributes: {} } });
    answer = () => Promise.resolve({ found: true, report: report!, fetchedAt: clock.now() });
    await cache().lookUp(domain, asker);
    nowMs += MINUTE;
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

  it('keeps the answers of one key and of one object from others', async () => {
    await cache().lookUp(domain, asker);
    await cache({ keyId: 'key-b' }).lookUp(domain, asker);
    await cache().lookUp({ kind: 'domain', name: 'example.org' }, asker);
    expect(asked).toHaveLength(3);
  });

  it('knows a file by each of its hashes once it was asked for by one', async () => {
    const [md5, sha1, sha256] = ['a1'.repeat(16), 'b2'.repeat(20), 'c3'.repeat(32)];
    const attributes = { md5, sha1, sha256, last_analysis_date: 1_700_000_000 };
    const report = parseReport('file', { data: { type: 'file', id: sha256, attributes } });
    const file: LookUp = { found: true, report: report!, fetchedAt: new Date('2026-01-02T03:04:05.678Z') };
    answer = () => Promise.resolve(file);
    const shared = cache();
    for (const hash of [md5, sha256, sha1]) {
      expect(await shared.lookUp({ kind: 'file', hash }, asker)).toEqual(file);
    }
    expect(asked).toEqual(['auto file']);
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
      forget: () => Promise.reject(new Error('full')),
    };
    expect(await cache({ store: broken }).lookUp(domain, asker)).toEqual(found);
    const odd = ['', '{', '[]', '{"found":true}', '{"answer":{"found":false}}'];
    for (const text of [...odd, '{"relationships":[],"answer":{"found":1}}']) {
      const holdsIt = {
        read: () =>
          Promise.resolve({ bytes: Buffer.from(text), storedAt: clock.now(), expiresAt: clock.now() }),
        write: () => Promise.resolve(),
        forget: () => Promise.resolve(),
      };
      expect(await cache({ store: holdsIt }).lookUp(domain, asker)).toEqual(found);
    }
    expect(asked).toHaveLength(7);
  });

  it('forgets an older report when VirusTotal does not know the object any more', async () => {
    const off = cache({ unknownMs: 0 });
    await off.lookUp(domain, asker);
    nowMs += MINUTE;
    answer = () => Promise.resolve({ found: false });
    expect(await off.lookUp(domain, { ...asker, notBefore: clock.now() })).toEqual({ found: false });
    expect(await off.lookUp(domain, asker)).toEqual({ found: false });
    expect(asked).toHaveLength(3);
  });

  it('passes the question for the quota on', async () => {
    expect(await cache().quota()).toEqual({ hourly: undefined, daily: undefined, monthly: undefined });
  });
});

describe('a request that wants fresh data', () => {
  const wanting = (ageMs: number): Asker => ({ priority: 'manual', notBefore: new Date(nowMs - ageMs) });

  it.each([
    ['a report', found],
    ['that nothing is known', { found: false }],
  ] as const)('takes %s from the cache that is fresh enough, and no older one', async (_what, first) => {
    answer = () => Promise.resolve(first);
    const shared = cache({ unknownMs: 10 * MINUTE });
    await shared.lookUp(domain, asker);
    nowMs += 5 * MINUTE;
    expect(await shared.lookUp(domain, wanting(5 * MINUTE))).toEqual(first);
    expect(asked).toEqual(['auto domain']);
    answer = () => Promise.resolve(newer);
    expect(await shared.lookUp(domain, wanting(5 * MINUTE - 1))).toEqual(newer);
    expect(asked).toEqual(['auto domain', 'manual domain']);
    // It took the place of the older one, with a lifetime of its own.
    nowMs += 9 * MINUTE;
    expect(await shared.lookUp(domain, asker)).toEqual(newer);
    expect(asked).toHaveLength(2);
  });

  it('is not handed an older answer that another request is just reading from the store', async () => {
    const shared = cache();
    await shared.lookUp(domain, asker);
    nowMs += 5 * MINUTE;
    answer = () => Promise.resolve(newer);
    const content = shared.lookUp(domain, { priority: 'manual' });
    const demanding = shared.lookUp(domain, wanting(0));
    expect([await content, await demanding]).toEqual([found, newer]);
    expect(asked).toEqual(['auto domain', 'manual domain']);
  });

  it('shares the one look-up with all others that want the same', async () => {
    const shared = cache();
    await shared.lookUp(domain, asker);
    const line = waitsForQuota();
    const requests = Array.from({ length: 100 }, (_, index) => {
      nowMs += 1;
      return shared.lookUp(domain, wanting(index % 3));
    });
    await settled();
    line.serve('manual', newer);
    expect(await Promise.all(requests)).toEqual(requests.map(() => newer));
    expect(asked).toEqual(['auto domain', 'manual domain']);
  });

  it('is not handed an answer that came before it asked and is just being stored', async () => {
    const writes: (() => void)[] = [];
    const slow = {
      read: () => Promise.resolve(undefined),
      write: () => new Promise<void>((resolve) => void writes.push(resolve)),
      forget: () => Promise.resolve(),
    };
    const shared = cache({ store: slow });
    const first = shared.lookUp(domain, { priority: 'manual' });
    await settled();
    nowMs += MINUTE;
    answer = () => Promise.resolve(newer);
    const content = shared.lookUp(domain, asker);
    const demanding = shared.lookUp(domain, wanting(0));
    writes.shift()?.();
    await settled();
    writes.shift()?.();
    expect(await Promise.all([first, content, demanding])).toEqual([found, found, newer]);
    expect(asked).toEqual(['manual domain', 'manual domain']);
  });

  it('is content with what comes while it waits, whatever the clock does meanwhile', async () => {
    const line = waitsForQuota();
    const request = cache().lookUp(domain, wanting(0));
    await settled();
    nowMs -= 60 * MINUTE;
    line.serve('manual', found);
    expect(await request).toEqual(found);
    expect(asked).toEqual(['manual domain']);
  });
});

describe('requests of different urgency for one object', () => {
  it('does not make a person wait for the turn of a machine, and spends one unit for both', async () => {
    const line = waitsForQuota();
    const shared = cache();
    const automatic = shared.lookUp(domain, asker);
    await settled();
    const manual = shared.lookUp(domain, { priority: 'manual' });
    await settled();
    expect(line.waiting).toEqual(['auto', 'manual']);
    line.serve('manual', newer);
    expect(await Promise.all([automatic, manual])).toEqual([newer, newer]);
    expect(line.waiting).toEqual([]);
    expect(told).toEqual(['cache domain miss', 'cache domain miss', 'look-up domain found']);
  });

  it('lets a person join a machine whose look-up is under way', async () => {
    let arrive: (value: LookUp) => void = () => undefined;
    answer = async ({ isNeeded }) => {
      expect(await isNeeded?.()).toBe(true);
      return new Promise((resolve) => (arrive = resolve));
    };
    const shared = cache();
    const machine = shared.lookUp(domain, asker);
    await settled();
    const person = shared.lookUp(domain, { priority: 'manual', notBefore: clock.now() });
    await settled();
    arrive(found);
    expect(await Promise.all([machine, person])).toEqual([found, found]);
    expect(asked).toEqual(['auto domain']);
  });

  it('asks for a person when the look-up of the machine that the person joined fails', async () => {
    answer = async ({ isNeeded, priority }) => {
      await isNeeded?.();
      await settled();
      if (priority === 'auto') throw new QuotaExhaustedError(new Date('2026-01-03T00:00:00Z'), 'day');
      return found;
    };
    const shared = cache();
    const machine = shared.lookUp(domain, asker);
    machine.catch(() => undefined);
    await settled();
    expect(await shared.lookUp(domain, { priority: 'manual' })).toEqual(found);
    await expect(machine).rejects.toThrow(QuotaExhaustedError);
  });

  it('spends nothing when another process left the answer while a request waited for its turn', async () => {
    let grant: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => (grant = resolve));
    const needed: (boolean | undefined)[] = [];
    answer = async ({ isNeeded }) => {
      await turn;
      needed.push(await isNeeded?.());
      throw new TransportError('not needed');
    };
    const waiting = cache().lookUp(domain, asker);
    await settled();
    answer = () => Promise.resolve(found);
    await cache().lookUp(domain, { priority: 'manual' });
    const longAfter = performance.now() + 60_000;
    const monotonic = vi.spyOn(performance, 'now').mockReturnValue(longAfter);
    grant();
    expect(await waiting).toEqual(found);
    monotonic.mockRestore();
    expect(needed).toEqual([false]);
  });

  it('gives a person what a machine has got while the person waited', async () => {
    const line = waitsForQuota();
    const shared = cache();
    const automatic = shared.lookUp(domain, asker);
    await settled();
    const manual = shared.lookUp(domain, { priority: 'manual', notBefore: clock.now() });
    await settled();
    line.serve('auto', newer);
    expect(await Promise.all([automatic, manual])).toEqual([newer, newer]);
    expect(line.waiting).toEqual([]);
  });

  it('lets a machine join a person, and a playbook overtake a machine', async () => {
    const line = waitsForQuota();
    const shared = cache();
    const requests = (['auto', 'playbook', 'auto', 'manual', 'auto', 'playbook'] as const).map(
      async (priority) => shared.lookUp(domain, { priority }),
    );
    await settled();
    expect(line.waiting).toEqual(['auto', 'playbook', 'manual']);
    line.serve('manual', found);
    expect(await Promise.all(requests)).toEqual(requests.map(() => found));
    expect(told.filter((text) => text.startsWith('look-up'))).toEqual(['look-up domain found']);
  });

  it('does not let the failure of one be that of another', async () => {
    const line = waitsForQuota();
    const shared = cache();
    const automatic = shared.lookUp(domain, asker);
    await settled();
    answer = () => Promise.reject(new TransportError('no line'));
    await expect(shared.lookUp(domain, { priority: 'manual' })).rejects.toThrow('no line');
    line.serve('auto', found);
    expect(await automatic).toEqual(found);
  });
});

describe('relationships that are asked for inside the call', () => {
  const withNames = (...names: string[]): CachedVirusTotal => cache({ relationships: { domain: names } });

  it('make a report that was had without one of them a miss', async () => {
    await withNames('resolutions').lookUp(domain, asker);
    await withNames().lookUp(domain, asker);
    await withNames('resolutions').lookUp(domain, asker);
    expect(asked).toHaveLength(1);
    await withNames('resolutions', 'subdomains').lookUp(domain, asker);
    expect(asked).toHaveLength(2);
    await withNames('subdomains').lookUp(domain, asker);
    expect(asked).toHaveLength(2);
  });

  it('do not matter when VirusTotal knows nothing, nor to other kinds of objects', async () => {
    answer = () => Promise.resolve({ found: false });
    await withNames().lookUp(domain, asker);
    await withNames('resolutions').lookUp(domain, asker);
    const address: VtObject = { kind: 'ip_address', address: '1.2.3.4' };
    answer = () => Promise.resolve(found);
    await withNames().lookUp(address, asker);
    await withNames('resolutions').lookUp(address, asker);
    expect(asked).toEqual(['auto domain', 'auto ip_address']);
  });
});

describe('the cache of rulesets', () => {
  it('says for whom it asks, and since when the request is in work', async () => {
    await cache().yaraRuleset('a', { priority: 'playbook', startedAtMs: 5000 });
    expect(asked).toEqual(['playbook ruleset a since 5000']);
  });

  it('keeps one for a week, also over a restart', async () => {
    rulesets.set('a', 'rule a');
    expect(await cache().yaraRuleset('a', asker)).toEqual(ruleset('a', 'rule a'));
    nowMs += 7 * DAY - 1;
    expect(await cache().yaraRuleset('a', asker)).toEqual(ruleset('a', 'rule a'));
    expect(asked).toEqual(['auto ruleset a']);
    nowMs += 1;
    await cache().yaraRuleset('a', asker);
    expect(asked).toEqual(['auto ruleset a', 'auto ruleset a']);
  });

  it('knows for a day that one is gone or not for this key', async () => {
    expect(await cache().yaraRuleset('gone', asker)).toBeUndefined();
    nowMs += DAY - 1;
    expect(await cache().yaraRuleset('gone', asker)).toBeUndefined();
    expect(asked).toEqual(['auto ruleset gone']);
    nowMs += 1;
    rulesets.set('gone', 'rule back');
    expect(await cache().yaraRuleset('gone', asker)).toEqual(ruleset('gone', 'rule back'));
  });

  it('keeps them even when no reports are kept, and when a person wants a fresh report', async () => {
    rulesets.set('a', 'rule a');
    const shared = cache({ foundMs: 0, unknownMs: 0 });
    await shared.yaraRuleset('a', asker);
    nowMs += MINUTE;
    await shared.yaraRuleset('a', { priority: 'manual', notBefore: clock.now() });
    expect(asked).toEqual(['auto ruleset a']);
  });

  it('makes one call for requests at the same time, and keeps no failure', async () => {
    const shared = cache();
    rulesets.set('a', new TransportError('no line'));
    const failed = await Promise.allSettled([shared.yaraRuleset('a', asker), shared.yaraRuleset('a', asker)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    rulesets.set('a', 'rule a');
    await Promise.all([shared.yaraRuleset('a', asker), shared.yaraRuleset('a', asker)]);
    expect(asked).toEqual(['auto ruleset a', 'auto ruleset a']);
  });
});

describe('the cache of what goes beyond reports', () => {
  const file = { kind: 'file', id: 'ab'.repeat(32) } as const;
  const sigma = { kind: 'sigma_rule', id: 'cd'.repeat(32) } as const;
  const comment = {
    id: 'f-1',
    text: 'bad',
    author: 'demo_user',
    date: new Date('2026-01-01T00:00:00Z'),
    tags: [],
    votes: { positive: 0, negative: 0, abuse: 0 },
  };

  it('keeps it as long as a report, dates and all, also over a restart', async () => {
    extra = [comment];
    expect(await cache().extra('comments', file, asker)).toEqual([comment]);
    nowMs += 10 * MINUTE - 1;
    expect(await cache().extra('comments', file, asker)).toEqual([comment]);
    expect(asked).toEqual([`auto comments of file ${file.id}`]);
    nowMs += 1;
    await cache().extra('comments', file, asker);
    expect(asked).toHaveLength(2);
  });

  it('tells questions about one object apart', async () => {
    extra = [];
    await cache().extra('comments', file, asker);
    await cache().extra('behaviour_techniques', file, asker);
    expect(asked).toEqual([
      `auto comments of file ${file.id}`,
      `auto behaviour_techniques of file ${file.id}`,
    ]);
  });

  it('knows for a while that there is nothing, and asks nothing that an object does not have', async () => {
    expect(await cache().extra('comments', file, asker)).toBeUndefined();
    expect(await cache().extra('comments', file, asker)).toBeUndefined();
    expect(await cache().extra('resolutions', file, asker)).toBeUndefined();
    expect(asked).toEqual([`auto comments of file ${file.id}`]);
    nowMs += MINUTE;
    await cache().extra('comments', file, asker);
    expect(asked).toHaveLength(2);
  });

  it('gives a person fresh comments with a fresh report, but not a fresh rule', async () => {
    extra = [comment];
    await cache().extra('comments', file, asker);
    extra = { id: sigma.id, title: 'Demo' };
    await cache().extra('sigma_rule', sigma, asker);
    nowMs += MINUTE;
    const person: Asker = { priority: 'manual', notBefore: clock.now() };
    await cache().extra('comments', file, person);
    expect(await cache().extra('sigma_rule', sigma, person)).toEqual({ id: sigma.id, title: 'Demo' });
    expect(asked.slice(2)).toEqual([`manual comments of file ${file.id}`]);
    nowMs += 7 * DAY - MINUTE - 1;
    await cache().extra('sigma_rule', sigma, asker);
    expect(asked).toHaveLength(3);
  });
});

describe('what the cache tells about itself', () => {
  it('names hits with their age, misses, stale and shared answers, and what became of look-ups', async () => {
    const shared = cache();
    await Promise.all([shared.lookUp(domain, asker), shared.lookUp(domain, asker)]);
    nowMs += MINUTE;
    await Promise.all([shared.lookUp(domain, asker), shared.lookUp(domain, asker)]);
    answer = () => Promise.resolve({ found: false });
    await shared.lookUp(domain, { ...asker, notBefore: clock.now() });
    await shared.yaraRuleset('gone', asker);
    expect(told).toEqual([
      'cache domain miss',
      'look-up domain found',
      'cache domain shared',
      'cache domain hit after 60000 ms',
      'cache domain hit after 60000 ms',
      'cache domain stale',
      'look-up domain unknown',
      'cache yara_ruleset miss',
      'look-up yara_ruleset unknown',
    ]);
  });

  it.each([
    [new TransportError('no line'), 'failed'],
    [new QuotaExhaustedError(new Date('2026-01-03T00:00:00Z'), 'day'), 'postponed'],
  ])('tells %s as %s', async (error, result) => {
    answer = () => Promise.reject(error);
    await expect(cache().lookUp(domain, asker)).rejects.toBe(error);
    expect(told).toEqual(['cache domain miss', `look-up domain ${result}`]);
  });
});
