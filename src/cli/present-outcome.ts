import Table from 'cli-table3';
import type { EnrichmentOutcome } from '../enrichment/outcome.js';
import type { StixObject } from '../stix/objects.js';

/** A readable account of an outcome for a terminal: the sentence, then one row per object. */
export function presentOutcome(outcome: EnrichmentOutcome): string {
  if (outcome.status !== 'enriched') return outcome.message;
  const table = new Table({
    head: ['Object', 'What it says'],
    colWidths: [16, 100],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const object of [outcome.leanEntity, ...outcome.objects])
    table.push([object.type, describeObject(object)]);
  return `${outcome.message}\n${table.toString()}`;
}

function describeObject(object: StixObject): string {
  const text = (property: string): string => {
    const value = object[property];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  switch (object.type) {
    case 'relationship':
      return `${text('relationship_type')}: ${text('source_ref')} → ${text('target_ref')}`;
    case 'indicator':
      return `${text('name')}: ${firstLines(text('pattern'), 3)}`;
    case 'note':
      return `${text('abstract')}\n${firstLines(text('content'), 12)}`;
    case 'autonomous-system':
      return `AS${text('number')} ${text('name')}`;
    default:
      return text('value') || text('name') || object.id;
  }
}

function firstLines(text: string, count: number): string {
  const lines = text.split('\n');
  return lines.length <= count
    ? text
    : [...lines.slice(0, count), `… ${lines.length - count} more lines`].join('\n');
}
