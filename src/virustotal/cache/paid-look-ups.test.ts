import { beforeEach, describe, expect, it } from 'vitest';
import { settled } from '../../../test/helpers/virtual-time.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { noTelemetry } from '../../shared/telemetry.js';
import { MemoryStore } from '../../state/memory-store.js';
import { CredentialsError, TransportError } from '../errors.js';
import { parseReport } from '../parse-report.js';
import { QuotaExhaustedError } from '../quota/quota-exhausted-error.js';
import type { Asker, LookUp, Payer, VirusTotal, VtObject } from '../schema.js';
import { UnpaidError } from '../unpaid-error.js';
import { CachedVirusTotal } from './cached-virustotal.js';

const domain: VtObject = { kind: 'domain', name: 'example.com' };
const now = new Date('2026-01-02T03:05:00Z');
const raw = {
  data: { type: 'domain', id: 'example.com', attributes: { last_analysis_date: 1_700_000_000 } },
};
const found: LookUp = { found: true, report: parseReport('domain', raw)!, fetchedAt: now };

let store: MemoryStore;
let answer: (asker: Asker) => Promise<LookUp>;
let paid: string[];

beforeEach(() => {
  store = new MemoryStore();
  paid = [];
  answer = () => Promise.resolve(found);
});

function cache(keepRaw = false): CachedVirusTotal {
  const virusTotal: VirusTotal = {
    lookUp: (_, asker) => answer(asker),
    yaraRuleset: () => Promise.resolve(undefined),
    extra: () => Promise.resolve(undefined),
    quota: () => Promise.resolve({ hourly: undefined, daily: undefined, monthly: undefined }),
  };
  return new CachedVirusTotal(virusTotal, {
    store,
    keyId: 'key',
    foundMs: 60_000,
    unknownMs: 60_000,
    clock: { now: () => now },
    logger: recordedLogger().logger,
    telemetry: noTelemetry,
    keepRaw,
  });
}

function payer(name: string): Payer {
  return {
    pay: () => Promise.resolve(void paid.push(`${name} pays`)),
    refund: () => Promise.resolve(void paid.push(`${name} gets back`)),
  };
}

const broke: Payer = {
  pay: () => Promise.reject(new UnpaidError('The budget is spent.', 'transient')),
  refund: () => Promise.reject(new Error('nothing was paid')),
};

describe('who asks pays', () => {
  it('for the call, and not for what is at hand', async () => {
    const shared = cache();
    await shared.lookUp(domain, { priority: 'auto', payer: payer('first') });
    await shared.lookUp(domain, { priority: 'manual', payer: payer('second') });
    expect(paid).toEqual(['first pays']);
  });

  it('once, when several ask at the same time', async () => {
    const shared = cache();
    await Promise.all([
      shared.lookUp(domain, { priority: 'auto', payer: payer('first') }),
      shared.lookUp(domain, { priority: 'auto', payer: payer('second') }),
    ]);
    expect(paid).toEqual(['first pays']);
  });

  it('nothing, when there is no quota for the call', async () => {
    const spent = new QuotaExhaustedError(new Date('2026-01-03T00:00:00Z'), 'day');
    answer = () => Promise.reject(spent);
    await expect(cache().lookUp(domain, { priority: 'auto', payer: payer('first') })).rejects.toBe(spent);
    expect(paid).toEqual(['first pays', 'first gets back']);
  });

  it('nothing, when the answer came while it waited for its turn', async () => {
    const shared = cache();
    let serve: () => void = () => undefined;
    answer = ({ priority, signal }) =>
      priority === 'manual'
        ? new Promise((resolve) => {
            serve = () => {
              resolve(found);
            };
          })
        : new Promise((_, reject) => {
            signal?.addEventListener('abort', () => {
              reject(signal.reason as Error);
            });
          });
    const machine = shared.lookUp(domain, { priority: 'auto', payer: payer('machine') });
    await settled();
    const person = shared.lookUp(domain, { priority: 'manual', payer: payer('person') });
    await settled();
    serve();
    expect(await Promise.all([machine, person])).toEqual([found, found]);
    await settled();
    expect(paid).toEqual(['machine pays', 'person pays', 'machine gets back']);
  });

  it.each<[string, Error, boolean]>([
    ['that never reached VirusTotal', new TransportError('no line', { untouched: true }), true],
    ['with a key that it does not take', new CredentialsError('unknown key', {}), true],
    ['whose answer was lost', new TransportError('reset'), false],
  ])('for a call %s: given back is %s', async (_, error, isGivenBack) => {
    answer = async ({ isNeeded }) => {
      await isNeeded?.();
      throw error;
    };
    await expect(cache().lookUp(domain, { priority: 'auto', payer: payer('first') })).rejects.toBe(error);
    expect(paid).toEqual(isGivenBack ? ['first pays', 'first gets back'] : ['first pays']);
  });

  it('and who cannot keeps nobody else from asking', async () => {
    const shared = cache();
    const refused = shared.lookUp(domain, { priority: 'auto', payer: broke });
    const other = shared.lookUp(domain, { priority: 'auto', payer: payer('other') });
    await expect(refused).rejects.toThrow('The budget is spent.');
    expect(await other).toEqual(found);
    expect(paid).toEqual(['other pays']);
  });
});

it('asks again where the report is kept without what VirusTotal sent, and that is wanted', async () => {
  await cache().lookUp(domain, { priority: 'auto' });
  answer = () => Promise.resolve({ ...found, raw });
  expect(await cache(true).lookUp(domain, { priority: 'auto' })).toMatchObject({ raw });
  answer = () => Promise.reject(new Error('asked once more'));
  expect(await cache(true).lookUp(domain, { priority: 'auto' })).toMatchObject({ raw });
  expect(await cache().lookUp(domain, { priority: 'auto' })).toMatchObject({ raw });
});
