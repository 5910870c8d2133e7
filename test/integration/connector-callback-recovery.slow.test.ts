import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { BAD_GATEWAY } from '../../src/simulators/platform/faults.js';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import {
  startConnectorWorld,
  type ConnectorWorld,
  type ConnectorWorldOptions,
} from '../helpers/connector-world.js';
import { refusals, workSettled } from '../helpers/enrichment-results.js';
import { findRedis } from '../helpers/redis-server.js';

let world: ConnectorWorld;

afterEach(() => world.close());

const start = async (options: ConnectorWorldOptions = {}): Promise<ConnectorWorld> =>
  (world = await startConnectorWorld({ transport: 'callback', ...options }));

/** Works for so many addresses that VirusTotal does not know. */
async function ask(platform: PlatformSimulator, count: number): Promise<string[]> {
  const works: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { standardId } = platform.addObservable('IPv4-Addr', { value: `8.8.0.${index}` });
    works.push(await platform.requestEnrichment({ entityId: standardId, mode: 'auto' }));
  }
  return works;
}

const accepted = (platform: PlatformSimulator): number =>
  platform.callbackDeliveries.filter(({ status }) => status === 202).length;

describe('a request that was answered with 202', () => {
  it('is finished after kill -9 and a restart', async () => {
    const { platform, gate } = await start();
    const held = gate.hold('/domains/evil.example.com');
    const { standardId } = platform.addObservable('Domain-Name', { value: 'evil.example.com' });
    const workId = await platform.requestEnrichment({ entityId: standardId });
    await platform.until(() => accepted(platform) === 1);
    await world.connector.stop('SIGKILL');
    held.open();
    expect(platform.work(workId)?.status).not.toBe('complete');

    await world.startConnector();
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
    expect(platform.entity(standardId)?.score).toBeGreaterThan(0);
    expect(accepted(platform)).toBe(1);
  });

  it('is finished among many, however often the connector is killed, and is not done twice after that', async () => {
    const { platform, virusTotal } = await start({
      virusTotal: { latencyMs: 50 },
      platform: { callback: { retryDelayMs: 200, maxAttempts: 1_000 } },
    });
    const works = await ask(platform, 40);
    for (const count of [8, 16, 24, 32]) {
      await platform.until(() => accepted(platform) >= count, { timeoutMs: 60_000 });
      await world.connector.stop('SIGKILL');
      await world.startConnector();
    }
    for (const workId of works) {
      const work = await workSettled(platform, workId, 60_000);
      expect(work).toMatchObject({ status: 'complete', errors: [] });
    }
    expect(refusals(platform)).toEqual([]);
    const asked = virusTotal.log.entries.length;
    expect(await world.connector.stop('SIGTERM')).toBe(0);
    await world.startConnector();
    expect(await world.connector.stop('SIGTERM')).toBe(0);
    expect(world.connector.log()).not.toContain('are taken up');
    expect(virusTotal.log.entries).toHaveLength(asked);
  }, 120_000);

  it('stays in the state at SIGTERM when it cannot be finished in time, and is finished after the restart', async () => {
    const { platform, gate } = await start();
    const held = gate.hold('/domains/evil.example.com');
    const { standardId } = platform.addObservable('Domain-Name', { value: 'evil.example.com' });
    const workId = await platform.requestEnrichment({ entityId: standardId });
    await platform.until(() => accepted(platform) === 1);
    const askedAt = performance.now();
    expect(await world.connector.stop('SIGTERM')).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(10_000);
    expect(platform.work(workId)).toMatchObject({ errors: [] });
    expect(platform.work(workId)?.status).not.toBe('complete');
    expect(world.connector.log()).toContain('accepted requests stay in the state');
    held.open();
    await world.startConnector();
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
  }, 60_000);

  it('is tried again until the platform is back, also over a restart', async () => {
    const { platform } = await start();
    platform.faults.fail('workEdit.toReceived', BAD_GATEWAY, { times: 1_000 });
    const [workId = ''] = await ask(platform, 1);
    await platform.until(() => accepted(platform) === 1);
    await expect.poll(() => world.connector.log(), { timeout: 15_000 }).toContain('502');
    expect(await world.connector.stop('SIGTERM')).toBe(0);
    expect(platform.work(workId)?.status).not.toBe('complete');
    platform.faults.clear();
    await world.startConnector();
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
  }, 60_000);

  it.each([
    { limit: '2', errors: [expect.stringContaining('CONNECTOR_MAX_ATTEMPTS is 2') as string], deaths: 2 },
    { limit: '0', errors: [], deaths: 7 },
  ])(
    'that kills the process fails as one from the queue does, with CONNECTOR_MAX_ATTEMPTS=$limit',
    async ({ limit, errors, deaths }) => {
      const { platform, gate, virusTotal } = await start({ variables: { CONNECTOR_MAX_ATTEMPTS: limit } });
      const held = gate.hold('/domains/evil.example.com');
      const { standardId } = platform.addObservable('Domain-Name', { value: 'evil.example.com' });
      const workId = await platform.requestEnrichment({ entityId: standardId });
      const isOver = (): boolean => platform.work(workId)?.processedTime != null;
      let kills = 0;
      // The first death may have come before it was noted.
      while (!isOver() && kills <= deaths) {
        await Promise.race([
          virusTotal.log.waitFor(kills + 1),
          platform.until(isOver, { timeoutMs: 60_000, description: 'its end' }),
        ]);
        if (isOver()) break;
        kills += 1;
        await world.connector.stop('SIGKILL');
        if (kills > deaths) held.open();
        await world.startConnector();
      }
      const work = await workSettled(platform, workId);
      expect(work.errors.map(({ message }) => message)).toEqual(errors);
      expect([deaths, deaths + 1]).toContain(kills);
    },
    120_000,
  );

  it('is taken up by another replica when the one that has it is killed', async () => {
    const redis = await findRedis((text) => void process.stderr.write(`redis: ${text}\n`));
    try {
      const { platform, gate } = await start({
        variables: {
          STATE_REDIS_URL: redis.url,
          VIRUSTOTAL_TOKEN: randomBytes(32).toString('hex'),
        },
      });
      const first = world.connector;
      const held = gate.hold('/domains/evil.example.com');
      const { standardId } = platform.addObservable('Domain-Name', { value: 'evil.example.com' });
      const workId = await platform.requestEnrichment({ entityId: standardId });
      await platform.until(() => accepted(platform) === 1);
      const [port = 0] = await freePorts(1);
      const second = await world.startConnector({ CONNECTOR_LISTEN_PROTOCOL_API_PORT: String(port) });
      await expect.poll(() => second.log(), { timeout: 15_000 }).toContain('taking requests');
      // The worker comes again with what it thinks was not answered, and meets the other replica.
      const again = await request(`http://127.0.0.1:${port}/api/callback`, {
        method: 'POST',
        headers: { authorization: `Bearer ${platform.mintCallbackToken()}` },
        body: platform.callbackDeliveries[0]?.body ?? '',
      });
      await again.body.dump();
      expect(again.statusCode).toBe(202);
      expect(second.log()).not.toContain('are taken up');
      await first.stop('SIGKILL');
      held.open();
      expect(await workSettled(platform, workId, 60_000)).toMatchObject({ status: 'complete', errors: [] });
      expect(second.log().split('are taken up')).toHaveLength(2);
    } finally {
      await redis.stop();
    }
  }, 600_000);
});

describe('a connector whose state cannot be written', () => {
  it('leaves requests with the worker, says so once, and its health is red', async () => {
    const [healthPort = 0] = await freePorts(1);
    const { platform } = await start({
      platform: { callback: { retryDelayMs: 100, maxAttempts: 1_000 } },
      variables: { STATE_PATH: '/dev/null/state.sqlite', CONNECTOR_HEALTH_PORT: String(healthPort) },
    });
    const [workId = ''] = await ask(platform, 1);
    await platform.until(() => platform.callbackDeliveries.length >= 3);
    expect(new Set(platform.callbackDeliveries.map(({ status }) => status))).toEqual(new Set([503]));
    const response = await fetch(`http://127.0.0.1:${healthPort}/health`);
    const { parts } = (await response.json()) as { parts: Record<string, unknown> };
    expect(response.status).toBe(503);
    expect(parts.callbacks).toMatchObject({
      ok: false,
      detail: 'callbacks are answered with 503 until the state can be written',
      remedy: expect.stringContaining('STATE_PATH') as string,
    });
    expect(world.connector.log().split('requests cannot be kept in the state')).toHaveLength(2);

    await world.connector.stop('SIGTERM');
    await world.startConnector({ STATE_PATH: `${world.directory}/state.sqlite` });
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
  }, 60_000);
});

describe('callbacks over TLS', () => {
  const fixture = (name: string): string =>
    fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

  it('are taken with a key under a passphrase', async () => {
    const [port = 0] = await freePorts(1);
    const { platform } = await start({
      variables: {
        CONNECTOR_LISTEN_PROTOCOL_API_PORT: String(port),
        CONNECTOR_LISTEN_PROTOCOL_API_URI: `https://127.0.0.1:${port}`,
        CONNECTOR_LISTEN_PROTOCOL_API_SSL: 'true',
        LISTEN_PROTOCOL_API_SSL_KEY: fixture('callback-key.pem'),
        LISTEN_PROTOCOL_API_SSL_CERT: fixture('callback-certificate.pem'),
        LISTEN_PROTOCOL_API_SSL_PASSPHRASE: 'obviously-fake-passphrase',
      },
    });
    const [workId = ''] = await ask(platform, 1);
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
    expect(platform.callbackDeliveries[0]?.uri).toMatch(/^https:/);
    expect(world.connector.log()).not.toContain('obviously-fake-passphrase');
  });
});
