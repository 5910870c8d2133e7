import { describe, expect, it } from 'vitest';
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
    expect(await samplesOf(metrics)).toEqual([
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
});
