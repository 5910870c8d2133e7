import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { requestOf } from '../../test/helpers/enrichment-requests.js';
import { options as mapping } from '../../test/helpers/mapping-samples.js';
import { fixedClock } from '../shared/clock.js';
import type { Asker, VirusTotal } from '../virustotal/schema.js';
import { createEnrich } from './enrich.js';
import { compileExclusions } from './exclusions.js';
import type { EnrichmentRequest } from './request.js';

const MINUTE_MS = 60_000;

/** As whom VirusTotal is asked for a request. */
async function askerOf(
  changes: Partial<EnrichmentRequest>,
  manualMaxAgeMs: number | undefined,
): Promise<Asker | undefined> {
  let asked: Asker | undefined;
  const virusTotal: VirusTotal = {
    lookUp: (_object, asker) => {
      asked = asker;
      return Promise.resolve({ found: false });
    },
    yaraRuleset: () => Promise.resolve(undefined),
    extra: () => Promise.resolve(undefined),
    quota: () => Promise.reject(new Error('not asked here')),
  };
  const enrich = createEnrich({
    entities: { readEntity: () => Promise.resolve(undefined) },
    virusTotal,
    clock: { ...fixedClock('2026-01-02T03:04:05Z'), elapsedMs: () => 5000 },
    logger: pino({ level: 'silent' }),
    gate: { scope: [], maxTlp: 'TLP:AMBER', exclusions: compileExclusions([]) },
    mapping,
    manualMaxAgeMs,
  });
  await enrich(
    requestOf({ entity: { type: 'ipv4-addr', id: 'ipv4-addr--1', value: '1.1.1.1' }, ...changes }),
  );
  return asked;
}

describe('how old an answer may be', () => {
  it.each([
    ['manual', 60 * MINUTE_MS, '2026-01-02T02:04:05.000Z'],
    ['manual', 0, '2026-01-02T03:04:05.000Z'],
    ['manual', undefined, undefined],
    ['auto', 0, undefined],
    ['playbook', 0, undefined],
  ] as const)(
    'for a request that is %s, with a limit of %s ms: not before %s',
    async (mode, limit, moment) => {
      const asker = await askerOf({ mode }, limit);
      expect(asker?.priority).toBe(mode);
      expect(asker?.notBefore?.toISOString()).toBe(moment);
    },
  );

  it('is said by the end of the analysis that a request has waited for', async () => {
    const notBefore = new Date('2026-01-01T00:00:00Z');
    for (const mode of ['manual', 'auto'] as const) {
      const analysis = { notBefore, remark: undefined };
      const asker = await askerOf({ mode, resumed: true, analysis }, 0);
      expect(asker).toMatchObject({ priority: mode, notBefore, startedAtMs: 5000 });
    }
  });
});
