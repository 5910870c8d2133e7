import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ENVIRONMENT_KEY,
  lookUpWorld,
  type LookUpWorld,
  type LookUpWorldOptions,
} from '../../../test/helpers/look-up-world.js';
import { settled } from '../../../test/helpers/virtual-time.js';
import { CredentialsError } from '../../virustotal/errors.js';
import type { LookUpResult } from './look-ups.js';
import { TextSeal } from './sealed-text.js';

const key = '0123456789abcdef'.repeat(4);
const worlds: LookUpWorld[] = [];

async function open(options: LookUpWorldOptions = {}): Promise<LookUpWorld> {
  const world = await lookUpWorld(options);
  worlds.push(world);
  return world;
}

const simulated = (): Promise<LookUpWorld> => open({ environmentKey: undefined });

function lookUp(world: LookUpWorld, value: string): Promise<LookUpResult> {
  const subject = { type: 'domain', value } as const;
  return world.lookUps.lookUp({ organisationId: world.own, subject, priority: 'manual' });
}

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

describe('the VirusTotal key', () => {
  it('is that of the environment until one is set, and again when that is removed', async () => {
    const { vault, settings } = await open();
    expect(await vault.state()).toEqual({ isSet: true, masked: '••••eeee', source: 'environment' });
    expect(await vault.set(` ${key}\n`)).toBeUndefined();
    expect(await vault.read()).toEqual({ source: 'settings', key });
    expect(await vault.state()).toEqual({ isSet: true, masked: '••••cdef', source: 'settings' });
    expect(await settings.get('virustotal.key')).not.toContain('abcdef');
    await vault.clear();
    expect(await vault.read()).toEqual({ source: 'environment', key: ENVIRONMENT_KEY });
  });

  it('is not there at first', async () => {
    const { vault, engine } = await simulated();
    expect(await vault.state()).toEqual({ isSet: false, masked: null, source: 'simulator' });
    expect(await engine.isSimulated()).toBe(true);
  });

  it.each(['', 'hunter2', key.slice(1), `${key}0`, key.replace('0', 'x')])(
    'must look like one: %j',
    async (text) => {
      const { vault } = await open();
      const fault = await vault.set(text);
      expect(fault).toContain('64 hexadecimal digits');
      if (text !== '') expect(fault).not.toContain(text);
      expect((await vault.state()).source).toBe('environment');
    },
  );

  it('that another process sets counts here half a minute later', async () => {
    const world = await open();
    const other = world.another();
    await world.vault.read();
    await other.vault.set(key);
    await world.time.pass(29_000);
    expect((await world.vault.read()).source).toBe('environment');
    await world.time.pass(1_000);
    expect(await world.vault.read()).toEqual({ source: 'settings', key });
  });

  it('that was sealed with another secret is replaced by none: nothing is looked up until somebody acts', async () => {
    const world = await open();
    await world.settings.set('virustotal.key', new TextSeal(randomBytes(32), 'virustotal key').seal(key));
    expect(await world.vault.state()).toEqual({ isSet: true, masked: null, source: 'settings' });
    await expect(lookUp(world, 'evil.example.com')).rejects.toMatchObject({
      code: 'key',
      message: expect.stringContaining('LIBRARY_SECRET') as string,
    });
    expect(await world.engine.isSimulated()).toBe(false);
    expect(await world.engine.usage()).toBeUndefined();
    expect(world.engine.health()).toMatchObject({ ok: false });
    expect(await world.engine.test()).toMatchObject({ ok: false });
    await world.vault.set(key);
    await lookUp(world, 'evil.example.com');
    expect(world.virusTotal(key).asked).toHaveLength(1);
    expect(world.engine.health()).toEqual({ ok: true });
  });
});

describe('another key', () => {
  it('is used from then on; a call on its way ends with the one before', async () => {
    const world = await open();
    let answer = (): void => undefined;
    world.virusTotal().before = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const before = lookUp(world, 'one.example.com');
    await settled();
    await settled();
    await world.vault.set(key);
    await lookUp(world, 'two.example.com');
    expect(world.virusTotal(key).asked).toEqual(['/domains/two.example.com']);
    answer();
    expect((await before).ioc.verdict).toBe('suspicious');
    expect(world.virusTotal().asked).toEqual(['/domains/one.example.com']);
    expect(world.virusTotal().isClosed).toBe(true);
  });

  it('serves who still waited for quota with the one before, and the budget is charged once', async () => {
    const world = await open();
    const old = world.virusTotal();
    let send = (): void => undefined;
    old.before = async () => {
      await new Promise<void>((resolve) => {
        send = resolve;
      });
      const { StoppedError } = await import('../../virustotal/stopped-error.js');
      throw new StoppedError();
    };
    const waiting = lookUp(world, 'one.example.com');
    await settled();
    await settled();
    await world.vault.set(key);
    await lookUp(world, 'two.example.com');
    send();
    await waiting;
    expect(old.asked).toEqual([]);
    expect(world.virusTotal(key).asked).toEqual(['/domains/two.example.com', '/domains/one.example.com']);
    expect((await world.usage.read(world.own, world.time.clock.now())).day.used).toBe(2);
  });
});

describe('what the simulator said', () => {
  it('goes when a real key comes, and what VirusTotal had said before stays', async () => {
    const world = await simulated();
    await world.vault.set(key);
    const real = (await lookUp(world, 'real.example.com')).ioc;
    await world.vault.clear();
    await world.time.pass(60_000);
    const made = (await lookUp(world, 'made.example.com')).ioc;
    expect(made.verdict).toBe('suspicious');
    await world.vault.set(key);
    await world.time.pass(1_000);
    await lookUp(world, 'next.example.com');
    expect(await world.iocs.get(world.own, made.id)).toMatchObject({ verdict: null, enrichedAt: null });
    expect(await world.enrichments.history(world.own, made.id)).toEqual([]);
    expect(await world.iocs.get(world.own, real.id)).toMatchObject({ verdict: 'suspicious' });
    await world.vault.clear();
    await world.vault.set(key);
    await lookUp(world, 'last.example.com');
    expect(await world.iocs.get(world.own, real.id)).toMatchObject({ verdict: 'suspicious' });
  });

  it('while a real key comes goes as well', async () => {
    const world = await simulated();
    let answer = (): void => undefined;
    world.virusTotal().before = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const last = lookUp(world, 'made.example.com');
    await settled();
    await settled();
    await world.vault.set(key);
    const first = lookUp(world, 'real.example.com');
    await settled();
    expect(world.virusTotal(key).asked).toEqual([]);
    answer();
    const { ioc } = await last;
    await first;
    expect(await world.iocs.get(world.own, ioc.id)).toMatchObject({ verdict: null });
  });
});

describe('the test of the key', () => {
  it('says that VirusTotal takes it, and costs nothing', async () => {
    const world = await open();
    expect(await world.engine.test()).toEqual({
      ok: true,
      message: 'VirusTotal takes the key; look-ups that it allows: 500 a day and 15500 a month.',
    });
    expect(world.virusTotal().asked).toEqual([]);
  });

  it('says that it does not', async () => {
    const world = await open();
    world.virusTotal().allowed = () => Promise.reject(new CredentialsError('unknown', {}));
    expect(await world.engine.test()).toMatchObject({
      ok: false,
      message: expect.stringContaining('does not take the API key') as string,
    });
  });

  it('is for one that is not set yet as well', async () => {
    const world = await simulated();
    expect(await world.engine.test(key)).toMatchObject({
      ok: true,
      message: expect.stringContaining('takes the key') as string,
    });
    world.virusTotal(key).allowed = () => Promise.reject(new CredentialsError('unknown', {}));
    expect(await world.engine.test(key)).toMatchObject({ ok: false });
    expect(await world.engine.test('hunter2')).toMatchObject({ ok: false });
    expect(await world.engine.isSimulated()).toBe(true);
  });

  it('says that there is none', async () => {
    const world = await simulated();
    expect(await world.engine.test()).toMatchObject({
      ok: true,
      message: expect.stringContaining('simulator') as string,
    });
  });
});

it('is over for everybody when the library stops', async () => {
  const world = await open();
  await lookUp(world, 'one.example.com');
  await world.engine.close();
  await expect(lookUp(world, 'two.example.com')).rejects.toMatchObject({ code: 'stopped' });
  expect(world.virusTotal().isClosed).toBe(true);
});
