import { describe, expect, it } from 'vitest';
import type { Job } from '../api.js';
import { actionsOf, outlook, percent } from './job-progress.js';

const now = new Date(2026, 4, 10, 12, 0, 0);
const job = (change: Partial<Job>): Job => ({
  id: 'j',
  kind: 'enrich',
  state: 'running',
  total: 200,
  done: 0,
  failed: 0,
  createdAt: now.toISOString(),
  startedAt: null,
  finishedAt: null,
  resumeAt: null,
  reason: null,
  etaSeconds: null,
  ...change,
});

describe('the progress of a job', () => {
  it.each([
    [{ done: 0 }, 0],
    [{ done: 99, failed: 1 }, 50],
    [{ done: 199 }, 99],
    [{ done: 200 }, 100],
    [{ total: 0 }, 100],
  ])('%j is %d percent', (change, expected) => {
    expect(percent(job(change))).toBe(expected);
  });

  it.each([
    [{ etaSeconds: 2940 }, 'About 49 min left'],
    [{ state: 'finished' }, ''],
    [
      {
        state: 'waiting',
        reason: 'The budget of today is spent.',
        resumeAt: new Date(2026, 4, 10, 12, 12).toISOString(),
      },
      'The budget of today is spent. It goes on by itself at 12:12 (in 12 min).',
    ],
    [{ state: 'waiting' }, 'The quota of VirusTotal or the budget is spent.'],
    [{ state: 'paused' }, 'Paused; nothing is looked up until you resume it.'],
  ] as const)('%j has the outlook "%s"', (change, expected) => {
    expect(outlook(job(change), now)).toBe(expected);
  });

  it.each([
    ['running', ['pause', 'cancel']],
    ['waiting', ['pause', 'cancel']],
    ['paused', ['resume', 'cancel']],
    ['cancelled', []],
    ['finished', []],
  ] as const)('%s can be steered by %j', (state, actions) => {
    expect(actionsOf({ state })).toEqual(actions);
  });
});
