import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startConnectorProcess } from '../../src/cli/demo/connector-process.js';
import { BAD_GATEWAY } from '../../src/simulators/platform/faults.js';
import { startPlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { runCommand } from '../helpers/built-product.js';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { refusals, workSettled } from '../helpers/enrichment-results.js';
import { sharedBroker } from '../helpers/shared-broker.js';

/** A proxy without backend: the platform surely did not get it. */
const NO_BACKEND = { ...BAD_GATEWAY, status: 503 };

/** A container is killed so long after it was asked to stop. */
const GRACE_MS = 10_000;

describe('stopping', () => {
  let world: ConnectorWorld;

  beforeEach(async () => {
    world = await startConnectorWorld({ variables: { CONNECTOR_CONCURRENCY: '3' } });
  });

  afterEach(async () => {
    await world.close();
  });

  const request = (value: string): Promise<string> =>
    world.platform.requestEnrichment({
      entityId: world.platform.addObservable('Domain-Name', { value }).standardId,
    });

  it('finishes what it can within the time of grace, and hands the rest back to the queue', async () => {
    const { platform, virusTotal, gate } = world;
    const slow = gate.hold('/domains/evil.example.com');
    const stuck = gate.hold('.stuck.example.com');
    const finished = await request('evil.example.com');
    const unfinished: string[] = [];
    // Two are in work beside the first, and two more wait in the queue.
    for (const name of ['a', 'b', 'c', 'd']) unfinished.push(await request(`${name}.stuck.example.com`));
    await virusTotal.log.waitFor(3);

    const askedAt = performance.now();
    const stopped = world.connector.stop('SIGTERM');
    slow.open();
    expect(await stopped).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(GRACE_MS);
    expect(await workSettled(platform, finished)).toMatchObject({ status: 'complete', errors: [] });
    expect(await platform.queueDepth('listen')).toBe(4);
    expect(unfinished.map((workId) => platform.work(workId)?.processedTime)).toEqual(
      Array<null>(4).fill(null),
    );

    stuck.open();
    await world.startConnector();
    for (const workId of unfinished) {
      expect(await workSettled(platform, workId)).toMatchObject({
        status: 'complete',
        expected: 1,
        processed: 1,
        errors: [],
      });
    }
    expect(await platform.queueDepth('listen')).toBe(0);
  });

  it('hands a playbook step back whose answer the platform does not take any more', async () => {
    const { platform } = world;
    platform.faults.fail('playbookStepExecution', NO_BACKEND, { times: 100 });
    const { standardId } = platform.addObservable('Domain-Name', { value: 'example.com' });
    const { executionId } = await platform.requestPlaybookStep({ entityId: standardId });
    const replies = (): unknown[] =>
      platform.playbookReplies.filter((reply) => reply.executionId === executionId);
    // Its answer was refused, and is to be given once more after a while.
    await platform.until(() => platform.operationsOf('playbookStepExecution').length >= 3, {
      description: 'answers that are refused',
    });

    expect(await world.connector.stop('SIGTERM')).toBe(0);
    expect(replies()).toEqual([]);
    expect(await platform.queueDepth('listen')).toBe(1);

    platform.faults.clear();
    await world.startConnector();
    await platform.until(() => replies().length > 0, { description: 'the answer' });
    expect(replies()).toHaveLength(1);
  });

  it('loses nothing when it is killed', async () => {
    const { platform, virusTotal, gate } = world;
    const stuck = gate.hold('example.com');
    const works = [await request('evil.example.com'), await request('example.com')];
    await virusTotal.log.waitFor(2);
    await world.connector.stop('SIGKILL');
    stuck.open();
    await world.startConnector();
    for (const workId of works) {
      const work = await workSettled(platform, workId);
      expect(work).toMatchObject({ status: 'complete', errors: [] });
      expect(work.processed).toBe(work.expected);
    }
    expect(refusals(platform)).toEqual([]);
  });

  it('stops at once on SIGINT when there is nothing to do', async () => {
    const askedAt = performance.now();
    expect(await world.connector.stop('SIGINT')).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(GRACE_MS);
    expect(world.connector.log()).toContain('"message":"stopped"');
  });
});

describe('starting', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virustotal-test-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('ends with code 1 and lists every fault of the configuration', async () => {
    const { exitCode, stderr, stdout } = await runCommand(
      ['serve'],
      {
        OPENCTI_URL: 'not a url',
        VIRUSTOTAL_TOKEN: API_KEY,
        VIRUSTOTAL_MAX_TLP: 'TLP:PURPLE',
        CONNECTOR_AUTO: 'perhaps',
        CONNECTOR_CONCURENCY: '4',
      },
      directory,
    );
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^The configuration has 4 faults:/);
    for (const name of ['OPENCTI_URL', 'OPENCTI_TOKEN', 'VIRUSTOTAL_MAX_TLP', 'CONNECTOR_AUTO']) {
      expect(stderr).toMatch(new RegExp(`^- .*\\(${name}\\)`, 'm'));
    }
    expect(stderr).toMatch(/CONNECTOR_CONCURENCY.*CONNECTOR_CONCURRENCY/);
    expect(stderr).not.toContain(API_KEY);
  });

  it('ends with code 1 when the platform does not accept the token, and says so', async () => {
    const platform = await startPlatformSimulator({ amqp: sharedBroker() });
    const { exitCode, stderr } = await runCommand(
      [],
      { OPENCTI_URL: platform.url, OPENCTI_TOKEN: 'flgrn_octi_tkn_wrong', VIRUSTOTAL_TOKEN: API_KEY },
      directory,
    );
    await platform.close();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('OPENCTI_TOKEN');
    expect(stderr).not.toContain('flgrn_octi_tkn_wrong');
  });

  it('says that the broker does not accept the password, does not show it, and waits for a better one', async () => {
    const platform = await startPlatformSimulator({ amqp: sharedBroker() });
    const connector = startConnectorProcess(directory, {
      OPENCTI_URL: platform.url,
      OPENCTI_TOKEN: platform.token,
      VIRUSTOTAL_TOKEN: API_KEY,
      MQ_PASS: 'an-obviously-wrong-password',
    });
    // The platform hands the credentials out, and may do better when it is asked again.
    await expect
      .poll(() => connector.log(), { timeout: 20_000 })
      .toMatch(/"level":"ERROR".*RabbitMQ.*MQ_PASS/);
    await platform.until(() => platform.operationsOf('registerConnector').length > 1);
    expect(await connector.stop('SIGTERM')).toBe(0);
    expect(connector.log()).not.toContain('an-obviously-wrong-password');
    await platform.close();
  });

  it('stops with code 0 also while the platform does not answer yet', async () => {
    const platform = await startPlatformSimulator({ amqp: sharedBroker() });
    platform.faults.fail('about', { kind: 'silence' });
    const connector = startConnectorProcess(directory, {
      OPENCTI_URL: platform.url,
      OPENCTI_TOKEN: platform.token,
      VIRUSTOTAL_TOKEN: API_KEY,
    });
    await platform.until(() => platform.operationsOf('about').length > 0);
    const askedAt = performance.now();
    expect(await connector.stop('SIGTERM')).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(GRACE_MS);
    await platform.close();
  });
});
