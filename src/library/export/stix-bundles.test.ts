import { describe, expect, it } from 'vitest';
import { stixFaults } from '../../../test/helpers/stix-validity.js';
import { TLP_IDS } from '../../stix/markings.js';
import type { StixObject } from '../../stix/objects.js';
import type { ExportedIoc } from './exported-ioc.js';
import { exportStix } from './stix.js';
import { stixBundles, type IocBundle } from './stix-bundles.js';

const AUTHOR = { author: 'Example SOC', authorSince: new Date('2025-01-01T00:00:00.000Z') };
const ROOMY = 1_000_000;

function ioc(number: number, changes: Partial<ExportedIoc> = {}): ExportedIoc {
  return {
    type: 'domain',
    value: `n${number}.example`,
    tags: ['apt'],
    source: null,
    note: number % 3 === 0 ? 'Seen on host 12' : null,
    verdict: number % 2 === 0 ? 'malicious' : 'clean',
    malicious: 40,
    suspicious: 0,
    engines: 70,
    threatLabel: null,
    enrichedAt: '2026-01-02T00:00:00.000Z',
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-02T00:00:00.000Z',
    relations: [{ relation: 'siblings', target: { type: 'domain', value: `n${number + 1}.example` } }],
    ...changes,
  };
}

const many = Array.from({ length: 60 }, (_, number) => ioc(number));

async function bundlesOf(
  pages: ExportedIoc[][],
  maxCharacters: number,
  more: object = {},
): Promise<IocBundle[]> {
  const bundles: IocBundle[] = [];
  for await (const one of stixBundles(pages, { ...AUTHOR, maxCharacters, ...more })) bundles.push(one);
  return bundles;
}

const byId = (objects: readonly StixObject[]): Map<string, StixObject> =>
  new Map(objects.map((object) => [object.id, object]));

describe('stixBundles', () => {
  it('says in one bundle what the export says', async () => {
    const [one, ...others] = await bundlesOf([many], ROOMY);
    let text = '';
    for await (const part of exportStix([many], AUTHOR)) text += part;
    const exported = (JSON.parse(text) as { objects: StixObject[] }).objects;
    expect(others).toEqual([]);
    expect(one?.iocs).toBe(60);
    expect(byId(one?.bundle.objects ?? [])).toEqual(byId(exported));
  });

  it.each([20_000, 5_000])('fills bundles up to %i characters, each valid by itself', async (max) => {
    const bundles = await bundlesOf([many.slice(0, 25), [], many.slice(25)], max);
    expect(bundles.length).toBeGreaterThan(2);
    expect(bundles.reduce((sum, { iocs }) => sum + iocs, 0)).toBe(60);
    for (const { bundle } of bundles) {
      expect(stixFaults(bundle)).toEqual([]);
      expect(JSON.stringify(bundle).length).toBeLessThanOrEqual(max);
    }
    // None is left half empty but the last.
    expect(Math.min(...bundles.slice(0, -1).map(({ iocs }) => iocs))).toBeGreaterThanOrEqual(
      Math.max(...bundles.map(({ iocs }) => iocs)) / 2,
    );
  });

  it('gives a bundle of its own to an IOC that fills more than one', async () => {
    const note = 'x'.repeat(5_000);
    const bundles = await bundlesOf([[ioc(1), ioc(2, { note }), ioc(4)]], 3_000);
    expect(bundles.map(({ iocs }) => iocs)).toEqual([1, 1, 1]);
  });

  it('keeps the labels of an IOC that is the other end of a relation too, whatever comes first', async () => {
    const [one] = await bundlesOf([[ioc(1), ioc(2)]], ROOMY);
    const end = one?.bundle.objects.find(({ value }) => value === 'n2.example');
    expect(end).toMatchObject({ x_opencti_labels: ['apt'] });
  });

  it('marks everything but the author, when asked to', async () => {
    const bundles = await bundlesOf([many], 20_000, { tlp: 'TLP:AMBER' });
    for (const { bundle } of bundles)
      expect(stixFaults(bundle, { markings: [TLP_IDS['TLP:AMBER']] })).toEqual([]);
  });

  it('has nothing to say of no IOCs', async () => {
    expect(await bundlesOf([[]], ROOMY)).toEqual([]);
  });
});
