import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IocDetails, Job, JobWithRows } from '../../src/library/web/api.js';
import { inventReports } from '../../src/simulators/virustotal/samples/invented-reports.js';
import {
  startVirusTotalSimulator,
  type VirusTotalSimulator,
} from '../../src/simulators/virustotal/server.js';
import { startGatedProxy, type GatedProxy } from '../helpers/gated-proxy.js';
import { startLibraryProcess, type LibraryProcess } from '../helpers/library-process.js';

const KEY = 'ab'.repeat(32);
const COUNT = 200;
/** Items in work at a time. */
const CONCURRENCY = 4;
const VALUES = Array.from({ length: COUNT }, (_, index) => `host-${index}.example.com`);

let folder: string;
let virusTotal: VirusTotalSimulator;
let line: GatedProxy;
let library: LibraryProcess | undefined;
let token: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'library-kill-'));
  virusTotal = await startVirusTotalSimulator({ invent: inventReports(new Date('2026-01-01T00:00:00Z')) });
  line = await startGatedProxy(virusTotal.url);
  await start();
  token = await makeToken();
});

afterEach(async () => {
  await library?.stop('SIGKILL');
  await line.close();
  await virusTotal.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  library = await startLibraryProcess(folder, {
    VIRUSTOTAL_TOKEN: KEY,
    VIRUSTOTAL_API_URL: line.url,
    VIRUSTOTAL_QUOTA_PER_MINUTE: '0',
    VIRUSTOTAL_QUOTA_PER_DAY: '0',
    VIRUSTOTAL_QUOTA_PER_MONTH: '0',
    CONNECTOR_CONCURRENCY: String(CONCURRENCY),
  });
}

/** The first super admin takes up the invitation and makes a token, which outlives the process. */
async function makeToken(): Promise<string> {
  const { url = '', invitation = '' } = library ?? {};
  const cookies = new Map<string, string>();
  const send = async (method: string, path: string, csrfToken = '', body?: object): Promise<unknown> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'x-csrf-token': csrfToken,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  };
  const before = (await send('GET', '/api/session')) as { csrfToken: string };
  const password = { name: 'Ada', password: 'correct horse battery staple' };
  const { csrfToken } = (await send(
    'POST',
    `/api${new URL(invitation).pathname}`,
    before.csrfToken,
    password,
  )) as { csrfToken: string };
  const scopes = ['read', 'write', 'lookup'];
  const made = await send('POST', '/api/tokens', csrfToken, { name: 'test', scopes });
  return (made as { token: string }).token;
}

async function ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  const response = await fetch(`${library?.url ?? ''}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function beginJob(fresh: boolean): Promise<string> {
  const items = VALUES.map((value) => ({ type: 'hostname', value }));
  const { ids } = await ask<{ ids: string[] }>('POST', '/iocs/import', { items });
  expect(ids).toHaveLength(COUNT);
  return (await ask<{ job: Job }>('POST', '/bulk-enrich', { ids, fresh })).job.id;
}

const jobOf = async (id: string): Promise<Job> => (await ask<JobWithRows>('GET', `/jobs/${id}`)).job;

const poll = { interval: 50, timeout: 30_000 };

async function kill(): Promise<void> {
  expect(await library?.stop('SIGKILL')).toBe('SIGKILL');
}

/** How often each IOC was paid for. */
function paid(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { path, quotaUnits } of virusTotal.log.lookUps())
    if (quotaUnits > 0) counts.set(path, (counts.get(path) ?? 0) + quotaUnits);
  return counts;
}

/** So many look-ups get through to VirusTotal, and those that follow are on their way for ever. */
function letThrough(count: number): void {
  let left = count;
  line.withhold((path) => path.includes('/domains/') && (left -= 1) < 0);
}

async function isWhole(jobId: string): Promise<void> {
  await expect.poll(async () => (await jobOf(jobId)).state, poll).toBe('finished');
  expect(await jobOf(jobId)).toMatchObject({ total: COUNT, done: COUNT, failed: 0 });
  const rows = await ask<JobWithRows>('GET', `/jobs/${jobId}?pageSize=200`);
  expect(rows.items.map(({ value }) => value)).toEqual(VALUES);
  for (const { verdict } of rows.items) expect(verdict).not.toBeNull();
  expect(paid().size).toBe(COUNT);
}

describe('a library that is killed during a bulk job of 200', { timeout: 180_000 }, () => {
  it.each([false, true])(
    'goes on after the restart, and nothing that was answered is paid for twice; fresh: %s',
    async (fresh) => {
      letThrough(70);
      // When fresh, answers of before the job will not do, those of the job do.
      const id = await beginJob(fresh);
      for (const [done, more] of [
        [70, 60],
        [130, 70],
      ] as const) {
        await expect.poll(async () => (await jobOf(id)).done, poll).toBe(done);
        await kill();
        letThrough(more);
        await start();
      }
      await isWhole(id);
      expect([...paid().values()].filter((times) => times > 1)).toEqual([]);
      expect(virusTotal.log.unexpected()).toEqual([]);
    },
  );

  it('at any moment loses nothing, and pays again only for what was on its way', async () => {
    const id = await beginJob(false);
    const kills = [30, 90, 150];
    for (const asked of kills) {
      await virusTotal.log.waitFor(asked, ({ quotaUnits }) => quotaUnits > 0);
      await kill();
      await start();
    }
    await isWhole(id);
    const again = [...paid().values()].reduce((sum, times) => sum + times - 1, 0);
    expect(again).toBeLessThanOrEqual(kills.length * CONCURRENCY);
    const [first] = (await ask<JobWithRows>('GET', `/jobs/${id}`)).items;
    const { history } = await ask<IocDetails>('GET', `/iocs/${first?.iocId ?? ''}`);
    expect(history).toHaveLength(1);
  });
});
