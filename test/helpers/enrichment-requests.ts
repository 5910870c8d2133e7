import type { EnrichmentRequest, PlaybookStep } from '../../src/enrichment/request.js';
import type { Bundle, StixId } from '../../src/stix/objects.js';

/** A manual request for an address of TEST-NET-2. */
export function requestOf(changes: Partial<EnrichmentRequest> = {}): EnrichmentRequest {
  return {
    key: 'work_vt_1',
    mode: 'manual',
    entityId: 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4',
    entityType: 'IPv4-Addr',
    workId: 'work_vt_1',
    draftId: undefined,
    applicantId: undefined,
    playbook: undefined,
    entity: undefined,
    validation: { mode: undefined, force: false },
    receivedAt: new Date('2026-01-02T03:04:05.678Z'),
    ...changes,
  };
}

/** A playbook step about a URL. */
export function playbookStepOf(url: string): PlaybookStep {
  return {
    executionId: 'e',
    eventId: 'v',
    playbookId: 'p',
    dataInstanceId: 'd',
    stepId: 's',
    previousStepId: 'q',
    bundle: { type: 'bundle', objects: [{ type: 'url', id: 'url--1', value: url }] },
  };
}

/** A bundle of the given number of addresses of TEST-NET-2, none of which refers to another. */
export function bundleOf(count: number): Bundle {
  const id = (type: string, index: number): StixId =>
    `${type}--00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  return {
    type: 'bundle',
    id: id('bundle', 0),
    objects: Array.from({ length: count }, (_, index) => ({
      type: 'ipv4-addr',
      spec_version: '2.1',
      id: id('ipv4-addr', index + 1),
      value: `198.51.100.${index + 1}`,
    })),
  };
}
