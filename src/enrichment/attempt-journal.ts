import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { describeError } from '../shared/connector-error.js';
import { asNumber, isJsonObject } from '../shared/json.js';
import { createStopController } from '../shared/stop-controller.js';
import type { StateStore } from '../state/port.js';

/** Bucket of the pages on which processes note the requests that they have in work. */
export const ATTEMPT_BUCKET = 'attempts';

/** What has to be known of a request when its process died. */
export interface AttemptEntry {
  /** Expectations that the platform was told of, or was about to be. */
  readonly announced: number;
  /** The platform has answered to that; otherwise it may not know of them. */
  readonly isCertain: boolean;
  /** The results are with the broker or the platform. */
  readonly handedOver: boolean;
  /** Deliveries that ended with the process. */
  readonly deaths: number;
  /** Deliveries that timed out. */
  readonly timeouts: number;
  /** It is being worked on. Found by somebody else, it means that the process died over it, or lost its broker. */
  readonly isInWork: boolean;
}

export interface AttemptJournalOptions {
  readonly store: Pick<StateStore, 'update' | 'list' | 'isDurable'>;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** As many as are in work at once by default: what they note goes out together, and a page stays cheap to write. */
const PAGE_SIZE = 8;
/** What nobody waits for is written within this time, and rather along with something else. */
const LAZY_MS = 25;
/** The platform deletes works that are complete after so long (protocol reference §10). */
const KEPT_MS = 7 * 86_400_000;

interface Page {
  readonly id: string;
  readonly entries: Map<string, AttemptEntry>;
  /** Keys on the page as it was written last. */
  written: ReadonlySet<string>;
  /** The last write, and the one that will follow it. */
  last: Promise<void>;
  next: Promise<void> | undefined;
  /** Something on it is to be written soon, */
  isDue: boolean;
  /** and this is when somebody looks. */
  isWatched: boolean;
}

/**
 * Notes in the state what has to be known of requests when their process dies: one record for several requests, which is
 * written anew whenever something on it must be known. What is done with goes away by the next write of its page, which
 * costs nothing; until then a request that comes again, because its acknowledgement was lost, is still found.
 *
 * A process writes its own pages only, but for entries that it takes over. While the state is not durable nothing is
 * written. No method throws: without the state a request is worked on as if it came for the first time.
 */
export class AttemptJournal {
  readonly #options: AttemptJournalOptions;
  /** Begins the names of the pages of this process. */
  readonly #process = randomUUID();
  readonly #pages: Page[] = [];
  readonly #pageOf = new Map<string, Page>();
  readonly #closed = createStopController();
  #isOver = false;

  constructor(options: AttemptJournalOptions) {
    this.#options = options;
  }

  /** What this process has noted. */
  find(key: string): AttemptEntry | undefined {
    return this.#pageOf.get(key)?.entries.get(key);
  }

  /** Notes something that costs no write of its own, and so may be lost. */
  note(key: string, entry: AttemptEntry): void {
    this.#set(key, entry);
  }

  /** Notes something that is written soon, and may be lost until then. */
  noteSoon(key: string, entry: AttemptEntry): void {
    this.#writeSoon(this.#set(key, entry));
  }

  /** Resolves when it is in the state, or cannot be brought there. */
  write(key: string, entry: AttemptEntry): Promise<void> {
    return this.#write(this.#set(key, entry));
  }

  /** Forgets a request that is settled, without haste. */
  drop(key: string): void {
    this.#pageOf.get(key)?.entries.delete(key);
    this.#pageOf.delete(key);
  }

  /** Forgets a request that is not settled: resolves when nobody will find it any more. */
  async erase(key: string): Promise<void> {
    const page = this.#pageOf.get(key);
    this.drop(key);
    if (page?.written.has(key) === true || page?.next !== undefined) await this.#write(page);
  }

  /**
   * Takes over what another process has noted of a request: the newest, when several have. If it was in work there, that
   * delivery counts as one that ended with its process.
   *
   * @returns `undefined` when nobody noted anything.
   */
  async takeOver(key: string): Promise<AttemptEntry | undefined> {
    if (!this.#options.store.isDurable) return undefined;
    return this.#safely('notes of other processes cannot be read', async () => {
      const { store } = this.#options;
      const found = (await this.#pagesOfOthers())
        .filter(({ entries }) => entries.has(key))
        .sort((a, b) => b.at - a.at);
      const entry = found[0]?.entries.get(key);
      if (entry === undefined) return undefined;
      const taken = { ...entry, isInWork: false, deaths: entry.deaths + (entry.isInWork ? 1 : 0) };
      // Ours first: a crash in between finds both, and the newer one counts.
      await this.write(key, taken);
      for (const { id } of found)
        await store.update(ATTEMPT_BUCKET, id, (page: unknown) => without(page, key));
      return taken;
    });
  }

  /** Removes pages that nobody can have a use for. */
  async sweep(): Promise<void> {
    if (!this.#options.store.isDurable) return;
    await this.#safely('old notes cannot be removed', async () => {
      const { store, clock } = this.#options;
      const oldest = clock.now().getTime() - KEPT_MS;
      for (const { id, at } of await this.#pagesOfOthers()) {
        if (at < oldest)
          await store.update(ATTEMPT_BUCKET, id, () => ({ next: undefined, result: undefined }));
      }
    });
  }

  /** Leaves behind what the next process has to know: what is in work now goes back in an orderly way. */
  async close(): Promise<void> {
    this.#closed.abort();
    for (const { entries } of this.#pages) {
      for (const [key, entry] of entries) {
        if (isWorthKeeping(entry)) entries.set(key, { ...entry, isInWork: false });
        else entries.delete(key);
      }
    }
    await Promise.all(this.#pages.map((page) => this.#write(page)));
    this.#isOver = true;
  }

  #set(key: string, entry: AttemptEntry): Page {
    let page = this.#pageOf.get(key);
    if (page === undefined) {
      page = this.#pages.find(({ entries }) => entries.size < PAGE_SIZE) ?? this.#addPage();
      this.#pageOf.set(key, page);
    }
    page.entries.set(key, entry);
    return page;
  }

  #addPage(): Page {
    const page: Page = {
      id: `${this.#process} ${this.#pages.length}`,
      entries: new Map(),
      written: new Set(),
      last: Promise.resolve(),
      next: undefined,
      isDue: false,
      isWatched: false,
    };
    this.#pages.push(page);
    return page;
  }

  /** One timer for each page, whatever happens meanwhile: a timer for each request would cost more than its write. */
  #writeSoon(page: Page): void {
    page.isDue = true;
    if (page.isWatched || !this.#options.store.isDurable) return;
    page.isWatched = true;
    void this.#options.sleep(LAZY_MS, this.#closed.signal).then(() => {
      page.isWatched = false;
      if (page.isDue && !this.#closed.signal.aborted) void this.#write(page);
    });
  }

  /** What is noted until the write begins goes with it; what comes later waits for the next one. */
  #write(page: Page): Promise<void> {
    page.next ??= page.last.then(async () => {
      page.next = undefined;
      page.isDue = false;
      page.last = this.#store(page);
      await page.last;
    });
    return page.next;
  }

  async #store({ id, entries }: Page, page = this.#pages.find((each) => each.id === id)): Promise<void> {
    const { store, clock } = this.#options;
    if (page === undefined || this.#isOver || !store.isDurable) return;
    if (entries.size === 0 && page.written.size === 0) return;
    page.written = new Set(entries.keys());
    const at = clock.now().getTime();
    const next = entries.size === 0 ? undefined : { at, entries: [...entries] };
    await this.#safely('notes on requests in work cannot be written', () =>
      store.update(ATTEMPT_BUCKET, id, () => ({ next, result: undefined })),
    );
  }

  async #pagesOfOthers(): Promise<readonly StoredPage[]> {
    const records = await this.#options.store.list(ATTEMPT_BUCKET);
    return records
      .filter(({ key }) => !key.startsWith(this.#process))
      .map(({ key, value }) => ({ id: key, ...pageFrom(value) }));
  }

  async #safely<T>(failure: string, task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch (error) {
      this.#options.logger.warn({ reason: describeError(error) }, failure);
      return undefined;
    }
  }
}

/** Whether the next delivery has to know of it when this one was handed back. */
export function isWorthKeeping({ announced, handedOver, deaths, timeouts }: AttemptEntry): boolean {
  return handedOver || announced + deaths + timeouts > 0;
}

interface StoredPage {
  readonly id: string;
  /** When it was written, in ms since the epoch. */
  readonly at: number;
  readonly entries: ReadonlyMap<string, AttemptEntry>;
}

/** A page as it was stored; what cannot be read on it was never there. */
function pageFrom(value: unknown): Pick<StoredPage, 'at' | 'entries'> {
  const entries = new Map<string, AttemptEntry>();
  if (!isJsonObject(value)) return { at: 0, entries };
  for (const pair of Array.isArray(value.entries) ? (value.entries as unknown[]) : []) {
    const [key, entry] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof key !== 'string' || !isJsonObject(entry)) continue;
    entries.set(key, {
      announced: countFrom(entry.announced),
      isCertain: entry.isCertain === true,
      handedOver: entry.handedOver === true,
      deaths: countFrom(entry.deaths),
      timeouts: countFrom(entry.timeouts),
      isInWork: entry.isInWork === true,
    });
  }
  return { at: asNumber(value.at) ?? 0, entries };
}

function countFrom(value: unknown): number {
  const count = asNumber(value) ?? 0;
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

function without(page: unknown, key: string): { readonly next: unknown; readonly result: undefined } {
  const { at, entries } = pageFrom(page);
  const left = [...entries].filter(([other]) => other !== key);
  return { next: left.length === 0 ? undefined : { at, entries: left }, result: undefined };
}
