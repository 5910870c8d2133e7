import { describe, expect, it } from 'vitest';
import type { QuotaFigures } from '../shared/telemetry.js';
import { Metrics } from './metrics.js';

/** The samples of our own series, without those of the process. */
async function samplesOf(metrics: Metrics): Promise<string[]> {
  const text = await metrics.registry.metrics();
  return text.split('\n').filter((line) => !/^(#|process_|nodejs_|$)/.test(line));
}

describe('Metrics', () => {
  it('counts under the names of the Python helper library', async () => {
    const metrics = new Metrics('', '');
    metrics.runStarted();
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
    metrics.runStarted();
    metrics.runStarted();
    metrics.runFinished();
    expect(await samplesOf(metrics)).toContain('state{state="running"} 1');
    metrics.runFinished();
    expect(await samplesOf(metrics)).toContain('state{state="idle"} 1');
    metrics.stopped();
    expect(await samplesOf(metrics)).toContain('state{state="stopped"} 1');
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
      (await samplesOf(metrics)).filter((sample) => /quota|waiting/.test(sample));
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
