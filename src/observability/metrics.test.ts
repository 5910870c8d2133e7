import { describe, expect, it } from 'vitest';
import type { QuotaFigures, Run } from '../shared/telemetry.js';
import { Health } from './health.js';
import { Metrics } from './metrics.js';

/** A request for an address that was asked for a minute after the given time of day. */
function run(mode: Run['mode'] = 'manual', hour = 0): Run {
  return { type: 'IPv4-Addr', mode, requestedAt: new Date(Date.UTC(2026, 2, 16, hour, 1)) };
}

const enriched = { outcome: 'enriched' } as const;

/** The samples of our own series, without those of the process. */
async function samplesOf(metrics: Metrics): Promise<string[]> {
  const text = await metrics.registry.metrics();
  return text.split('\n').filter((line) => !/^(#|process_|nodejs_|$)/.test(line));
}

describe('Metrics', () => {
  it('counts under the names of the Python helper library', async () => {
    const metrics = new Metrics('', '');
    metrics.runStarted(run());
    metrics.bundlesSent(3);
    metrics.recordsSent(4);
    metrics.ping(true);
    metrics.ping(false);
    metrics.error();
    metrics.clientError();
    const names = /^(bundles|records|runs|ping|errors|client|state)/;
    expect((await samplesOf(metrics)).filter((sample) => names.test(sample))).toEqual([
      'bundles_sent_total 3',
      'records_sent_total 4',
      'runs_total 1',
      'ping_api_total 1',
      'ping_api_errors_total 1',
      'errors_total 1',
      'client_errors_total 1',
      'state{state="idle"} 0',
      'state{state="running"} 1',
      'state{state="stopped"} 0',
    ]);
  });

  it('puts namespace and subsystem before every name, the label of the state included', async () => {
    const metrics = new Metrics('cti', 'vt');
    expect(await samplesOf(metrics)).toContain('cti_vt_runs_total 0');
    expect(await samplesOf(metrics)).toContain('cti_vt_state{cti_vt_state="idle"} 1');
  });

  it('is idle only when no request is in work, and stopped at the end', async () => {
    const metrics = new Metrics('', '');
    const [first, second] = [run(), run()];
    metrics.runStarted(first);
    metrics.runStarted(second);
    metrics.runFinished(first, enriched, 0);
    expect(await samplesOf(metrics)).toContain('state{state="running"} 1');
    metrics.stopped();
    metrics.runFinished(second, enriched, 0);
    expect(await samplesOf(metrics)).toContain('state{state="idle"} 0');
    expect(await samplesOf(metrics)).toContain('state{state="stopped"} 1');
  });

  it('counts requests by what came of them, and tells skipped ones apart', async () => {
    const metrics = new Metrics('', '');
    const ends = [
      enriched,
      enriched,
      { outcome: 'skipped', reason: 'refused' },
      { outcome: 'failed', reason: 'configuration' },
      { outcome: 'handed_back', reason: 'quota' },
    ] as const;
    for (const end of ends) {
      const one = run('auto');
      metrics.runStarted(one);
      metrics.runFinished(one, end, 1_000);
    }
    const samples = await samplesOf(metrics);
    expect(samples.filter((sample) => sample.startsWith('virustotal_requests_total'))).toEqual([
      'virustotal_requests_total{outcome="enriched",reason="",type="IPv4-Addr",mode="auto"} 2',
      'virustotal_requests_total{outcome="skipped",reason="refused",type="IPv4-Addr",mode="auto"} 1',
      'virustotal_requests_total{outcome="failed",reason="configuration",type="IPv4-Addr",mode="auto"} 1',
      'virustotal_requests_total{outcome="handed_back",reason="quota",type="IPv4-Addr",mode="auto"} 1',
    ]);
    // Who is handed back is in work for a while, and its age counts when it comes again and is settled.
    expect(samples).toContain('virustotal_request_duration_seconds_count{mode="auto"} 5');
    expect(samples).toContain('virustotal_request_age_seconds_count{mode="auto"} 4');
  });

  it('shows how many are in work, and since when the oldest of them was asked for', async () => {
    const metrics = new Metrics('', '');
    const inFlight = async (): Promise<string[]> =>
      (await samplesOf(metrics)).filter((sample) => sample.includes('in_flight'));
    const [young, old] = [run('manual', 2), run('auto', 1)];
    metrics.runStarted(young);
    metrics.runStarted(old);
    expect(await inFlight()).toEqual([
      'virustotal_requests_in_flight{mode="manual"} 1',
      'virustotal_requests_in_flight{mode="playbook"} 0',
      'virustotal_requests_in_flight{mode="auto"} 1',
      `virustotal_requests_in_flight_since_timestamp_seconds ${Date.UTC(2026, 2, 16, 1, 1) / 1000}`,
    ]);
    metrics.runFinished(old, enriched, 0);
    metrics.runFinished(young, enriched, 0);
    expect(await inFlight()).toContain('virustotal_requests_in_flight_since_timestamp_seconds 0');
  });

  it('does not make anything of a platform whose clock is ahead', async () => {
    const metrics = new Metrics('', '');
    const one = run();
    metrics.runStarted(one);
    metrics.runFinished(one, enriched, -5_000);
    expect(await samplesOf(metrics)).toContain('virustotal_request_age_seconds_sum{mode="manual"} 0');
  });

  it.each([
    [200, '2xx'],
    [301, '3xx'],
    [401, '4xx'],
    [404, '404'],
    [429, '429'],
    [503, '5xx'],
    [999, 'other'],
    [undefined, 'none'],
  ])('files an answer of VirusTotal with status %s under %s', async (status, label) => {
    const metrics = new Metrics('', '');
    metrics.virusTotalCalled('look up file', status, 400);
    expect(await samplesOf(metrics)).toEqual(
      expect.arrayContaining([
        `virustotal_call_duration_seconds_bucket{le="0.25",operation="look up file",status="${label}"} 0`,
        `virustotal_call_duration_seconds_bucket{le="0.5",operation="look up file",status="${label}"} 1`,
      ]),
    );
  });

  it('measures calls to the platform and waiting for quota', async () => {
    const metrics = new Metrics('', '');
    metrics.platformCalled('workToReceived', 'transient', 20);
    metrics.quotaAwaited('auto', 20_000);
    expect(await samplesOf(metrics)).toEqual(
      expect.arrayContaining([
        'virustotal_platform_call_duration_seconds_count{operation="workToReceived",result="transient"} 1',
        'virustotal_quota_wait_seconds_bucket{le="15",priority="auto"} 0',
        'virustotal_quota_wait_seconds_bucket{le="30",priority="auto"} 1',
      ]),
    );
  });

  it('shows circuit, broker and health as they are when somebody looks', async () => {
    const metrics = new Metrics('', '');
    const health = new Health();
    let connected = true;
    metrics.watchCircuit(() => 'half-open');
    metrics.watchBroker(() => ({ connected, blocked: false }));
    const oldestAt = new Date('2026-01-02T03:04:05Z');
    metrics.watchHeld(() => ({ count: { manual: 0, playbook: 1, auto: 2 }, oldestAt }));
    metrics.watchHealth(() => health.report());
    health.watch('broker', () => ({ ok: connected }));
    expect(await samplesOf(metrics)).toEqual(
      expect.arrayContaining([
        'virustotal_circuit_state{state="closed"} 0',
        'virustotal_circuit_state{state="half-open"} 1',
        'virustotal_circuit_state{state="open"} 0',
        'virustotal_broker_connected 1',
        'virustotal_broker_blocked 0',
        'virustotal_requests_held{mode="playbook"} 1',
        'virustotal_requests_held{mode="auto"} 2',
        'virustotal_requests_held_since_timestamp_seconds 1767323045',
        'virustotal_ready 1',
        'virustotal_part_ok{part="broker"} 1',
      ]),
    );
    connected = false;
    expect(await samplesOf(metrics)).toEqual(
      expect.arrayContaining([
        'virustotal_broker_connected 0',
        'virustotal_ready 0',
        'virustotal_part_ok{part="broker"} 0',
      ]),
    );
  });

  it('counts look-ups and what the cache had, by kind and result', async () => {
    const metrics = new Metrics('', '');
    metrics.lookedUp('domain', 'found');
    metrics.lookedUp('domain', 'found');
    metrics.lookedUp('yara_ruleset', 'failed');
    metrics.cacheAsked('file', 'miss');
    metrics.cacheAsked('file', 'hit', 90_000);
    // The clock of the replica that stored it is a little ahead.
    metrics.cacheAsked('file', 'hit', -2_000);
    const samples = await samplesOf(metrics);
    expect(samples.filter((sample) => /lookups|cache_requests/.test(sample))).toEqual([
      'virustotal_lookups_total{kind="domain",result="found"} 2',
      'virustotal_lookups_total{kind="yara_ruleset",result="failed"} 1',
      'virustotal_cache_requests_total{kind="file",result="miss"} 1',
      'virustotal_cache_requests_total{kind="file",result="hit"} 2',
    ]);
    expect(samples.filter((sample) => sample.startsWith('virustotal_cache_age_seconds'))).toEqual([
      'virustotal_cache_age_seconds_bucket{le="60"} 1',
      'virustotal_cache_age_seconds_bucket{le="600"} 2',
      'virustotal_cache_age_seconds_bucket{le="3600"} 2',
      'virustotal_cache_age_seconds_bucket{le="21600"} 2',
      'virustotal_cache_age_seconds_bucket{le="86400"} 2',
      'virustotal_cache_age_seconds_bucket{le="259200"} 2',
      'virustotal_cache_age_seconds_bucket{le="604800"} 2',
      'virustotal_cache_age_seconds_bucket{le="2592000"} 2',
      'virustotal_cache_age_seconds_bucket{le="+Inf"} 2',
      'virustotal_cache_age_seconds_sum 90',
      'virustotal_cache_age_seconds_count 2',
    ]);
  });

  it('shows how many requests wait for an analysis, and since when', async () => {
    const metrics = new Metrics('', '');
    const parked = async (): Promise<string[]> =>
      (await samplesOf(metrics)).filter((sample) => sample.startsWith('virustotal_requests_parked'));
    metrics.requestsParked(3, new Date('2026-03-16T00:00:00Z'));
    expect(await parked()).toEqual([
      'virustotal_requests_parked 3',
      'virustotal_requests_parked_since_timestamp_seconds 1773619200',
    ]);
    metrics.requestsParked(0, undefined);
    expect(await parked()).toEqual([
      'virustotal_requests_parked 0',
      'virustotal_requests_parked_since_timestamp_seconds 0',
    ]);
  });

  it('shows the quota as it is when somebody looks, and nothing before it is known', async () => {
    const metrics = new Metrics('', '');
    const quotaSamples = async (): Promise<string[]> =>
      (await samplesOf(metrics)).filter((sample) => /quota_[^w]|waiting/.test(sample));
    expect(await quotaSamples()).toEqual([]);
    let figures: QuotaFigures = {
      minute: { used: 3, limit: 4 },
      hour: { used: 3, limit: undefined },
      day: { used: 120, limit: 500 },
      month: { used: 900, limit: 15_500 },
      waiting: { manual: 0, playbook: 1, auto: 7 },
      exhaustion: undefined,
    };
    metrics.watchQuota(() => figures);
    const others = [
      'virustotal_quota_used{window="minute"} 3',
      'virustotal_quota_used{window="hour"} 3',
      'virustotal_quota_used{window="day"} 120',
      'virustotal_quota_used{window="month"} 900',
      'virustotal_quota_limit{window="minute"} 4',
      'virustotal_quota_limit{window="day"} 500',
      'virustotal_quota_limit{window="month"} 15500',
      'virustotal_quota_left{window="minute"} 1',
      'virustotal_quota_left{window="day"} 380',
      'virustotal_quota_left{window="month"} 14600',
      'virustotal_requests_waiting{priority="manual"} 0',
      'virustotal_requests_waiting{priority="playbook"} 1',
      'virustotal_requests_waiting{priority="auto"} 7',
    ];
    expect(await quotaSamples()).toEqual([...others, 'virustotal_quota_exhausted_until_timestamp_seconds 0']);
    figures = { ...figures, exhaustion: { until: new Date('2026-03-16T00:00:00Z') } };
    expect(await quotaSamples()).toEqual([
      ...others,
      'virustotal_quota_exhausted_until_timestamp_seconds 1773619200',
    ]);
  });
});
