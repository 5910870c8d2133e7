import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { eicar, unknownFile } from '../../src/simulators/virustotal/samples/demo-values.js';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import {
  calledNames,
  messagesOf,
  objectsOf,
  workOperations,
  workSettled,
} from '../helpers/enrichment-results.js';
import { sharedBroker } from '../helpers/shared-broker.js';

const WITHOUT_RESULTS = ['toReceived', 'addExpectations', 'reportExpectation', 'toProcessed'];

describe('requests that come back without a bundle', () => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;

  beforeAll(async () => {
    world = await startConnectorWorld({
      // Each of these requests shall reach VirusTotal.
      variables: { VIRUSTOTAL_CACHE_TTL_MINUTES: '0', VIRUSTOTAL_CACHE_UNKNOWN_TTL_MINUTES: '0' },
    });
    platform = world.platform;
  });

  afterAll(async () => {
    await world.close();
  });

  const enrich = async (
    type: string,
    attributes: Record<string, unknown>,
  ): Promise<PlatformSimulator['works'][number]> => {
    const { standardId } = platform.addObservable(type, attributes);
    return workSettled(platform, await platform.requestEnrichment({ entityId: standardId }));
  };
  const lastMessage = (work: PlatformSimulator['works'][number]): string | undefined =>
    work.messages.at(-1)?.message;

  it('completes a work on what VirusTotal does not know, as 1 of 1 and not in error', async () => {
    const work = await enrich('StixFile', { hashes: { 'SHA-256': unknownFile.sha256 } });
    expect(calledNames(workOperations(platform, work.id))).toEqual(WITHOUT_RESULTS);
    expect(work).toMatchObject({ status: 'complete', expected: 1, processed: 1, errors: [] });
    expect(lastMessage(work)).toBe(`VirusTotal has no report on ${unknownFile.sha256}.`);
  });

  it.each([
    { type: 'IPv4-Addr', value: '192.168.1.20' },
    { type: 'IPv4-Addr', value: '127.0.0.1' },
    { type: 'IPv6-Addr', value: 'fd00::1' },
    { type: 'IPv4-Addr', value: '999.1.2.3' },
  ])('settles $value without asking VirusTotal', async ({ type, value }) => {
    const asked = world.virusTotal.log.entries.length;
    const work = await enrich(type, { value });
    expect(work).toMatchObject({ status: 'complete', expected: 1, processed: 1, errors: [] });
    expect(lastMessage(work)).toMatch(/^VirusTotal: .*nothing was asked\.$/i);
    expect(world.virusTotal.log.entries).toHaveLength(asked);
  });

  it.each([
    {
      about: 'the key is wrong',
      fault: {
        kind: 'error',
        status: 401,
        code: 'WrongCredentialsError',
        message: `Wrong API key ${API_KEY}`,
      },
      message: /^VirusTotal rejected the API key.*VIRUSTOTAL_TOKEN/,
    },
    {
      about: 'the account is not active',
      fault: { kind: 'error', status: 401, code: 'UserNotActiveError' },
      message: /^The VirusTotal account of the API key is not active.*VIRUSTOTAL_TOKEN/,
    },
    {
      about: 'something else answers',
      fault: { kind: 'html', status: 200 },
      message: /What came back is not an answer of VirusTotal; check proxy, firewall and base URL\./,
    },
  ] as const)('reports in the work that $about, and never shows the key', async ({ fault, message }) => {
    world.virusTotal.faults.add('GET /domains/example.com', fault, Number.POSITIVE_INFINITY);
    try {
      const work = await enrich('Domain-Name', { value: 'example.com' });
      expect(calledNames(workOperations(platform, work.id))).toEqual(WITHOUT_RESULTS);
      expect(work).toMatchObject({ status: 'complete', expected: 1, processed: 1 });
      expect(work.errors).toHaveLength(1);
      expect(work.errors[0]?.message).toMatch(message);
      expect(JSON.stringify(work)).not.toContain(API_KEY);
    } finally {
      world.virusTotal.faults.clear();
    }
  });

  it.each(['create', 'update'] as const)(
    'treats an automatic request on %s like any other',
    async (trigger) => {
      const entity = platform.addObservable('Domain-Name', { value: 'example.com' });
      const workId = await platform.requestEnrichment({ entityId: entity.standardId, mode: 'auto', trigger });
      expect(await workSettled(platform, workId)).toMatchObject({ status: 'complete', errors: [] });
      expect(messagesOf(platform, workId).length).toBeGreaterThan(0);
    },
  );

  it('tries again when VirusTotal is not available for a moment', async () => {
    world.virusTotal.faults.add('GET /domains/example.com', {
      kind: 'error',
      status: 503,
      code: 'TransientError',
    });
    const work = await enrich('Domain-Name', { value: 'example.com' });
    expect(work.errors).toEqual([]);
    expect(lastMessage(work)).toBe('VirusTotal: none of 97 engines call this malicious');
    expect(world.virusTotal.faults.unused()).toEqual([]);
    world.virusTotal.faults.clear();
  });

  it('hands over what it has when one value of an Indicator cannot be looked up', async () => {
    world.virusTotal.faults.add('GET /ip_addresses/1.2.3.4', {
      kind: 'error',
      status: 401,
      code: 'WrongCredentialsError',
    });
    const indicator = platform.addIndicator({
      pattern: "[ipv4-addr:value = '1.2.3.4' OR domain-name:value = 'example.com']",
    });
    const workId = await platform.requestEnrichment({ entityId: indicator.standardId });
    const work = await workSettled(platform, workId);
    expect(work.errors).toEqual([]);
    expect(lastMessage(work)).toMatch(
      /^VirusTotal: none of 97 engines call example\.com malicious.* 1\.2\.3\.4 could not be looked up: /,
    );
    expect(objectsOf(platform, workId).length).toBeGreaterThan(0);
    world.virusTotal.faults.clear();
  });

  it('delivers the results of a work that is gone without it', async () => {
    const gate = world.gate.hold(`/files/${eicar.md5}`);
    const file = platform.addObservable('StixFile', { hashes: { MD5: eicar.md5 } });
    const workId = await platform.requestEnrichment({ entityId: file.standardId });
    await world.virusTotal.log.waitFor(1, ({ path }) => path === `/files/${eicar.md5}`);
    platform.deleteWork(workId);
    gate.open();
    await platform.until(() => platform.entity(file.standardId)?.score === 94, {
      description: 'the score of the file',
    });
    expect(messagesOf(platform, workId)).toEqual([]);
  });

  // Last: it stops the connector.
  it('logs every request, and never a secret', async () => {
    expect(await world.connector.stop('SIGTERM')).toBe(0);
    const log = world.connector.log();
    expect(log).toContain('"message":"request settled"');
    const password = sharedBroker().password;
    expect([API_KEY, platform.token, password].filter((secret) => log.includes(secret))).toEqual(
      // A broker that was found running may have the password of RabbitMQ's defaults, a word like any other.
      password === 'guest' ? expect.not.arrayContaining([API_KEY, platform.token]) : [],
    );
  });
});
