import { afterEach, describe, expect, it } from 'vitest';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { messagesOf, notesAbout, refusals } from '../helpers/enrichment-results.js';

describe('a work that somebody deletes', () => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  // The platform's own code fails over it, and says so in one envelope up to 6.2.13 and in another since.
  it.each(['6.2.13', '6.6.0'])('while it is looked up leaves nothing waiting on %s', async (version) => {
    world = await startConnectorWorld({ version });
    const { platform, gate, virusTotal } = world;
    const held = gate.hold('/domains/evil.example.com');
    const entity = platform.addObservable('Domain-Name', { value: 'evil.example.com' }).standardId;
    const work = await platform.requestEnrichment({ entityId: entity, mode: 'manual' });
    await virusTotal.log.waitFor(1);
    await platform.until(() => platform.work(work)?.status === 'progress', { description: 'its begin' });
    platform.deleteWork(work);

    held.open();
    await platform.until(() => notesAbout(platform, entity).length === 2, { description: 'the notes' });
    await expect.poll(() => platform.queueDepth('listen'), { timeout: 10_000 }).toBe(0);
    await world.connector.stop('SIGTERM');
    expect(await platform.queueDepth('listen')).toBe(0);
    expect(refusals(platform)).toEqual([]);
  });

  it('before it was begun leaves nothing waiting on 6.6.0, and the results travel without it', async () => {
    world = await startConnectorWorld({ version: '6.6.0' });
    const { platform, connector } = world;
    await connector.stop('SIGTERM');
    const entity = platform.addObservable('Domain-Name', { value: 'evil.example.com' }).standardId;
    const work = await platform.requestEnrichment({ entityId: entity, mode: 'manual' });
    platform.deleteWork(work);
    await world.startConnector();

    await platform.until(() => notesAbout(platform, entity).length === 2, { description: 'the notes' });
    await world.connector.stop('SIGTERM');
    expect(await platform.queueDepth('listen')).toBe(0);
    expect(messagesOf(platform, work)).toEqual([]);
  });
});
