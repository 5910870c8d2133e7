import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { BAD_GATEWAY, RATE_LIMITED } from '../../src/simulators/platform/faults.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import {
  startConnectorWorld,
  type ConnectorWorld,
  type ConnectorWorldOptions,
} from '../helpers/connector-world.js';
import { refusals, workSettled } from '../helpers/enrichment-results.js';
import { healthOf, type ReportedHealth } from '../helpers/health.js';
import { sharedBroker } from '../helpers/shared-broker.js';
import { startTcpProxy } from '../helpers/tcp-proxy.js';

describe('what is not there for a while', () => {
  let world: ConnectorWorld | undefined;
  let proxy: { close(): unknown } | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
    await proxy?.close();
    proxy = undefined;
  });

  const start = async (options: ConnectorWorldOptions): Promise<ConnectorWorld> => {
    world = await startConnectorWorld(options);
    return world;
  };
  const request = ({ platform }: ConnectorWorld, value = 'evil.example.com'): Promise<string> =>
    platform.requestEnrichment({
      entityId: platform.addObservable('Domain-Name', { value }).standardId,
    });

  it('waits for the platform when it starts', async () => {
    const { platform } = await start({
      beforeStart: (starting) => {
        starting.faults.fail('about', { kind: 'reset' });
        starting.faults.fail('about', BAD_GATEWAY);
        // A proxy that knows of no platform while it restarts.
        starting.faults.fail('about', { kind: 'http', status: 404, body: '<html></html>' });
        starting.faults.fail('registerConnector', RATE_LIMITED);
      },
    });
    expect(platform.operationsOf('about').map(({ fault }) => fault)).toEqual([
      'reset',
      'http',
      'http',
      undefined,
      undefined,
    ]);
    expect(platform.operationsOf('registerConnector').map(({ fault }) => fault)).toEqual(['http', undefined]);
    const work = await workSettled(platform, await request(world!));
    expect(work).toMatchObject({ status: 'complete', errors: [] });
  });

  it('waits for a platform that is not there at all, says so once, and is not well meanwhile', async () => {
    const [healthPort = 0] = await freePorts(1);
    const reports: ReportedHealth[] = [];
    let target: { host: string; port: number } | undefined;
    const refusing = await startRefusingProxy(
      4,
      () => target ?? sharedBroker(),
      async () => {
        reports.push(await healthOf(healthPort));
      },
    );
    proxy = refusing;
    const running = await start({
      variables: {
        OPENCTI_URL: `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`,
        CONNECTOR_HEALTH_PORT: String(healthPort),
      },
      beforeStart: ({ url }) => {
        target = { host: '127.0.0.1', port: Number(new URL(url).port) };
      },
    });
    const log = running.connector.log();
    expect(log.split('"OpenCTI cannot be reached; trying again"')).toHaveLength(2);
    expect(log).not.toContain('is repeated');
    expect(reports).toHaveLength(4);
    expect(reports.at(-1)).toMatchObject({
      status: 'unready',
      parts: { platform: { ok: false, detail: expect.stringContaining('OPENCTI_URL') as string } },
    });
    const work = await workSettled(running.platform, await request(running));
    expect(work).toMatchObject({ status: 'complete', errors: [] });
    expect(await healthOf(healthPort)).toMatchObject({ status: 'ok', parts: { platform: { ok: true } } });
  });

  it('waits for the broker when it starts, and says so once for each connection', async () => {
    const refusing = await startRefusingProxy(6, sharedBroker);
    proxy = refusing;
    const running = await start({
      variables: { MQ_PORT: String((refusing.address() as AddressInfo).port) },
    });
    const work = await workSettled(running.platform, await request(running));
    expect(work).toMatchObject({ status: 'complete', errors: [] });
    expect(running.connector.log().split('"RabbitMQ cannot be reached; trying again"')).toHaveLength(3);
  });

  it('does again what was in work when the connection to the broker broke', async () => {
    const { host, port } = sharedBroker();
    const cuttable = await startTcpProxy({ host, port });
    proxy = cuttable;
    const running = await start({ variables: { MQ_PORT: String(cuttable.port) } });
    const { platform, virusTotal, gate } = running;
    const held = gate.hold('/domains/evil.example.com');
    const workId = await request(running);
    await virusTotal.log.waitFor(1);
    cuttable.cut();
    held.open();
    const work = await workSettled(platform, workId);
    expect(work).toMatchObject({ status: 'complete', errors: [] });
    expect(refusals(platform)).toEqual([]);
    expect(platform.entities('Note')).toHaveLength(2);
    // And the connection serves what comes next.
    const next = await workSettled(platform, await request(running, 'example.com'));
    expect(next).toMatchObject({ status: 'complete', errors: [] });
  });

  it('repeats what the platform did not take, and counts nothing twice', async () => {
    const running = await start({});
    const { platform } = running;
    platform.faults.fail('toReceived', BAD_GATEWAY);
    platform.faults.fail('addExpectations', RATE_LIMITED);
    platform.faults.fail('toProcessed', { kind: 'error', code: 'LOCK_ERROR' });
    const work = await workSettled(platform, await request(running));
    expect(work).toMatchObject({ status: 'complete', errors: [] });
    expect(work.processed).toBe(work.expected);
  });
});

/**
 * A proxy that breaks the first connections.
 *
 * @param beforeRefusal - Ends before a connection is broken.
 */
async function startRefusingProxy(
  refusals: number,
  target: () => { readonly host: string; readonly port: number },
  beforeRefusal: () => Promise<void> = () => Promise.resolve(),
): Promise<Server> {
  let connections = 0;
  const proxy = createServer((inbound) => {
    connections += 1;
    if (connections <= refusals) {
      inbound.on('error', () => undefined);
      void beforeRefusal().finally(() => inbound.destroy());
      return;
    }
    const { host, port } = target();
    const outbound = connect(port, host);
    for (const socket of [inbound, outbound]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        inbound.destroy();
        outbound.destroy();
      });
    }
    inbound.pipe(outbound).pipe(inbound);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}
