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
import { WithdrawnError } from '../withdrawn-error.js';
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
  answer = ask;
});

/** As the client does: the call is made when its turn has come and it is needed still. */
async function ask({ isNeeded }: Asker): Promise<LookUp> {
  if ((await isNeeded?.()) === false) throw new TransportError('The answer came from elsewhere.');
  return found;
}

/** Waits for quota until `come` is called, as the client does. */
function line(): { readonly wait: (asker: Asker) => Promise<LookUp>; come(): void } {
  const waiting: (() => void)[] = [];
  return {
    wait: async (asker) => {
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          reject(asker.signal?.reason as Error);
        };
        if (asker.signal?.aborted === true) leave();
        asker.signal?.addEventListener('abort', leave);
        waiting.push(resolve);
      });
      return ask(asker);
    },
    come: () => {
      for (const go of waiting.splice(0)) go();
    },
  };
}

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
    check: () => Promise.resolve(),
    pay: () => Promise.resolve(void paid.push(`${name} pays`)),
    refund: () => Promise.resolve(void paid.push(`${name} gets back`)),
  };
}

const broke: Payer = {
  check: () => Promise.resolve(),
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
    expect(paid).toEqual([]);
  });

  it('only when its turn has come', async () => {
    const { wait, come } = line();
    answer = wait;
    const asked = cache().lookUp(domain, { priority: 'auto', payer: payer('first') });
    await settled();
    expect(paid).toEqual([]);
    come();
    expect(await asked).toEqual(found);
    expect(paid).toEqual(['first pays']);
  });

  it('and who could not does not wait for a turn', async () => {
    answer = () => Promise.reject(new Error('stood in line'));
    const check = (): Promise<void> => Promise.reject(new UnpaidError('The budget is spent.', 'transient'));
    const asked = cache().lookUp(domain, { priority: 'auto', payer: { ...broke, check } });
    await expect(asked).rejects.toThrow('The budget is spent.');
  });

  it('once for a call that is made again', async () => {
    answer = async (asker) => {
      await asker.isNeeded?.();
      return ask(asker);
    };
    await cache().lookUp(domain, { priority: 'auto', payer: payer('first') });
    expect(paid).toEqual(['first pays']);
  });

  it('nothing, when the answer came while it waited for its turn', async () => {
    const shared = cache();
    const [people, machines] = [line(), line()];
    answer = (asker) => (asker.priority === 'manual' ? people : machines).wait(asker);
    const machine = shared.lookUp(domain, { priority: 'auto', payer: payer('machine') });
    await settled();
    const person = shared.lookUp(domain, { priority: 'manual', payer: payer('person') });
    await settled();
    people.come();
    expect(await Promise.all([machine, person])).toEqual([found, found]);
    await settled();
    expect(paid).toEqual(['person pays']);
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

describe('who withdraws', () => {
  const gone = (): WithdrawnError => new WithdrawnError('The job was paused.');

  it('while it waits for its turn pays nothing, and VirusTotal is not asked', async () => {
    const { wait, come } = line();
    answer = wait;
    const withdrawal = new AbortController();
    const { signal } = withdrawal;
    const asked = cache().lookUp(domain, { priority: 'auto', payer: payer('first'), signal });
    await settled();
    withdrawal.abort(gone());
    await expect(asked).rejects.toThrow('The job was paused.');
    come();
    await settled();
    expect(paid).toEqual([]);
  });

  it('when its turn has come, by saying that it is not needed, pays nothing', async () => {
    const isNeeded = (): Promise<boolean> => Promise.resolve(false);
    const asked = cache().lookUp(domain, { priority: 'auto', payer: payer('first'), isNeeded });
    await expect(asked).rejects.toBeInstanceOf(WithdrawnError);
    expect(paid).toEqual([]);
  });

  it('once VirusTotal is asked has the answer, and pays', async () => {
    const { wait, come } = line();
    const withdrawal = new AbortController();
    answer = async (asker) => {
      await asker.isNeeded?.();
      return wait({ priority: asker.priority });
    };
    const { signal } = withdrawal;
    const asked = cache().lookUp(domain, { priority: 'auto', payer: payer('first'), signal });
    await settled();
    withdrawal.abort(gone());
    come();
    expect(await asked).toEqual(found);
    expect(paid).toEqual(['first pays']);
  });

  it('leaves others who wait for the same to ask themselves', async () => {
    const { wait, come } = line();
    answer = wait;
    const shared = cache();
    const withdrawal = new AbortController();
    const { signal } = withdrawal;
    const first = shared.lookUp(domain, { priority: 'auto', payer: payer('first'), signal });
    const second = shared.lookUp(domain, { priority: 'auto', payer: payer('second') });
    await settled();
    withdrawal.abort(gone());
    await expect(first).rejects.toThrow('The job was paused.');
    await settled();
    come();
    expect(await second).toEqual(found);
    expect(paid).toEqual(['second pays']);
  });

  it('from the look-up of another goes at once, and that goes on', async () => {
    const { wait, come } = line();
    answer = wait;
    const shared = cache();
    const withdrawal = new AbortController();
    const { signal } = withdrawal;
    const first = shared.lookUp(domain, { priority: 'auto', payer: payer('first') });
    const second = shared.lookUp(domain, { priority: 'auto', payer: payer('second'), signal });
    await settled();
    withdrawal.abort(gone());
    await expect(second).rejects.toThrow('The job was paused.');
    come();
    expect(await first).toEqual(found);
    expect(paid).toEqual(['first pays']);
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
