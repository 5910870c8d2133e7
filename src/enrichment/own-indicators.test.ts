import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { playbookStepOf, requestOf } from '../../test/helpers/enrichment-requests.js';
import { EICAR, options } from '../../test/helpers/mapping-samples.js';
import type { MappingOptions } from '../mapping/options.js';
import { fixedClock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import type { JsonObject } from '../shared/json.js';
import { OCTI_EXTENSION } from '../stix/extensions.js';
import { parseReport } from '../virustotal/parse-report.js';
import { createEnrich } from './enrich.js';
import { compileExclusions } from './exclusions.js';
import type { EnrichedOutcome } from './outcome.js';
import { HandBackError } from './platform-call.js';
import type { EnrichmentRequest } from './request.js';

/** Indicators of earlier verdicts: when the platform is asked for them, and what becomes of an enriched one. */

const now = new Date('2026-03-04T05:06:07.890Z');
const AUTHOR = 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756';
const OF_ADDRESS = 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51';
const follows: MappingOptions = { ...options, indicators: { ...options.indicators, followVerdict: true } };

const address: JsonObject = { type: 'ipv4-addr', id: 'ipv4-addr--1', value: '1.1.1.1' };
const file: JsonObject = { type: 'file', id: 'file--1', hashes: { MD5: EICAR.md5 } };

const clean: JsonObject = { last_analysis_stats: { malicious: 0, harmless: 60, undetected: 30 } };
const doubtful: JsonObject = { last_analysis_stats: { malicious: 9, harmless: 60, undetected: 21 } };
const malicious: JsonObject = { last_analysis_stats: { malicious: 60, harmless: 30 } };

function indicator(pattern: string, changes: JsonObject = {}): JsonObject {
  return {
    type: 'indicator',
    id: OF_ADDRESS,
    name: 'demo',
    pattern,
    pattern_type: 'stix',
    valid_from: '2026-01-02T03:04:05.678Z',
    valid_until: '2026-12-31T00:00:00.000Z',
    created_by_ref: AUTHOR,
    extensions: { [OCTI_EXTENSION]: { type: 'Indicator', score: 80, detection: true } },
    ...changes,
  };
}
const ofAddress = indicator("[ipv4-addr:value = '1.1.1.1']");

interface Scenario {
  readonly reports: Readonly<Record<string, JsonObject>>;
  /** What the platform has by id, or why it cannot be asked. */
  readonly stored?: Readonly<Record<string, JsonObject>> | Error;
  readonly options?: MappingOptions;
  readonly request?: Partial<EnrichmentRequest>;
}

async function enriched(
  entity: JsonObject,
  { reports, stored = {}, options: mapping = follows, request = {} }: Scenario,
): Promise<{ outcome: EnrichedOutcome; asked: string[] }> {
  const asked: string[] = [];
  const enrich = createEnrich({
    entities: { readEntity: () => Promise.resolve(undefined) },
    indicators: {
      readIndicator: (id, { draftId }) => {
        asked.push(draftId === undefined ? id : `${id} in ${draftId}`);
        return stored instanceof Error ? Promise.reject(stored) : Promise.resolve(stored[id]);
      },
    },
    virusTotal: {
      lookUp: (object) => {
        const value = object.kind === 'file' ? object.hash : 'address' in object ? object.address : '';
        const attributes = reports[object.kind === 'domain' ? object.name : value];
        if (attributes === undefined) return Promise.resolve({ found: false });
        const data = { type: object.kind, id: 'demo', attributes };
        return Promise.resolve({ found: true, report: parseReport(object.kind, { data })!, fetchedAt: now });
      },
      yaraRuleset: () => Promise.resolve(undefined),
      extra: () => Promise.resolve(undefined),
      quota: () => Promise.reject(new Error('not asked here')),
    },
    clock: fixedClock(now),
    logger: pino({ level: 'silent' }),
    gate: { scope: [], maxTlp: 'TLP:RED', exclusions: compileExclusions([]) },
    mapping,
  });
  const outcome = await enrich(
    requestOf({ entityId: String(entity.id), entityType: undefined, entity, ...request }),
  );
  if (outcome.status === 'failed') throw outcome.error;
  return { outcome: outcome as EnrichedOutcome, asked };
}

describe('the Indicator of an earlier verdict', () => {
  it('is asked for in the draft of the request when the object is cleared, and revoked if it is there', async () => {
    const { outcome, asked } = await enriched(address, {
      reports: { '1.1.1.1': clean },
      stored: { [OF_ADDRESS]: ofAddress },
      request: { draftId: 'draft-1' },
    });
    expect(asked).toEqual([`${OF_ADDRESS} in draft-1`]);
    expect(outcome.objects.filter(({ type }) => type === 'indicator')).toEqual([
      {
        spec_version: '2.1',
        type: 'indicator',
        id: OF_ADDRESS,
        name: 'demo',
        pattern: "[ipv4-addr:value = '1.1.1.1']",
        pattern_type: 'stix',
        valid_from: '2026-01-02T03:04:05.678Z',
        valid_until: '2026-03-04T05:06:07.890Z',
        revoked: true,
        extensions: { [OCTI_EXTENSION]: { type: 'Indicator', score: 0, detection: false } },
      },
    ]);
    expect(outcome.message).toContain('; Indicator revoked');
    expect(outcome.sharedAlready).toEqual([OF_ADDRESS]);
  });

  it('does not come to be when it is not there', async () => {
    const { outcome, asked } = await enriched(address, { reports: { '1.1.1.1': clean } });
    expect(asked).toEqual([OF_ADDRESS]);
    expect(outcome.objects.map(({ type }) => type)).toEqual(['identity', 'note']);
  });

  it('of a file is asked for in both forms of its pattern', async () => {
    const { asked } = await enriched(file, { reports: { [EICAR.md5]: { ...clean, ...EICAR } } });
    expect(asked).toEqual([
      'indicator--139a28ba-a759-5006-ac55-0f8e0fba0450',
      'indicator--6c6a667c-94f8-5fe0-ad99-637cf5c7e0f2',
    ]);
  });

  it.each([
    ['the verdict stands', malicious, follows],
    ['the option is off', clean, options],
  ])('is not asked for when %s', async (_, report, mapping) => {
    const { asked } = await enriched(address, { reports: { '1.1.1.1': report }, options: mapping });
    expect(asked).toEqual([]);
  });

  it('makes the request come again when the platform cannot be asked, and costs a playbook step nothing else', async () => {
    const scenario = { reports: { '1.1.1.1': clean }, stored: new ConnectorError('away', 'transient') };
    await expect(enriched(address, scenario)).rejects.toThrow(HandBackError);
    const { outcome } = await enriched(address, { ...scenario, request: { playbook: playbookStepOf('1') } });
    expect(outcome.objects.map(({ type }) => type)).toEqual(['identity', 'note']);
  });
});

describe('an enriched Indicator', () => {
  const scoreOf = ({ outcome }: { outcome: EnrichedOutcome }): unknown => {
    const extensions = outcome.leanEntity.extensions as Record<string, JsonObject>;
    return extensions[OCTI_EXTENSION]?.score;
  };
  const keepsHigher = { ...follows, replaceWithLowerScore: false };
  const two = indicator("[ipv4-addr:value = '1.1.1.1'] OR [domain-name:value = 'evil.example.com']");

  it('of ours is revoked when its value is cleared, though lower scores do not replace higher ones', async () => {
    const run = await enriched(ofAddress, { reports: { '1.1.1.1': clean }, options: keepsHigher });
    expect(run.asked).toEqual([]);
    expect(run.outcome.leanEntity).toMatchObject({
      revoked: true,
      valid_until: '2026-03-04T05:06:07.890Z',
      extensions: { [OCTI_EXTENSION]: { score: 0, detection: false } },
    });
    expect(run.outcome.message).toContain('; Indicator revoked');
  });

  it('of ours gets the lower score when the rule no longer holds', async () => {
    const run = await enriched(ofAddress, { reports: { '1.1.1.1': doubtful }, options: keepsHigher });
    expect(scoreOf(run)).toBe(10);
    expect(run.outcome.leanEntity).not.toHaveProperty('revoked');
  });

  it('of ours is said to be lowered, where it is', async () => {
    const lowered = await enriched(ofAddress, { reports: { '1.1.1.1': doubtful }, options: keepsHigher });
    expect(lowered.outcome.message).toContain('; Indicator lowered to a score of 10');
    const low = indicator(String(ofAddress.pattern), { extensions: { [OCTI_EXTENSION]: { score: 2 } } });
    const raised = await enriched(low, { reports: { '1.1.1.1': doubtful }, options: keepsHigher });
    expect(scoreOf(raised)).toBe(10);
    expect(raised.outcome.message).not.toContain('lowered');
  });

  it('of ours that was lowered to the score of the report is revoked with another', async () => {
    const gti_assessment = { verdict: { value: 'VERDICT_UNDETECTED' }, threat_score: { value: 1 } };
    const low = indicator(String(ofAddress.pattern), { extensions: { [OCTI_EXTENSION]: { score: 1 } } });
    const run = await enriched(low, { reports: { '1.1.1.1': { ...clean, gti_assessment } } });
    expect([scoreOf(run), run.outcome.leanEntity.revoked]).toEqual([0, true]);
  });

  it('of ours stays while it asks for what nobody was asked about', async () => {
    const mixed = indicator("[ipv4-addr:value = '1.1.1.1'] OR [email-addr:value = 'bad@evil.example']");
    const run = await enriched(mixed, { reports: { '1.1.1.1': clean }, options: keepsHigher });
    expect([scoreOf(run), run.outcome.leanEntity.revoked]).toEqual([80, undefined]);
    expect(run.outcome.message).not.toContain('revoked');
  });

  it('of ours has no Note that contradicts what becomes of it', async () => {
    const { outcome } = await enriched(ofAddress, { reports: { '1.1.1.1': clean }, options: keepsHigher });
    const [note] = outcome.objects.filter(({ type }) => type === 'note');
    expect(note?.content).toContain('0/90');
    expect(note?.content).not.toContain('Score kept');
    const foreign = { ...ofAddress, created_by_ref: 'identity--someone' };
    const other = await enriched(foreign, { reports: { '1.1.1.1': clean }, options: keepsHigher });
    expect(JSON.stringify(other.outcome.objects)).toContain('Score kept');
  });

  it('of ours gets the kill-chain phases of a verdict that deserves an Indicator, each once', async () => {
    const categories = { Alpha: 'phishing', Beta: 'Phishing site', Gamma: 'botnet', Delta: 'c2' };
    const known = { kill_chain_name: 'mitre-attack', phase_name: 'initial-access' };
    const onName = indicator("[domain-name:value = 'evil.example.com']", { kill_chain_phases: [known] });
    const phases = async (entity: JsonObject, report: JsonObject): Promise<unknown> => {
      const mapping = { ...follows, indicators: { ...follows.indicators, killChain: true } };
      const reports = { 'evil.example.com': { ...report, categories } };
      return (await enriched(entity, { reports, options: mapping })).outcome.leanEntity.kill_chain_phases;
    };
    expect(await phases(onName, malicious)).toEqual([
      { kill_chain_name: 'mitre-attack', phase_name: 'command-and-control' },
    ]);
    expect(await phases(onName, doubtful)).toBeUndefined();
    expect(await phases({ ...onName, created_by_ref: 'identity--someone' }, malicious)).toBeUndefined();
  });

  it('on several values has the label of the worst verdict only', async () => {
    const labels = { ...follows.labels, verdict: true, prefix: 'vt:' };
    const run = async (other: JsonObject): Promise<unknown> => {
      const reports = { '1.1.1.1': clean, 'evil.example.com': other };
      return (await enriched(two, { reports, options: { ...follows, labels } })).outcome.leanEntity.labels;
    };
    expect(await run(malicious)).toEqual(['vt:malicious']);
    expect(await run(doubtful)).toEqual(['vt:suspicious']);
    expect(await run(clean)).toEqual(['vt:clean']);
  });

  it('of another author keeps its validity, and its score by the usual rule', async () => {
    const foreign = indicator("[ipv4-addr:value = '1.1.1.1']", { created_by_ref: 'identity--someone' });
    const run = await enriched(foreign, { reports: { '1.1.1.1': clean }, options: keepsHigher });
    expect(scoreOf(run)).toBe(80);
    expect(run.outcome.leanEntity.valid_until).toBe('2026-12-31T00:00:00.000Z');
    expect(run.outcome.message).not.toContain('revoked');
  });

  it.each([
    ['both are cleared', clean, 0, true],
    ['one is only in doubt', doubtful, 10, undefined],
    ['one stands', malicious, 80, undefined],
    ['one is not known', undefined, 80, undefined],
  ])('on two values counts when %s', async (_, other, score, revoked) => {
    const reports = { '1.1.1.1': clean, ...(other && { 'evil.example.com': other }) };
    const run = await enriched(two, { reports, options: keepsHigher });
    expect([scoreOf(run), run.outcome.leanEntity.revoked]).toEqual([score, revoked]);
  });
});
