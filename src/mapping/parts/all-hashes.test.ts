import { describe, expect, it } from 'vitest';
import {
  contextFor,
  EICAR,
  fileReport,
  indicatorContextFor,
  options,
  policy,
  stats,
} from '../../../test/helpers/mapping-samples.js';
import type { MappedReport, MappingContext } from '../context.js';
import { mapFileReport } from '../file.js';

const on = {
  options: {
    indicators: { ...options.indicators, allHashes: true },
    file: { ...options.file, fullReportNote: false, indicator: { ...policy, createPositives: 1 } },
  },
};
const report = fileReport({ ...EICAR, stats: stats({ malicious: 40, undetected: 10 }) });

function mapped(context: MappingContext, about = report): MappedReport {
  return mapFileReport(about, context);
}

describe('Indicators on all hashes', () => {
  it('match any hash of the file, under the name of the strongest', () => {
    const [indicator] = mapped(contextFor('StixFile', EICAR.md5, 'file--1', on)).objects;
    expect(indicator).toMatchObject({
      id: 'indicator--6c6a667c-94f8-5fe0-ad99-637cf5c7e0f2',
      name: EICAR.sha256,
      pattern: `[file:hashes.MD5 = '${EICAR.md5}' OR file:hashes.'SHA-1' = '${EICAR.sha1}' OR file:hashes.'SHA-256' = '${EICAR.sha256}']`,
      x_opencti_main_observable_type: 'StixFile',
      x_opencti_score: 80,
      x_opencti_detection: true,
    });
  });

  it('are those of the strongest hash alone when the option is off, or only one hash is known', () => {
    const one = fileReport({ stats: report.stats });
    expect([
      mapped(contextFor('StixFile', EICAR.md5, 'file--1')).objects[0]?.id,
      mapped(contextFor('StixFile', EICAR.sha256, 'file--1', on), one).objects[0]?.id,
    ]).toEqual([
      'indicator--139a28ba-a759-5006-ac55-0f8e0fba0450',
      'indicator--139a28ba-a759-5006-ac55-0f8e0fba0450',
    ]);
  });
});

describe('an enriched Indicator on one hash', () => {
  it('is based on the file with all its hashes, and nothing else changes for it', () => {
    const { objects, changes } = mapped(indicatorContextFor('StixFile', EICAR.sha1, on));
    expect(objects).toEqual([
      {
        type: 'file',
        id: 'file--5a0c55a1-48a3-5003-9776-42946d1054cb',
        spec_version: '2.1',
        object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
        x_opencti_created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
        hashes: { MD5: EICAR.md5, 'SHA-1': EICAR.sha1, 'SHA-256': EICAR.sha256 },
      },
      {
        type: 'relationship',
        id: 'relationship--e0c2ed51-23a7-59fc-bc5c-dd645070acdf',
        spec_version: '2.1',
        created: '2026-03-04T05:06:07.890Z',
        modified: '2026-03-04T05:06:07.890Z',
        created_by_ref: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756',
        object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'],
        relationship_type: 'based-on',
        source_ref: 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51',
        target_ref: 'file--5a0c55a1-48a3-5003-9776-42946d1054cb',
      },
    ]);
    expect(changes.hashes).toEqual({});
  });

  it('is not tied to another file when the report does not know the hash that was asked', () => {
    const { objects } = mapped(indicatorContextFor('StixFile', 'f'.repeat(40), on));
    expect(objects).toEqual([]);
  });

  it('stays as it is when the option is off', () => {
    const off = { options: { file: on.options.file } };
    expect(mapped(indicatorContextFor('StixFile', EICAR.sha1, off)).objects).toEqual([]);
  });
});
