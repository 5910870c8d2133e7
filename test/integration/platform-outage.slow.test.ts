import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { BAD_GATEWAY, type Fault } from '../../src/simulators/platform/faults.js';
import { Catalog } from '../../src/simulators/virustotal/catalog.js';
import { sampleIp } from '../../src/simulators/virustotal/samples/reports.js';
import {
  startConnectorWorld,
  type ConnectorWorld,
  type ConnectorWorldOptions,
} from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';
import { healthOf } from '../helpers/health.js';

const CONCURRENCY = 2;
const AWAY = 'OpenCTI cannot be reached; requests wait until it answers again';
const BACK = 'OpenCTI answers again';
const HANDED_BACK = 'request could not be settled and is handed back';
const ADDRESSES = Array.from({ length: 10 }, (_, index) => `8.8.0.${index + 1}`);
const MAINTENANCE: Fault = { kind: 'http', status: 404, body: 'no such backend' };
const TOKEN_REFUSED: Fault = { kind: 'error', code: 'AUTH_REQUIRED', message: 'You must be logged in.' };

describe('while the platform is away', () => {
  let world: ConnectorWorld | undefined;
  let healthPort = 0;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const start = async (options: ConnectorWorldOptions = {}): Promise<ConnectorWorld> => {
    const catalog = new Catalog();
    for (const address of ADDRESSES)
      catalog.addIp(address, sampleIp(address, { verdicts: { malicious: 3 } }));
    [healthPort = 0] = await freePorts(1);
    world = await startConnectorWorld({
      virusTotal: { catalog },
      ...options,
      variables: {
        CONNECTOR_CONCURRENCY: String(CONCURRENCY),
        CONNECTOR_HEALTH_PORT: String(healthPort),
        ...options.variables,
      },
    });
    return world;
  };
  const said = (message: string): number => (world?.connector.log() ?? '').split(`"${message}"`).length - 1;
  const warnings = (): string[] =>
    (world?.connector.log() ?? '')
      .split('\n')
      .filter((line) => line.includes('"level":"WARN"') || line.includes('"level":"ERROR"'));

  it.each([
    { fault: BAD_GATEWAY, transport: 'amqp', options: {} },
    {
      fault: MAINTENANCE,
      transport: 'callback',
      options: { callback: { retryDelayMs: 200, maxAttempts: 1_000 } },
    },
    { fault: TOKEN_REFUSED, transport: 'amqp', options: {} },
  ] as const)(
    'requests wait over $transport, hardly a look-up is spent, and the log says it once: $fault',
    async ({ fault, transport, options }) => {
      const { platform, virusTotal } = await start({ transport, platform: options });
      const atStart = warnings().length;
      const entities = ADDRESSES.map((value) => platform.addObservable('IPv4-Addr', { value }));

      platform.faults.fail('*', fault, { times: Infinity });
      const works = await Promise.all(
        entities.map(({ standardId }, index) =>
          platform.requestEnrichment({ entityId: standardId, mode: index % 2 === 0 ? 'manual' : 'auto' }),
        ),
      );
      const step = await platform.requestPlaybookStep({ entityId: entities[0]!.standardId });
      await expect.poll(() => said(AWAY), { timeout: 60_000 }).toBe(1);
      await expect
        .poll(async () => (await healthOf(healthPort)).parts, { timeout: 20_000 })
        .toMatchObject({
          platform: { ok: false, remedy: expect.stringContaining('OPENCTI_TOKEN') as string },
          [transport === 'amqp' ? 'consumer' : 'callbacks']: {
            ok: true,
            detail: 'requests wait until OpenCTI answers again',
          },
        });

      const asked = virusTotal.log.lookUps().length;
      // Manual requests have as many places again.
      expect(asked).toBeLessThanOrEqual(2 * CONCURRENCY + 1);
      const before = platform.operationsOf('pingConnector').length;
      await platform.until(() => platform.operationsOf('pingConnector').length >= before + 3, {
        timeoutMs: 60_000,
        description: 'further pings',
      });
      expect(virusTotal.log.lookUps()).toHaveLength(asked);

      platform.faults.clear();
      const ended = await Promise.all(works.map((id) => workSettled(platform, id, 90_000)));
      expect(ended.flatMap(({ errors }) => errors)).toEqual([]);
      await platform.until(
        () => platform.playbookReplies.some(({ executionId }) => executionId === step.executionId),
        { timeoutMs: 30_000, description: 'the answer to the playbook step' },
      );
      // The step is about one of the addresses.
      expect(virusTotal.log.lookUps()).toHaveLength(ADDRESSES.length);
      expect([said(AWAY), said(BACK)]).toEqual([1, 1]);
      expect(warnings().slice(atStart)).toEqual([expect.stringMatching(/"since".*requests wait/)]);
      await expect.poll(async () => (await healthOf(healthPort)).status, { timeout: 10_000 }).toBe('ok');
    },
    240_000,
  );

  it('nobody waits because of one operation that fails, and the log says so once for its request', async () => {
    const { platform } = await start();
    const [first, second] = ADDRESSES.map((value) => platform.addObservable('IPv4-Addr', { value }));
    platform.faults.fail('toReceived', BAD_GATEWAY, { times: 15 });
    const held = await platform.requestEnrichment({ entityId: first!.standardId });
    await expect.poll(() => said(HANDED_BACK), { timeout: 90_000 }).toBeGreaterThanOrEqual(2);
    platform.faults.clear();
    const other = await platform.requestEnrichment({ entityId: second!.standardId });
    for (const id of [held, other])
      expect(await workSettled(platform, id, 90_000)).toMatchObject({ errors: [] });
    expect(said(AWAY)).toBe(0);
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain(HANDED_BACK);
  }, 240_000);
});
