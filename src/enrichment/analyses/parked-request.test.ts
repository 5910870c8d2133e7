import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { requestOf } from '../../../test/helpers/enrichment-requests.js';
import { MemoryStore } from '../../state/memory-store.js';
import { park, parkedFrom, readParked, unpark } from './parked-request.js';

const full = requestOf({
  draftId: 'draft-1',
  applicantId: 'user-1',
  mode: 'playbook',
  workId: undefined,
  playbook: {
    executionId: 'e',
    eventId: 'v',
    playbookId: 'p',
    dataInstanceId: 'd',
    stepId: 's',
    previousStepId: 'q',
    bundle: { id: 'bundle--1', objects: [{ id: 'url--1', object_marking_refs: ['m'] }] },
  },
  entity: { id: 'url--1', object_marking_refs: ['m'] },
  validation: { mode: 'draft', force: true },
});

describe('a parked request', () => {
  it('comes back as it was, with its draft, applicant, markings, validation and playbook bundle', async () => {
    const store = new MemoryStore();
    const parked = {
      request: full,
      analysis: 'url 1',
      message: 'waits',
      parkedAt: 5,
      holder: 'process 1',
      heldAt: 7,
    };
    await park(store, parked);
    const read = await readParked(store, full.key);
    expect(read).toEqual(parked);
    expect(read?.request.receivedAt).toEqual(new Date('2026-01-02T03:04:05.678Z'));
    await unpark(store, full.key);
    expect(await readParked(store, full.key)).toBeUndefined();
  });

  it('cannot be resumed without what its playbook step needs', () => {
    const stored = (request: unknown): unknown => JSON.parse(JSON.stringify({ request, analysis: 'url 1' }));
    expect(parkedFrom(stored(full))).toBeDefined();
    expect(
      parkedFrom(stored({ ...full, playbook: { ...full.playbook, bundle: undefined } })),
    ).toBeUndefined();
    expect(parkedFrom(stored({ ...full, receivedAt: 'soon' }))).toBeUndefined();
  });

  it('that is damaged in any way is read as none, and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (request, rest) => {
        for (const value of [rest, { request, analysis: rest }, { request: { ...full, playbook: rest } }])
          expect(() => parkedFrom(value)).not.toThrow();
      }),
    );
  });
});
