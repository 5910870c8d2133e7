import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { startPlatformSimulator, type PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { messagesOf, workSettled } from '../helpers/enrichment-results.js';
import { sharedBroker } from '../helpers/shared-broker.js';

const AWAY = 'OpenCTI cannot be reached; requests wait until it answers again';
const BACK = 'OpenCTI answers again';

describe('a platform that is upgraded while the connector runs', () => {
  let world: ConnectorWorld | undefined;
  let upgraded: PlatformSimulator | undefined;

  afterEach(async () => {
    await world?.connector.stop('SIGTERM');
    await upgraded?.close();
    await world?.close();
    world = upgraded = undefined;
  });

  it('is served by what it can do then', async () => {
    const [port = 0] = await freePorts(1);
    const amqp = sharedBroker();
    const queuePrefix = `upgraded-${port}`;
    const token = '6f1c1d4e-0000-4000-8000-0000000070cc';
    world = await startConnectorWorld({ version: '6.2.0', platform: { port, queuePrefix, token } });
    const { platform, connector } = world;
    const ask = async (on: PlatformSimulator, value: string): Promise<string> => {
      const { standardId } = on.addObservable('Domain-Name', { value });
      return on.requestEnrichment({ entityId: standardId });
    };
    const old = await ask(platform, 'evil.example.com');
    await workSettled(platform, old);
    expect(messagesOf(platform, old).some(({ fields }) => 'draft_id' in (fields ?? {}))).toBe(false);

    await platform.close();
    await expect.poll(() => connector.log().includes(AWAY), { timeout: 90_000 }).toBe(true);
    upgraded = await startPlatformSimulator({ version: '7.260817.0', port, queuePrefix, token, amqp });
    const after = upgraded;
    await after.until(() => after.operationsOf('registerConnector').length > 0, { timeoutMs: 60_000 });
    await expect.poll(() => connector.log().includes(BACK), { timeout: 60_000 }).toBe(true);
    expect(after.operationsOf('registerConnector')[0]?.variables.input).toHaveProperty('auto_update');
    const young = await ask(after, 'evil.example.com');
    await workSettled(after, young);
    const messages = messagesOf(after, young);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.fields).toMatchObject({ draft_id: '', no_split: true });
    const log = connector.log();
    expect(
      log.split('"OpenCTI can do other things than before; the connector goes by them from now on"'),
    ).toHaveLength(2);
    await after.until(
      () => after.operationsOf('pingConnector').some(({ variables }) => 'connectorInfo' in variables),
      { timeoutMs: 60_000 },
    );
  }, 240_000);
});
