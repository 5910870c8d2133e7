import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DeadLetters } from '../../src/dead-letters/dead-letters.js';
import type { JsonObject } from '../../src/shared/json.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { openSqliteStore } from '../../src/state/sqlite-store.js';
import { runCommand, type CommandResult } from '../helpers/built-product.js';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { calledNames, messagesOf, workOperations, workSettled } from '../helpers/enrichment-results.js';

const NO_ID =
  'event.entity_id is not an id; trigger the enrichment again, and report this with the version of OpenCTI if it persists.';

const WAIT = { timeout: 20_000, interval: 50 };

interface Listed {
  readonly id: string;
  readonly reason: string;
  readonly source: string;
  readonly workId: string | null;
  readonly entityId: string | null;
  readonly size: number;
  readonly times: number;
  readonly body?: string;
}

/** The command beside the connector that runs, with the same environment. */
function deadLetters({ variables, directory }: ConnectorWorld, ...args: string[]): Promise<CommandResult> {
  return runCommand(['dead-letters', ...args], variables, directory);
}

async function listed(world: ConnectorWorld): Promise<Listed[]> {
  const { stdout, exitCode } = await deadLetters(world, 'list', '--json');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Listed[];
}

/** A message about a work that is done already, as the platform sends them, but for the changes. */
async function messageOfDoneWork(
  platform: PlatformSimulator,
  change: JsonObject = {},
): Promise<{ workId: string; body: JsonObject; entityId: string }> {
  const { standardId } = platform.addObservable('Domain-Name', { value: 'example.com' });
  const workId = await platform.requestEnrichment({ entityId: standardId });
  await workSettled(platform, workId);
  const body = {
    internal: { work_id: workId, applicant_id: null, draft_id: null, mode: 'manual', trigger: 'update' },
    event: {
      event_type: 'INTERNAL_ENRICHMENT',
      entity_id: standardId,
      entity_type: 'Domain-Name',
      ...change,
    },
  };
  return { workId, body, entityId: standardId };
}

/** Waits for the second end of a work. */
async function settledAgain(
  platform: PlatformSimulator,
  workId: string,
): Promise<PlatformSimulator['works'][number]> {
  const ends = (): number =>
    calledNames(workOperations(platform, workId)).filter((name) => name === 'toProcessed').length;
  await platform.until(() => ends() === 2, { description: `the second end of ${workId}` });
  return workSettled(platform, workId);
}

/** Puts a message into the state, as an older version would have done that could not read it. */
async function keepAsOlderVersion({ variables }: ConnectorWorld, body: string): Promise<string> {
  const logger = pino({ level: 'silent' });
  const store = await openSqliteStore({ path: variables.STATE_PATH ?? '', logger });
  const letters = new DeadLetters({ store, logger });
  const { id } = await letters.keep({
    body: Buffer.from(body),
    reason: 'The message cannot be read: event.entity_id has a form of the future.',
    source: 'queue',
    workId: undefined,
    entityId: undefined,
  });
  await store.close();
  return id;
}

describe('messages that cannot be read', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;
  let metricsUrl: string;
  let healthUrl: string;

  beforeAll(async () => {
    const [metricsPort = 0, healthPort = 0] = await freePorts(2);
    metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
    healthUrl = `http://127.0.0.1:${healthPort}/health`;
    world = await startConnectorWorld({
      variables: {
        CONNECTOR_EXPOSE_METRICS: 'true',
        CONNECTOR_METRICS_PORT: String(metricsPort),
        CONNECTOR_HEALTH_PORT: String(healthPort),
      },
    });
    platform = world.platform;
  });

  afterAll(async () => {
    await world.close();
  });

  const bodyOf = async (url: string): Promise<string> => (await request(url)).body.text();

  it('are none at first', async () => {
    expect(await listed(world)).toEqual([]);
    const { stdout } = await deadLetters(world);
    expect(stdout).toBe(`No dead letters in SQLite file ${world.variables.STATE_PATH ?? ''}.\n`);
  });

  it('close the work that they name as failed, and are kept with the reason', async () => {
    const { workId, body } = await messageOfDoneWork(platform, { entity_id: 42, secret: API_KEY });
    await platform.publishRaw(body);
    const work = await settledAgain(platform, workId);
    const [letter] = await listed(world);
    expect(work.errors.map(({ message }) => message)).toEqual([
      `VirusTotal: the message cannot be read: ${NO_ID} The operator of the connector finds it as dead letter ${letter?.id ?? ''}.`,
    ]);
    expect(work).toMatchObject({ expected: work.processed, status: 'complete' });
    const calls = calledNames(workOperations(platform, workId));
    expect(calls.slice(calls.indexOf('toProcessed') + 1)).toEqual([
      'toReceived',
      'addExpectations',
      'reportExpectation',
      'toProcessed',
    ]);
    expect(letter).toMatchObject({
      reason: `The message cannot be read: ${NO_ID}`,
      source: 'queue',
      workId,
      entityId: null,
      size: Buffer.byteLength(JSON.stringify(body)),
      times: 1,
    });
  });

  it('are shown without secrets, and as they came only when that is asked for', async () => {
    const id = (await listed(world))[0]?.id ?? '';
    const shown = await deadLetters(world, 'show', id);
    expect(shown.stdout).toContain(`Reason:      The message cannot be read: ${NO_ID}\n`);
    expect(shown.stdout).toContain('"entity_id":42');
    expect(shown.stdout).not.toContain(API_KEY);
    const json = JSON.parse((await deadLetters(world, 'show', id, '--json')).stdout) as Listed;
    expect(json).toMatchObject({ id, body: expect.stringContaining('"entity_id":42') as string });
    expect(json.body).not.toContain(API_KEY);
    const raw = await deadLetters(world, 'show', id, '--raw');
    expect(JSON.parse(raw.stdout)).toMatchObject({ event: { entity_id: 42, secret: API_KEY } });
    const table = await deadLetters(world, 'list');
    expect(table.stdout).toContain(id);
  });

  it('answer the playbook step that they name with what it had', async () => {
    const { standardId } = platform.addObservable('Domain-Name', { value: 'example.org' });
    const bundle = { id: 'bundle--1', type: 'bundle', objects: [{ type: 'domain-name', id: standardId }] };
    const playbook = {
      execution_id: 'execution-7',
      event_id: 'event-7',
      playbook_id: 'playbook-7',
      data_instance_id: standardId,
      step_id: 'step-2',
      previous_step_id: 'step-1',
    };
    await platform.publishRaw({ internal: { work_id: null, playbook }, event: { bundle } });
    await platform.until(() => platform.operationsOf('playbookStepExecution').length === 1, {
      description: 'the answer to the playbook step',
    });
    const [answer] = platform.operationsOf('playbookStepExecution');
    expect(answer?.variables).toMatchObject({ execution_id: 'execution-7', step_id: 'step-2' });
    expect(JSON.parse(String(answer?.variables.bundle))).toEqual(bundle);
  });

  it('are counted when they come again, and shown by metrics and health', async () => {
    const timesKept = async (): Promise<number | undefined> =>
      (await listed(world)).find(({ size }) => size === 9)?.times;
    await platform.publishRaw('{not json');
    // While one of the same bytes is in work, another is taken for the same.
    await vi.waitFor(async () => {
      expect(await timesKept()).toBe(1);
    }, WAIT);
    await platform.publishRaw('{not json');
    await platform.publishRaw('"entity_id":');
    await vi.waitFor(async () => {
      expect(await bodyOf(metricsUrl)).toContain('\nvirustotal_dead_letters 4\n');
    }, WAIT);
    await vi.waitFor(async () => {
      expect(await timesKept()).toBe(2);
    }, WAIT);
    expect(JSON.parse(await bodyOf(healthUrl))).toMatchObject({
      status: 'ok',
      parts: { deadLetters: { detail: '4 messages could not be read; see the command dead-letters' } },
    });
  });

  it('stay when they are replayed and still cannot be read', async () => {
    const before = await listed(world);
    const { exitCode, stdout } = await deadLetters(world, 'replay', '--all');
    expect(exitCode).toBe(1);
    const ids = before.map(({ id }) => id);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(ids.map((id) => `kept      ${id}`));
    expect(stdout).toContain(NO_ID);
    expect((await listed(world)).map(({ id }) => id)).toEqual(ids);
  });

  it('are enriched when a later version can read them, and forgotten then', async () => {
    const { workId, body } = await messageOfDoneWork(platform);
    const id = await keepAsOlderVersion(world, JSON.stringify(body));
    const first = messagesOf(platform, workId).length;
    expect(await deadLetters(world, 'replay', id)).toMatchObject({
      exitCode: 0,
      stdout: `replayed  ${id}\n`,
    });
    const work = await settledAgain(platform, workId);
    expect(work.errors).toEqual([]);
    expect(messagesOf(platform, workId).length).toBe(2 * first);
    expect((await listed(world)).map((letter) => letter.id)).not.toContain(id);
  });

  it('are kept when the broker cannot be reached', async () => {
    const { body } = await messageOfDoneWork(platform);
    const id = await keepAsOlderVersion(world, JSON.stringify(body));
    const broker = { MQ_HOST: '127.0.0.1', MQ_PORT: '9' };
    const { exitCode, stderr } = await runCommand(
      ['dead-letters', 'replay', id],
      { ...world.variables, ...broker },
      world.directory,
    );
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('RabbitMQ cannot be reached: connect ECONNREFUSED'),
    ]);
    expect((await listed(world)).map((letter) => letter.id)).toContain(id);
  });

  it('are dropped by id or all at once, and it is said when one is not there', async () => {
    const id = (await listed(world))[0]?.id ?? '';
    const one = await deadLetters(world, 'drop', id, 'nonsense');
    expect(one).toMatchObject({
      exitCode: 1,
      stdout: `dropped   ${id}\n`,
      stderr: expect.stringContaining('There is no dead letter "nonsense" in SQLite file') as string,
    });
    expect((await deadLetters(world, 'show', id)).exitCode).toBe(1);
    expect((await deadLetters(world, 'drop', '--all')).exitCode).toBe(0);
    expect(await listed(world)).toEqual([]);
    expect(await bodyOf(metricsUrl)).toContain('\nvirustotal_dead_letters 0\n');
  });

  it.each([['drop'], ['replay'], ['drop x --all'], ['show'], ['forget x']])(
    'are left alone by "%s", which is no complete command',
    async (line) => {
      const { exitCode, stderr } = await deadLetters(world, ...line.split(' '));
      expect(exitCode).toBe(1);
      expect(stderr).not.toBe('');
    },
  );
});

describe('a message that cannot be read, while the state cannot be written', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({
      prepareDirectory: async (directory) => {
        const file = join(directory, 'no-directory');
        await writeFile(file, '');
        return { STATE_PATH: join(file, 'state.sqlite') };
      },
    });
  });

  afterAll(async () => {
    await world.close();
  });

  it('stays in the queue, holds up nobody, and is kept by the next process, although this one was killed', async () => {
    const { platform, connector } = world;
    for (const body of ['{not json', 'nor this']) await platform.publishRaw(body);
    const COMES_AGAIN =
      'messages that cannot be read cannot be kept either, and come again until the state can be written';
    await vi.waitFor(() => {
      expect(connector.log()).toContain(COMES_AGAIN);
    }, WAIT);
    // Settles a request meanwhile.
    await messageOfDoneWork(platform);
    expect(connector.log().split(COMES_AGAIN)).toHaveLength(2);
    expect(await connector.stop('SIGKILL')).toBe('SIGKILL');

    const variables = { STATE_PATH: join(world.directory, 'state.sqlite') };
    await world.startConnector(variables);
    const repaired = { ...world, variables: { ...world.variables, ...variables } };
    await vi.waitFor(async () => {
      expect((await listed(repaired)).map(({ size }) => size)).toHaveLength(2);
    }, WAIT);
    await vi.waitFor(async () => {
      expect(await platform.queueDepth('listen')).toBe(0);
    }, WAIT);
  }, 60_000);
});

describe('a message that this version can read, on OpenCTI 6.8.10, which throws bundles of closed works away', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({ version: '6.8.10' });
  });

  afterAll(async () => {
    await world.close();
  });

  it('is imported when it is replayed after an upgrade, although its work was closed long ago', async () => {
    const { platform } = world;
    const { body, entityId } = await messageOfDoneWork(platform);
    // The next version begins after the work.
    expect(await world.connector.stop('SIGTERM')).toBe(0);
    const id = await keepAsOlderVersion(world, JSON.stringify(body));
    const before = platform.pushed.length;
    await world.startConnector();
    expect((await deadLetters(world, 'replay', id)).exitCode).toBe(0);
    await platform.until(() => platform.pushed.length > before, { description: 'the results' });
    // Without a work, workers import them unconditionally.
    expect(platform.pushed.slice(before).every(({ fields }) => fields?.work_id == null)).toBe(true);
    expect(platform.entity(entityId)).toBeDefined();
  });
});

describe('callbacks that cannot be read', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({ transport: 'callback' });
  });

  afterAll(async () => {
    await world.close();
  });

  it('are kept, and their work is closed, before the worker is answered', async () => {
    const { platform } = world;
    const { workId, body } = await messageOfDoneWork(platform, { entity_id: ['x'] });
    const response = await request(
      `${world.variables.CONNECTOR_LISTEN_PROTOCOL_API_URI ?? ''}/api/callback`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${platform.mintCallbackToken()}` },
        body: JSON.stringify(body),
      },
    );
    await response.body.dump();
    expect(response.statusCode).toBe(202);
    expect(platform.work(workId)?.errors).toHaveLength(1);
    expect(await listed(world)).toEqual([
      expect.objectContaining({ source: 'callback', workId, entityId: null }),
    ]);
  });

  it('cannot be replayed without RabbitMQ, and it is said so', async () => {
    const { body } = await messageOfDoneWork(world.platform);
    const id = await keepAsOlderVersion(world, JSON.stringify(body));
    const { exitCode, stderr } = await deadLetters(world, 'replay', id);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'Dead letters are replayed through RabbitMQ, also with CONNECTOR_LISTEN_PROTOCOL=API',
    );
    expect((await listed(world)).map((letter) => letter.id)).toContain(id);
  });
});
