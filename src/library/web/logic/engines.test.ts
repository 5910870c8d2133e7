import { describe, expect, it } from 'vitest';
import type { EngineCategory, EngineVerdict } from '../api.js';
import { categoryName, grouped, groupOf, matching } from './engines.js';

const engine = (name: string, category: EngineCategory, result: string | null = null): EngineVerdict => ({
  engine: name,
  category,
  result,
  updated: null,
});
const engines = [
  engine('Zeta', 'harmless'),
  engine('alpha', 'undetected'),
  engine('Bravo', 'malicious', 'Trojan.Emotet'),
  engine('Kilo', 'timeout'),
  engine('Lima', 'suspicious', 'Heuristic'),
];

describe('verdicts of engines', () => {
  it('are grouped, the worst first, and sorted by name', () => {
    expect(grouped(engines).map((one) => [one.group, one.engines.map((two) => two.engine)])).toEqual([
      ['malicious', ['Bravo']],
      ['suspicious', ['Lima']],
      ['undetected', ['alpha', 'Zeta']],
      ['none', ['Kilo']],
    ]);
  });

  it.each([
    ['emotet', null, ['Bravo']],
    ['  LIM ', null, ['Lima']],
    ['', 'undetected', ['Zeta', 'alpha']],
    ['bravo', 'undetected', []],
  ] as const)('with the text "%s" in group %s are %j', (text, group, names) => {
    expect(matching(engines, text, group).map((one) => one.engine)).toEqual(names);
  });

  it('of categories that are not known yet are no verdict, and keep their name', () => {
    expect(groupOf('quantum')).toBe('none');
    expect(categoryName('quantum')).toBe('quantum');
    expect(categoryName('type-unsupported')).toBe('Type not supported');
  });
});
