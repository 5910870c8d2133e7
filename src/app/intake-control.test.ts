import { beforeEach, describe, expect, it } from 'vitest';
import { IntakeControl } from './intake-control.js';

const until = new Date('2026-03-16T00:00:00Z');

let told: string[];
let control: IntakeControl;
const intake = {
  serve: (whom: string) => told.push(whom),
  expectWaiting: (isWaiting: boolean) => void told.push(`waiting ${isWaiting}`),
};

beforeEach(() => {
  told = [];
  control = new IntakeControl();
});

describe('the control of the intake', () => {
  it('says nothing while there are look-ups for everyone', async () => {
    await control.follow(intake);
    expect(told).toEqual([]);
    expect(control.waitingText).toBeUndefined();
  });

  it('tells an intake that comes later what holds', async () => {
    control.onExhausted({ until, window: 'day', manualServed: false });
    await control.follow(intake);
    expect(told).toEqual(['nobody']);
  });

  it.each([
    {
      manualServed: false,
      whom: 'nobody',
      text: /^requests wait until 2026-03-16T00:00:00\.000Z: .*used up$/,
    },
    { manualServed: true, whom: 'manual', text: /^automatic requests wait until 2026-03-16T00.*reserved/ },
  ])(
    'lets in $whom when the quota is spent, manualServed $manualServed',
    async ({ manualServed, whom, text }) => {
      await control.follow(intake);
      control.onExhausted({ until, window: 'day', manualServed });
      expect(control.waitingText).toMatch(text);
      control.onResumed();
      expect(control.waitingText).toBeUndefined();
      expect(told).toEqual([whom, 'everyone']);
    },
  );

  it.each([
    { manualServed: true, isTaking: true, ok: true },
    { manualServed: true, isTaking: false, ok: false },
    { manualServed: false, isTaking: false, ok: true },
  ])(
    'is well ($ok) with a spent quota when manualServed is $manualServed and requests are taken: $isTaking',
    async ({ manualServed, isTaking, ok }) => {
      await control.follow(intake);
      control.onExhausted({ until, window: 'day', manualServed });
      expect(control.health(isTaking)).toMatchObject({
        ok,
        detail: expect.stringContaining('wait until 2026-03-16T00:00:00.000Z') as string,
      });
    },
  );

  it('is well while there are look-ups only when requests are taken', () => {
    expect([control.health(true), control.health(false)]).toMatchObject([{ ok: true }, { ok: false }]);
    control.onUnreachable();
    expect(control.health(false)).toMatchObject({ ok: false });
  });

  it('lets in only people while VirusTotal is down, whatever becomes of the quota', async () => {
    await control.follow(intake);
    control.onUnreachable();
    control.onExhausted({ until, window: 'month', manualServed: false });
    control.onResumed();
    control.onReachable();
    expect(told).toEqual(['manual', 'nobody', 'manual', 'everyone']);
  });

  it('lets in nobody while the platform is away, and then whom the look-ups are for', async () => {
    await control.follow(intake);
    control.onPlatformAway();
    expect(control.health(false)).toMatchObject({
      ok: true,
      detail: 'requests wait until OpenCTI answers again',
    });
    control.onUnreachable();
    control.onPlatformBack();
    control.onReachable();
    expect(told).toEqual(['nobody', 'nobody', 'manual', 'everyone']);
  });

  it('passes on whether requests wait for a look-up', async () => {
    control.onWaiting(true);
    await control.follow(intake);
    control.onWaiting(true);
    control.onWaiting(false);
    expect(told).toEqual(['waiting true', 'waiting false']);
  });
});
