import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../shared/clock.js';
import { PlatformError } from './errors.js';
import { gateOf } from './version.js';
import type { DeadWorkAnswer } from './work-rules.js';
import { Works, type Work } from './works.js';

const nothing = (): void => undefined;

function worksOf(version: string, deadWorks?: DeadWorkAnswer): Works {
  return new Works(gateOf(version), fixedClock('2024-05-01T10:00:00.000Z'), nothing, deadWorks);
}

/** An older and a newer work of one connector, of which the newer has reported. */
function overtakenOn(
  version: string,
  deadWorks?: DeadWorkAnswer,
): { works: Works; older: Work; newer: Work } {
  const works = worksOf(version, deadWorks);
  const older = works.create('c1');
  const newer = works.create('c1');
  works.addExpectations(newer.id, 2);
  works.reportExpectation(newer.id, null);
  return { works, older, newer };
}

function codeOf(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof PlatformError ? error.code : String(error);
  }
}

describe('Works', () => {
  it('names a work after its connector and time, and never twice the same', () => {
    const works = worksOf('7.260817.0');
    expect(works.create('c1').id).toBe('work_c1_2024-05-01T10:00:00.000Z');
    expect(works.create('c1').id).toBe('work_c1_2024-05-01T10:00:00.001Z');
  });

  it('is in progress at once when a connector opened it, by the name that it gave', () => {
    const works = worksOf('7.260817.0');
    expect(works.open('c1', '2 IOCs')).toMatchObject({
      id: 'work_c1_2024-05-01T10:00:00.000Z',
      name: '2 IOCs',
      status: 'progress',
      receivedTime: '2024-05-01T10:00:00.000Z',
    });
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
    ['7.260817.0', 'complete'],
  ])('on %s, counters that passed each other leave the work in %s', (version, status) => {
    const works = worksOf(version);
    const { id } = works.create('c1');
    works.reportExpectation(id, null);
    works.addExpectations(id, 1);
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
    ['6.9.22', true],
    ['7.260417.0', true],
    ['7.260422.0', false],
    ['7.260423.0', false],
    ['7.260428.0', true],
  ])('on %s, a work that was processed before anything was expected is alive: %s', (version, alive) => {
    const works = worksOf(version);
    const { id } = works.create('c1');
    works.toReceived(id, null);
    works.toProcessed(id, 'pushed over the API', false);
    expect(works.isAlive(id)).toBe(alive);
  });

  describe('closeOvertaken', () => {
    it.each([
      ['6.2.7', 0, true],
      ['6.2.8', 1, false],
      ['7.260507.0', 1, false],
      ['7.260510.0', 1, true],
    ])('on %s closes %i overtaken work and leaves it alive: %s', (version, count, alive) => {
      const { works, older, newer } = overtakenOn(version);
      const other = works.create('c2');
      expect(works.closeOvertaken()).toHaveLength(count);
      expect(older.status).toBe(count === 1 ? 'complete' : 'wait');
      expect(works.isAlive(older.id)).toBe(alive);
      expect(newer.status).toBe('wait');
      expect(other.status).toBe('wait');
      expect(works.closeOvertaken()).toEqual([]);
    });

    it('goes by the work that reported last, not by the newest that ever did', () => {
      const { works, older } = overtakenOn('6.9.22');
      const oldest = works.all()[0]!;
      expect(oldest).toBe(older);
      works.addExpectations(oldest.id, 2);
      works.reportExpectation(oldest.id, null);
      expect(works.closeOvertaken()).toEqual([]);
    });

    it('closes nothing while no work has reported', () => {
      const works = worksOf('6.9.22');
      works.create('c1');
      works.toReceived(works.create('c1').id, null);
      expect(works.closeOvertaken()).toEqual([]);
    });

    it('closes again what was received again meanwhile', () => {
      const { works, older } = overtakenOn('6.9.22');
      works.closeOvertaken();
      works.toReceived(older.id, 'looking it up');
      expect(older.status).toBe('progress');
      expect(works.closeOvertaken()).toEqual([older.id]);
    });

    it.each(['6.8.7', '7.260507.0', '7.260817.0'])(
      'brings no work to life again by counting for it on %s',
      (version) => {
        const { works, older } = overtakenOn(version, 'accepted');
        works.closeOvertaken();
        const alive = works.isAlive(older.id);
        works.addExpectations(older.id, 1);
        works.reportExpectation(older.id, null);
        works.toProcessed(older.id, 'done', false);
        expect(older).toMatchObject({ status: 'complete', expected: 1, processed: 1, errors: [] });
        expect(works.isAlive(older.id)).toBe(alive);
      },
    );

    it('deletes what was completed a week ago', () => {
      let now = new Date('2024-05-01T10:00:00.000Z');
      const works = new Works(gateOf('6.9.22'), { now: () => now }, nothing);
      const { id } = works.create('c1');
      const open = works.create('c1');
      works.toProcessed(id, 'done', false);
      now = new Date('2024-05-08T09:59:59.000Z');
      works.closeOvertaken();
      expect(works.all()).toHaveLength(2);
      now = new Date('2024-05-08T10:00:00.000Z');
      works.closeOvertaken();
      expect(works.all()).toEqual([open]);
    });
  });

  describe('a work that was closed by force', () => {
    it.each([
      ['6.9.18', 'refused', undefined],
      ['6.9.19', 'refused', 'WORK_NOT_ALIVE'],
      ['6.9.19', 'accepted', undefined],
      ['7.260507.0', 'refused', 'WORK_NOT_ALIVE'],
      ['7.260510.0', 'refused', undefined],
    ] as const)('on %s (%s) answers addExpectations with %s', (version, deadWorks, code) => {
      const { works, older } = overtakenOn(version, deadWorks);
      works.closeOvertaken();
      expect(
        codeOf(() => {
          works.addExpectations(older.id, 1);
        }),
      ).toBe(code);
    });

    it.each(['6.2.8', '6.8.7', '6.9.22', '7.260507.0', '7.260817.0'])(
      'answers everything else normally on %s',
      (version) => {
        const { works, older } = overtakenOn(version);
        works.closeOvertaken();
        works.toReceived(older.id, 'looking it up');
        works.ping(older.id);
        works.addDraftContext(older.id, null);
        works.reportExpectation(older.id, { error: 'lost', source: '{}' });
        works.toProcessed(older.id, 'done', false);
        expect(older.messages.map(({ message }) => message)).toEqual(['looking it up', 'done']);
        expect(older.errors).toHaveLength(1);
      },
    );
  });

  describe('a work that was deleted', () => {
    type Call = (works: Works, id: string) => void;
    const calls: Record<string, Call> = {
      toReceived: (works, id) => {
        works.toReceived(id, null);
      },
      toProcessed: (works, id) => {
        works.toProcessed(id, 'done', false);
      },
      addExpectations: (works, id) => {
        works.addExpectations(id, 1);
      },
      reportExpectation: (works, id) => {
        works.reportExpectation(id, { error: 'lost', source: null });
      },
      ping: (works, id) => {
        works.ping(id);
      },
    };
    const nothingThere = "TypeError: Cannot read properties of undefined (reading '_index')";
    const allFail = {
      toReceived: nothingThere,
      toProcessed: "TypeError: Cannot read properties of undefined (reading 'import_expected_number')",
      addExpectations: nothingThere,
      reportExpectation: 'DATABASE_ERROR',
      ping: nothingThere,
    };
    it.each([
      ['6.8.6', 'refused', allFail],
      ['6.8.7', 'refused', { ping: nothingThere }],
      ['6.9.18', 'refused', { ping: nothingThere }],
      ['6.9.19', 'refused', { ping: nothingThere, addExpectations: 'WORK_NOT_ALIVE' }],
      ['6.9.19', 'accepted', { ping: nothingThere }],
      ['7.260817.0', 'refused', { ping: nothingThere, addExpectations: 'WORK_NOT_ALIVE' }],
      ['7.260817.0', 'accepted', { ping: nothingThere }],
    ] as const)('on %s (%s) fails for %o and is answered otherwise', (version, deadWorks, failures) => {
      const works = worksOf(version, deadWorks);
      const { id } = works.create('c1');
      works.delete(id);
      const found = Object.entries(calls).flatMap(([name, call]) => {
        const code = codeOf(() => {
          call(works, id);
        });
        return code === undefined ? [] : [[name, code] as const];
      });
      expect(Object.fromEntries(found)).toEqual(failures);
      expect(works.find(id)).toBeUndefined();
      expect(works.isAlive(id)).toBe(false);
    });
  });
});
