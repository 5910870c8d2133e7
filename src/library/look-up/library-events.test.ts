import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { settled, VirtualTime } from '../../../test/helpers/virtual-time.js';
import type { JobProgress } from './job-progress.js';
import { LibraryEvents, type LibraryEvent } from './library-events.js';
import type { UsageReport } from './usage-report.js';

let time: VirtualTime;
let events: LibraryEvents;
let read: string[];
let told: string[];
let done: number;

/** What is told of it is how far it is. */
const progress = (): Promise<JobProgress> => {
  read.push('job');
  return Promise.resolve({ etaSeconds: done } as JobProgress);
};
const label = (event: LibraryEvent): string =>
  event.event === 'job' ? `job ${event.job.etaSeconds ?? ''} at ${time.elapsedMs}` : event.event;

beforeEach(() => {
  time = new VirtualTime('2026-01-02T03:04:05.678Z');
  [read, told, done] = [[], [], 0];
  events = new LibraryEvents({
    readUsage: (organisationId) => {
      read.push(`usage ${organisationId}`);
      return Promise.resolve({} as UsageReport);
    },
    sleep: time.sleep,
    logger: pino({ level: 'silent' }),
  });
});

function change(): void {
  done += 1;
  events.jobChanged('own', 'job', progress);
}

describe('the events of an organisation', () => {
  it('are told four times a second at most, and as it is in the end', async () => {
    events.subscribe('own', (event) => told.push(label(event)));
    change();
    await settled();
    for (let step = 0; step < 10; step += 1) {
      change();
      await time.pass(40);
    }
    await time.pass(1000);
    expect(told).toEqual(['job 1 at 0', 'job 8 at 250', 'job 11 at 500']);
    change();
    await settled();
    expect(told.at(-1)).toBe('job 12 at 1400');
  });

  it('of one job do not hold up those of another', async () => {
    events.subscribe('own', (event) => told.push(label(event)));
    change();
    events.jobChanged('own', 'other', progress);
    await settled();
    expect(told).toHaveLength(2);
  });

  it('are not even read when nobody looks on', async () => {
    events.subscribe('other', (event) => told.push(label(event)));
    const end = events.subscribe('own', (event) => told.push(label(event)));
    end();
    change();
    events.usageChanged('own');
    await time.pass(2000);
    expect([read, told]).toEqual([[], []]);
  });

  it('go on after one that could not be read', async () => {
    events.subscribe('own', (event) => told.push(label(event)));
    events.jobChanged('own', 'job', () => Promise.reject(new Error('the database is away')));
    await settled();
    change();
    await time.pass(300);
    expect(told).toEqual(['job 1 at 250']);
  });

  it('end with the library', async () => {
    events.subscribe('own', (event) => told.push(label(event)));
    change();
    await settled();
    change();
    events.close();
    await time.pass(1000);
    expect(told).toEqual(['job 1 at 0']);
    expect(time.sleeping).toBe(0);
  });
});
