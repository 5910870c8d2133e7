import { describe, expect, it } from 'vitest';
import {
  contextFor,
  domainReport,
  EICAR,
  fileReport,
  ipAddressReport,
  options,
  plainOptions,
  stats,
  urlReport,
} from '../../../test/helpers/mapping-samples.js';
import type { Report } from '../../virustotal/schema.js';
import { noExtras } from '../contribution.js';
import { labelsOf } from '../labels.js';
import type { LabelOptions, MappingOptions } from '../options.js';
import { readVerdict } from '../score.js';
import { labels } from './labels.js';

function labelsFor(
  report: Report,
  wanted: Partial<LabelOptions> = {},
  changes: Partial<MappingOptions> = {},
): readonly string[] | undefined {
  const context = contextFor('StixFile', EICAR.md5, 'file--5a0c55a1-48a3-5003-9776-42946d1054cb', {
    options: { ...options, ...changes, labels: { ...plainOptions.labels, ...wanted } },
  });
  const made = labels({ report, verdict: readVerdict(report), context, extras: noExtras })?.changes;
  return made && labelsOf(made.band, made.labels ?? [], context.options.labels);
}

const tags = ['peexe', 'Overlay', 'cve-2017-11882'];

describe('labels from tags', () => {
  it('are those of files, unless switched off', () => {
    expect(labelsFor(fileReport({ tags }))).toEqual(['peexe', 'overlay', 'cve-2017-11882']);
    const file = { ...plainOptions.file, labelTags: false };
    expect(labelsFor(fileReport({ tags }), {}, { file })).toBeUndefined();
  });

  it.each([
    ['ip', ipAddressReport({ tags: ['vpn'] })],
    ['domain', domainReport({ tags: ['vpn'] })],
    ['url', urlReport({ tags: ['vpn'] })],
  ] as const)('are those of %s only when switched on', (type, report) => {
    expect(labelsFor(report)).toBeUndefined();
    const changes = { [type]: { ...plainOptions[type], labelTags: true } };
    expect(labelsFor(report, {}, changes)).toEqual(['vpn']);
  });

  it('pass the lists by their names without the prefix, and then get it', () => {
    const report = fileReport({ tags });
    expect(labelsFor(report, { prefix: 'VT:' })).toEqual(['vt:peexe', 'vt:overlay', 'vt:cve-2017-11882']);
    expect(labelsFor(report, { prefix: 'vt:', allow: ['PEEXE', 'cve-*'] })).toEqual([
      'vt:peexe',
      'vt:cve-2017-11882',
    ]);
    expect(labelsFor(report, { deny: ['cve-*'] })).toEqual(['peexe', 'overlay']);
    expect(labelsFor(report, { allow: ['peexe'], deny: ['*'] })).toEqual([]);
  });

  it('are bounded and plain, however many and long they are', () => {
    const hostile = Array.from({ length: 5000 }, (_, index) => `\u202E${index}\n${'x'.repeat(2000)}`);
    const made = labelsFor(fileReport({ tags: hostile }), { prefix: 'vt:', verdict: true }) ?? [];
    expect(made).toHaveLength(100);
    expect(made.every((label) => /^vt:\d+ x+…$/.test(label) && label.length <= 100)).toBe(true);
  });
});

describe('labels from the threat', () => {
  it('are the popular threat label of a file', () => {
    const report = fileReport({ threatLabel: 'Trojan.Emotet/Demo' });
    expect(labelsFor(report)).toBeUndefined();
    expect(labelsFor(report, { threat: true })).toEqual(['trojan.emotet/demo']);
  });

  it('are the threat names of a URL, and none of what has none', () => {
    const report = urlReport({ threatNames: ['C2/Generic-A', 'Mal/HTMLGen-A'] });
    expect(labelsFor(report, { threat: true })).toEqual(['c2/generic-a', 'mal/htmlgen-a']);
    expect(labelsFor(domainReport(), { threat: true })).toBeUndefined();
  });
});

describe('labels from the verdict', () => {
  it('come first and pass the lists like any other', () => {
    const report = fileReport({ tags: ['peexe'], stats: stats({ malicious: 12, undetected: 50 }) });
    expect(labelsFor(report, { verdict: true, prefix: 'vt:' })).toEqual(['vt:malicious', 'vt:peexe']);
    expect(labelsFor(report, { verdict: true, deny: ['malicious'] })).toEqual(['peexe']);
  });
});
