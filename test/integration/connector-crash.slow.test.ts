import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulators/platform/faults.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import {
  calledNames,
  messagesOf,
  notesAbout,
  refusals,
  workOperations,
} from '../helpers/enrichment-results.js';

const SILENCE: Fault = { kind: 'silence' };

describe('a connector that is killed', () => {
  let world: ConnectorWorld | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const addDomain = ({ platform }: ConnectorWorld, value: string): string =>
    platform.addObservable('Domain-Name', { value }).standardId;

  // At 6.9.10 the results of a work that is complete are thrown away; 7.260428 completes none without a report.
  const versions = ['6.4.0', '6.9.10', '7.260428.0', '7.260817.0'];
  const moments = [
    {
      moment: 'before the platform knows of the expectations',
      call: 'addExpectations',
      afterExecution: false,
    },
    { moment: 'between announcing and publishing', call: 'addExpectations', afterExecution: true },
    { moment: 'between publishing and the end of the work', call: 'toProcessed', afterExecution: false },
    {
      moment: 'between the end of the work and the acknowledgement',
      call: 'toProcessed',
      afterExecution: true,
    },
  ];
  it.each(versions.flatMap((version) => moments.map((each) => ({ version, ...each }))))(
    'loses nothing and leaves no work open on $version: $moment',
    async ({ version, call, afterExecution }) => {
      world = await startConnectorWorld({ version });
      const { platform, connector } = world;
      platform.faults.fail(call, SILENCE, { afterExecution });
      const entity = addDomain(world, 'evil.example.com');
      const workId = await platform.requestEnrichment({ entityId: entity });
      await platform.until(() => platform.operationsOf(call).length === 1, { description: () => call });
      await connector.stop('SIGKILL');
      await world.startConnector();

      const ends = (): number => platform.operationsOf('toProcessed').length;
      const expectedEnds = call === 'toProcessed' ? 2 : 1;
      await platform.until(() => ends() === expectedEnds && platform.work(workId)?.status === 'complete', {
        description: () => `${JSON.stringify(platform.work(workId))}\n${world!.connector.log()}`,
      });
      await platform.until(() => notesAbout(platform, entity).length === 2, { description: 'the notes' });
      const work = platform.work(workId)!;
      expect(work.errors).toEqual([]);
      expect(work.processed).toBeGreaterThanOrEqual(work.expected);
      const calls = calledNames(workOperations(platform, workId));
      expect(calls.filter((name) => name === 'addExpectations')).toHaveLength(1);
      // A work that was complete is not opened again.
      expect(calls.filter((name) => name === 'toReceived')).toHaveLength(1);
      // The worker threw nothing away but what had been imported before.
      if (call === 'addExpectations') expect(refusals(platform)).toEqual([]);
    },
  );

  it('fails the request that kills it after so many deliveries, and no other that was in work beside it', async () => {
    world = await startConnectorWorld({
      version: '7.260817.0',
      variables: { CONNECTOR_MAX_ATTEMPTS: '3', CONNECTOR_CONCURRENCY: '4' },
    });
    const { platform, virusTotal, gate } = world;
    const deadly = '/domains/evil.example.com';
    gate.hold(deadly);
    const request = (value: string): Promise<string> =>
      platform.requestEnrichment({ entityId: addDomain(world!, value), mode: 'auto' });
    // In front of it, beside it, and behind it.
    const others = [await request('a.example.net'), await request('b.example.net')];
    const culprit = await request('evil.example.com');
    for (const name of ['c', 'd', 'e', 'f']) others.push(await request(`${name}.example.net`));

    let kills = 0;
    const isGivenUp = (): boolean => platform.work(culprit)?.processedTime != null;
    while (!isGivenUp() && kills < 10) {
      await Promise.race([
        virusTotal.log.waitFor(kills + 1, ({ path }) => path.endsWith(deadly)),
        platform.until(isGivenUp, { timeoutMs: 60_000 }),
      ]);
      if (isGivenUp()) break;
      kills += 1;
      await world.connector.stop('SIGKILL');
      await world.startConnector();
    }

    // The first death may have come before it was noted.
    expect([3, 4]).toContain(kills);
    const work = await platform.workCompleted(culprit);
    expect(work.errors.map(({ message }) => message)).toEqual([
      'VirusTotal: this request is not tried again (CONNECTOR_MAX_ATTEMPTS is 3): the connector ended 3 times while it worked on it. The log of the connector says more; please report it.',
    ]);
    for (const id of others) {
      const other = await platform.workCompleted(id);
      expect(other.errors).toEqual([]);
      expect(messagesOf(platform, id)).toEqual([]);
    }
    expect(world.connector.log()).toContain('request was tried often enough and is given up');
  }, 120_000);
});
