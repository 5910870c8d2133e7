import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';
import { sharedBroker } from '../helpers/shared-broker.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';

/** A container is killed so long after it was asked to stop. */
const GRACE_MS = 10_000;

/** Neither closes nor answers: a host that vanished, a firewall that forgot a connection. */
describe('SIGTERM while RabbitMQ is silent', () => {
  let world: ConnectorWorld | undefined;
  let proxy: TcpProxy | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
    await proxy?.close();
    proxy = undefined;
  });

  async function start(): Promise<{ world: ConnectorWorld; proxy: TcpProxy }> {
    const broker = sharedBroker();
    proxy = await startTcpProxy(broker);
    world = await startConnectorWorld({ broker, variables: { MQ_PORT: String(proxy.port) } });
    return { world, proxy };
  }

  /** Ends cleanly within the time of grace, and has closed what it keeps. */
  async function stops({ connector, variables }: ConnectorWorld): Promise<void> {
    const askedAt = performance.now();
    expect(await connector.stop('SIGTERM')).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(GRACE_MS);
    expect(connector.log()).not.toContain('connector did not stop in time');
    // SQLite removes its journal when the last connection is closed, and only then.
    expect(existsSync(`${variables.STATE_PATH ?? ''}-wal`)).toBe(false);
  }

  const request = ({ platform }: ConnectorWorld, value: string): Promise<string> =>
    platform.requestEnrichment({ entityId: platform.addObservable('Domain-Name', { value }).standardId });

  it('ends with code 0 within ten seconds while nothing is done', async () => {
    const { world, proxy } = await start();
    await workSettled(world.platform, await request(world, 'evil.example.com'));
    proxy.silence();
    await stops(world);
  }, 60_000);

  it('ends with code 0 within ten seconds over requests that cannot end, which the next process finishes', async () => {
    const { world, proxy } = await start();
    const { platform, virusTotal, gate } = world;
    const held = gate.hold('/domains/example.com');
    const [published, heldBack] = [
      await request(world, 'evil.example.com'),
      await request(world, 'example.com'),
    ];
    await virusTotal.log.waitFor(2);
    proxy.silence();
    await stops(world);
    held.open();
    // The broker takes back what was on the connections, now that they are gone for it as well.
    proxy.cut();
    await world.startConnector({ MQ_PORT: String(sharedBroker().port) });
    for (const workId of [published, heldBack])
      expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
  }, 60_000);
});
