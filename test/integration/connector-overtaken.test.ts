import { afterEach, describe, expect, it } from 'vitest';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import {
  calledNames,
  messagesOf,
  notesAbout,
  refusals,
  workOperations,
  workSettled,
} from '../helpers/enrichment-results.js';

const HOUR_MS = 3_600_000;

describe('an automatic request that a manual one overtakes', () => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  // Until 6.8.8 the platform does not say which requests are automatic, and none overtakes another.
  it.each([
    { version: '6.8.9', isWithWork: false, calls: ['toReceived', 'toProcessed'] },
    // It would refuse to count for a work that it has closed, and does not complete others without a report.
    {
      version: '7.260507.0',
      isWithWork: false,
      calls: ['toReceived', 'reportExpectation', 'toProcessed'],
    },
    { version: '7.260510.0', isWithWork: true, calls: ['toReceived', 'addExpectations', 'toProcessed'] },
  ])('loses nothing on $version; its results keep their work: $isWithWork', async (expected) => {
    const { version, isWithWork, calls } = expected;
    world = await startConnectorWorld({ version });
    const { platform, gate, virusTotal } = world;
    const request = (value: string, mode: 'auto' | 'manual'): Promise<string> =>
      platform.requestEnrichment({
        entityId: platform.addObservable('Domain-Name', { value }).standardId,
        mode,
      });
    const held = gate.hold('/domains/evil.example.com');
    const automatic = await request('evil.example.com', 'auto');
    await virusTotal.log.waitFor(1);
    const manual = await request('example.com', 'manual');

    // It does not wait for the automatic one, whose answer is held.
    expect(await workSettled(platform, manual)).toMatchObject({ status: 'complete', errors: [] });
    expect(platform.closeOvertakenWorks()).toEqual([automatic]);
    const entity = platform.entities('Domain-Name')[0]!.standardId;
    expect(notesAbout(platform, entity)).toEqual([]);

    held.open();
    await platform.until(() => notesAbout(platform, entity).length === 2, { description: 'the notes' });
    expect(messagesOf(platform, automatic).length > 0).toBe(isWithWork);
    const called = (): string[] => calledNames(workOperations(platform, automatic));
    await platform.until(() => called().length === calls.length, { description: () => called().join() });
    expect(called()).toEqual(calls);
    expect(platform.work(automatic)).toMatchObject({ status: 'complete', errors: [] });
    expect(refusals(platform)).toEqual([]);
  });

  it.each(['6.8.9', '6.9.10'])(
    'loses nothing on %s when the connector dies before it has its answer',
    async (version) => {
      world = await startConnectorWorld({ version });
      const { platform, gate, virusTotal, connector } = world;
      const entity = platform.addObservable('Domain-Name', { value: 'evil.example.com' }).standardId;
      const held = gate.hold('/domains/evil.example.com');
      const automatic = await platform.requestEnrichment({ entityId: entity, mode: 'auto' });
      await virusTotal.log.waitFor(1);
      const other = platform.addObservable('Domain-Name', { value: 'example.com' }).standardId;
      await workSettled(platform, await platform.requestEnrichment({ entityId: other, mode: 'manual' }));
      expect(platform.closeOvertakenWorks()).toEqual([automatic]);

      await connector.stop('SIGKILL');
      held.open();
      await world.startConnector();
      await platform.until(() => notesAbout(platform, entity).length === 2, { description: 'the notes' });
      expect(messagesOf(platform, automatic)).toEqual([]);
    },
  );

  it.each([
    { who: 'isWorkAlive', userReadsWorks: true, deadWorks: 'accepted' },
    // Without MODULES; on some platforms the next call tells.
    { who: 'addExpectations', userReadsWorks: false, deadWorks: 'refused' },
  ] as const)(
    'loses nothing on 6.9.22 when the connector dies and its own order does not tell, but $who',
    async ({ userReadsWorks, deadWorks }) => {
      // By its clock every work is younger than the connector, so that none counts as one from before its start.
      const clock = { now: () => new Date(Date.now() + HOUR_MS) };
      world = await startConnectorWorld({
        version: '6.9.22',
        platform: { clock, userReadsWorks, deadWorks },
      });
      const { platform, gate, virusTotal, connector } = world;
      const entity = platform.addObservable('Domain-Name', { value: 'evil.example.com' }).standardId;
      const held = gate.hold('/domains/evil.example.com');
      const automatic = await platform.requestEnrichment({ entityId: entity, mode: 'auto' });
      await virusTotal.log.waitFor(1);
      const other = platform.addObservable('Domain-Name', { value: 'example.com' }).standardId;
      await workSettled(platform, await platform.requestEnrichment({ entityId: other, mode: 'manual' }));
      expect(platform.closeOvertakenWorks()).toEqual([automatic]);

      await connector.stop('SIGKILL');
      held.open();
      await world.startConnector();
      await platform.until(() => notesAbout(platform, entity).length === 2, { description: 'the notes' });
      expect(platform.operationsOf('isWorkAlive')).toHaveLength(1);
      expect(messagesOf(platform, automatic)).toEqual([]);
      expect(refusals(platform)).toEqual([]);
    },
  );
});
