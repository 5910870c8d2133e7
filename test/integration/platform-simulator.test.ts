import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import { startOwnBroker } from '../../src/simulators/broker/find-broker.js';
import {
  startPlatformSimulator,
  type PlatformSimulator,
  type PlatformSimulatorOptions,
} from '../../src/simulators/platform/simulator.js';
import { graphql, MiniConnector, register } from '../helpers/mini-connector.js';
import { sharedBroker, uniqueConnectorId } from '../helpers/shared-broker.js';

const WORK_EDIT = {
  received: 'mutation R($id: ID!, $message: String) { workEdit(id: $id) { toReceived(message: $message) } }',
  processed:
    'mutation P($id: ID!, $message: String, $inError: Boolean) { workEdit(id: $id) { toProcessed(message: $message, inError: $inError) } }',
  expect:
    'mutation E($id: ID!, $expectations: Int) { workEdit(id: $id) { addExpectations(expectations: $expectations) } }',
};

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const part of opened.splice(0).reverse()) await part.close();
});

async function platformWith(options: PlatformSimulatorOptions = {}): Promise<PlatformSimulator> {
  const platform = await startPlatformSimulator({ amqp: sharedBroker(), ...options });
  opened.push(platform);
  return platform;
}

async function connectorOf(platform: PlatformSimulator, id = uniqueConnectorId()): Promise<MiniConnector> {
  const connector = await MiniConnector.start(await register(platform, id));
  opened.push({ close: () => connector.stop() });
  return connector;
}

describe('an enrichment through the broker', () => {
  it('reaches the connector, imports what it publishes and completes the work', async () => {
    const platform = await platformWith();
    const connector = await connectorOf(platform);
    const address = platform.addObservable(
      'IPv4-Addr',
      { value: '198.51.100.3' },
      { score: 20, labels: ['suspicious'], markings: ['TLP:GREEN'] },
    );

    const workId = await platform.requestEnrichment({ entityId: address.standardId });
    const message = await connector.next();
    expect(message.internal).toEqual({
      work_id: workId,
      applicant_id: null,
      draft_id: null,
      mode: 'manual',
      trigger: 'update',
    });
    expect(message.event.entity_id).toBe('ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4');
    const stix = JSON.parse(String(message.event.stix_entity)) as JsonObject;
    expect(stix.object_marking_refs).toEqual(['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da']);

    await graphql(platform, WORK_EDIT.received, { id: workId, message: 'started' });
    await graphql(platform, WORK_EDIT.expect, { id: workId, expectations: 2 });
    const fields = { work_id: workId, applicant_id: null, draft_id: '' };
    await connector.publish(
      [
        {
          id: 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc',
          type: 'autonomous-system',
          number: 13335,
        },
      ],
      fields,
    );
    await connector.publish([{ ...stix, x_opencti_score: 75, labels: ['botnet'] }], fields);
    await graphql(platform, WORK_EDIT.processed, { id: workId, message: 'done', inError: false });

    const work = await platform.workCompleted(workId);
    expect(work).toMatchObject({ status: 'complete', expected: 2, processed: 2, errors: [] });
    expect(platform.entity(address.standardId)).toMatchObject({
      score: 75,
      labels: ['suspicious', 'botnet'],
    });
    expect(platform.entities('Autonomous-System')).toHaveLength(1);
    expect(platform.pushed.map((pushed) => pushed.properties.deliveryMode)).toEqual([2, 2]);
    expect(platform.operationsOf('toProcessed')[0]).toMatchObject({
      variables: { message: 'done', inError: false },
      headers: { authorization: '[redacted]' },
      authenticated: true,
      httpStatus: 200,
      errors: [],
    });
  });

  it('reports what the platform refuses as an error of the work', async () => {
    const platform = await platformWith();
    const connector = await connectorOf(platform);
    const address = platform.addObservable('IPv4-Addr', { value: '198.51.100.3' });
    const workId = await platform.requestEnrichment({ entityId: address.standardId });
    await graphql(platform, WORK_EDIT.expect, { id: workId, expectations: 1 });
    await connector.publish(
      [{ id: address.standardId, type: 'ipv4-addr', value: '198.51.100.3', x_opencti_score: 12.5 }],
      { work_id: workId },
    );
    const work = await platform.workCompleted(workId);
    expect(work.errors.map((line) => line.message)).toEqual([
      'FUNCTIONAL_ERROR: The score must be an integer between 0 and 100, not 12.5',
    ]);
  });

  it('drops a malformed message without a report, so that the work stays open', async () => {
    const platform = await platformWith();
    const connector = await connectorOf(platform);
    const address = platform.addObservable('IPv4-Addr', { value: '198.51.100.3' });
    const workId = await platform.requestEnrichment({ entityId: address.standardId });
    await graphql(platform, WORK_EDIT.expect, { id: workId, expectations: 1 });
    await connector.publishBody(JSON.stringify({ work_id: workId, content: 'not base64!' }));
    await platform.until(() => platform.pushed.length === 1, { description: 'the message is taken' });
    expect(platform.pushed[0]).toMatchObject({ action: 'drop', reason: 'the content is not base64' });
    expect(platform.work(workId)).toMatchObject({ status: 'wait', processed: 0 });
  });

  it('splits a message of several objects, puts them back in order of dependency and expects each', async () => {
    const platform = await platformWith();
    const connector = await connectorOf(platform);
    const address = platform.addObservable('IPv4-Addr', { value: '198.51.100.3' });
    const workId = await platform.requestEnrichment({ entityId: address.standardId });
    const system = 'autonomous-system--0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc';
    await connector.publish(
      [
        {
          id: 'relationship--11111111-1111-4111-8111-111111111111',
          type: 'relationship',
          relationship_type: 'belongs-to',
          source_ref: address.standardId,
          target_ref: system,
        },
        { id: system, type: 'autonomous-system', number: 13335 },
      ],
      { work_id: workId },
    );
    const work = await platform.workCompleted(workId);
    expect(work).toMatchObject({ expected: 2, processed: 2, errors: [] });
    expect(platform.pushed.map((pushed) => pushed.action)).toEqual(['split', 'import', 'import']);
  });

  it('keeps what is published while the worker is stopped', async () => {
    const platform = await platformWith({ workerRuns: false });
    const connector = await connectorOf(platform);
    const object = {
      id: 'label--64027af7-ee46-5b0c-93a3-96f98e17f1b7',
      type: 'ipv4-addr',
      value: '192.0.2.1',
    };
    await connector.publish([object], {});
    expect(await platform.queueDepth('push')).toBe(1);
    await platform.worker.start();
    await platform.until(() => platform.entities('IPv4-Addr').length === 1, { description: 'the import' });
    await platform.worker.stop();
    expect(await platform.queueDepth('push')).toBe(0);
  });

  it('imports into the draft of the message and leaves the live knowledge alone', async () => {
    const platform = await platformWith();
    const connector = await connectorOf(platform);
    const address = platform.addObservable('IPv4-Addr', { value: '198.51.100.3' }, { score: 10 });
    const draft = platform.createDraft('review');
    await platform.requestEnrichment({ entityId: address.standardId, draftId: draft.id });
    const message = await connector.next();
    expect(message.internal.draft_id).toBe(draft.id);
    await connector.publish(
      [{ id: address.standardId, type: 'ipv4-addr', value: '198.51.100.3', x_opencti_score: 90 }],
      { draft_id: draft.id },
    );
    await platform.until(() => platform.pushed.length === 1, { description: 'the import' });
    expect(platform.entity(address.standardId, draft.id)?.score).toBe(90);
    expect(platform.entity(address.standardId)?.score).toBe(10);

    draft.locked = true;
    await connector.publish([{ id: address.standardId, type: 'ipv4-addr' }], { draft_id: draft.id });
    await platform.until(() => platform.pushed.length === 2, { description: 'the refusal' });
    expect(platform.pushed[1]?.imported[0]?.error?.code).toBe('DRAFT_LOCKED');
  });
});

describe('a playbook step through the broker', () => {
  it('carries the bundle as an object and merges the answer with it', async () => {
    const platform = await platformWith();
    const connector = await connectorOf(platform);
    const address = platform.addObservable('IPv4-Addr', { value: '198.51.100.3' });
    const step = await platform.requestPlaybookStep({ entityId: address.standardId });
    const { internal, event } = await connector.next();
    expect(internal.work_id).toBeNull();
    expect(event.entity_type).toBe('IPv4-Addr');
    expect(event.bundle.objects[0].id).toBe(address.standardId);

    const answer = await graphql(
      platform,
      `
        mutation Step(
          $execution_id: ID!
          $event_id: ID!
          $execution_start: DateTime!
          $data_instance_id: ID!
          $playbook_id: ID!
          $previous_step_id: ID!
          $step_id: ID!
          $previous_bundle: String!
          $bundle: String!
        ) {
          playbookStepExecution(
            execution_id: $execution_id
            event_id: $event_id
            execution_start: $execution_start
            data_instance_id: $data_instance_id
            playbook_id: $playbook_id
            previous_step_id: $previous_step_id
            step_id: $step_id
            previous_bundle: $previous_bundle
            bundle: $bundle
          )
        }
      `,
      {
        ...(internal.playbook as JsonObject),
        execution_start: '2024-05-01T10:00:00+00:00',
        previous_bundle: JSON.stringify(event.bundle),
        bundle: JSON.stringify({
          type: 'bundle',
          objects: [{ id: address.standardId, type: 'ipv4-addr', labels: ['seen'] }],
        }),
      },
    );
    expect(answer.body).toEqual({ data: { playbookStepExecution: true } });
    expect(platform.playbookReplies).toHaveLength(1);
    expect(platform.playbookReplies[0]).toMatchObject({ executionId: step.executionId, expected: true });
    expect(platform.playbookReplies[0]?.resultingObjects).toEqual([
      { ...event.bundle.objects[0], labels: ['seen'] },
    ]);
  });
});

describe('a callback through the broker', () => {
  it('posts the message with a signed token and offers it again until it is accepted', async () => {
    const answers = [500, 202];
    const requests: { authorization: string | undefined; body: string }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { authorization } = request.headers;
        requests.push({ authorization, body: Buffer.concat(chunks).toString('utf8') });
        response.writeHead(answers.shift() ?? 202).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({
      close: () =>
        new Promise((resolve) =>
          server.close(() => {
            resolve();
          }),
        ),
    });
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/callback`;

    const platform = await platformWith({ callback: { retryDelayMs: 0 } });
    const connectorId = uniqueConnectorId();
    await register(platform, connectorId, { listen_callback_uri: uri });
    const address = platform.addObservable('IPv4-Addr', { value: '198.51.100.3' });
    const workId = await platform.requestEnrichment({ entityId: address.standardId });
    await platform.until(() => platform.callbackDeliveries.length === 2, { description: 'two attempts' });

    expect(platform.callbackDeliveries.map(({ status, outcome }) => [status, outcome])).toEqual([
      [500, 'requeued'],
      [202, 'accepted'],
    ]);
    expect(JSON.parse(requests[1]!.body)).toMatchObject({ internal: { work_id: workId } });
    const jwks = 'mutation J($input: RegisterConnectorInput) { registerConnector(input: $input) { jwks } }';
    const again = { id: connectorId, name: 'Mini', type: 'INTERNAL_ENRICHMENT', listen_callback_uri: uri };
    const { body } = await graphql(platform, jwks, { input: again });
    const [key] = (JSON.parse(String(body.data?.registerConnector.jwks)) as { keys: [JsonWebKey] }).keys;
    const [header = '', claims = '', signature = ''] = requests[1]!
      .authorization!.slice('Bearer '.length)
      .split('.');
    const publicKey = createPublicKey({ key, format: 'jwk' });
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify(null, signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(decoded(header)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: (key as { kid: string }).kid });
    expect(decoded(claims)).toMatchObject({ iss: 'opencti', sub: 'connector' });
  });
});

function decoded(part: string): JsonObject {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as JsonObject;
}

describe('a broker of its own', () => {
  it('can be killed and started again, and the simulator goes on where it was', async (context) => {
    const broker = await startOwnBroker(() => undefined);
    if (broker?.control === undefined) {
      context.skip('no rabbitmq-server is installed here');
      return;
    }
    opened.push({ close: () => broker.stop() });
    const platform = await platformWith({ amqp: broker });
    const registration = await register(platform, uniqueConnectorId());
    const address = platform.addObservable('IPv4-Addr', { value: '198.51.100.3' });
    const before = await platform.requestEnrichment({ entityId: address.standardId });

    await broker.control.kill();
    await broker.control.restart();

    const connector = await MiniConnector.start(registration);
    expect((await connector.next()).internal.work_id).toBe(before);
    const after = await platform.requestEnrichment({ entityId: address.standardId });
    expect((await connector.next()).internal.work_id).toBe(after);
    await graphql(platform, WORK_EDIT.expect, { id: after, expectations: 1 });
    await connector.publish([{ id: address.standardId, type: 'ipv4-addr', value: '198.51.100.3' }], {
      work_id: after,
    });
    // The worker notices late that its broker is back.
    expect(await platform.workCompleted(after, 45_000)).toMatchObject({ processed: 1, errors: [] });
    await connector.stop();
  });
});

describe('queues', () => {
  it('are removed from the broker when the simulator closes', async () => {
    const platform = await startPlatformSimulator({ amqp: sharedBroker() });
    const connector = await MiniConnector.start(await register(platform, uniqueConnectorId()));
    await platform.close();
    const channel = await connector.openChannel();
    await expect(channel.checkQueue(connector.registration.config.listen)).rejects.toThrow(/NOT_FOUND/);
    await connector.stop();
  });
});
