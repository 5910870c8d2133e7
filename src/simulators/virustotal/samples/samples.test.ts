import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Compiler, initSync } from '@virustotal/yara-x';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fileEngines, netEngines } from '../engine-verdicts.js';
import { startVirusTotalSimulator, type VirusTotalSimulator } from '../server.js';
import { demoCatalog } from './demo-catalog.js';
import { demoValues, eicar, maliciousUrl } from './demo-values.js';
import { hostileReports } from './hostile-reports.js';
import { hostileRulesets, sampleRulesets } from './rulesets.js';

// oxlint-disable-next-line typescript/no-explicit-any -- read member by member; a wrong guess fails the test
type Body = any;

const key = 'a'.repeat(64);

let running: VirusTotalSimulator | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(): Promise<VirusTotalSimulator> {
  running = await startVirusTotalSimulator({ catalog: demoCatalog(), keys: { [key]: { kind: 'gti' } } });
  return running;
}

async function get(address: string): Promise<{ status: number; body: Body }> {
  const response = await fetch(address, { headers: { 'x-apikey': key, 'x-tool': 'demo' } });
  return { status: response.status, body: await response.json() };
}

function pathOf(observable: string, value: string): string {
  switch (observable) {
    case 'StixFile':
    case 'Artifact':
      return `/files/${value}`;
    case 'IPv4-Addr':
    case 'IPv6-Addr':
      return `/ip_addresses/${encodeURIComponent(value)}`;
    case 'Url':
      return `/urls/${Buffer.from(value).toString('base64url')}`;
    default:
      return `/domains/${value}`;
  }
}

describe('the demonstration', () => {
  it.each(demoValues)('answers $observable $value', async ({ observable, value, known }) => {
    const { url } = await start();
    const { status, body } = await get(`${url}${pathOf(observable, value)}`);
    expect(status).toBe(known ? 200 : 404);
    if (!known) return;
    const { last_analysis_stats: stats, last_analysis_results: results } = body.data.attributes;
    const engines = observable === 'StixFile' || observable === 'Artifact' ? fileEngines : netEngines;
    const sum = Object.values(stats as Record<string, number>).reduce((total, count) => total + count, 0);
    expect(sum).toBe(engines.length);
    expect(Object.keys(results as object).sort()).toEqual([...engines].sort());
  });

  it('is the same each time', () => {
    const read = (): unknown => demoCatalog().find('file', eicar.sha256);
    expect(JSON.stringify(read())).toBe(JSON.stringify(read()));
  });

  it('has engines of realistic number, without duplicates', () => {
    expect([fileEngines.length, netEngines.length]).toEqual([
      new Set(fileEngines).size,
      new Set(netEngines).size,
    ]);
    expect(fileEngines.length).toBeGreaterThan(70);
    expect(netEngines.length).toBeGreaterThan(90);
  });

  it('has YARA matches whose rules are in their rulesets, and one whose ruleset is gone', async () => {
    const { url } = await start();
    const matches = (await get(`${url}/files/${eicar.md5}`)).body.data.attributes.crowdsourced_yara_results;
    const found: [string, number, boolean][] = [];
    for (const { ruleset_id: id, rule_name: name } of matches as {
      ruleset_id: string;
      rule_name: string;
    }[]) {
      const { status, body } = await get(`${url}/yara_rulesets/${id}`);
      const rules = status === 200 ? String(body.data.attributes.rules) : '';
      found.push([name, status, rules.includes(`rule ${name}`)]);
    }
    expect(found).toEqual([
      ['demo_eicar_digest', 200, true],
      ['demo_eicar_text', 200, true],
      ['demo_printable_start', 200, true],
      ['demo_withdrawn_rule', 404, false],
    ]);
  });

  it('merges the sandbox runs of a file into one summary', async () => {
    const { url } = await start();
    const { body } = await get(`${url}/files/${eicar.sha256}/behaviour_summary`);
    expect(body.data.dns_lookups).toEqual([{ hostname: 'c2.evil.example.com', resolved_ips: ['1.2.3.4'] }]);
    expect(body.data).not.toHaveProperty('sandbox_name');
    expect(body.data).not.toHaveProperty('has_html_report');
    const runs = await get(`${url}/files/${eicar.sha256}/behaviours`);
    expect((runs.body.data as { id: string }[]).map(({ id }) => id)).toEqual([
      `${eicar.sha256}_Example Sandbox`,
      `${eicar.sha256}_Another Sandbox`,
    ]);
    const trees = await get(`${url}/files/${eicar.sha256}/behaviour_mitre_trees`);
    expect(trees.body.data['Example Sandbox'].tactics[0].techniques[0].id).toBe('T1082');
  });

  it('knows the address that last served the URL', async () => {
    const { url } = await start();
    const { body } = await get(`${url}${pathOf('Url', maliciousUrl)}/last_serving_ip_address`);
    expect([body.data.type, body.data.id]).toEqual(['ip_address', '1.2.3.4']);
  });
});

describe('sample rulesets', () => {
  beforeAll(async () => {
    const entry = createRequire(import.meta.url).resolve('@virustotal/yara-x');
    initSync({ module: await readFile(entry.replace(/\.js$/, '_bg.wasm')) });
  });

  function compiles(rules: string): boolean {
    try {
      new Compiler().addSource(rules);
      return true;
    } catch {
      return false;
    }
  }

  it.each(sampleRulesets)('$id compiles', ({ attributes }) => {
    expect(compiles(String(attributes.rules))).toBe(true);
  });

  it('are hostile in the way they claim', () => {
    const { huge, ruleMissing, unparsable } = hostileRulesets();
    expect(String(huge.rules).length).toBeGreaterThan(3_000_000);
    expect(String(huge.rules)).toContain('rule demo_eicar_text');
    expect(String(ruleMissing.rules)).not.toContain('demo_eicar_text');
    expect(compiles(String(unparsable.rules))).toBe(false);
  });
});

describe('hostile reports', () => {
  it.each(hostileReports())('$type: $about', async ({ type, id, value, attributes }) => {
    const simulator = await start();
    simulator.catalog.put({ type, id, attributes });
    const observable = { file: 'StixFile', ip_address: 'IPv4-Addr', domain: 'Domain-Name', url: 'Url' }[type];
    const { status, body } = await get(`${simulator.url}${pathOf(observable, value)}`);
    expect([status, body.data.type, body.data.id]).toEqual([200, type, id]);
  });
});
