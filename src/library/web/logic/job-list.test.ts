import { describe, expect, it } from 'vitest';
import type { Job } from '../api.js';
import { mergeJobs } from './job-list.js';

const job = (id: string, done: number): Job => ({
  id,
  kind: 'enrich',
  state: 'running',
  total: 50,
  done,
  failed: 0,
  createdAt: '2026-05-10T09:00:00.000Z',
  startedAt: null,
  finishedAt: null,
  resumeAt: null,
  reason: null,
  etaSeconds: null,
});

describe('mergeJobs', () => {
  it('takes what was answered where nothing else was told', () => {
    expect(mergeJobs([job('b', 1), job('a', 2)], [])).toEqual([job('b', 1), job('a', 2)]);
  });

  it('keeps what was told meanwhile, in the place of the answer', () => {
    expect(mergeJobs([job('b', 1), job('a', 2)], [job('a', 7)])).toEqual([job('b', 1), job('a', 7)]);
  });

  it('keeps a job that began meanwhile, before the others', () => {
    expect(mergeJobs([job('a', 2)], [job('c', 0)])).toEqual([job('c', 0), job('a', 2)]);
  });
});
