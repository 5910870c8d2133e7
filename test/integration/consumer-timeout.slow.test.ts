import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '../../src/simulators/broker/broker.js';
import { startOwnBroker } from '../../src/simulators/broker/find-broker.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { Catalog } from '../../src/simulators/virustotal/catalog.js';
import { sampleIp } from '../../src/simulators/virustotal/samples/reports.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';
import { healthOf } from '../helpers/health.js';

const SPENT_S = 180;
/** It looks once a minute for deliveries that have been held for a minute. */
const CONSUMER_TIMEOUT = 'consumer_timeout = 60000';

describe('with a broker that bears no delivery held for a minute (slow: three minutes)', () => {
  let broker: Broker;
  let world: ConnectorWorld | undefined;

  beforeAll(async () => {
    const started = await startOwnBroker(() => undefined, [CONSUMER_TIMEOUT]);
    if (started === undefined) throw new Error('this test needs an installed rabbitmq-server');
    broker = started;
  });

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  afterAll(async () => {
    await broker.stop();
  });

  it('three minutes without quota cost no channel, and then requests resume', async () => {
    const offender = holdOneForEver(broker);
    const addresses = Array.from({ length: 20 }, (_, index) => `8.8.0.${index + 1}`);
    const catalog = new Catalog();
    for (const address of addresses)
      catalog.addIp(address, sampleIp(address, { verdicts: { malicious: 3 } }));
    const [healthPort = 0] = await freePorts(1);
    world = await startConnectorWorld({
      broker,
      virusTotal: { catalog },
      variables: { CONNECTOR_CONCURRENCY: '4', CONNECTOR_HEALTH_PORT: String(healthPort) },
    });
    const { platform, virusTotal, connector } = world;
    virusTotal.faults.add('GET /ip_addresses/*', {
      kind: 'error',
      status: 429,
      code: 'QuotaExceededError',
      headers: { 'retry-after': String(SPENT_S) },
    });
    const works = await Promise.all(
      addresses.map((value) =>
        platform.requestEnrichment({
          entityId: platform.addObservable('IPv4-Addr', { value }).standardId,
          mode: 'auto',
        }),
      ),
    );
    await expect
      .poll(() => healthOf(healthPort), { timeout: 20_000 })
      .toMatchObject({
        parts: { consumer: { ok: true, detail: expect.stringContaining('requests wait until') as string } },
      });

    for (const workId of works) {
      const work = await workSettled(platform, workId, (SPENT_S + 30) * 1_000);
      expect(work).toMatchObject({ status: 'complete', errors: [] });
    }
    expect(connector.log()).not.toMatch(
      /channel was closed|closed the channel|PRECONDITION|connection to RabbitMQ lost/,
    );
    expect(virusTotal.log.lookUps()).toHaveLength(addresses.length + 1);
    // The broker meant it: whoever held a message meanwhile has lost the channel.
    expect(await offender).toMatch(/PRECONDITION_FAILED.*timeout/);
  }, 210_000);
});

/** Holds a message on a channel of its own; resolves with the reason for which the broker closes that. */
async function holdOneForEver({ url }: Broker): Promise<string> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  const closed = new Promise<string>((resolve) => {
    channel.on('error', (error: Error) => {
      resolve(error.message);
    });
  });
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.consume(queue, () => undefined);
  channel.sendToQueue(queue, Buffer.from('held'));
  const reason = await closed;
  await connection.close();
  return reason;
}
