import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Clock } from '../../../src/shared/clock.js';
import { IocStore } from '../../../src/library/store/ioc-store.js';
import type { Ioc } from '../../../src/library/ioc/ioc.js';
import type { LibraryDatabase } from '../../../src/library/store/open-database.js';
import { OrganisationStore } from '../../../src/library/store/organisation-store.js';

/** A clock that a test sets. */
export class SetClock implements Clock {
  at = new Date('2026-01-02T03:04:05.678Z');

  now(): Date {
    return new Date(this.at);
  }

  pass(ms: number): void {
    this.at = new Date(this.at.getTime() + ms);
  }
}

/** What the tests of a contract share: one database, and for each test two organisations of its own. */
export interface LibraryWorld {
  database: LibraryDatabase;
  clock: SetClock;
  iocs: IocStore;
  organisations: OrganisationStore;
  /** Whose things the test looks at. */
  own: string;
  /** Whose things must never show. */
  other: string;
}

/** Opens a database for the tests that follow; its parts are there when they run. */
export function libraryWorld(open: () => Promise<LibraryDatabase>): LibraryWorld {
  const world = {} as LibraryWorld;
  let organisations = 0;
  beforeAll(async () => {
    world.database = await open();
  });
  beforeEach(async () => {
    world.clock = new SetClock();
    world.iocs = new IocStore(world.database, world.clock);
    world.organisations = new OrganisationStore(world.database, world.clock);
    world.own = (await world.organisations.create({ name: `own ${(organisations += 1)}` })).id;
    world.other = (await world.organisations.create({ name: `other ${organisations}` })).id;
  });
  afterAll(() => world.database.close());
  return world;
}

/** Domains `d0.example` and so on, which need not be written out. */
export function domains(count: number, prefix = 'd'): Ioc[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'domain',
    value: `${prefix}${index}.example`,
  }));
}

/** Every item of an iteration. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
