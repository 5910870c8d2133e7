import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { everyOptionOn, mappingOptionsDeclared } from '../../src/cli/demo/examples/every-option.js';
import { declaredOptions } from '../../src/config/schema.js';
import type { Bundle, StixObject } from '../../src/stix/objects.js';
import { TLP_IDS } from '../../src/stix/markings.js';
import { stixFaults } from '../helpers/stix-validity.js';
import { read, root } from '../helpers/project-facts.js';

/** docs/mapping.md and its examples say what the mapping does. */

const FOLDER = 'docs/mapping/examples';
const examples = readdirSync(join(root, FOLDER));

interface Example {
  readonly variables: Readonly<Record<string, string>>;
  readonly lookUps: number;
  readonly asked: readonly string[];
  readonly message: string;
  readonly bundle: Bundle;
}
const exampleIn = (name: string): Example => JSON.parse(read(`${FOLDER}/${name}`)) as Example;

describe('docs/mapping.md', () => {
  const text = read('docs/mapping.md');

  it('names every option of the mapping', () => {
    expect(mappingOptionsDeclared.length).toBeGreaterThan(60);
    const missing = mappingOptionsDeclared.filter(({ option }) => !text.includes(`\`${option.env}\``));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it('shows every example', () => {
    expect(examples.filter((name) => !text.includes(`mapping/examples/${name}`))).toEqual([]);
  });
});

describe('the cost of an option', () => {
  it.each(declaredOptions.filter(({ option }) => /Costs (?:no|one) look-up/.test(option.doc)))(
    'is the one that its documentation tells: $path',
    ({ option }) => {
      const told = /Costs no look-up|Costs one look-up for each (object|rule|ruleset)\b/.exec(option.doc);
      const { lookUps } = option;
      expect(told?.[1]).toBe(lookUps?.forEach.replace(/^(?:sigma|yara)_/, ''));
    },
  );

  it('is told by every option that has one, and by every new one', () => {
    const groups = new Set(['Verdict', 'Labels', 'Related observables', 'Knowledge about files', 'Context']);
    const silent = mappingOptionsDeclared
      .filter(({ option }) => option.lookUps !== undefined || groups.has(option.group ?? ''))
      .filter(({ option }) => !/Costs (?:no|one) look-up/.test(option.doc));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});

describe.each(examples)('the example %s', (name) => {
  const { bundle, variables, lookUps, asked, message } = exampleIn(name);
  const isDefault = name.endsWith('-defaults.json');

  it('is a valid bundle, with the marking of its subject on everything', () => {
    const [subject] = bundle.objects as [StixObject, ...StixObject[]];
    const markings = [TLP_IDS['TLP:GREEN']];
    // What is enriched is sent reduced to what changed.
    const sent = { ...subject, object_marking_refs: markings } as StixObject;
    const whole = { ...bundle, objects: [sent, ...bundle.objects.slice(1)] };
    expect(stixFaults(whole, { markings, subject: subject.id })).toEqual([]);
    expect(message).toMatch(/^VirusTotal: \d+ of \d+ engines call/);
  });

  it('says what differs from the defaults, and what was asked', () => {
    expect(variables).toEqual(isDefault ? {} : everyOptionOn());
    expect(lookUps).toBe(asked.length);
    expect(lookUps).toBeGreaterThan(isDefault ? 0 : 1);
  });
});
