import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../shared/clock.js';
import { gateOf } from './version.js';
import { Works } from './works.js';

const nothing = (): void => undefined;

function worksOf(version: string): Works {
  return new Works(gateOf(version), fixedClock('2024-05-01T10:00:00.000Z'), nothing);
}

describe('Works', () => {
  it('names a work after its connector and time, and never twice the same', () => {
    const works = worksOf('7.260817.0');
    expect(works.create('c1').id).toBe('work_c1_2024-05-01T10:00:00.000Z');
    expect(works.create('c1').id).toBe('work_c1_2024-05-01T10:00:00.001Z');
  });

  it.each(['6.0.6', '6.9.22', '7.260423.0', '7.260609.0', '7.260817.0'])(
    'completes on the last report on %s',
    (version) => {
      const works = worksOf(version);
      const { id } = works.create('c1');
      works.toReceived(id, null);
      works.addExpectations(id, 2);
      works.reportExpectation(id, null);
      expect(works.find(id)?.status).toBe('progress');
      works.reportExpectation(id, null);
      expect(works.find(id)?.status).toBe('complete');
    },
  );

  it.each([
    ['7.260417.0', 'wait'],
    ['7.260422.0', 'complete'],
  ])('on %s, counters that passed each other leave the work in %s', (version, status) => {
    const works = worksOf(version);
    const { id } = works.create('c1');
    works.addExpectations(id, 1);
    works.find(id)!.processed = 1;
    works.reportExpectation(id, null);
    expect(works.find(id)?.status).toBe(status);
  });

  it.each([
    ['6.0.6', 'complete'],
    ['7.260423.0', 'complete'],
    ['7.260428.0', 'progress'],
    ['7.260609.0', 'progress'],
    ['7.260615.0', 'complete'],
  ])('on %s, a work without expectations is %s after toProcessed', (version, status) => {
    const works = worksOf(version);
    const { id } = works.create('c1');
    works.toReceived(id, null);
    works.toProcessed(id, 'nothing found', false);
    expect(works.find(id)?.status).toBe(status);
  });

  it.each([
    ['7.260423.0', false],
    ['7.260428.0', true],
  ])('on %s, a work that toProcessed completed is alive: %s', (version, alive) => {
    const works = worksOf(version);
    const { id } = works.create('c1');
    works.addExpectations(id, 1);
    works.reportExpectation(id, null);
    works.toProcessed(id, 'done', false);
    expect(works.isAlive(id)).toBe(alive);
  });

  it('keeps the text of an error apart from messages', () => {
    const works = worksOf('7.260817.0');
    const { id } = works.create('c1');
    works.toProcessed(id, 'quota exhausted', true);
    expect(works.find(id)?.errors.map((line) => line.message)).toEqual(['quota exhausted']);
    expect(works.find(id)?.messages).toEqual([]);
  });

  it.each([
    ['6.2.7', 0, true],
    ['6.2.8', 1, false],
    ['7.260507.0', 1, false],
    ['7.260510.0', 1, true],
  ])('on %s the manager closes %i overtaken work and leaves it alive: %s', (version, count, alive) => {
    const works = worksOf(version);
    const older = works.create('c1');
    const newer = works.create('c1');
    const other = works.create('c2');
    works.addExpectations(newer.id, 2);
    works.reportExpectation(newer.id, null);
    expect(works.closeOvertaken()).toHaveLength(count);
    expect(older.status).toBe(count === 1 ? 'complete' : 'wait');
    expect(works.isAlive(older.id)).toBe(alive);
    expect(newer.status).toBe('wait');
    expect(other.status).toBe('wait');
  });

  it('refuses expectations for a dead work from 6.9.19 on', () => {
    for (const [version, code] of [
      ['6.9.18', undefined],
      ['6.9.19', 'WORK_NOT_ALIVE'],
    ] as const) {
      const works = worksOf(version);
      const work = works.create('c1');
      work.alive = false;
      let thrown: unknown;
      try {
        works.addExpectations(work.id, 1);
      } catch (error) {
        thrown = (error as { code: string }).code;
      }
      expect(thrown).toBe(code);
    }
  });

  it('refuses to touch a deleted work', () => {
    const works = worksOf('6.8.0');
    const { id } = works.create('c1');
    works.delete(id);
    expect(() => {
      works.ping(id);
    }).toThrow('Cannot find the work');
  });
});
