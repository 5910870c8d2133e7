import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stixFaults } from '../../../test/helpers/stix-validity.js';
import { TLP_IDS } from '../../stix/markings.js';
import type { Bundle, StixObject } from '../../stix/objects.js';
import { iocKey } from '../ioc/ioc.js';
import { recogniseIoc } from '../ioc/normalise.js';
import { readImport } from '../ioc/read-import.js';
import { exportCsv } from './csv.js';
import type { ExportedIoc } from './exported-ioc.js';
import { exportJson } from './json.js';
import { exportStix } from './stix.js';

const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';
const MD5 = '44d88612fea8a8f36de82e1278abb02f';
const AUTHOR = { author: 'Example SOC', authorSince: new Date('2025-01-01T00:00:00.000Z') };

const plain: ExportedIoc = {
  type: 'domain',
  value: 'evil.com',
  tags: [],
  source: null,
  note: null,
  verdict: null,
  malicious: null,
  suspicious: null,
  engines: null,
  threatLabel: null,
  enrichedAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-02T00:00:00.000Z',
  relations: [],
};

const file: ExportedIoc = {
  ...plain,
  type: 'sha256',
  value: SHA256,
  tags: ['APT', 'loader'],
  source: 'Report 7',
  note: 'Seen on host 12',
  verdict: 'malicious',
  malicious: 45,
  suspicious: 1,
  engines: 72,
  threatLabel: 'trojan.x',
  enrichedAt: '2026-01-02T00:00:00.000Z',
  relations: [
    { relation: 'contacted_domains', target: { type: 'domain', value: 'evil.com' } },
    { relation: 'contacted_domains', target: { type: 'hostname', value: 'c2.evil.com' } },
    { relation: 'execution_parents', target: { type: 'sha256', value: 'a'.repeat(63) + 'b' } },
    { relation: 'made_up', target: { type: 'md5', value: MD5 } },
  ],
};

async function written(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}

async function bundleOf(...pages: ExportedIoc[][]): Promise<Bundle> {
  return JSON.parse(await written(exportStix(pages, AUTHOR))) as Bundle;
}

function ofType(bundle: Bundle, type: string): StixObject[] {
  return bundle.objects.filter((object) => object.type === type);
}

describe('exportCsv', () => {
  it('has a header, a row for each IOC, and detections that no spreadsheet takes for a date', async () => {
    expect(await written(exportCsv([[plain], [], [file]]))).toBe(
      'type,value,verdict,detections,malicious,suspicious,engines,threat_label,tags,source,note,enriched_at,created_at,updated_at\r\n' +
        'domain,evil.com,,,,,,,,,,,2026-01-01T00:00:00.000Z,2026-01-02T00:00:00.000Z\r\n' +
        `sha256,${SHA256},malicious,45 of 72,45,1,72,trojan.x,"APT, loader",Report 7,Seen on host 12,2026-01-02T00:00:00.000Z,2026-01-01T00:00:00.000Z,2026-01-02T00:00:00.000Z\r\n`,
    );
  });

  it.each(['=cmd()', '+1', '-1', '@x', '\tx', '\rx'])(
    'lets no spreadsheet take %j for a formula',
    async (note) => {
      const text = await written(exportCsv([[{ ...plain, note, source: note, threatLabel: note }]]));
      const row = parse<Record<string, string>>(text, { columns: true })[0];
      expect([row?.note, row?.source, row?.threat_label]).toEqual([`'${note}`, `'${note}`, `'${note}`]);
    },
  );

  it('keeps commas, quotes and line breaks within their cells', async () => {
    const note = 'a, "b"\r\nc\nd';
    expect(
      parse<{ note: string }>(await written(exportCsv([[{ ...plain, note }]])), { columns: true })[0]?.note,
    ).toBe(note);
  });
});

describe('exportJson', () => {
  it('is what was exported, whatever the pages', async () => {
    expect(JSON.parse(await written(exportJson([[plain], [], [file]])))).toEqual([plain, file]);
    expect(await written(exportJson([]))).toBe('[]\n');
  });
});

describe('exportStix', () => {
  it('is valid, with observables, Indicators of what is malicious, Notes, labels and relations', async () => {
    const bundle = await bundleOf([file, plain]);
    expect(stixFaults(bundle)).toEqual([]);
    expect(bundle.objects.map(({ type }) => type).sort()).toEqual(
      [
        'identity',
        'file',
        'indicator',
        'note',
        'domain-name',
        'domain-name',
        'file',
        'file',
        ...Array<string>(5).fill('relationship'),
      ].sort(),
    );
    expect(ofType(bundle, 'indicator')[0]).toMatchObject({
      name: SHA256,
      pattern: `[file:hashes.'SHA-256' = '${SHA256}']`,
      description: '45 of 72 engines of VirusTotal call it malicious. Threat: trojan.x.',
      x_opencti_score: 63,
      labels: ['apt', 'loader'],
      valid_from: '2026-01-02T00:00:00.000Z',
    });
    expect(ofType(bundle, 'note')[0]).toMatchObject({
      content: 'Seen on host 12',
      abstract: `Note on ${SHA256}`,
    });
    expect(ofType(bundle, 'file')[0]).toMatchObject({ x_opencti_labels: ['apt', 'loader'] });
  });

  it('relates as VirusTotal means it', async () => {
    const bundle = await bundleOf([file]);
    const nameOf = (id: unknown): unknown => {
      const object = bundle.objects.find((one) => one.id === id);
      return object?.value ?? object?.name ?? Object.values(object?.hashes as object)[0];
    };
    expect(
      ofType(bundle, 'relationship').map((one) => [
        nameOf(one.source_ref),
        one.relationship_type,
        nameOf(one.target_ref),
        one.description,
      ]),
    ).toEqual([
      [SHA256, 'based-on', SHA256, undefined],
      [SHA256, 'communicates-with', 'evil.com', undefined],
      [SHA256, 'communicates-with', 'c2.evil.com', undefined],
      ['a'.repeat(63) + 'b', 'drops', SHA256, undefined],
      [SHA256, 'related-to', MD5, 'made up'],
    ]);
  });

  it('is the same for the same IOCs, whatever the pages; another one for others', async () => {
    const one = await written(exportStix([[plain, file]], AUTHOR));
    expect(await written(exportStix([[plain], [file]], AUTHOR))).toBe(one);
    expect((await bundleOf([plain])).id).not.toBe((JSON.parse(one) as Bundle).id);
  });

  it('marks everything but the author, when asked to', async () => {
    const bundle = JSON.parse(await written(exportStix([[file]], { ...AUTHOR, tlp: 'TLP:AMBER' }))) as Bundle;
    expect(stixFaults(bundle, { markings: [TLP_IDS['TLP:AMBER']] })).toEqual([]);
  });

  it('holds the author alone when there is nothing to export', async () => {
    expect(stixFaults(await bundleOf())).toEqual([]);
  });

  it('streams a hundred thousand IOCs page by page', async () => {
    let [read, mostAhead] = [0, 0];
    let yielded = 0;
    function* pages(): Generator<ExportedIoc[]> {
      for (let page = 0; page < 200; page += 1) {
        read += 1;
        mostAhead = Math.max(mostAhead, read - yielded);
        yield Array.from({ length: 500 }, (_, index) => ({ ...plain, value: `n${page}-${index}.com` }));
      }
    }
    let length = 0;
    for await (const part of exportStix(pages(), AUTHOR)) {
      length += part.length;
      yielded += 1;
    }
    expect([read, mostAhead, length > 10_000_000]).toEqual([200, 0, true]);
  });
});

describe('every export', () => {
  const ioc = fc
    .oneof(
      fc.domain(),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom(
        'evil.zip',
        '-x.evil.bit',
        'http://evil.com/a,b;c\'d"',
        "http://evil.com/'",
        'xn--bcher-kva.com',
        MD5,
        SHA256,
      ),
    )
    .map((text) => recogniseIoc(text).ioc)
    .filter((one) => one !== undefined);
  const text = fc.option(fc.string({ unit: 'binary', maxLength: 30 }), { nil: null });
  const exported = fc
    .record({
      ioc,
      tags: fc.array(fc.string({ unit: 'binary', maxLength: 10 }), { maxLength: 4 }),
      note: text,
      source: text,
      threatLabel: text,
      verdict: fc.constantFrom('malicious', 'clean', null),
      malicious: fc.nat(70),
      relations: fc.array(
        fc.record({
          relation: fc.constantFrom('resolutions', 'contacted_ips', 'siblings', 'x\ud800'),
          target: ioc,
        }),
        { maxLength: 3 },
      ),
    })
    .map(({ ioc: { type, value }, malicious, ...rest }): ExportedIoc => ({
      ...plain,
      type,
      value,
      ...rest,
      malicious,
      suspicious: 0,
      engines: 70,
    }));
  const library = fc.uniqueArray(exported, { selector: iocKey, maxLength: 6 });

  it('gives the same IOCs when it is imported, and STIX is valid', async () => {
    await fc.assert(
      fc.asyncProperty(library, async (iocs) => {
        const keys = iocs.map(iocKey).sort();
        const csv = readImport(await written(exportCsv([iocs])), { format: 'csv' });
        expect(csv.items.map(iocKey).sort()).toEqual(keys);
        const bundle = await bundleOf(iocs);
        expect(stixFaults(bundle)).toEqual([]);
        const stix = readImport(JSON.stringify(bundle), { format: 'stix' });
        const all = iocs.flatMap((one) => [one, ...one.relations.map(({ target }) => target)]).map(iocKey);
        const unique = stix.items.filter(({ isRepeated }) => !isRepeated);
        expect(unique.map(iocKey).sort()).toEqual([...new Set(all)].sort());
      }),
      { numRuns: 300 },
    );
  });
});
