import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EnrichmentOutcome } from '../../src/enrichment/outcome.js';
import type { MappingOptions } from '../../src/mapping/options.js';
import type { JsonObject } from '../../src/shared/json.js';
import { parseReport } from '../../src/virustotal/parse-report.js';
import { canonicalUrl, urlId } from '../../src/simulators/virustotal/canonical-url.js';
import { demoCatalog } from '../../src/simulators/virustotal/samples/demo-catalog.js';
import { demoValues } from '../../src/simulators/virustotal/samples/demo-values.js';
import { hostileReports } from '../../src/simulators/virustotal/samples/hostile-reports.js';
import { hostileRulesets, sampleRulesets } from '../../src/simulators/virustotal/samples/rulesets.js';
import { enrich, everyOption, faultsOf, isAnswer } from './enrichment-runs.js';
import { enrichedEntities, marked, type EnrichedEntity } from './enriched-entities.js';
import { fullDomainBody, fullFileBody, fullIpAddressBody, fullUrlBody } from './full-reports.js';
import { pathsOf, REMOVED, shown, spoil, wrongValues, type Path } from './report-mutations.js';

/**
 * A report with any single field removed, nulled or mistyped, and with any several of them, still gives a valid
 * bundle: through the parser, the mapping, the changes of the entity and the splitting, with every option on.
 */

interface Shape {
  readonly about: string;
  readonly kind: EnrichedEntity['kind'];
  readonly body: JsonObject;
}

const fullShapes: readonly Shape[] = [
  { about: 'a file with every attribute', kind: 'file', body: fullFileBody },
  { about: 'an address with every attribute', kind: 'ip_address', body: fullIpAddressBody },
  { about: 'a domain with every attribute', kind: 'domain', body: fullDomainBody },
  { about: 'a URL with every attribute', kind: 'url', body: fullUrlBody },
];

function demoShapes(): Shape[] {
  const catalog = demoCatalog();
  const kinds = {
    StixFile: 'file',
    Artifact: 'file',
    'IPv4-Addr': 'ip_address',
    'IPv6-Addr': 'ip_address',
    'Domain-Name': 'domain',
    Hostname: 'domain',
    Url: 'url',
  } as const;
  return demoValues.flatMap(({ observable, value, about }): Shape[] => {
    const kind = kinds[observable];
    const id = kind === 'url' ? urlId(canonicalUrl(value) ?? '') : value;
    const found = catalog.find(kind, id);
    return found === undefined ? [] : [shapeOf(about, kind, id, found.attributes)];
  });
}

function shapeOf(about: string, kind: EnrichedEntity['kind'], id: string, attributes: JsonObject): Shape {
  return { about, kind, body: { data: { type: kind, id, attributes } } };
}

const sampleShapes: readonly Shape[] = [
  ...demoShapes(),
  ...hostileReports().map(({ about, type, id, attributes }) => shapeOf(about, type, id, attributes)),
];

/** The rulesets to which the samples refer. */
const rulesets = Object.fromEntries(
  sampleRulesets.map(({ id, attributes }) => [id, String(attributes.rules)]),
);

function subjectsOf(kind: EnrichedEntity['kind'], isMarked: boolean): readonly EnrichedEntity[] {
  const fitting = enrichedEntities.filter((subject) => subject.kind === kind);
  return isMarked ? fitting.map(marked) : fitting;
}

function allSubjectsOf(kind: EnrichedEntity['kind']): readonly EnrichedEntity[] {
  return [...subjectsOf(kind, false), ...subjectsOf(kind, true)];
}

interface Variant {
  readonly about: string;
  readonly body: unknown;
}

/**
 * The report with each of the values at each of the paths. Of variants that are parsed to the same report only the
 * first is kept: mapping is a function of the parsed report.
 */
function distinctVariants(
  { kind, body }: Shape,
  paths: readonly Path[],
  values: readonly unknown[],
): readonly Variant[] {
  const variants = new Map<string | undefined, Variant>();
  for (const path of paths) {
    for (const value of values) {
      const spoilt = spoil(body, path, value);
      const key = JSON.stringify(parseReport(kind, spoilt)) as string | undefined;
      if (!variants.has(key)) variants.set(key, { about: `${path.join('.')} ${shown(value)}`, body: spoilt });
    }
  }
  return [...variants.values()];
}

/** Says what is wrong with the bundle that comes of a report; also when none comes, or one that should not. */
async function faultsWith(
  body: unknown,
  subject: EnrichedEntity,
  options: MappingOptions = everyOption,
): Promise<string[]> {
  return judge(await enrichWith(body, subject, options), body, subject);
}

function enrichWith(
  body: unknown,
  subject: EnrichedEntity,
  options: MappingOptions,
): Promise<EnrichmentOutcome> {
  const answers = { bodyFor: () => body, rulesets };
  return enrich(subject.entity, answers, options);
}

function judge(outcome: EnrichmentOutcome, body: unknown, subject: EnrichedEntity): string[] {
  if (!isAnswer(body, subject.kind))
    return outcome.status === 'failed' ? [] : ['it is no answer, but mapped'];
  return outcome.status === 'enriched'
    ? faultsOf(outcome, subject.entity)
    : [`the outcome is ${outcome.status}: ${outcome.message}`];
}

async function allFaults(variants: readonly Variant[], subject: EnrichedEntity): Promise<string[]> {
  const faults: string[] = [];
  for (const { about, body } of variants) {
    for (const fault of await faultsWith(body, subject)) faults.push(`${subject.about}: ${about}: ${fault}`);
  }
  return faults;
}

describe.each(fullShapes)('$about, with any single field', (shape) => {
  const paths = pathsOf(shape.body, 2);
  const absent = distinctVariants(shape, paths, [REMOVED, null]);
  const mistyped = distinctVariants(shape, paths, wrongValues);

  it('is another report when it is spoilt: many fields matter', () => {
    expect(absent.length).toBeGreaterThan(20);
    expect(mistyped.length).toBeGreaterThan(100);
  });

  it.each(subjectsOf(shape.kind, false))(
    'removed or null gives a valid bundle for: $about',
    async (subject) => {
      expect(await allFaults(absent, subject)).toEqual([]);
    },
  );

  it.each(subjectsOf(shape.kind, true))(
    'spoilt in any way gives a valid bundle for: $about',
    async (subject) => {
      expect(await allFaults(mistyped, subject)).toEqual([]);
    },
  );
});

describe.each(fullShapes)('$about, spoilt in one field', ({ kind, body }) => {
  const counted = (report: unknown): string => {
    const { malicious, harmless, undetected } = parseReport(kind, report)?.stats ?? {};
    if (malicious === undefined) return 'never analysed';
    if (malicious > 0) return 'malicious';
    return (harmless ?? 0) + (undetected ?? 0) > 0 ? 'clean' : 'no verdict';
  };

  it('is never taken for clean, unless its counter says 0', () => {
    expect(counted(body)).toBe('malicious');
    const counter = 'data.attributes.last_analysis_stats.malicious';
    const taken = pathsOf(body, 2).flatMap((path) =>
      wrongValues
        .filter((value) => !(value === 0 && path.join('.') === counter))
        .filter((value) => counted(spoil(body, path, value)) === 'clean')
        .map((value) => `${path.join('.')} ${shown(value)}`),
    );
    expect(taken).toEqual([]);
  });
});

describe.each(sampleShapes)('the sample "$about" ($kind)', (shape) => {
  const [unmarkedSubjects, markedSubjects] = [subjectsOf(shape.kind, false), subjectsOf(shape.kind, true)];

  it('gives a valid bundle as it is', async () => {
    for (const subject of unmarkedSubjects) expect(await faultsWith(shape.body, subject)).toEqual([]);
  });

  it('gives a valid bundle without any one attribute', async () => {
    const attributes = pathsOf(shape.body, 2).filter((path) => path.length === 3);
    const variants = distinctVariants(shape, attributes, [REMOVED, null]);
    for (const subject of markedSubjects) expect(await allFaults(variants, subject)).toEqual([]);
  });
});

describe('a file with a YARA match', () => {
  const withMatch = spoil(
    fullFileBody,
    ['data', 'attributes', 'crowdsourced_yara_results'],
    [{ rule_name: 'demo_eicar_text', ruleset_id: '00dec00001' }],
  );
  const odd = (text: string): { rules: string } => ({
    rules: `rule demo_eicar_text { strings: $a = "${text}" condition: $a }`,
  });

  it.each([
    ...Object.entries(hostileRulesets()),
    ['lone surrogates', odd('a\uD800b\uDFFFc')] as const,
    ['a NUL', odd('a\0b')] as const,
    ['megabytes in one rule', odd('x'.repeat(3_000_000))] as const,
  ])('gives a valid bundle whatever the ruleset is: %s', async (_, { rules }) => {
    for (const subject of subjectsOf('file', true)) {
      const answers = { bodyFor: () => withMatch, rulesets: { '00dec00001': String(rules) } };
      const outcome = await enrich(subject.entity, answers);
      expect(outcome.status === 'enriched' ? faultsOf(outcome, subject.entity) : outcome).toEqual([]);
    }
  });
});

/** Options that are switched on and off and else stay as they are: each of their values, or nothing. */
function anyOf<T extends object>(options: T): { [Key in keyof T]: fc.Arbitrary<T[Key]> } {
  const entries = Object.entries(options).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'boolean') return [name, fc.boolean()] as const;
    if (Array.isArray(value)) return [name, fc.subarray(value as unknown[])] as const;
    const isGroup = typeof value === 'object' && value !== null;
    return [name, isGroup ? fc.record(anyOf(value)) : fc.constant(value)] as const;
  });
  return Object.fromEntries(entries) as { [Key in keyof T]: fc.Arbitrary<T[Key]> };
}

describe('any sample with any several fields spoilt', () => {
  const shapes = [...fullShapes, ...sampleShapes].map((shape) => ({ shape, paths: pathsOf(shape.body, 3) }));
  const policies = fc.record({
    createPositives: fc.constantFrom(0, 1, 10),
    validMinutes: fc.constantFrom(0, 1, 2880, 5_000_000_000),
    detect: fc.boolean(),
    countSuspicious: fc.boolean(),
    trustedPositives: fc.constantFrom(0, 1),
  });
  const { file, ip, domain, url, ...others } = everyOption;
  const anyOptions: fc.Arbitrary<MappingOptions> = fc.record({
    ...anyOf(others),
    file: fc.record({ ...anyOf(file), indicator: policies }),
    ip: fc.record({ ...anyOf(ip), indicator: policies }),
    domain: fc.record({ ...anyOf(domain), indicator: policies }),
    url: fc.record({ ...anyOf(url), indicator: policies }),
  });
  const mutations = fc.array(
    fc.tuple(
      fc.nat(),
      fc.oneof(fc.constantFrom(...wrongValues), fc.jsonValue(), fc.string({ unit: 'binary' })),
    ),
    { minLength: 2, maxLength: 8 },
  );

  it('gives a valid bundle, and the same one again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...shapes),
        fc.nat(),
        mutations,
        anyOptions,
        async ({ shape, paths }, subjectIndex, changes, options) => {
          const fitting = allSubjectsOf(shape.kind);
          const subject = fitting[subjectIndex % fitting.length]!;
          const body = changes.reduce<unknown>(
            (spoilt, [index, value]) => spoil(spoilt, paths[index % paths.length] ?? [], value),
            shape.body,
          );
          const outcome = await enrichWith(body, subject, options);
          expect(judge(outcome, body, subject)).toEqual([]);
          expect(await enrichWith(body, subject, options)).toEqual(outcome);
        },
      ),
      { numRuns: 500 },
    );
  });
});
