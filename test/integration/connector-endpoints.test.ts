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

  const seriesNow = async (): Promise<Record<string, number>> => {
    const { status, text } = await get(metricsUrl);
    expect(status).toBe(200);
    return Object.fromEntries(
      text
        .split('\n')
        .filter((line) => line.startsWith('octi_vt_'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
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
    const workId = await platform.requestEnrichment({ entityId: known, mode: 'manual' });
    await workSettled(platform, workId);
    await workSettled(platform, await platform.requestEnrichment({ entityId: failing, mode: 'manual' }));
    const sent = objectsOf(platform, workId).length;
    // A message may hold several objects.
    expect(await seriesNow()).toMatchObject({
      octi_vt_bundles_sent_total: 1,
      octi_vt_records_sent_total: sent,
      octi_vt_runs_total: 2,
    });

    // The key is taken again.
    await workSettled(platform, await platform.requestEnrichment({ entityId: failing, mode: 'manual' }));
    // The work is complete a moment before the connector is done with its request.
    await expect.poll(async () => (await seriesNow())['octi_vt_state{octi_vt_state="idle"}']).toBe(1);
    expect(await seriesNow()).toMatchObject({
      octi_vt_runs_total: 3,
      octi_vt_ping_api_total: 1,
      octi_vt_ping_api_errors_total: 0,
      octi_vt_errors_total: 1,
      octi_vt_client_errors_total: 1,
      'octi_vt_state{octi_vt_state="running"}': 0,
      'octi_vt_state{octi_vt_state="stopped"}': 0,
    });
  });

  it('tell what came of requests, how long calls took, and how everything stands', async () => {
    const series = await seriesNow();
    const of = (labels: string): string => `octi_vt_virustotal_requests_total{${labels},mode="manual"}`;
    expect(series).toMatchObject({
      [of('outcome="enriched",reason="",type="IPv4-Addr"')]: 1,
      [of('outcome="enriched",reason="",type="Domain-Name"')]: 1,
      [of('outcome="failed",reason="configuration",type="Domain-Name"')]: 1,
      'octi_vt_virustotal_request_age_seconds_count{mode="manual"}': 3,
      'octi_vt_virustotal_request_duration_seconds_count{mode="manual"}': 3,
      'octi_vt_virustotal_call_duration_seconds_count{operation="look up domain",status="4xx"}': 1,
      'octi_vt_virustotal_call_duration_seconds_count{operation="look up domain",status="2xx"}': 1,
      'octi_vt_virustotal_quota_wait_seconds_count{priority="manual"}': 3,
      'octi_vt_virustotal_requests_in_flight{mode="manual"}': 0,
      octi_vt_virustotal_requests_in_flight_since_timestamp_seconds: 0,
      'octi_vt_virustotal_circuit_state{state="closed"}': 1,
      octi_vt_virustotal_broker_connected: 1,
      octi_vt_virustotal_broker_blocked: 0,
      octi_vt_virustotal_ready: 1,
      'octi_vt_virustotal_part_ok{part="state"}': 1,
      octi_vt_virustotal_messages_unreadable_total: 0,
    });
    const calls = Object.keys(series).filter((name) =>
      /platform_call_duration_seconds_count.*"ok"/.test(name),
    );
    expect(calls.length).toBeGreaterThanOrEqual(4);
  });

  it('say that all is well while all is well', async () => {
    const { status, text } = await get(healthUrl);
    expect(status).toBe(200);
    const well = { ok: true, since: expect.any(String) as string };
    expect(JSON.parse(text)).toEqual({
      status: 'ok',
      parts: {
        start: well,
        state: well,
        virustotal: well,
        platform: well,
        broker: well,
        consumer: well,
        publisher: well,
        deadLetters: well,
      },
    });
  });

  it('have nothing else to say', async () => {
    expect((await get(new URL('/', healthUrl).href)).status).toBe(404);
    expect((await get(new URL('/health', metricsUrl).href)).status).toBe(404);
  });
});
