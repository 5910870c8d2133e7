import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { calledNames, objectsOf, workOperations, workSettled } from '../helpers/enrichment-results.js';

describe('requests side by side', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;

  beforeAll(async () => {
    world = await startConnectorWorld({ variables: { CONNECTOR_CONCURRENCY: '3' } });
    platform = world.platform;
  });

  afterAll(async () => {
    await world.close();
  });

  const request = (value: string): Promise<string> =>
    platform.requestEnrichment({
      entityId: platform.addObservable('Domain-Name', { value }).standardId,
    });
  const called = (workId: string): string[] => calledNames(workOperations(platform, workId));

  it('looks them up at the same time, and hands results over in the order of the works', async () => {
    const slow = world.gate.hold('/domains/evil.example.com');
    const first = await request('evil.example.com');
    const second = await request('example.com');
    const third = await request('unknown.example.com');
    // The first look-up has no answer yet, and the others are made nevertheless.
    await world.virusTotal.log.waitFor(3);
    // The others are as good as done: they have announced their results.
    await platform.until(
      () => [second, third].every((workId) => called(workId).includes('addExpectations')),
      { description: 'the expectations of the later works' },
    );
    expect(called(first)).toEqual(['toReceived']);
    expect(platform.pushed).toEqual([]);
    slow.open();
    for (const workId of [first, second, third]) await workSettled(platform, workId);

    const published = platform.pushed.map(({ fields }) => fields?.work_id);
    expect(published).toEqual([first, second]);
    expect(objectsOf(platform, second).length).toBeGreaterThan(3);
    // A work without results reports itself, and takes its turn as well.
    expect(called(third)).toEqual(['toReceived', 'addExpectations', 'reportExpectation', 'toProcessed']);
    const reported = platform.operations.findIndex(
      ({ fields, variables }) => fields[0] === 'workEdit.reportExpectation' && variables.id === third,
    );
    const announced = platform.operations.findIndex(
      ({ fields, variables }) => fields[0] === 'workEdit.addExpectations' && variables.id === first,
    );
    expect(reported).toBeGreaterThan(announced);
    expect(platform.closeOvertakenWorks()).toEqual([]);
  });

  it('works on no more than it may, and leaves the rest in the queue', async () => {
    const gate = world.gate.hold('.held.example.com');
    world.virusTotal.log.clear();
    const works: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) works.push(await request(`${name}.held.example.com`));
    await world.virusTotal.log.waitFor(3);
    expect(await platform.queueDepth('listen')).toBe(2);
    expect(world.virusTotal.log.entries).toHaveLength(3);
    gate.open();
    for (const workId of works) {
      expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
    }
    expect(world.virusTotal.log.entries).toHaveLength(5);
  });

  it('does a message that is delivered twice once', async () => {
    const gate = world.gate.hold('/domains/twice.example.com');
    const workId = await request('twice.example.com');
    await world.virusTotal.log.waitFor(1, ({ path }) => path === '/domains/twice.example.com');
    const entity = platform.entities('Domain-Name').at(-1);
    await platform.publishRaw({
      internal: { work_id: workId, applicant_id: null, draft_id: null, mode: 'manual', trigger: 'update' },
      event: { entity_id: entity?.standardId ?? '', entity_type: 'Domain-Name' },
    });
    // Comes behind the copy, so that the copy has arrived when this one is looked up.
    const behind = await request('behind.example.com');
    await world.virusTotal.log.waitFor(1, ({ path }) => path === '/domains/behind.example.com');
    gate.open();
    await workSettled(platform, workId);
    await workSettled(platform, behind);
    expect(called(workId)).toEqual(['toReceived', 'addExpectations', 'reportExpectation', 'toProcessed']);
    expect(world.virusTotal.log.matching(({ path }) => path.endsWith('twice.example.com'))).toHaveLength(1);
  });
});
