import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Broker, BrokerControl } from '../../src/simulators/broker/broker.js';
import { startOwnBroker } from '../../src/simulators/broker/find-broker.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { refusals, workSettled } from '../helpers/enrichment-results.js';
import { healthOf } from '../helpers/health.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';

const PATIENCE = { timeout: 40_000, interval: 100 };

/** What an operator does to a broker, and what it does by itself: only a broker of our own bears that. */
describe('a connector whose broker', () => {
  let broker: Broker;
  let control: BrokerControl;
  let world: ConnectorWorld | undefined;
  let proxy: TcpProxy | undefined;

  beforeAll(async () => {
    const started = await startOwnBroker(() => undefined);
    if (started?.control === undefined) throw new Error('these tests need an installed rabbitmq-server');
    broker = started;
    control = started.control;
  });

  afterEach(async () => {
    await world?.close();
    world = undefined;
    await proxy?.close();
    proxy = undefined;
  });

  afterAll(async () => {
    await broker.stop();
  });

  async function start(beforeStart?: (platform: PlatformSimulator) => void): Promise<ConnectorWorld> {
    const [healthPort = 0] = await freePorts(1);
    proxy = await startTcpProxy(broker);
    world = await startConnectorWorld({
      broker,
      variables: {
        MQ_PORT: String(proxy.port),
        CONNECTOR_CONCURRENCY: '3',
        CONNECTOR_HEALTH_PORT: String(healthPort),
      },
      ...(beforeStart === undefined ? {} : { beforeStart }),
    });
    return world;
  }
  const health = (): ReturnType<typeof healthOf> => healthOf(world?.variables.CONNECTOR_HEALTH_PORT);
  const said = (message: string): number => (world?.connector.log().split(`"${message}"`).length ?? 1) - 1;
  const request = (value: string): Promise<string> => {
    const { platform } = world!;
    const known = platform.entities('Domain-Name').find(({ attributes }) => attributes.value === value);
    return platform.requestEnrichment({
      entityId: (known ?? platform.addObservable('Domain-Name', { value })).standardId,
    });
  };

  it('is short of memory waits with its results, says so once, and acknowledges all the same', async () => {
    const { platform, virusTotal, gate } = await start();
    await workSettled(platform, await request('evil.example.com'));
    const held = gate.hold('example.com');
    const waiting = [await request('evil.example.com'), await request('example.com')];
    const unknown = await request('unknown-to-virustotal.example.com');
    await virusTotal.log.waitFor(3);
    await control.command('set_vm_memory_high_watermark', 'absolute', '1');
    held.open();

    await expect.poll(() => said('RabbitMQ takes no messages for now; they wait'), PATIENCE).toBe(1);
    // Nothing is published for it, and its acknowledgement arrives.
    await platform.workProcessed(unknown);
    await expect
      .poll(async () => {
        const queues = await control.command('list_queues', '--quiet', 'name', 'messages_unacknowledged');
        return Number(/listen_\S+\s+(\d+)/.exec(queues)?.[1]);
      }, PATIENCE)
      .toBeLessThanOrEqual(waiting.length);
    const report = await health();
    expect(report).toMatchObject({ status: 'unready', parts: { consumer: { ok: true } } });
    expect(report.parts.broker).toMatchObject({
      ok: false,
      detail: expect.stringContaining('RabbitMQ takes no messages: low on memory') as string,
    });

    await control.command('set_vm_memory_high_watermark', '0.9');
    for (const workId of waiting) {
      expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
    }
    expect(said('RabbitMQ takes messages again')).toBe(1);
    await expect.poll(health, PATIENCE).toMatchObject({ status: 'ok' });
  });

  it('has a full queue for results loses nothing', async () => {
    const { platform } = await start();
    await control.command(
      'set_policy',
      'full',
      '_push_',
      '{"max-length":0,"overflow":"reject-publish"}',
      '--apply-to',
      'queues',
    );
    const works = [await request('evil.example.com'), await request('example.com')];
    await expect
      .poll(health, PATIENCE)
      .toMatchObject({ status: 'unready', parts: { broker: { ok: true }, publisher: { ok: false } } });
    await control.command('clear_policy', 'full');
    for (const workId of works) {
      expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
    }
    expect([said('results are not taken; they wait'), said('results are taken again')]).toEqual([1, 1]);
    expect(refusals(platform)).toEqual([]);
  });

  it('got another password takes the one of a new registration', async () => {
    const [first, second] = ['first-of-two-passwords', 'second-of-two-passwords'];
    await control.command('add_user', 'connector', first);
    await control.command('set_permissions', 'connector', '.*', '.*', '.*');
    const { platform, connector } = await start((starting) => {
      starting.handOut({ user: 'connector', pass: first });
    });
    await control.command('change_password', 'connector', second);
    platform.handOut({ pass: second });
    proxy?.cut();
    expect(await workSettled(platform, await request('evil.example.com'), PATIENCE.timeout)).toMatchObject({
      status: 'complete',
      errors: [],
    });
    await expect.poll(health, PATIENCE).toMatchObject({ status: 'ok' });
    expect(said('registered with OpenCTI again')).toBe(1);
    expect(connector.log()).not.toMatch(/of-two-passwords/);
  });

  it('dies and comes back finishes everything, with one line for each change of each connection', async () => {
    const { platform, virusTotal, gate } = await start();
    const held = gate.hold('/domains/evil.example.com');
    const works = [await request('evil.example.com')];
    await virusTotal.log.waitFor(1);
    await control.kill();
    held.open();
    await expect
      .poll(health, PATIENCE)
      .toMatchObject({ status: 'unready', parts: { broker: { ok: false } } });
    await control.restart();
    works.push(await request('example.com'));
    for (const workId of works) {
      expect(await workSettled(platform, workId, 60_000)).toMatchObject({ status: 'complete', errors: [] });
    }
    await expect.poll(health, PATIENCE).toMatchObject({ status: 'ok' });
    expect(said('connection to RabbitMQ lost; connecting again')).toBe(2);
    expect(said('RabbitMQ cannot be reached; trying again')).toBe(0);
    expect(said('connected to RabbitMQ')).toBe(4);
  });

  it('lost its queues, because somebody deleted the connector, is told to declare them at once', async () => {
    const { platform, virusTotal, gate } = await start();
    const held = gate.hold('/domains/evil.example.com');
    const inWork = await request('evil.example.com');
    await virusTotal.log.waitFor(1);
    await platform.deleteConnector();
    await platform.until(() => platform.connectors.length === 1);
    held.open();
    // Its work went with the connector; its knowledge arrives.
    await platform.until(() => platform.entities('Note').length > 0, {
      description: () => `the results of ${inWork}; the connector logged:\n${world?.connector.log() ?? ''}`,
    });
    const work = await workSettled(platform, await request('example.com'));
    expect(work).toMatchObject({ status: 'complete', errors: [] });
    await expect.poll(health, PATIENCE).toMatchObject({ status: 'ok' });
  });

  it('had its queues purged, because somebody reset the connector, goes on', async () => {
    const { platform } = await start();
    await platform.resetConnectorState();
    const work = await workSettled(platform, await request('evil.example.com'));
    expect(work).toMatchObject({ status: 'complete', errors: [] });
  });
});
