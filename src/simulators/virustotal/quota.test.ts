import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../shared/clock.js';
import { publicLimits, QuotaLedger } from './quota.js';
import {
  startVirusTotalSimulator,
  type VirusTotalSimulator,
  type VirusTotalSimulatorOptions,
} from './server.js';

// oxlint-disable-next-line typescript/no-explicit-any -- read member by member; a wrong guess fails the test
type Body = any;

const key = 'a'.repeat(64);
const otherKey = 'b'.repeat(64);

let now = new Date('2025-06-30T23:58:00Z');
const clock: Clock = { now: () => new Date(now) };
const at = (time: string): void => {
  now = new Date(time);
};

let running: VirusTotalSimulator | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(options: VirusTotalSimulatorOptions): Promise<VirusTotalSimulator> {
  at('2025-06-30T23:58:00Z');
  running = await startVirusTotalSimulator({ clock, ...options });
  return running;
}

async function ask(simulator: VirusTotalSimulator, path = '/ip_addresses/8.8.8.8'): Promise<Response> {
  return fetch(`${simulator.url}${path}`, { headers: { 'x-apikey': key } });
}

async function statusOf(simulator: VirusTotalSimulator, path?: string): Promise<number> {
  const response = await ask(simulator, path);
  await response.arrayBuffer();
  return response.status;
}

describe('quota', () => {
  it('lets four requests through in any sixty seconds', async () => {
    const simulator = await start({ quota: publicLimits });
    const statuses: number[] = [];
    for (const second of ['00', '10', '20', '30', '59'])
      statuses.push((at(`2025-06-30T12:00:${second}Z`), await statusOf(simulator)));
    at('2025-06-30T12:01:00Z');
    statuses.push(await statusOf(simulator), await statusOf(simulator));
    expect(statuses).toEqual([200, 200, 200, 200, 429, 200, 429]);
  });

  it('answers 429 in the error envelope without Retry-After, and does not count it', async () => {
    const simulator = await start({ quota: { perDay: 1 } });
    await statusOf(simulator);
    const response = await ask(simulator);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBeNull();
    expect(await response.json()).toEqual({
      error: { code: 'QuotaExceededError', message: 'Quota exceeded' },
    });
    expect(simulator.quota.use(key)).toEqual({ minute: 1, hour: 1, day: 1, month: 1 });
  });

  it('says when the day opens again if told to send Retry-After', async () => {
    const simulator = await start({ quota: { perDay: 1 }, behaviour: { retryAfter: true } });
    await statusOf(simulator);
    expect((await ask(simulator)).headers.get('retry-after')).toBe('120');
  });

  it('opens the day at midnight UTC and the month on its first day', async () => {
    const simulator = await start({ quota: { perDay: 2, perMonth: 3 } });
    at('2025-06-29T12:00:00Z');
    expect([await statusOf(simulator), await statusOf(simulator), await statusOf(simulator)]).toEqual([
      200, 200, 429,
    ]);
    at('2025-06-30T00:00:00Z');
    expect([await statusOf(simulator), await statusOf(simulator)]).toEqual([200, 429]);
    at('2025-07-01T00:00:00Z');
    expect(await statusOf(simulator)).toBe(200);
  });

  it('charges for unknown objects, not for forbidden ones and not for the account', async () => {
    const simulator = await start({});
    await statusOf(simulator, `/files/${'0'.repeat(64)}`);
    await statusOf(simulator, '/ip_addresses/8.8.8.8/urls');
    await statusOf(simulator, `/users/${key}`);
    await statusOf(simulator, '/analyses/unknown');
    expect(simulator.log.entries.map(({ status, quotaUnits }) => [status, quotaUnits])).toEqual([
      [404, 1],
      [403, 0],
      [200, 0],
      [404, 0],
    ]);
  });

  it('charges each embedded relationship when told so', async () => {
    const simulator = await start({ behaviour: { embeddedRelationshipUnits: 1 } });
    await statusOf(simulator, '/ip_addresses/8.8.8.8?relationships=resolutions,comments');
    expect(simulator.log.quotaUnits).toBe(3);
  });

  it('shares the limits of a group among its keys', async () => {
    const group = { name: 'acme', limits: { perDay: 1 } };
    const simulator = await start({
      keys: { [key]: { kind: 'premium', group }, [otherKey]: { kind: 'premium', group } },
    });
    const path = `${simulator.url}/ip_addresses/8.8.8.8`;
    expect((await fetch(path, { headers: { 'x-apikey': otherKey } })).status).toBe(200);
    expect(await statusOf(simulator)).toBe(429);
  });
});

describe('QuotaLedger', () => {
  it('opens the minute when the oldest counting request is sixty seconds old', () => {
    const ledger = new QuotaLedger({ perMinute: 2 });
    ledger.spend(new Date('2025-06-01T12:00:00Z'));
    ledger.spend(new Date('2025-06-01T12:00:10Z'));
    ledger.spend(new Date('2025-06-01T12:00:20Z'));
    expect(ledger.exhaustedUntil(new Date('2025-06-01T12:00:30Z'))).toEqual(new Date('2025-06-01T12:01:10Z'));
  });
});

describe('the account', () => {
  it('shows overall quotas under the key and under the user name, also when they are used up', async () => {
    const simulator = await start({
      keys: {
        [key]: {
          kind: 'public',
          user: 'demo',
          limits: publicLimits,
          group: { name: 'acme', limits: { perDay: 9 } },
        },
      },
    });
    await statusOf(simulator);
    simulator.quota.spend(key, 500);
    const body = await (await ask(simulator, `/users/${key}/overall_quotas`)).json();
    expect(body).toEqual({
      data: {
        api_requests_hourly: {
          user: { allowed: 240, used: 501 },
          group: { allowed: 99000000, used: 1, inherited_from: 'acme' },
        },
        api_requests_daily: {
          user: { allowed: 500, used: 501 },
          group: { allowed: 9, used: 1, inherited_from: 'acme' },
        },
        api_requests_monthly: {
          user: { allowed: 15500, used: 501 },
          group: { allowed: 99000000, used: 1, inherited_from: 'acme' },
        },
        intelligence_searches_monthly: { user: { allowed: 0, used: 0 } },
      },
    });
    expect(await (await ask(simulator, '/users/demo/overall_quotas')).json()).toEqual(body);
  });

  it('shows the user with its privileges', async () => {
    const simulator = await start({ keys: { [key]: { kind: 'premium', user: 'demo' } } });
    const { data } = (await (await ask(simulator, '/users/demo')).json()) as Body;
    expect([data.type, data.id, data.attributes.apikey]).toEqual(['user', 'demo', key]);
    expect(data.attributes.privileges).toEqual({
      click_to_accept: { granted: true },
      private: { granted: true },
      intelligence: { granted: true },
      'ioc-stream': { granted: false },
    });
    expect(data.attributes.quotas.api_requests_daily).toEqual({ allowed: 99000000, used: 0 });
  });

  it('is closed to others and does not repeat the key asked for', async () => {
    const simulator = await start({});
    const response = await ask(simulator, `/users/${otherKey}/overall_quotas`);
    expect(response.status).toBe(403);
    expect(await response.text()).not.toContain(otherKey);
  });

  it('counts usage by day and kind of request', async () => {
    const simulator = await start({});
    at('2025-06-29T08:00:00Z');
    await statusOf(simulator);
    at('2025-06-30T08:00:00Z');
    await statusOf(simulator, `/files/${'0'.repeat(64)}`);
    await statusOf(simulator);
    const path = `/users/${key}/api_usage?start_date=20250628&end_date=20250630`;
    expect(await (await ask(simulator, path)).json()).toEqual({
      data: {
        daily: {
          '2025-06-28': {},
          '2025-06-29': { ip_addresses: 1 },
          '2025-06-30': { files: 1, ip_addresses: 1 },
        },
        total: { ip_addresses: 2, files: 1 },
      },
    });
    expect(await statusOf(simulator, `/users/${key}/api_usage?start_date=20250101`)).toBe(400);
  });
});
