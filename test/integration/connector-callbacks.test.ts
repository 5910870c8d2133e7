import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import {
  calledNames,
  messagesOf,
  notesAbout,
  refusals,
  workOperations,
  workSettled,
} from '../helpers/enrichment-results.js';
import { KIND_VARIABLES, kinds, requestEveryKind } from '../helpers/kinds.js';

describe('without any broker: requests by HTTP callback, results by the API', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;
  let workIdOf: (type: string) => string;
  let entityIdOf: (type: string) => string;

  beforeAll(async () => {
    world = await startConnectorWorld({ transport: 'callback', variables: KIND_VARIABLES });
    platform = world.platform;
    ({ workIdOf, entityIdOf } = await requestEveryKind(world));
  });

  afterAll(async () => {
    await world.close();
  });

  const callbackUrl = (): string => `${world.variables.CONNECTOR_LISTEN_PROTOCOL_API_URI ?? ''}/api/callback`;
  const post = async (
    body: string,
    credential: string | undefined,
  ): Promise<{ status: number; body: unknown }> => {
    const response = await request(callbackUrl(), {
      method: 'POST',
      headers: credential === undefined ? {} : { authorization: `Bearer ${credential}` },
      body,
    });
    return { status: response.statusCode, body: await response.body.json() };
  };

  it('registers the address of its callback and asks for the keys that sign it', () => {
    const [registration] = platform.operationsOf('registerConnector');
    expect(registration?.variables.input).toMatchObject({ listen_callback_uri: callbackUrl() });
    expect(registration?.query).toContain('jwks');
  });

  it('takes every request at the first attempt', () => {
    expect(platform.callbackDeliveries.map(({ attempt, status }) => [attempt, status])).toEqual(
      kinds.map(() => [1, 202]),
    );
  });

  it.each(kinds)('completes the request for a $type', ({ type, message, score }) => {
    expect(calledNames(workOperations(platform, workIdOf(type)))).toEqual(['toReceived', 'toProcessed']);
    const work = platform.work(workIdOf(type));
    expect(work).toMatchObject({ status: 'complete', errors: [] });
    expect(work?.expected).toBe(work?.processed);
    expect(work?.messages.at(-1)?.message).toBe(message);
    expect(messagesOf(platform, workIdOf(type)).length).toBeGreaterThan(0);
    expect(platform.entity(entityIdOf(type))?.score).toBe(score);
    expect(notesAbout(platform, entityIdOf(type)).length).toBeGreaterThan(0);
  });

  it('pushes each bundle once and whole, and nothing is refused', () => {
    expect(
      platform
        .operationsOf('stixBundlePush')
        .map(({ variables }) => variables.work_id)
        .toSorted(),
    ).toEqual(kinds.map(({ type }) => workIdOf(type)).toSorted());
    expect(refusals(platform)).toEqual([]);
    expect(platform.operations.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('completes a work without results, and answers a playbook step', async () => {
    const unknown = platform.addObservable('Domain-Name', { value: 'unknown.example.com' });
    const workId = await platform.requestEnrichment({ entityId: unknown.standardId });
    expect(await workSettled(platform, workId)).toMatchObject({ expected: 1, processed: 1, errors: [] });
    const step = await platform.requestPlaybookStep({ entityId: entityIdOf('IPv4-Addr') });
    await platform.until(() => platform.playbookReplies.length === 1);
    expect(platform.playbookReplies[0]).toMatchObject({ expected: true, executionId: step.executionId });
  });

  it('refuses a request from a draft, whose results the API would put into the live knowledge', async () => {
    const draftId = platform.createDraft('Investigation').id;
    const entity = platform.addObservable('Domain-Name', { value: 'example.com' }, { draftId });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId, draftId });
    const work = await workSettled(platform, workId);
    expect(work.errors.map(({ message }) => message).join()).toContain('CONNECTOR_QUEUE_PROTOCOL=amqp');
    expect(platform.entity(entity.standardId)).toBeUndefined();
  });

  const hourAgo = Math.floor(Date.now() / 1_000) - 3_600;
  it.each([
    { about: 'no token', token: () => undefined },
    { about: 'the token of the API', token: () => world.platform.token },
    {
      about: 'an expired token',
      token: () => world.platform.mintCallbackToken({ claims: { exp: hourAgo } }),
    },
    {
      about: 'a token of another issuer',
      token: () => world.platform.mintCallbackToken({ claims: { iss: 'somebody' } }),
    },
    {
      about: 'a token for another subject',
      token: () => world.platform.mintCallbackToken({ claims: { sub: 'user' } }),
    },
    {
      about: 'a token without a signature',
      token: () =>
        `${world.platform
          .mintCallbackToken({ header: { alg: 'none' } })
          .split('.')
          .slice(0, 2)
          .join('.')}.`,
    },
    {
      about: 'a token whose claims were changed',
      token: () => {
        const [header = '', , signature = ''] = world.platform.mintCallbackToken().split('.');
        const other = world.platform.mintCallbackToken({ claims: { exp: hourAgo + 90_000 } }).split('.');
        return [header, other[1] ?? '', signature].join('.');
      },
    },
  ])('answers 401 to $about, and does nothing', async ({ token }) => {
    const asked = world.virusTotal.log.entries.length;
    const { status, body } = await post(message(entityIdOf('Hostname')), token());
    expect([status, Object.keys(body as object)]).toEqual([401, ['error']]);
    expect(world.virusTotal.log.entries).toHaveLength(asked);
  });

  it.each(['{not json', '{}', '[]', ''])(
    'takes and drops the body %j, which would come again for ever',
    async (body) => {
      expect((await post(body, platform.mintCallbackToken())).status).toBe(202);
    },
  );

  it('accepts tokens of a new key after having read the keys again', async () => {
    platform.rotateCallbackKey();
    const registrations = platform.operationsOf('registerConnector').length;
    const entity = platform.addObservable('Domain-Name', { value: 'example.com' });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
    expect(platform.operationsOf('registerConnector')).toHaveLength(registrations + 1);
  });
});

function message(entityId: string): string {
  return JSON.stringify({
    internal: { work_id: 'work_forged_1', applicant_id: null, mode: 'manual', trigger: 'update' },
    event: { event_type: 'INTERNAL_ENRICHMENT', entity_id: entityId, entity_type: 'Hostname' },
  });
}

describe('callbacks of OpenCTI 6.8.8, which presents the connector’s own token', () => {
  let world: ConnectorWorld;

  beforeAll(async () => {
    world = await startConnectorWorld({ transport: 'callback', version: '6.8.8' });
  });

  afterAll(async () => {
    await world.close();
  });

  it('are taken with that token alone', async () => {
    const { platform, variables } = world;
    const entity = platform.addObservable('Domain-Name', { value: 'example.com' });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
    const response = await request(`${variables.CONNECTOR_LISTEN_PROTOCOL_API_URI ?? ''}/api/callback`, {
      method: 'POST',
      headers: { authorization: 'Bearer 00000000-0000-4000-8000-000000000000' },
      body: message(entity.standardId),
    });
    await response.body.dump();
    expect(response.statusCode).toBe(401);
  });

  // Last: it stops the connector.
  it('are finished before the connector stops', async () => {
    const { platform, virusTotal, gate, connector } = world;
    const held = gate.hold('/domains/evil.example.com');
    const entity = platform.addObservable('Domain-Name', { value: 'evil.example.com' });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    await virusTotal.log.waitFor(1, ({ path }) => path === '/domains/evil.example.com');
    const stopped = connector.stop('SIGTERM');
    held.open();
    expect(await stopped).toBe(0);
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
  });
});

describe('callbacks while the quota is spent', () => {
  let world: ConnectorWorld;
  let healthPort: number;

  beforeAll(async () => {
    [healthPort = 0] = await freePorts(1);
    world = await startConnectorWorld({
      transport: 'callback',
      variables: {
        VIRUSTOTAL_QUOTA_PER_DAY: '2',
        VIRUSTOTAL_QUOTA_PER_MINUTE: '1000',
        CONNECTOR_HEALTH_PORT: String(healthPort),
      },
    });
  });

  afterAll(async () => {
    await world.close();
  });

  it('stay with the worker, and at a stop every request that was taken has ended', async () => {
    const { platform, connector } = world;
    const accepted = (): number => platform.callbackDeliveries.filter(({ status }) => status === 202).length;
    const works: string[] = [];
    const ask = async (first: number, count: number): Promise<void> => {
      for (let index = first; index < first + count; index += 1) {
        const { standardId } = platform.addObservable('IPv4-Addr', { value: `8.8.0.${index}` });
        works.push(await platform.requestEnrichment({ entityId: standardId, mode: 'auto' }));
      }
    };
    await ask(1, 10);
    const detail: unknown = expect.stringContaining('requests wait until');
    await expect.poll(() => callbacksOf(healthPort), { timeout: 20_000 }).toMatchObject({ ok: true, detail });
    const taken = accepted();
    await ask(11, 5);
    await platform.until(() => platform.callbackDeliveries.some(({ status }) => status === 429));

    const askedAt = performance.now();
    expect(await connector.stop('SIGTERM')).toBe(0);
    // There is nothing to wait for.
    expect(performance.now() - askedAt).toBeLessThan(4_000);
    expect(accepted()).toBe(taken);
    const ended = works.map((id) => platform.work(id)).filter((work) => work?.status === 'complete');
    expect(ended).toHaveLength(taken);
    const errors = ended.flatMap((work) => work?.errors ?? []).map(({ message }) => message);
    expect(errors).toEqual(
      Array<string>(taken - 2).fill(
        'VirusTotal: the connector stopped before this could be done; start the enrichment again.',
      ),
    );
  });
});

async function callbacksOf(healthPort: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${healthPort}/health`);
  const { parts } = (await response.json()) as { parts: Record<string, unknown> };
  return parts.callbacks;
}
