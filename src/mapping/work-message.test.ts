import { describe, expect, it } from 'vitest';
import type { Observable, ReportSummary } from './context.js';
import { describeReports } from './work-message.js';

const address: Observable = { type: 'IPv4-Addr', value: '192.0.2.1' };
const domain: Observable = { type: 'Domain-Name', value: 'example.com' };

function summary(changes: Partial<ReportSummary> = {}): ReportSummary {
  return {
    observable: address,
    detection: { malicious: 0, engines: 70 },
    score: 0,
    indicatorCreated: false,
    yaraRules: 0,
    yaraRulesLeftOut: 0,
    notes: 1,
    relationships: 0,
    clauses: [],
    ...changes,
  };
}

describe('describeReports', () => {
  it.each([
    [
      'a malicious file with everything',
      summary({ detection: { malicious: 42, engines: 70 }, score: 60, indicatorCreated: true, yaraRules: 3 }),
      'VirusTotal: 42 of 70 engines call this malicious; Indicator created; 3 YARA rules imported',
    ],
    ['a clean object', summary(), 'VirusTotal: none of 70 engines call this malicious'],
    [
      'a single engine and a single rule',
      summary({ detection: { malicious: 1, engines: 70 }, score: 1, yaraRules: 1 }),
      'VirusTotal: 1 of 70 engines calls this malicious; 1 YARA rule imported',
    ],
    [
      'a file of whose rules some are left out',
      summary({ yaraRules: 3, yaraRulesLeftOut: 6 }),
      'VirusTotal: none of 70 engines call this malicious; 3 YARA rules imported, 6 left out',
    ],
    [
      'a file of whose rules all are left out',
      summary({ yaraRulesLeftOut: 6 }),
      'VirusTotal: none of 70 engines call this malicious; 6 YARA rules left out',
    ],
    [
      'a file whose only rule is left out',
      summary({ yaraRulesLeftOut: 1 }),
      'VirusTotal: none of 70 engines call this malicious; 1 YARA rule left out',
    ],
    [
      'an object that was never analysed',
      summary({ detection: undefined, score: undefined }),
      'VirusTotal: this is known but has never been analysed',
    ],
    [
      'an object without any verdict',
      summary({ detection: { malicious: 0, engines: 0 }, score: undefined }),
      'VirusTotal: no engine has given a verdict on this',
    ],
    [
      'an object with a threat score only',
      summary({ detection: undefined, score: 80 }),
      'VirusTotal: this is known but has never been analysed; threat score 80',
    ],
  ])('says what came of %s', (_, report, expected) => {
    expect(describeReports([report])).toBe(expected);
  });

  it('names each value when there are several', () => {
    const reports = [
      summary({ detection: { malicious: 5, engines: 90 } }),
      summary({ observable: domain, detection: { malicious: 0, engines: 91 } }),
    ];
    expect(describeReports(reports, [{ type: 'Url', value: 'https://example.com/\nx' }])).toBe(
      'VirusTotal: 5 of 90 engines call 192.0.2.1 malicious | none of 91 engines call example.com malicious | ' +
        'no report on https://example.com/ x',
    );
  });

  it('names the values also when nothing but a remark stands beside the only report', () => {
    expect(
      describeReports([summary({ detection: { malicious: 5, engines: 90 } })], [], ['b is private.']),
    ).toBe('VirusTotal: 5 of 90 engines call 192.0.2.1 malicious | b is private.');
  });

  it('says when VirusTotal knows nothing', () => {
    expect(describeReports([], [address])).toBe('VirusTotal: no report on this');
    expect(describeReports([])).toBe('VirusTotal: nothing was looked up');
  });

  it('does not tell more than ten values one by one', () => {
    const reports = Array.from({ length: 13 }, () => summary());
    expect(describeReports(reports)).toMatch(/ \| and 3 more$/u);
  });
});
