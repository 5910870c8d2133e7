import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { calledNames, workOperations, workSettled } from '../helpers/enrichment-results.js';
import { sharedBroker } from '../helpers/shared-broker.js';

/** Bodies that are no request at all. */
const unreadable: readonly { readonly about: string; readonly body: string | Buffer }[] = [
  { about: 'text that is no JSON', body: '{not json' },
  { about: 'an empty object', body: '{}' },
  { about: 'an empty list', body: '[]' },
  { about: 'null', body: 'null' },
  { about: 'nothing', body: '' },
  { about: 'binary garbage', body: Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x1b, 0x5b, 0x41, 0xc3, 0x28]) },
  { about: 'a request without an entity', body: '{"internal":{"work_id":"work_1"},"event":{}}' },
  { about: 'a request without a work', body: '{"internal":{},"event":{"entity_id":"ipv4-addr--1"}}' },
  {
    about: 'a playbook step without a bundle',
    body: '{"internal":{"playbook":{"execution_id":"1"}},"event":{"entity_id":"ipv4-addr--1"}}',
  },
  { about: 'deeply nested lists', body: '['.repeat(50_000) },
];

describe('messages that are no proper request', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;

  beforeAll(async () => {
    // One at a time: what is not settled would block all that follows.
    world = await startConnectorWorld({ variables: { CONNECTOR_CONCURRENCY: '1' } });
    platform = world.platform;
  });

  afterAll(async () => {
    await world.close();
  });

  const nextRequestWorks = async (): Promise<void> => {
    const entity = platform.addObservable('Domain-Name', { value: 'example.com' });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
  };

  /** Sends a second, changed message about a work that is done, and waits until that one is done too. */
  const secondMessage = async (change: JsonObject): Promise<PlatformSimulator['works'][number]> => {
    const entity = platform.addObservable('Domain-Name', { value: 'example.com' });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    await workSettled(platform, workId);
    await platform.publishRaw({
      internal: { work_id: workId, applicant_id: null, draft_id: null, mode: 'manual', trigger: 'update' },
      event: {
        event_type: 'INTERNAL_ENRICHMENT',
        entity_id: entity.standardId,
        entity_type: 'Domain-Name',
        ...change,
      },
    });
    const processed = (): number =>
      calledNames(workOperations(platform, workId)).filter((name) => name === 'toProcessed').length;
    await platform.until(() => processed() === 2, { description: 'the second message' });
    return workSettled(platform, workId);
  };

  const expectUnreadable = async (workId: string, entityId: string): Promise<void> => {
    const work = await workSettled(platform, workId);
    expect(work.errors.map(({ message }) => message)).toEqual([
      `VirusTotal: the entity ${entityId} cannot be read: it was deleted, or the connector's user may not see it` +
        ' (markings, organisations, draft members).',
    ]);
    expect(work).toMatchObject({ expected: 1, processed: 1 });
  };

  it.each(unreadable)('survives $about, and the next request works', async ({ body }) => {
    await publish(platform, body);
    await nextRequestWorks();
  });

  it('settles a request for a type that nobody knows', async () => {
    const work = await secondMessage({ entity_type: 'Flux-Capacitor' });
    expect(work.errors).toEqual([]);
    expect(work.messages.at(-1)?.message).toBe(
      "VirusTotal: Flux-Capacitor is not in this connector's scope (CONNECTOR_SCOPE); nothing was asked.",
    );
    await nextRequestWorks();
  });

  it.each(['{broken', '[]', '', 'null', 7])(
    'asks the platform for the entity when the message carries %j in its place',
    async (stixEntity) => {
      const asked = platform.operationsOf('stix').length;
      const work = await secondMessage({ stix_entity: stixEntity });
      expect(platform.operationsOf('stix')).toHaveLength(asked + 1);
      expect(work.errors).toEqual([]);
      expect(work.messages.at(-1)?.message).toBe('VirusTotal: none of 97 engines call this malicious');
    },
  );

  it('settles a request for a type of the platform that is out of scope', async () => {
    const entity = platform.addObservable('Mac-Addr', { value: '00:00:5e:00:53:01' });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    expect(await workSettled(platform, workId)).toMatchObject({ expected: 1, processed: 1, errors: [] });
    await nextRequestWorks();
  });

  it('reports an entity that it may not see as an error of its work', async () => {
    const entity = platform.addObservable('Domain-Name', { value: 'hidden.example.com' }, { hidden: true });
    const workId = await platform.requestEnrichment({
      entityId: entity.standardId,
      stixEntity: 'omitted',
    });
    await expectUnreadable(workId, entity.standardId);
    await nextRequestWorks();
  });

  it('reports an entity that was deleted meanwhile as an error of its work', async () => {
    // Takes the only place, so that the entity is gone before its request is read.
    const gate = world.gate.hold('/domains/blocker.example.com');
    const blocker = platform.addObservable('Domain-Name', { value: 'blocker.example.com' });
    const blocking = await platform.requestEnrichment({ entityId: blocker.standardId });
    const entity = platform.addObservable('Domain-Name', { value: 'deleted.example.com' });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId, stixEntity: 'omitted' });
    platform.deleteEntity(entity.standardId);
    gate.open();
    await workSettled(platform, blocking);
    await expectUnreadable(workId, entity.standardId);
    await nextRequestWorks();
  });

  // Last: it stops the connector.
  it('leaves nothing in the listen queue, and has logged what it kept instead', async () => {
    expect(await world.connector.stop('SIGTERM')).toBe(0);
    expect(await platform.queueDepth('listen')).toBe(0);
    const kept = world.connector
      .log()
      .split('\n')
      .filter((line) => line.includes('message cannot be read and is kept as a dead letter'));
    expect(kept).toHaveLength(unreadable.length);
    expect(kept.every((line) => line.includes('"level":"ERROR"'))).toBe(true);
  });
});

/** Publishes any bytes to the listen queue of the only connector, past the platform. */
async function publish(platform: PlatformSimulator, body: string | Buffer): Promise<void> {
  const { host, port, user, password, vhost } = sharedBroker();
  const connection = await connect({ hostname: host, port, username: user, password, vhost });
  const channel = await connection.createConfirmChannel();
  const queues = platform.connectors[0]?.queues;
  channel.publish(queues?.listenExchange ?? '', queues?.listenRouting ?? '', Buffer.from(body));
  await channel.waitForConfirms();
  await connection.close();
}
