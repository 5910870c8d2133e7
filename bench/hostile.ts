/**
 * What the worst reports cost: CPU for parsing, mapping and writing the bundle, its size, and whether it is valid, with
 * every option on. Nothing is asked over a network; the answers are texts in memory.
 *
 *   npm run bench:hostile            # every report, 30 runs each after a warm-up
 *   npm run bench:hostile -- whois   # those whose name holds this
 *
 * Fails when the median of a report is 50 ms or more (100 ms with hostile answers beyond the report), a bundle is larger
 * than 4 MB, or one is not valid.
 */
import Table from 'cli-table3';
import { createBundle } from '../src/stix/bundle.js';
import type { JsonObject } from '../src/shared/json.js';
import { extraPath } from '../src/virustotal/extra-questions.js';
import { faultsOf, enrich, type Answers } from '../test/conformance/enrichment-runs.js';
import { enrichedEntities, marked } from '../test/conformance/enriched-entities.js';
import { hostileCases, type HostileCase } from './hostile-cases.js';

const MAX_BYTES = 4_000_000;
const WARM_UP = 30;
const RUNS = 30;

interface Result {
  readonly name: string;
  readonly goalMs: number;
  readonly reportBytes: number;
  readonly bundleBytes: number;
  readonly objects: number;
  readonly medianMs: number;
  readonly worstMs: number;
  readonly faults: readonly string[];
}

/** The text of the report is read anew each time, as it is when it comes from VirusTotal. */
function answersOf({ kind, body, extras, rulesets }: HostileCase, text: string): Answers {
  const { id } = body.data as { readonly id: string };
  const paths = Object.entries(extras).map(([name, json]): [string, JsonObject] => {
    const path = name.startsWith('/') ? name : extraPath(name as 'comments', { kind, id });
    return [path ?? name, json];
  });
  return { bodyFor: () => JSON.parse(text) as unknown, extras: Object.fromEntries(paths), rulesets };
}

async function measure(one: HostileCase): Promise<Result> {
  const subject = enrichedEntities.map(marked).find(({ kind }) => kind === one.kind);
  if (subject === undefined) throw new Error(`nothing of the kind ${one.kind} can be enriched`);
  const text = JSON.stringify(one.body);
  const answers = answersOf(one, text);
  const times: number[] = [];
  let written = '';
  let objects = 0;
  let faults: readonly string[] = [];
  for (let run = 0; run < WARM_UP + RUNS; run += 1) {
    const before = process.cpuUsage();
    const outcome = await enrich(subject.entity, answers);
    if (outcome.status !== 'enriched') throw new Error(`${one.name}: ${outcome.message}`);
    const bundle = createBundle([outcome.leanEntity, ...outcome.objects]);
    written = JSON.stringify(bundle);
    const { user, system } = process.cpuUsage(before);
    if (run >= WARM_UP) times.push((user + system) / 1000);
    objects = bundle.objects.length;
    if (run === 0) faults = faultsOf(outcome, subject.entity);
  }
  times.sort((a, b) => a - b);
  return {
    name: one.name,
    goalMs: Object.keys(one.extras).some((name) => name === 'comments') ? 100 : 50,
    reportBytes: Buffer.byteLength(text),
    bundleBytes: Buffer.byteLength(written),
    objects,
    medianMs: times[Math.floor(times.length / 2)] ?? Number.NaN,
    worstMs: times.at(-1) ?? Number.NaN,
    faults,
  };
}

function shortcomings({ name, goalMs, medianMs, bundleBytes, faults }: Result): string[] {
  return [
    ...(medianMs < goalMs ? [] : [`${name}: ${medianMs.toFixed(1)} ms of CPU, less than ${goalMs} wanted`]),
    ...(bundleBytes <= MAX_BYTES ? [] : [`${name}: the bundle has ${bundleBytes} bytes`]),
    ...faults.map((fault) => `${name}: ${fault}`),
  ];
}

const wanted = process.argv[2] ?? '';
const results: Result[] = [];
for (const one of hostileCases().filter(({ name }) => name.includes(wanted)))
  results.push(await measure(one));

const table = new Table({
  head: ['report', 'JSON', 'bundle', 'objects', 'CPU median', 'CPU worst', 'valid'],
});
const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;
for (const { name, reportBytes, bundleBytes, objects, medianMs, worstMs, faults } of results) {
  const valid = faults.length === 0 ? 'yes' : 'no';
  const cpu = [`${medianMs.toFixed(1)} ms`, `${worstMs.toFixed(1)} ms`];
  table.push([name, kilobytes(reportBytes), kilobytes(bundleBytes), String(objects), ...cpu, valid]);
}
console.log(table.toString());
const short = results.flatMap(shortcomings);
for (const line of short) console.error(line);
process.exitCode = short.length === 0 && results.length > 0 ? 0 : 1;
