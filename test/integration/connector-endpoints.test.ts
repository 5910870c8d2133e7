import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { objectsOf, workSettled } from '../helpers/enrichment-results.js';

describe('the endpoints of an operator', () => {
  let world: ConnectorWorld;
  let healthUrl: string;
  let metricsUrl: string;

  beforeAll(async () => {
    const [healthPort = 0, metricsPort = 0] = await freePorts(2);
    healthUrl = `http://127.0.0.1:${healthPort}/health`;
    metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
    world = await startConnectorWorld({
      variables: {
        CONNECTOR_HEALTH_PORT: String(healthPort),
        CONNECTOR_EXPOSE_METRICS: 'true',
        CONNECTOR_METRICS_PORT: String(metricsPort),
        CONNECTOR_METRICS_NAMESPACE: 'octi',
        CONNECTOR_METRICS_SUBSYSTEM: 'vt',
      },
    });
  });

  afterAll(async () => {
    await world.close();
  });

  const get = async (url: string): Promise<{ status: number; text: string }> => {
    const response = await request(url);
    return { status: response.statusCode, text: await response.body.text() };
  };

  it('count what was done, under the names of OpenCTI’s own connectors', async () => {
    const { platform, virusTotal } = world;
    const known = platform.addObservable('IPv4-Addr', { value: '1.2.3.4' }).standardId;
    const failing = platform.addObservable('Domain-Name', { value: 'example.com' }).standardId;
    virusTotal.faults.add('GET /domains/example.com', {
      kind: 'error',
      status: 401,
      code: 'WrongCredentialsError',
    });
    const workId = await platform.requestEnrichment({ entityId: known });
    await workSettled(platform, workId);
    await workSettled(platform, await platform.requestEnrichment({ entityId: failing }));
    const sent = objectsOf(platform, workId).length;

    const { status, text } = await get(metricsUrl);
    expect(status).toBe(200);
    const series = new Map(
      text
        .split('\n')
        .filter((line) => line.startsWith('octi_vt_'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
    expect(Object.fromEntries(series)).toMatchObject({
      octi_vt_bundles_sent_total: 1,
      octi_vt_records_sent_total: sent,
      octi_vt_runs_total: 2,
      octi_vt_ping_api_total: 1,
      octi_vt_ping_api_errors_total: 0,
      octi_vt_errors_total: 1,
      octi_vt_client_errors_total: 1,
      'octi_vt_state{octi_vt_state="stopped"}': 0,
    });
    expect([...series.keys()]).toEqual(
      expect.arrayContaining([
        'octi_vt_state{octi_vt_state="idle"}',
        'octi_vt_state{octi_vt_state="running"}',
      ]),
    );
  });

  it('say that all is well while all is well', async () => {
    const { status, text } = await get(healthUrl);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      status: 'ok',
      parts: {
        start: { ok: true },
        state: { ok: true },
        virustotal: { ok: true },
        platform: { ok: true },
        broker: { ok: true },
        consumer: { ok: true },
        deadLetters: { ok: true },
      },
    });
  });

  it('have nothing else to say', async () => {
    expect((await get(new URL('/', healthUrl).href)).status).toBe(404);
    expect((await get(new URL('/health', metricsUrl).href)).status).toBe(404);
  });
});
