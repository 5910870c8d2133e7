import type { Change, StateStore } from '../../src/state/port.js';

/** When a process dies: at which of its changes of the state, and whether that one still gets through. */
export interface Death {
  /** From 0. */
  readonly atChange: number;
  readonly after: boolean;
}

/** A state store whose process can be killed: from then on nothing that it asks for comes about, or is answered. */
export class MortalStore implements StateStore {
  readonly description = 'mortal';
  readonly isDurable = true;
  /** Changes that were made, or were about to be. */
  changes = 0;
  /** How often it was used at all. */
  calls = 0;
  isDead = false;
  /** What each change was about, for the names of tests: its bucket. */
  readonly log: string[] = [];

  constructor(
    private readonly store: StateStore,
    private readonly death: Death | undefined,
  ) {}

  async update<T, R>(
    bucket: string,
    key: string,
    change: (current: T | undefined) => Change<T, R>,
  ): Promise<R> {
    await this.alive();
    const seen = { change: false };
    const dying = (): boolean => this.death?.atChange === this.changes && !this.death.after;
    const result = await this.store.update<T, R>(bucket, key, (current) => {
      const answer = change(current);
      seen.change = 'next' in answer && JSON.stringify(answer.next) !== JSON.stringify(current);
      return seen.change && dying() ? { result: answer.result } : answer;
    });
    if (!seen.change) return result;
    this.log.push(bucket);
    if (this.death?.atChange === this.changes) this.isDead = true;
    this.changes += 1;
    await this.alive();
    return result;
  }

  async list(bucket: string): ReturnType<StateStore['list']> {
    await this.alive();
    return this.store.list(bucket);
  }

  async read(...args: Parameters<StateStore['read']>): ReturnType<StateStore['read']> {
    await this.alive();
    return this.store.read(...args);
  }

  async write(...args: Parameters<StateStore['write']>): Promise<void> {
    await this.alive();
    await this.store.write(...args);
  }

  async forget(key: string): Promise<void> {
    await this.alive();
    await this.store.forget(key);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Never resolves once the process is dead. */
  async alive(): Promise<void> {
    this.calls += 1;
    if (this.isDead) await new Promise(() => undefined);
  }
}
