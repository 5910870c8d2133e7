import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Health } from '../../src/observability/health.js';
import { Metrics } from '../../src/observability/metrics.js';
import { read } from '../helpers/project-facts.js';

/** The dashboard and the alert rules ask only for what the product exposes, and the documentation names all of it. */

const DASHBOARD = 'docker/monitoring/dashboards/virustotal.json';
const RULES = 'docker/monitoring/alerts.yml';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const dashboard = JSON.parse(read(DASHBOARD)) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { name: string; type: string; query: unknown }[] };
};
const rules = (parse(read(RULES)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/** The series that the product exposes, and of each the names of its labels. */
const exposed = await exposedSeries();

async function exposedSeries(): Promise<Map<string, Set<string>>> {
  const metrics = new Metrics('', '');
  const window = { used: 1, limit: 4 };
  metrics.watchQuota(() => ({
    minute: window,
    hour: window,
    day: window,
    month: window,
    waiting: { manual: 0, playbook: 0, auto: 0 },
    exhaustion: undefined,
  }));
  metrics.watchDeadLetters(() => Promise.resolve(1));
  metrics.watchCircuit(() => 'closed');
  metrics.watchBroker(() => ({ connected: true, blocked: false }));
  metrics.watchHeld(() => ({ count: { manual: 0, playbook: 0, auto: 0 }, oldestAt: undefined }));
  const health = new Health();
  for (const part of ['state', 'platform']) health.watch(part, () => ({ ok: true }));
  metrics.watchHealth(() => health.report());
  const run = { type: 'Url', mode: 'manual', requestedAt: new Date() } as const;
  metrics.runStarted(run);
  metrics.runFinished(run, { outcome: 'enriched' }, 0);
  metrics.lookedUp('url', 'found');
  metrics.cacheAsked('url', 'hit', 0);
  metrics.virusTotalCalled('look up url', 200, 1);
  metrics.platformCalled('pingConnector', 'ok', 1);
  metrics.quotaAwaited('manual', 1);
  // The one series that Prometheus makes itself.
  const series = new Map([['up', new Set(['job', 'instance'])]]);
  for (const line of (await metrics.registry.metrics()).split('\n')) {
    const [, name, labels = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined || line.startsWith('#')) continue;
    const names = series.get(name) ?? new Set(['job', 'instance']);
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) names.add(label);
    series.set(name, names);
  }
  return series;
}

/** Functions, keywords and names of labels after `by`, which look like series. */
const WORDS =
  /\b(?:sum|min|max|rate|increase|changes|time|vector|clamp_min|histogram_quantile|by|or|and|on|ignoring)\b/g;

/** Every series of an expression, with the labels that it is asked for. */
function seriesIn(expr: string): { name: string; labels: string[] }[] {
  const plain = expr.replace(/\bby \([^)]*\)/g, '').replace(/\[[^\]]*\]/g, '');
  const withoutText = plain.replace(/"[^"]*"/g, '""');
  return [...withoutText.replace(WORDS, '').matchAll(/([a-z_]\w*)(?:\{([^}]*)\})?/gi)]
    .filter(([, name = '']) => !/^\d/.test(name))
    .map(([, name = '', labels = '']) => ({
      name,
      labels: [...labels.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label ?? ''),
    }));
}

const expressions = [
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expr }))),
  ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
];

describe('the dashboard and the alert rules', () => {
  it.each(expressions)('ask only for what is exposed: $where', ({ expr }) => {
    const asked = seriesIn(expr);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(({ name }) => !exposed.has(name))).toEqual([]);
    for (const { name, labels } of asked) {
      expect([...(exposed.get(name) ?? [])], name).toEqual(expect.arrayContaining(labels));
    }
  });

  it('see every series of ours', () => {
    const asked = new Set(expressions.flatMap(({ expr }) => seriesIn(expr).map(({ name }) => base(name))));
    const ours = [...exposed.keys()].filter((name) => isOurs(name)).map(base);
    expect([...new Set(ours)].filter((name) => !asked.has(name))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('gives each panel an id, a unit, a description and its source', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { title, description, datasource, fieldConfig } of panels) {
      expect(description, title).toMatch(/\.$/);
      expect(datasource?.uid, title).toBe('${datasource}');
      expect(fieldConfig?.defaults.unit, title).toBeDefined();
    }
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
  });

  it('lets no panel lie on another, or beyond the edge', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`), title).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
  });
});

describe('the alert rules', () => {
  it('say what happened and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(['warning', 'critical'], alert).toContain(labels.severity);
      expect(annotations.summary, alert).toMatch(/\.$/);
      expect(annotations.description, alert).toMatch(/\.$/);
    }
  });

  it('are listed in the documentation', () => {
    const guide = read('docs/operations.md');
    expect(rules.filter(({ alert }) => !guide.includes(`\`${alert}\``))).toEqual([]);
  });
});

describe('docs/operations.md', () => {
  it('names every series of ours', () => {
    const guide = read('docs/operations.md');
    const ours = [...exposed.keys()].filter((name) => isOurs(name)).map(base);
    expect([...new Set(ours)].filter((name) => !new RegExp(`\`${name}[\`{]`).test(guide))).toEqual([]);
  });

  it('names no series that is not exposed', () => {
    const named = [...read('docs/operations.md').matchAll(/^\| `((?:virustotal_)[a-z_]+)`/gm)];
    expect(named.length).toBeGreaterThan(10);
    const known = new Set([...exposed.keys()].map(base));
    expect(named.map(([, name = '']) => name).filter((name) => !known.has(name))).toEqual([]);
  });
});

/** Neither of the process nor of Prometheus. */
function isOurs(name: string): boolean {
  return !/^(?:process_|nodejs_|up$)/.test(name);
}

/** The name of the histogram that a series is a part of, or its own. */
function base(name: string): string {
  const whole = name.replace(/_(?:bucket|sum|count)$/, '');
  return exposed.has(`${whole}_bucket`) ? whole : name;
}
