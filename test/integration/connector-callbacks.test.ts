import { once } from 'node:events';
import { connect } from 'node:net';
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
    expect(work.errors.map(({ message }) => message).join()).toContain(
      'OpenCTI cannot take results for a draft over its API (CONNECTOR_QUEUE_PROTOCOL=api), and RabbitMQ is not there',
    );
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

  it.each(['{not json', '[]', '', '['.repeat(50_000)])('answers 400 to the body %.10s', async (body) => {
    expect((await post(body, platform.mintCallbackToken())).status).toBe(400);
  });

  it('takes JSON that is no request as a dead letter, because it would come again for ever', async () => {
    expect((await post('{}', platform.mintCallbackToken())).status).toBe(202);
  });

  it('answers 413 to a body over 50 MB without reading it, and goes on', async () => {
    const { hostname, port } = new URL(callbackUrl());
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /api/callback HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${platform.mintCallbackToken()}\r\n` +
        `content-length: ${50 * 1024 * 1024 + 1}\r\n\r\n{`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
    expect((await post('{}', platform.mintCallbackToken())).status).toBe(202);
  });

  it('accepts tokens of a new key after having read the keys again', async () => {
    platform.rotateCallbackKey();
    const registrations = platform.operationsOf('registerConnector').length;
    const entity = platform.addObservable('Domain-Name', { value: 'example.com' });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId });
    expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
    expect(platform.operationsOf('registerConnector')).toHaveLength(registrations + 1);
  });
});

function message(entityId: string, workId = 'work_forged_1', mode = 'manual'): string {
  return JSON.stringify({
    internal: { work_id: workId, applicant_id: null, mode, trigger: 'update' },
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

describe('a good callback', () => {
  it('is answered in under 50 ms', async () => {
    const world = await startConnectorWorld({
      transport: 'callback',
      variables: { CONNECTOR_CONCURRENCY: '1', CONNECTOR_LOG_LEVEL: 'info' },
    });
    const { platform, gate } = world;
    // The answer is measured, not the work of the simulators, which share the processors with the connector.
    const held = gate.hold('/domains/evil.example.com');
    const entity = platform.addObservable('Domain-Name', { value: 'evil.example.com' });
    await platform.requestEnrichment({ entityId: entity.standardId, mode: 'auto' });
    await world.virusTotal.log.waitFor(1, ({ path }) => path === '/domains/evil.example.com');
    const tookMs: number[] = [];
    for (let index = 0; index < 60; index += 1) {
      const body = message(entity.standardId, `work_fast_${index}`, 'auto');
      const authorization = `Bearer ${platform.mintCallbackToken()}`;
      const askedAt = performance.now();
      const url = `${world.variables.CONNECTOR_LISTEN_PROTOCOL_API_URI ?? ''}/api/callback`;
      const response = await request(url, { method: 'POST', headers: { authorization }, body });
      tookMs.push(performance.now() - askedAt);
      await response.body.dump();
      expect(response.statusCode).toBe(202);
    }
    // The first ones warm up the code.
    const warm = tookMs.slice(20).toSorted((a, b) => a - b);
    const medianMs = warm[warm.length / 2] ?? Number.NaN;
    process.stderr.write(`callbacks were answered in ${medianMs.toFixed(1)} ms (median)\n`);
    expect(medianMs).toBeLessThan(50);
    held.open();
    await world.close();
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

  it('stay with the worker or in the state, and are done once there is quota again', async () => {
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
    const complete = (): number => works.filter((id) => platform.work(id)?.status === 'complete').length;
    expect(complete()).toBe(2);

    await world.startConnector({ VIRUSTOTAL_QUOTA_PER_DAY: '0' });
    for (const workId of works)
      expect(await workSettled(platform, workId, 60_000)).toMatchObject({ status: 'complete', errors: [] });
    expect(accepted()).toBe(works.length);
  }, 90_000);
});

async function callbacksOf(healthPort: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${healthPort}/health`);
  const { parts } = (await response.json()) as { parts: Record<string, unknown> };
  return parts.callbacks;
}
