import { describe, expect, it } from 'vitest';
import { settled } from '../../../test/helpers/virtual-time.js';
import type { TriggerMode } from '../../enrichment/request.js';
import { RequestLine } from './request-line.js';

interface Item {
  readonly mode: TriggerMode;
  readonly name: string;
}

/** A line whose requests end when the test says so. */
class TestLine {
  readonly started: string[] = [];
  readonly line: RequestLine<Item>;
  readonly #ends = new Map<string, () => void>();

  constructor(concurrency: number, unattendedLimit?: number) {
    this.line = new RequestLine({
      concurrency,
      unattendedLimit,
      start: ({ name }) => {
        this.started.push(name);
        return new Promise((resolve) => this.#ends.set(name, resolve));
      },
    });
  }

  /** Names begin with m, p or a. */
  enter(...names: string[]): void {
    for (const name of names) this.line.enter(itemOf(name));
  }

  async end(...names: string[]): Promise<void> {
    for (const name of names) {
      this.#ends.get(name)?.();
      await settled();
    }
  }
}

function itemOf(name: string): Item {
  const mode = name.startsWith('m') ? 'manual' : name.startsWith('p') ? 'playbook' : 'auto';
  return { mode, name };
}

describe('RequestLine', () => {
  it('serves manual before playbook before automatic requests, and equals in the order of arrival', async () => {
    const test = new TestLine(1);
    test.enter('a1', 'a2', 'p1', 'p2', 'm1', 'm2');
    await test.end('a1', 'm1', 'm2', 'p1', 'p2', 'a2');
    expect(test.started).toEqual(['a1', 'm1', 'm2', 'p1', 'p2', 'a2']);
    expect([test.line.waiting, test.line.inWork]).toEqual([0, 0]);
  });

  it('starts manual requests beside automatic ones that hold all places, as many as there are places', () => {
    const test = new TestLine(2);
    test.enter('a1', 'a2', 'a3', 'm1', 'm2', 'm3');
    expect(test.started).toEqual(['a1', 'a2', 'm1', 'm2']);
  });

  it('keeps manual requests alone to the places there are', () => {
    const test = new TestLine(2);
    test.enter('m1', 'm2', 'm3', 'a1');
    expect(test.started).toEqual(['m1', 'm2']);
  });

  it('leaves automatic requests out while manual ones hold the places', async () => {
    const test = new TestLine(2);
    test.enter('m1', 'm2', 'a1');
    await test.end('m1');
    expect(test.started).toEqual(['m1', 'm2', 'a1']);
  });

  it('starts no more requests that nobody waits for than may wait for quota', async () => {
    const test = new TestLine(4, 2);
    test.enter('a1', 'p1', 'a2', 'p2', 'm1');
    expect(test.started).toEqual(['a1', 'p1', 'm1']);
    await test.end('a1');
    expect(test.started).toEqual(['a1', 'p1', 'm1', 'p2']);
  });

  it('starts only manual requests, or nobody, until told otherwise', () => {
    const test = new TestLine(4);
    test.line.admit('manual');
    test.enter('a1', 'p1', 'm1');
    expect(test.started).toEqual(['m1']);
    test.line.admit('nobody');
    test.enter('m2');
    expect(test.started).toEqual(['m1']);
    test.line.admit('everyone');
    expect(test.started).toEqual(['m1', 'm2', 'p1', 'a1']);
  });

  it('puts a request that comes back before its equals', () => {
    const test = new TestLine(1);
    test.line.admit('nobody');
    test.enter('a2', 'a3');
    test.line.comeBack(itemOf('a1'));
    expect(test.line.empty().map(({ name }) => name)).toEqual(['a1', 'a2', 'a3']);
    expect(test.line.waiting).toBe(0);
  });

  it('counts who would be served before a newcomer', () => {
    const test = new TestLine(1);
    test.line.admit('nobody');
    test.enter('a1', 'a2', 'p1', 'm1');
    const { line } = test;
    const modes = ['manual', 'playbook', 'auto'] as const;
    expect(modes.map((mode) => line.waitingBefore(mode).length)).toEqual([1, 2, 4]);
  });

  it('says how many of each mode wait, and since when the first of them', () => {
    const test = new TestLine(1);
    test.enter('a1', 'a2', 'm1', 'm2', 'a3');
    const takenAt = (name: string): Date => new Date(name === 'a2' ? 1_000 : 2_000);
    expect(test.line.figures(({ name }) => takenAt(name))).toEqual({
      count: { manual: 1, playbook: 0, auto: 2 },
      oldestAt: new Date(1_000),
    });
    expect(new TestLine(1).line.figures(() => new Date(0)).oldestAt).toBeUndefined();
  });
});
