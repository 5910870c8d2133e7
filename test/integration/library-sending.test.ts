import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { createPlatform, type OwnedPlatform } from '../../src/app/create-platform.js';
import { loadConfig } from '../../src/config/load.js';
import type { ExportedIoc } from '../../src/library/export/exported-ioc.js';
import { sendIocs } from '../../src/library/sending/send-iocs.js';
import { SecretRegistry } from '../../src/observability/redact.js';
import { BAD_GATEWAY } from '../../src/simulators/platform/faults.js';
import {
  startPlatformSimulator,
  type PlatformSimulator,
  type PlatformSimulatorOptions,
} from '../../src/simulators/platform/simulator.js';
import type { Bundle } from '../../src/stix/objects.js';
import { workSettled } from '../helpers/enrichment-results.js';
import { ok, startLibraryWorld } from '../helpers/library-world.js';
import { recordedLogger } from '../helpers/recorded-logger.js';
import { sharedBroker, uniqueConnectorId } from '../helpers/shared-broker.js';
import { stixFaults } from '../helpers/stix-validity.js';

/** The library and a platform: what is sent arrives there as STIX, by every way in on old and new versions. */

const AUTHOR = { author: 'Example SOC', authorSince: new Date('2025-01-01T00:00:00.000Z') };

let platform: PlatformSimulator;
let library: OwnedPlatform;
let connectorId: string;
afterEach(async () => {
  await library.close();
  await platform.close();
});

async function start(
  options: PlatformSimulatorOptions,
  variables: Readonly<Record<string, string>> = {},
  overrides: Parameters<typeof createPlatform>[2] = {},
): Promise<void> {
  platform = await startPlatformSimulator(options);
  connectorId = uniqueConnectorId();
  const { config } = loadConfig({
    env: {
      CONNECTOR_ID: connectorId,
      OPENCTI_URL: platform.url,
      OPENCTI_TOKEN: platform.token,
      ...variables,
    },
    cwd: tmpdir(),
    unused: ['virustotal'],
  });
  const services = { logger: recordedLogger().logger, secrets: new SecretRegistry() };
  const created = createPlatform(config, services, overrides);
  if (created === undefined) throw new Error('a platform is configured');
  library = created;
}

/** IOCs of every kind, of which a third are malicious and each leads to the next. */
function iocs(count: number): ExportedIoc[] {
  return Array.from({ length: count }, (_, number) => ({
    type: 'domain',
    value: `n${number}.example`,
    tags: ['apt'],
    source: null,
    note: number % 5 === 0 ? 'Seen on host 12' : null,
    verdict: number % 3 === 0 ? 'malicious' : 'clean',
    malicious: number % 3 === 0 ? 40 : 0,
    suspicious: 0,
    engines: 70,
    threatLabel: null,
    enrichedAt: '2026-01-02T00:00:00.000Z',
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-02T00:00:00.000Z',
    relations: [{ relation: 'siblings', target: { type: 'domain', value: `n${number + 1}.example` } }],
  }));
}

const send = (count: number): ReturnType<typeof sendIocs> => sendIocs([iocs(count)], AUTHOR, library);

/** Waits until the platform has every name and every Indicator that was sent. */
async function arrived(count: number): Promise<void> {
  await platform.until(
    () =>
      platform.entities('Domain-Name').length === count + 1 &&
      platform.entities('Indicator').length === Math.ceil(count / 3),
    {
      description: () => `${platform.entities('Domain-Name').length} of ${count + 1} names`,
      timeoutMs: 30_000,
    },
  );
}

/** The bundles that workers took whole, as they were sent. */
const bundles = (): Bundle[] => platform.pushed.map(({ bundle }) => bundle as unknown as Bundle);

const API = { CONNECTOR_QUEUE_PROTOCOL: 'api' };

describe('sending to OpenCTI', () => {
  it.each([
    // One object per message, and whole bundles.
    ['6.0.6', 'the broker', 'complete'],
    ['6.9.22', 'the broker', 'complete'],
    ['7.260817.0', 'the broker', 'complete'],
    // Without a work to name, which platforms before 6.3 open for us and never end, and with one.
    ['6.2.6', 'the API', 'wait'],
    ['6.9.22', 'the API', 'complete'],
    ['7.260428.0', 'the API', 'complete'],
    ['7.260817.0', 'the API', 'complete'],
  ] as const)('to %s by %s: everything arrives, in a work that is %s', async (version, way, status) => {
    const variables = way === 'the API' ? API : {};
    await start({ version, ...(way === 'the API' ? {} : { amqp: sharedBroker() }) }, variables);
    expect(await send(40)).toEqual({ sent: 40, bundles: 1 });
    await arrived(40);
    expect(platform.works).toHaveLength(1);
    const [work] = platform.works;
    await platform.until(() => work?.status === status);
    if (platform.operationsOf('workAdd').length > 0) await workSettled(platform, work?.id ?? '');
    expect(work?.errors).toEqual([]);
    const whole = bundles().filter(({ objects }) => objects.length > 1);
    for (const bundle of whole) expect(stixFaults(bundle)).toEqual([]);
    expect(platform.entities('Domain-Name')[0]?.stixType).toBe('domain-name');
  });

  it('is a connector of its own, asked for nothing, whatever the id of the one that enriches', async () => {
    await start({ amqp: sharedBroker() }, { CONNECTOR_NAME: 'VirusTotal' });
    await send(1);
    const [connector, ...others] = platform.connectors;
    expect(others).toEqual([]);
    expect(connector?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
    expect(connector?.id).not.toBe(connectorId);
    expect(connector?.input).toMatchObject({
      name: 'VirusTotal IOC library',
      type: 'EXTERNAL_IMPORT',
      auto: false,
      playbook_compatible: false,
    });
    await platform.publishRaw({ internal: {}, event: {} });
    await send(1);
    expect(await platform.queueDepth('listen')).toBe(1);
  });

  it('takes as many bundles as it needs, in the order of their works', async () => {
    await start({ version: '6.9.22', amqp: sharedBroker(), workManagerIntervalMs: 5 });
    const { sent, bundles: count } = await send(2_000);
    expect(sent).toBe(2_000);
    expect(count).toBeGreaterThan(1);
    await arrived(2_000);
    expect(platform.works.map(({ name }) => name?.includes('part'))).toEqual([
      false,
      ...Array<boolean>(count - 1).fill(true),
    ]);
    expect(platform.pushed.map(({ action }) => action)).toEqual(Array<string>(count).fill('import'));
    for (const { id } of platform.works) await workSettled(platform, id);
  });

  it('lets several people send at once, one after the other', async () => {
    await start({ amqp: sharedBroker() });
    const [one, two] = await Promise.all([send(3), send(5)]);
    expect([one.sent, two.sent]).toEqual([3, 5]);
    const order = platform.operations.flatMap(({ fields }) => fields);
    expect(order.filter((field) => field === 'workAdd' || field === 'workEdit.toProcessed')).toEqual([
      'workAdd',
      'workEdit.toProcessed',
      'workAdd',
      'workEdit.toProcessed',
    ]);
    await arrived(5);
  });

  it('registers again when the platform forgot the library', async () => {
    await start({ amqp: sharedBroker() });
    await send(1);
    await platform.deleteConnector();
    expect(await send(2)).toEqual({ sent: 2, bundles: 1 });
    await arrived(2);
  });

  it('says so when the platform is away, and has sent nothing', async () => {
    await start({ amqp: sharedBroker() });
    platform.faults.fail('*', BAD_GATEWAY, { times: 50 });
    await expect(send(2)).rejects.toMatchObject({
      message: expect.stringMatching(/^Nothing was sent: .*502/) as string,
      retryAfterSeconds: 30,
      done: { sent: 0, bundles: 0 },
    });
    platform.faults.clear();
    expect(await send(2)).toEqual({ sent: 2, bundles: 1 });
  });

  it('says so when the broker is away, and leaves no work behind', async () => {
    const impatient = { sleep: () => Promise.resolve() };
    await start({ amqp: sharedBroker() }, { MQ_PORT: '1' }, impatient);
    await expect(send(2)).rejects.toMatchObject({
      message: expect.stringMatching(/^Nothing was sent: RabbitMQ cannot be reached within 5 s/) as string,
      retryAfterSeconds: 30,
    });
    expect(platform.works).toEqual([]);
  });

  it('says what to change when the token is refused, or the platform takes no bundles over its API', async () => {
    await start({ version: '6.2.5' }, API);
    await expect(send(1)).rejects.toMatchObject({
      message: expect.stringContaining('set CONNECTOR_QUEUE_PROTOCOL=amqp or upgrade to 6.2.6') as string,
      retryAfterSeconds: undefined,
    });
    await library.close();
    await platform.close();
    await start({ version: '7.260817.0' }, { ...API, OPENCTI_TOKEN: 'flgrn_octi_tkn_another' });
    await expect(send(1)).rejects.toMatchObject({
      message: expect.stringContaining('OPENCTI_TOKEN') as string,
      retryAfterSeconds: undefined,
    });
  });

  it('claims nothing that was announced in vain', async () => {
    await start({ amqp: sharedBroker() });
    platform.faults.fail('addExpectations', {
      kind: 'error',
      code: 'FUNCTIONAL_ERROR',
      message: 'No more expectations',
    });
    await expect(send(2)).rejects.toMatchObject({ done: { sent: 0, bundles: 0 } });
    expect(platform.works[0]?.errors[0]?.message).toContain('No more expectations');
    expect(platform.pushed).toEqual([]);
  });
});

describe('the library as a whole', () => {
  it('sends what was imported, says where, and notes who did it', async () => {
    await start({ amqp: sharedBroker() });
    const world = await startLibraryWorld({
      OPENCTI_URL: platform.url,
      OPENCTI_TOKEN: platform.token,
      CONNECTOR_ID: connectorId,
    });
    try {
      const ask = async (method: 'GET' | 'POST', url: string, payload?: object): Promise<unknown> => {
        const { browser } = world.person(url.startsWith('/api/audit') ? 'admin' : 'analyst');
        return ok(await browser.send({ method, url, ...(payload === undefined ? {} : { payload }) })).json();
      };
      const host = new URL(platform.url).host;
      expect(await ask('GET', '/api/session')).toMatchObject({ opencti: host });
      await ask('POST', '/api/iocs/import', {
        items: [{ type: 'domain', value: 'evil.example' }],
        tags: ['apt'],
      });
      expect(await ask('POST', '/api/iocs/send', { filter: { tag: ['apt'] } })).toEqual({
        sent: 1,
        bundles: 1,
      });
      await platform.until(() => platform.entities('Domain-Name').length === 1);
      expect(await ask('GET', '/api/audit?action=ioc.send')).toMatchObject({
        items: [{ actor: 'analyst-own@example.com', subject: host, details: { sent: 1, bundles: 1 } }],
      });
    } finally {
      await world.close();
    }
  });
});

describe('a platform', () => {
  const services = { logger: recordedLogger().logger, secrets: new SecretRegistry() };
  const configured = (env: NodeJS.ProcessEnv): OwnedPlatform | undefined =>
    createPlatform(loadConfig({ env, cwd: tmpdir(), unused: ['virustotal', 'opencti'] }).config, services);

  it('is there when it is configured, by the name of its host', async () => {
    const url = 'https://opencti.example.com:8443/base';
    const there = configured({ OPENCTI_URL: url, OPENCTI_TOKEN: 'flgrn_octi_tkn_1' });
    expect(there?.name).toBe('opencti.example.com:8443');
    await there?.close();
  });

  it('is not when nothing is configured, and a mistake when half of it is', () => {
    expect(configured({})).toBeUndefined();
    expect(() => configured({ OPENCTI_URL: 'https://opencti.example.com' })).toThrow(
      'OPENCTI_URL is set, but OPENCTI_TOKEN is not',
    );
  });
});
