import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { everyOption } from '../../test/conformance/enrichment-runs.js';
import { EICAR, options as mapping } from '../../test/helpers/mapping-samples.js';
import type { MappingOptions } from '../mapping/options.js';
import { fixedClock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import type { JsonObject } from '../shared/json.js';
import { TLP_IDS } from '../stix/markings.js';
import { parseReport } from '../virustotal/parse-report.js';
import { objectValue } from '../virustotal/object-id.js';
import type { LookUp, VirusTotal } from '../virustotal/schema.js';
import { QuotaExhaustedError } from '../virustotal/quota/quota-exhausted-error.js';
import { createEnrich } from './enrich.js';
import { compileExclusions } from './exclusions.js';
import type { EnrichedOutcome, EnrichmentOutcome } from './outcome.js';
import { HandBackError } from './platform-call.js';
import type { EnrichmentRequest } from './request.js';

const now = new Date('2026-01-02T03:04:05.678Z');

interface Scenario {
  /** Answers by value; a value that is not here is unknown to VirusTotal. */
  reports?: Record<string, JsonObject | Error>;
  /** What the platform has, or why it cannot be asked. */
  entity?: JsonObject | Error;
  scope?: readonly string[];
  /** Values that must never be asked about. */
  exclude?: readonly string[];
  options?: Partial<MappingOptions>;
  /** Why what is asked beyond reports cannot be had; nothing is there otherwise. */
  extras?: Error;
}

/** Enriches one entity and tells what VirusTotal was asked. */
async function enrich(
  request: Partial<EnrichmentRequest>,
  scenario: Scenario = {},
): Promise<{ outcome: EnrichmentOutcome; asked: string[] }> {
  const asked: string[] = [];
  const virusTotal: VirusTotal = {
    lookUp: (object): Promise<LookUp> => {
      const value = objectValue(object);
      asked.push(value);
      const attributes = scenario.reports?.[value];
      if (attributes === undefined) return Promise.resolve({ found: false });
      if (attributes instanceof Error) return Promise.reject(attributes);
      const report = parseReport(object.kind, { data: { type: object.kind, id: value, attributes } })!;
      return Promise.resolve({ found: true, report, fetchedAt: now });
    },
    yaraRuleset: (id) => {
      asked.push(`ruleset ${id}`);
      return Promise.reject(new ConnectorError('no rulesets today', 'transient'));
    },
    extra: (name, { kind, id }) => {
      asked.push(`${name} of ${kind} ${id}`);
      const answer = scenario.extras;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(undefined);
    },
    quota: () => Promise.reject(new Error('not asked here')),
  };
  const run = createEnrich({
    entities: {
      readEntity: () =>
        scenario.entity instanceof Error ? Promise.reject(scenario.entity) : Promise.resolve(scenario.entity),
    },
    virusTotal,
    clock: fixedClock(now),
    logger: pino({ level: 'silent' }),
    gate: {
      scope: scenario.scope ?? [],
      maxTlp: 'TLP:AMBER',
      exclusions: compileExclusions(scenario.exclude ?? []),
    },
    mapping: { ...mapping, ...scenario.options },
  });
  const outcome = await run({
    key: 'work_1',
    mode: 'auto',
    entityId: 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc',
    entityType: undefined,
    workId: 'work_1',
    draftId: undefined,
    applicantId: undefined,
    playbook: undefined,
    entity: undefined,
    validation: { mode: undefined, force: false },
    receivedAt: now,
    ...request,
  });
  return { outcome, asked };
}

const address: JsonObject = {
  type: 'ipv4-addr',
  id: 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc',
  value: '1.1.1.1',
};
const malicious = { last_analysis_stats: { malicious: 12, harmless: 3, undetected: 5, suspicious: 0 } };

describe('enrich', () => {
  it('maps the report of an entity that came with the message', async () => {
    const { outcome, asked } = await enrich({ entity: address }, { reports: { '1.1.1.1': malicious } });
    expect(asked).toEqual(['1.1.1.1']);
    expect(outcome.status).toBe('enriched');
    const { leanEntity, objects, message } = outcome as EnrichedOutcome;
    expect(leanEntity).toMatchObject({ id: address.id, type: 'ipv4-addr', value: '1.1.1.1' });
    expect(objects.map((object) => object.type)).toEqual(['identity', 'indicator', 'note', 'relationship']);
    expect(message).toContain('12 of 20 engines');
  });

  it('asks nothing about what is excluded', async () => {
    const { outcome, asked } = await enrich({ entity: address }, { exclude: ['1.1.0.0/16'] });
    expect(asked).toEqual([]);
    expect(outcome).toEqual({
      status: 'skipped',
      reason: 'excluded',
      message: 'VirusTotal: 1.1.1.1 is excluded from look-ups (VIRUSTOTAL_EXCLUDE). Nothing was asked.',
    });
  });

  it('maps the other values of an Indicator of which one is excluded, and names that one', async () => {
    const entity: JsonObject = {
      type: 'indicator',
      id: 'indicator--0b1cf13c-6c40-5d63-a2e4-c2a9ab1e7a0f',
      pattern: "[ipv4-addr:value = '1.1.1.1'] OR [ipv4-addr:value = '8.8.8.8']",
      pattern_type: 'stix',
    };
    const { outcome, asked } = await enrich(
      { entity },
      { exclude: ['8.8.8.8'], reports: { '1.1.1.1': malicious } },
    );
    expect(asked).toEqual(['1.1.1.1']);
    expect(outcome.message).toBe(
      'VirusTotal: 12 of 20 engines call 1.1.1.1 malicious | 8.8.8.8 is excluded from look-ups (VIRUSTOTAL_EXCLUDE).',
    );
  });

  it('reads the entity from the platform when the message did not carry it', async () => {
    const { outcome } = await enrich({}, { entity: address, reports: { '1.1.1.1': malicious } });
    expect(outcome.status).toBe('enriched');
  });

  it('fails with a sentence when the entity cannot be read', async () => {
    const { outcome, asked } = await enrich({});
    expect(outcome).toMatchObject({ status: 'failed' });
    expect(outcome.message).toMatch(/cannot be read: it was deleted, or the connector's user may not see it/);
    expect(asked).toEqual([]);
  });

  it('never asks about an object above the TLP ceiling', async () => {
    const secret = { ...address, object_marking_refs: [TLP_IDS['TLP:CLEAR'], TLP_IDS['TLP:RED']] };
    const { outcome, asked } = await enrich({ entity: secret }, { reports: { '1.1.1.1': malicious } });
    expect(outcome).toMatchObject({ status: 'skipped', reason: 'refused' });
    expect(asked).toEqual([]);
  });

  it.each([
    ['capitals', [TLP_IDS['TLP:RED'].toUpperCase()]],
    ['one id instead of a list', TLP_IDS['TLP:RED']],
    ['no ids at all', [{ id: TLP_IDS['TLP:RED'] }]],
    ['an object', { id: TLP_IDS['TLP:RED'] }],
  ])('does not let a marking pass that is written in another way: %s', async (_name, refs) => {
    const { outcome, asked } = await enrich({ entity: { ...address, object_marking_refs: refs } });
    expect(outcome).toMatchObject({ status: 'skipped', reason: 'refused' });
    expect(asked).toEqual([]);
  });

  it('maps the normalised value, so that patterns match', async () => {
    const name = { type: 'domain-name', id: 'domain-name--1', value: ' EVIL.Example.com. ' };
    const { outcome } = await enrich({ entity: name }, { reports: { 'evil.example.com': malicious } });
    const found = (outcome as EnrichedOutcome).objects.find((object) => object.type === 'indicator');
    expect(found?.pattern).toBe("[domain-name:value = 'evil.example.com']");
  });

  it('hands the request back when the platform cannot be asked for the entity now', async () => {
    const failure = new ConnectorError('platform down', 'transient');
    await expect(enrich({}, { entity: failure })).rejects.toThrow('platform down');
  });

  it('leaves types outside the scope alone, whatever the case of the scope', async () => {
    expect((await enrich({ entity: address }, { scope: ['Url'] })).outcome).toMatchObject({
      reason: 'out-of-scope',
    });
    expect((await enrich({ entity: address }, { scope: ['ipv4-addr'] })).outcome.status).toBe('unknown');
  });

  it.each([
    [{ type: 'ipv4-addr', id: 'ipv4-addr--1', value: '192.168.0.1' }, 'invalid-value'],
    [{ type: 'file', id: 'file--1', hashes: { MD5: 'zz' } }, 'invalid-value'],
    [{ type: 'file', id: 'file--1', name: 'a.exe' }, 'invalid-value'],
    [{ type: 'url', id: 'url--1', value: 'not a url' }, 'invalid-value'],
    [{ type: 'email-addr', id: 'email-addr--1', value: 'a@example.com' }, 'out-of-scope'],
    [
      { type: 'indicator', id: 'indicator--1', pattern_type: 'yara', pattern: 'rule a {condition: true}' },
      'nothing-to-look-up',
    ],
  ])('settles %o without asking, with a sentence that says why', async (entity, reason) => {
    const { outcome, asked } = await enrich({ entity });
    expect(outcome).toMatchObject({ status: 'skipped', reason });
    expect(outcome.message).toMatch(/^VirusTotal: .{20,}/);
    expect(asked).toEqual([]);
  });

  it('says that VirusTotal has no report, which is a result', async () => {
    const { outcome } = await enrich({ entity: address });
    expect(outcome).toEqual({ status: 'unknown', message: 'VirusTotal has no report on 1.1.1.1.' });
  });

  it('turns a failure of VirusTotal into an outcome that a person understands', async () => {
    const failure = new ConnectorError(
      'the API key is not accepted; check VIRUSTOTAL_TOKEN.',
      'configuration',
    );
    const { outcome } = await enrich({ entity: address }, { reports: { '1.1.1.1': failure } });
    expect(outcome).toEqual({
      status: 'failed',
      error: failure,
      message: 'VirusTotal: the API key is not accepted; check VIRUSTOTAL_TOKEN.',
    });
  });

  it('does not name VirusTotal twice in one sentence', async () => {
    const failure = new ConnectorError('VirusTotal is not available; try again later.', 'transient');
    const { outcome } = await enrich({ entity: address }, { reports: { '1.1.1.1': failure } });
    expect(outcome.message).toBe('VirusTotal is not available; try again later.');
  });

  it('asks for no more than twenty rulesets, and says how many rules are left out', async () => {
    const hash = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';
    const matches = Array.from({ length: 30 }, (_, n) => ({ rule_name: 'a', ruleset_id: `id${n}` }));
    const { asked, outcome } = await enrich(
      { entity: { type: 'file', id: 'file--1', hashes: { 'SHA-256': hash } } },
      { reports: { [hash]: { ...malicious, crowdsourced_yara_results: matches } } },
    );
    expect(asked).toHaveLength(21);
    expect(asked.at(-1)).toBe('ruleset id19');
    expect(outcome.message).toMatch(/; 30 YARA rules left out$/);
  });

  it('maps a file although its rulesets cannot be had', async () => {
    const hash = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';
    const report = {
      ...malicious,
      sha256: hash,
      crowdsourced_yara_results: [{ rule_name: 'a', ruleset_id: '0001' }],
    };
    const { outcome, asked } = await enrich(
      {
        entity: {
          type: 'file',
          id: 'file--1',
          hashes: { MD5: '44d88612fea8a8f36de82e1278abb02f', 'SHA-256': hash },
        },
      },
      { reports: { [hash]: report } },
    );
    expect(asked).toEqual([hash, 'ruleset 0001']);
    expect(outcome.status).toBe('enriched');
  });

  it.each([false, true])(
    'asks for nothing more about a URL, whether its attributes are wanted in the Note or not (%s)',
    async (wanted) => {
      const { asked } = await enrich(
        { entity: { type: 'url', id: 'url--1', value: 'https://example.com/' } },
        { reports: { 'https://example.com/': malicious }, options: { includeAttributesInNote: wanted } },
      );
      expect(asked).toEqual(['https://example.com/']);
    },
  );
});

describe('enriching an Indicator', () => {
  const compound = {
    type: 'indicator',
    id: 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51',
    name: 'two values',
    pattern:
      "[ipv4-addr:value = '1.1.1.1'] OR [domain-name:value = 'evil.example.com'] OR [ipv4-addr:value = '10.0.0.1']",
    pattern_type: 'stix',
    valid_from: '2026-01-01T00:00:00.000Z',
  };
  const clean = { last_analysis_stats: { malicious: 0, harmless: 9, undetected: 1 } };

  it('asks once for a name that stands in the pattern as a domain and as a hostname, and maps both', async () => {
    const pattern = "[domain-name:value = 'evil.example.com' OR hostname:value = 'evil.example.com']";
    const { outcome, asked } = await enrich(
      { entity: { ...compound, pattern } },
      { reports: { 'evil.example.com': malicious } },
    );
    expect(asked).toEqual(['evil.example.com']);
    const notes = (outcome as EnrichedOutcome).objects.filter((object) => object.type === 'note');
    expect(notes).toHaveLength(2);
  });

  it('looks up each value and merges the reports: the highest score counts, and no further Indicator is made', async () => {
    const { outcome, asked } = await enrich(
      { entity: compound },
      { reports: { '1.1.1.1': malicious, 'evil.example.com': clean } },
    );
    expect(asked).toEqual(['1.1.1.1', 'evil.example.com']);
    const { leanEntity, objects, message } = outcome as EnrichedOutcome;
    expect(JSON.stringify(leanEntity)).toContain('"score":60');
    expect(objects.filter((object) => object.type === 'indicator')).toEqual([]);
    expect(new Set(objects.map((object) => object.id)).size).toBe(objects.length);
    expect(message).toMatch(/10\.0\.0\.1/);
  });

  it('looks up no more than fifty values, and says how many were left out', async () => {
    const pattern = `[${Array.from({ length: 60 }, (_, n) => `ipv4-addr:value = '9.9.9.${n}'`).join(' OR ')}]`;
    const { outcome, asked } = await enrich(
      { entity: { ...compound, pattern } },
      { reports: { '9.9.9.0': malicious } },
    );
    expect(asked).toHaveLength(50);
    expect(outcome.message).toContain('10 more values were left out: at most 50 are looked up.');
  });

  it('keeps what was found when one of the values cannot be looked up', async () => {
    const { outcome } = await enrich(
      { entity: compound },
      {
        reports: { '1.1.1.1': malicious, 'evil.example.com': new ConnectorError('try later.', 'transient') },
      },
    );
    expect(outcome.status).toBe('enriched');
    expect(outcome.message).toMatch(
      /call 1\.1\.1\.1 malicious \| evil\.example\.com could not be looked up: try later\. \| .*10\.0\.0\.1/,
    );
  });

  it('names ten of the values of a long pattern and counts the others', async () => {
    const patternOf = (firstOctet: number): string =>
      `[${Array.from({ length: 30 }, (_, n) => `ipv4-addr:value = '${firstOctet}.9.9.${n}'`).join(' OR ')}]`;
    const unknown = await enrich({ entity: { ...compound, pattern: patternOf(9) } });
    expect(unknown.outcome.message).toMatch(
      /^VirusTotal has no report on any of these 30 values: 9\.9\.9\.0, .*, 9\.9\.9\.9 and 20 more\.$/,
    );
    const refused = await enrich({ entity: { ...compound, pattern: patternOf(10) } });
    expect(refused.outcome.message).toMatch(
      /^VirusTotal: "10\.9\.9\.0" is a private address\. .* "10\.9\.9\.9" is a private address\. And 20 more like these\. Nothing was asked\.$/,
    );
  });

  it('shows a long value shortened, in one line', async () => {
    const value = `https://example.com/a\u202E\nb${'c'.repeat(200)}`;
    const entity = { type: 'url', id: 'url--1', value };
    const expected = `https://example.com/a b${'c'.repeat(76)}…`;
    expect((await enrich({ entity })).outcome.message).toBe(`VirusTotal has no report on ${expected}.`);
  });

  it('prefers the values that the platform extracted to the pattern', async () => {
    const listed = {
      ...compound,
      extensions: {
        'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba': {
          observable_values: [{ type: 'IPv4-Addr', value: '8.8.8.8' }],
        },
      },
    };
    expect((await enrich({ entity: listed })).asked).toEqual(['8.8.8.8']);
  });

  it('hands a request back when the quota is spent for a while, also that of a playbook', async () => {
    const spent = new QuotaExhaustedError(new Date('2026-01-03T00:00:00Z'), 'day');
    const reports = { '1.1.1.1': spent };
    await expect(enrich({ entity: address }, { reports })).rejects.toThrow(HandBackError);
    const playbook = {
      executionId: 'e',
      eventId: 'v',
      playbookId: 'p',
      dataInstanceId: 'd',
      stepId: 's',
      previousStepId: 'q',
      bundle: {},
    };
    await expect(enrich({ entity: address, playbook, mode: 'playbook' }, { reports })).rejects.toThrow(
      'The daily VirusTotal quota is used up; the request waits until 2026-01-03 00:00 UTC.',
    );
  });
});

describe('what is asked beyond the report', () => {
  const fileEntity: JsonObject = {
    type: 'file',
    id: 'file--5a0c55a1-48a3-5003-9776-42946d1054cb',
    hashes: { MD5: EICAR.md5 },
  };
  const ruleId = 'ab'.repeat(32);
  const reports = {
    [EICAR.md5]: { sha256: EICAR.sha256, sigma_analysis_results: [{ rule_id: ruleId }, { rule_id: ruleId }] },
  };
  const request = { entityId: String(fileEntity.id), entity: fileEntity };

  it('is nothing by default', async () => {
    const { asked } = await enrich(request, { reports });
    expect(asked).toEqual([EICAR.md5]);
  });

  it('is what the options want, about the object under its own id', async () => {
    const { asked, outcome } = await enrich(request, { reports, options: everyOption });
    expect(outcome.status).toBe('enriched');
    expect(asked.sort()).toEqual(
      [
        EICAR.md5,
        `associations of file ${EICAR.md5}`,
        `behaviour_techniques of file ${EICAR.md5}`,
        `comments of file ${EICAR.md5}`,
        `sigma_rule of sigma_rule ${ruleId}`,
      ].sort(),
    );
  });

  it('is less for an Indicator, whose values may be many', async () => {
    const entity: JsonObject = {
      type: 'indicator',
      id: 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51',
      pattern_type: 'stix',
      pattern: `[file:hashes.MD5 = '${EICAR.md5}']`,
    };
    const { asked } = await enrich(
      { entityId: String(entity.id), entity },
      { reports, options: everyOption },
    );
    expect(asked.sort()).toEqual(
      [EICAR.md5, `associations of file ${EICAR.md5}`, `behaviour_techniques of file ${EICAR.md5}`].sort(),
    );
  });

  it('costs the rest nothing when it cannot be had', async () => {
    const { outcome } = await enrich(request, {
      reports,
      options: everyOption,
      extras: new ConnectorError('no line', 'transient'),
    });
    expect(outcome.status).toBe('enriched');
  });

  it('has the request come again when there is no quota for it', async () => {
    const extras = new QuotaExhaustedError(new Date('2026-01-03T00:00:00Z'), 'day');
    await expect(enrich(request, { reports, options: everyOption, extras })).rejects.toBeInstanceOf(
      HandBackError,
    );
  });
});
