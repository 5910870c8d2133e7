import { stringify } from 'csv-stringify/sync';
import type { ExportedIoc, IocPages } from './exported-ioc.js';

const COLUMNS = [
  'type',
  'value',
  'verdict',
  'detections',
  'malicious',
  'suspicious',
  'engines',
  'threat_label',
  'tags',
  'source',
  'note',
  'enriched_at',
  'created_at',
  'updated_at',
] as const;

/**
 * The IOCs as CSV (RFC 4180, UTF-8, header), one page after the other. A cell that a spreadsheet would take for a formula
 * (it begins with `=`, `+`, `-`, `@`, tab or carriage return) begins with an apostrophe; the import takes it off again.
 */
export async function* exportCsv(pages: IocPages): AsyncGenerator<string, void, undefined> {
  yield `${COLUMNS.join(',')}\r\n`;
  for await (const page of pages) {
    if (page.length > 0)
      yield stringify(page.map(cells), {
        record_delimiter: '\r\n',
        quoted_match: /[\r\n]/,
        escape_formulas: true,
      });
  }
}

function cells(ioc: ExportedIoc): readonly (string | number | null)[] {
  const { malicious, engines } = ioc;
  return [
    ioc.type,
    ioc.value,
    ioc.verdict,
    // Not `5/70`, which a spreadsheet would take for a date.
    malicious === null || engines === null ? null : `${malicious} of ${engines}`,
    malicious,
    ioc.suspicious,
    engines,
    ioc.threatLabel,
    ioc.tags.join(', '),
    ioc.source,
    ioc.note,
    ioc.enrichedAt,
    ioc.createdAt,
    ioc.updatedAt,
  ];
}
