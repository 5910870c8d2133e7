import { afterEach, describe, expect, it } from 'vitest';
import {
  startPlatformSimulator,
  type PlatformSimulator,
  type PlatformSimulatorOptions,
} from './simulator.js';

const running: PlatformSimulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((platform) => platform.close()));
});

/** A platform that knows the connector `c1`. */
async function start(options: PlatformSimulatorOptions = {}): Promise<PlatformSimulator> {
  const platform = await startPlatformSimulator({ workManagerIntervalMs: 0, ...options });
  running.push(platform);
  await ask(
    platform,
    'mutation R($input: RegisterConnectorInput) { registerConnector(input: $input) { id } }',
    {
      input: { id: 'c1', name: 'Mini', type: 'INTERNAL_ENRICHMENT', scope: ['IPv4-Addr'] },
    },
  );
  return platform;
}

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { name?: string; extensions?: { code?: string } }[];
}

async function ask(
  platform: PlatformSimulator,
  query: string,
  variables: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${platform.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${platform.token}`,
      'content-type': 'application/json',
      connection: 'close',
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

function request(platform: PlatformSimulator): Promise<string> {
  const { standardId } = platform.addObservable('IPv4-Addr', { value: '192.0.2.1' });
  return platform.requestEnrichment({ entityId: standardId });
}

const codes = ({ errors = [] }: Answer): unknown[] =>
  errors.map(({ name, extensions }) => extensions?.code ?? name);

const WORK = 'query W($id: ID!) { work(id: $id) { status tracking { import_expected_number } } }';
const ALIVE = 'query A($id: ID!) { isWorkAlive(id: $id) }';
const EXPECT = 'mutation E($id: ID!) { workEdit(id: $id) { addExpectations(expectations: 1) } }';
const REPORT = 'mutation X($id: ID!) { workEdit(id: $id) { reportExpectation } }';
const PROCESSED = 'mutation P($id: ID!) { workEdit(id: $id) { toProcessed(message: "done") } }';

describe('a bundle pushed over the API', () => {
  const PUSH = `mutation Push($connectorId: String!, $bundle: String!, $work_id: String) {
    stixBundlePush(connectorId: $connectorId, bundle: $bundle, work_id: $work_id) }`;
  const bundle = JSON.stringify({
    type: 'bundle',
    objects: [
      { id: 'ipv4-addr--1', type: 'ipv4-addr', value: '192.0.2.1' },
      { id: 'ipv4-addr--2', type: 'ipv4-addr', value: '192.0.2.2' },
    ],
  });

  it('is split, expected and imported by the worker', async () => {
    const platform = await start();
    const workId = await request(platform);
    await ask(platform, PUSH, { connectorId: 'c1', bundle, work_id: workId });
    const work = await platform.workCompleted(workId);
    expect(work).toMatchObject({ expected: 2, processed: 2 });
    expect(platform.entities('IPv4-Addr')).toHaveLength(2);
  });

  it.each([
    ['6.9.22', 'split'],
    ['7.260417.0', 'split'],
    ['7.260422.0', 'discard'],
    ['7.260423.0', 'discard'],
    ['7.260428.0', 'split'],
    ['7.260817.0', 'split'],
  ])('on %s leads to %s when toProcessed comes first', async (version, action) => {
    const platform = await start({ version, workerRuns: false });
    const workId = await request(platform);
    await ask(platform, PUSH, { connectorId: 'c1', bundle, work_id: workId });
    await ask(platform, PROCESSED, { id: workId });
    await platform.worker.start();
    await platform.until(() => platform.pushed.length > 0, { description: 'the push' });
    expect(platform.pushed[0]?.action).toBe(action);
  });
});

describe('the state of a work', () => {
  it('is told to who has the capability, and tells a deleted work from another', async () => {
    const platform = await start({ version: '6.8.7' });
    const id = await request(platform);
    await ask(platform, EXPECT, { id });
    expect(await ask(platform, WORK, { id })).toEqual({
      data: { work: { status: 'wait', tracking: { import_expected_number: 1 } } },
    });
    expect(await ask(platform, ALIVE, { id })).toEqual({ data: { isWorkAlive: true } });
    platform.deleteWork(id);
    expect(await ask(platform, WORK, { id })).toEqual({ data: { work: null } });
    expect(await ask(platform, ALIVE, { id })).toEqual({ data: { isWorkAlive: false } });
  });

  it.each(['6.8.7', '6.9.22', '7.260817.0'])(
    'is not told to who lacks it on %s, who still reports works',
    async (version) => {
      const platform = await start({ version, userReadsWorks: false });
      const id = await request(platform);
      expect(codes(await ask(platform, WORK, { id }))).toEqual(['FORBIDDEN_ACCESS']);
      expect(codes(await ask(platform, ALIVE, { id }))).toEqual(['FORBIDDEN_ACCESS']);
      expect(codes(await ask(platform, PROCESSED, { id }))).toEqual([]);
    },
  );

  it('cannot be asked for as alive or not before 6.8.7', async () => {
    const platform = await start({ version: '6.8.6' });
    const id = await request(platform);
    expect(codes(await ask(platform, ALIVE, { id }))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });
});

describe('the manager of works', () => {
  /** Lets a newer work report while an older one is open. */
  async function overtake(platform: PlatformSimulator): Promise<string> {
    const older = await request(platform);
    const newer = await request(platform);
    await ask(platform, EXPECT, { id: newer });
    await ask(platform, REPORT, { id: newer });
    return older;
  }

  it('runs by itself', async () => {
    const platform = await start({ version: '6.9.22', workManagerIntervalMs: 1 });
    const older = await overtake(platform);
    await platform.workCompleted(older);
    expect(await ask(platform, ALIVE, { id: older })).toEqual({ data: { isWorkAlive: false } });
  });

  it.each([
    ['6.9.18', undefined, []],
    ['6.9.19', undefined, ['WORK_NOT_ALIVE']],
    ['6.9.19', 'accepted', []],
  ] as const)('leaves works that on %s (%s) answer with %o', async (version, deadWorks, expected) => {
    const platform = await start({ version, ...(deadWorks === undefined ? {} : { deadWorks }) });
    const older = await overtake(platform);
    expect(platform.closeOvertakenWorks()).toEqual([older]);
    expect(codes(await ask(platform, EXPECT, { id: older }))).toEqual(expected);
    expect(codes(await ask(platform, PROCESSED, { id: older }))).toEqual([]);
  });

  it.each([
    ['6.9.18', []],
    ['6.9.19', ['WORK_NOT_ALIVE']],
    ['7.260507.0', ['WORK_NOT_ALIVE']],
    ['7.260510.0', []],
  ])('leaves works in whose name one on %s is answered with %o', async (version, expected) => {
    const platform = await start({ version, deadWorks: 'accepted' });
    const older = await overtake(platform);
    platform.closeOvertakenWorks();
    const answer = await ask(platform, PROCESSED, { id: older }, { 'opencti-work-id': older });
    expect(codes(answer)).toEqual(expected);
  });
});
