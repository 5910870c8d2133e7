import { describe, expect, it } from 'vitest';
import { requestOf } from '../../test/helpers/enrichment-requests.js';
import { createAbandonRequest } from './abandon-request.js';
import { Attempts } from './attempts.js';
import type { EnrichmentOutcome } from './outcome.js';

const outcome: EnrichmentOutcome = { status: 'unknown', message: 'VirusTotal has no report on it.' };

interface Abandoning {
  readonly attempts: Attempts;
  readonly settled: string[];
  abandon(): Promise<void>;
}

function setUp(): Abandoning {
  const attempts = new Attempts();
  const settled: string[] = [];
  const abandon = createAbandonRequest({
    attempts,
    settle: (_request, { status, message }, _turn, { announced }) => {
      settled.push(`${status} after ${announced}: ${message}`);
      return Promise.resolve();
    },
  });
  return { attempts, settled, abandon: () => abandon(requestOf()) };
}

describe('a request that is lost', () => {
  it('fails, and its work says what to do', async () => {
    const { settled, abandon } = setUp();
    await abandon();
    expect(settled).toEqual([
      'failed after 0: VirusTotal: the connector stopped before this could be done; start the enrichment again.',
    ]);
  });

  it('fails where its last attempt stopped, so that nothing is announced twice', async () => {
    const { attempts, settled, abandon } = setUp();
    const { key } = requestOf();
    await attempts.keep(key, { ...attempts.begin(key), outcome, announced: 3 });
    await abandon();
    expect(settled).toEqual([expect.stringMatching(/^failed after 3: /) as string]);
  });

  it('has not failed when its results are with the platform already', async () => {
    const { attempts, settled, abandon } = setUp();
    const { key } = requestOf();
    await attempts.keep(key, { ...attempts.begin(key), outcome, announced: 1, handedOver: true });
    await abandon();
    expect(settled).toEqual(['unknown after 1: VirusTotal has no report on it.']);
  });
});
