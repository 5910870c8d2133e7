import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { eicar } from '../../src/simulators/virustotal/samples/demo-values.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { bundleObjects, workSettled } from '../helpers/enrichment-results.js';

const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';

describe('a playbook step', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;

  beforeAll(async () => {
    world = await startConnectorWorld();
    platform = world.platform;
  });

  afterAll(async () => {
    await world.close();
  });

  type Reply = PlatformSimulator['playbookReplies'][number];
  /** Runs a step and returns every answer to it, after one more request went through. */
  const run = async (entityId: string, objects: JsonObject[] = []): Promise<Reply[]> => {
    const { executionId } = await platform.requestPlaybookStep({ entityId, objects });
    const replies = (): Reply[] =>
      platform.playbookReplies.filter((reply) => reply.executionId === executionId);
    await platform.until(() => replies().length > 0, { description: 'the answer to the playbook step' });
    const entity = platform.addObservable('IPv4-Addr', { value: '127.0.0.1' });
    await workSettled(platform, await platform.requestEnrichment({ entityId: entity.standardId }));
    return replies();
  };

  it('is answered once, with everything that came and everything that is new', async () => {
    const file = platform.addObservable(
      'StixFile',
      { hashes: { MD5: eicar.md5 } },
      { score: 20, labels: ['found-by-hand'], markings: ['TLP:GREEN'] },
    );
    const other = platform.stixOf(
      platform.addObservable('Domain-Name', { value: 'other.example.com' }).standardId,
    );
    const [reply, ...more] = await run(file.standardId, [other]);
    expect(more).toEqual([]);
    // `expected` compares every id of the step with what the platform sent.
    expect(reply).toMatchObject({ expected: true, dataInstanceId: file.standardId });
    const objects = bundleObjects(reply?.bundle);
    const [entity, untouched] = objects;
    expect(untouched).toEqual(other);
    expect(entity).toMatchObject({
      id: file.standardId,
      hashes: { MD5: eicar.md5, 'SHA-1': eicar.sha1, 'SHA-256': eicar.sha256 },
      extensions: {
        'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba': { type: 'StixFile' },
        'extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82': {
          score: 94,
          labels: ['found-by-hand', 'attachment', 'known-distributor', 'via-tor'],
        },
      },
    });
    expect(objects.map(({ type }) => type).toSorted()).toEqual(
      [
        ...['file', 'domain-name', 'identity', 'note'],
        ...Array<string>(4).fill('indicator'),
        ...Array<string>(4).fill('relationship'),
      ].toSorted(),
    );
    expect(objects.some(({ id }) => id === AUTHOR)).toBe(true);
    expect(new Set(objects.map(({ id }) => id)).size).toBe(objects.length);
  });

  it('tells the platform when it began, and what it was sent, word for word', async () => {
    const address = platform.addObservable('IPv4-Addr', { value: '8.8.8.8' });
    const [reply] = await run(address.standardId);
    expect(bundleObjects(reply?.previousBundle)).toEqual([platform.stixOf(address.standardId)]);
    expect(new Date(reply?.executionStart ?? '').toISOString()).toBe(reply?.executionStart);
  });

  it.each([
    { about: 'is out of scope', type: 'Mac-Addr', value: '00:00:5e:00:53:01', markings: [] },
    {
      about: 'is marked above the ceiling',
      type: 'Domain-Name',
      value: 'red.example.com',
      markings: ['TLP:RED'],
    },
    {
      about: 'is unknown to VirusTotal',
      type: 'Domain-Name',
      value: 'unknown.example.com',
      markings: [],
    },
    { about: 'is a private address', type: 'IPv4-Addr', value: '10.1.2.3', markings: [] },
    { about: 'cannot be looked up', type: 'Domain-Name', value: 'evil.example.com', markings: [] },
  ])('goes on with the bundle unchanged when the entity $about', async ({ type, value, markings }) => {
    world.virusTotal.faults.add('GET /domains/evil.example.com', {
      kind: 'error',
      status: 401,
      code: 'WrongCredentialsError',
    });
    const entity = platform.addObservable(type, { value }, { markings });
    const replies = await run(entity.standardId);
    world.virusTotal.faults.clear();
    expect(replies).toHaveLength(1);
    expect(replies[0]?.expected).toBe(true);
    expect(replies[0]?.bundle).toEqual(replies[0]?.previousBundle);
    expect(world.virusTotal.log.matching(({ path }) => path.includes('red.example.com'))).toEqual([]);
  });

  it('works on the entity in the bundle, which the platform may not have yet', async () => {
    const entity = platform.addObservable('Domain-Name', { value: 'example.com' }, { hidden: true });
    const [reply] = await run(entity.standardId);
    expect(bundleObjects(reply?.bundle).map(({ type }) => type)).toContain('note');
    expect(platform.operationsOf('stix')).toEqual([]);
  });

  it('is dropped when the playbook was deleted meanwhile', async () => {
    const gate = world.gate.hold('/domains/c2.evil.example.com');
    const entity = platform.addObservable('Hostname', { value: 'c2.evil.example.com' });
    const answers = platform.operationsOf('playbookStepExecution').length;
    const { playbookId } = await platform.requestPlaybookStep({ entityId: entity.standardId });
    platform.deletePlaybook(playbookId);
    gate.open();
    await platform.until(() => platform.operationsOf('playbookStepExecution').length > answers);
    expect(platform.playbookReplies.some((reply) => reply.playbookId === playbookId)).toBe(false);
    expect(platform.operationsOf('playbookStepExecution').flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('does not hold up the works that come after it', async () => {
    const gate = world.gate.hold('/ip_addresses/1.2.3.4');
    const slow = platform.addObservable('IPv4-Addr', { value: '1.2.3.4' });
    const { executionId } = await platform.requestPlaybookStep({ entityId: slow.standardId });
    await world.virusTotal.log.waitFor(1, ({ path }) => path === '/ip_addresses/1.2.3.4');
    const quick = platform.addObservable('Domain-Name', { value: 'example.com' });
    const workId = await platform.requestEnrichment({ entityId: quick.standardId });
    const answered = (): boolean =>
      platform.playbookReplies.some((reply) => reply.executionId === executionId);
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
    expect(answered()).toBe(false);
    gate.open();
    await platform.until(answered, { description: 'the answer to the slow playbook step' });
  });

  it('never touches a work, and publishes nothing', () => {
    const ours = new Set(platform.works.map(({ id }) => id));
    const edits = platform.operations.filter(({ fields }) =>
      fields.some((field) => field.startsWith('workEdit')),
    );
    expect(edits.filter(({ variables }) => !ours.has(String(variables.id)))).toEqual([]);
    expect(platform.pushed.filter(({ fields }) => !ours.has(String(fields?.work_id)))).toEqual([]);
  });
});
