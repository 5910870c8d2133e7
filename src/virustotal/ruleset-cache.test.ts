import { beforeEach, describe, expect, it } from 'vitest';

import { TransportError } from './errors.js';
import { RulesetCache, type RulesetCacheLimits } from './ruleset-cache.js';
import type { Asker, VirusTotal, YaraRuleset } from './schema.js';

const asker: Asker = { priority: 'auto' };
const limits: RulesetCacheLimits = {
  foundMs: 3_600_000,
  missingMs: 600_000,
  maxRulesets: 3,
  maxCharacters: 100,
};

let now: Date;
let asked: string[];
let answers: Map<string, string | Error>;
let cache: RulesetCache;

beforeEach(() => {
  now = new Date('2024-05-01T12:00:00Z');
  asked = [];
  answers = new Map();
  const virusTotal: VirusTotal = {
    lookUp: () => Promise.resolve({ found: false }),
    yaraRuleset: (id) => {
      asked.push(id);
      const rules = answers.get(id);
      if (rules instanceof Error) return Promise.reject(rules);
      return Promise.resolve(rules === undefined ? undefined : ruleset(id, rules));
    },
    lastServingIpAddress: () => Promise.resolve('192.0.2.1'),
    quota: () => Promise.resolve({ hourly: undefined, daily: { used: 1, allowed: 2 }, monthly: undefined }),
  };
  cache = new RulesetCache(virusTotal, { now: () => now }, limits);
});

function ruleset(id: string, rules: string): YaraRuleset {
  return { id, name: undefined, source: undefined, rules };
}

function pass(minutes: number): void {
  now = new Date(now.getTime() + minutes * 60_000);
}

describe('RulesetCache', () => {
  it('asks once for a ruleset within an hour, and again after it', async () => {
    answers.set('a', 'rule a');
    expect(await cache.yaraRuleset('a', asker)).toEqual(ruleset('a', 'rule a'));
    pass(59);
    expect(await cache.yaraRuleset('a', asker)).toEqual(ruleset('a', 'rule a'));
    expect(asked).toEqual(['a']);
    pass(1);
    await cache.yaraRuleset('a', asker);
    expect(asked).toEqual(['a', 'a']);
  });

  it('asks again for a missing ruleset after ten minutes', async () => {
    expect(await cache.yaraRuleset('gone', asker)).toBeUndefined();
    pass(9);
    expect(await cache.yaraRuleset('gone', asker)).toBeUndefined();
    expect(asked).toEqual(['gone']);
    pass(1);
    answers.set('gone', 'rule back');
    expect(await cache.yaraRuleset('gone', asker)).toEqual(ruleset('gone', 'rule back'));
  });

  it('never remembers a failure', async () => {
    answers.set('a', new TransportError('no line'));
    await expect(cache.yaraRuleset('a', asker)).rejects.toThrow('no line');
    answers.set('a', 'rule a');
    expect(await cache.yaraRuleset('a', asker)).toEqual(ruleset('a', 'rule a'));
  });

  it('makes one call for requests at the same time', async () => {
    answers.set('a', 'rule a');
    await Promise.all([
      cache.yaraRuleset('a', asker),
      cache.yaraRuleset('a', asker),
      cache.yaraRuleset('b', asker),
    ]);
    expect(asked).toEqual(['a', 'b']);
  });

  it('forgets the ruleset that was not used for longest when there are too many', async () => {
    for (const id of ['a', 'b', 'c', 'a', 'd', 'a', 'c', 'd', 'b']) await cache.yaraRuleset(id, asker);
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'b']);
  });

  it('keeps to its share of memory, and does not keep a ruleset beyond it at all', async () => {
    answers.set('a', 'x'.repeat(60)).set('b', 'x'.repeat(60)).set('huge', 'x'.repeat(101));
    for (const id of ['a', 'b', 'b', 'a', 'huge', 'huge', 'a']) await cache.yaraRuleset(id, asker);
    expect(asked).toEqual(['a', 'b', 'a', 'huge', 'huge']);
  });

  it('passes everything else on', async () => {
    expect(await cache.lookUp({ kind: 'domain', name: 'example.com' }, asker)).toEqual({ found: false });
    expect(await cache.lastServingIpAddress('x', asker)).toBe('192.0.2.1');
    expect(await cache.quota()).toEqual({
      hourly: undefined,
      daily: { used: 1, allowed: 2 },
      monthly: undefined,
    });
  });
});
