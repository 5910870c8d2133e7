import type { Logger } from 'pino';
import type { Sleep } from '../../shared/backoff.js';
import { describeError } from '../../shared/connector-error.js';
import type { IocRecord } from '../store/ioc-record.js';
import type { UsageReport } from './usage-report.js';
import type { JobProgress } from './job-progress.js';

/** What happens in an organisation while people look on. */
export type LibraryEvent =
  | { readonly event: 'job'; readonly job: JobProgress }
  | { readonly event: 'ioc'; readonly ioc: IocRecord }
  | { readonly event: 'usage'; readonly usage: UsageReport };

export interface LibraryEventsOptions {
  readonly readUsage: (organisationId: string) => Promise<UsageReport>;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Where the content of an event is had when its time comes; `undefined`: there is nothing to tell. */
type Read = () => Promise<LibraryEvent | undefined>;
type Listener = (event: LibraryEvent) => void;

/** What changes at every item of a job is told at most so often. */
const JOB_PAUSE_MS = 250;
const USAGE_PAUSE_MS = 1000;

/** One thing that may change faster than it is told. */
interface Told {
  /** Whether it changed since it was told. */
  isStale: boolean;
  read: Read;
}

/**
 * Tells whoever looks on what happens in an organisation, within this process. What changes fast is told now and then,
 * and always as it is in the end; nothing is read when nobody looks on.
 */
export class LibraryEvents {
  readonly #options: LibraryEventsOptions;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #told = new Map<string, Told>();
  readonly #stop = new AbortController();

  constructor(options: LibraryEventsOptions) {
    this.#options = options;
  }

  /** @returns what ends it. */
  subscribe(organisationId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(organisationId) ?? new Set<Listener>();
    this.#listeners.set(organisationId, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(organisationId) === listeners)
        this.#listeners.delete(organisationId);
    };
  }

  iocChanged(ioc: IocRecord): void {
    this.#tell(ioc.organisationId, { event: 'ioc', ioc });
  }

  /** @param read - The job as it is when it is told of; `undefined` when it is gone. */
  jobChanged(organisationId: string, jobId: string, read: () => Promise<JobProgress | undefined>): void {
    this.#throttled(organisationId, `job ${jobId}`, JOB_PAUSE_MS, async () => {
      const job = await read();
      return job && { event: 'job', job };
    });
  }

  usageChanged(organisationId: string): void {
    this.#throttled(organisationId, `usage ${organisationId}`, USAGE_PAUSE_MS, async () => ({
      event: 'usage',
      usage: await this.#options.readUsage(organisationId),
    }));
  }

  /** Nothing is told any more. */
  close(): void {
    this.#stop.abort();
    this.#listeners.clear();
  }

  #tell(organisationId: string, event: LibraryEvent): void {
    for (const listener of this.#listeners.get(organisationId) ?? []) listener(event);
  }

  /** Tells at once, and what changes meanwhile after the pause. */
  #throttled(organisationId: string, key: string, pauseMs: number, read: Read): void {
    if (!this.#listeners.has(organisationId)) return;
    const told = this.#told.get(key);
    if (told !== undefined) {
      told.isStale = true;
      told.read = read;
      return;
    }
    void this.#tellWhileStale(organisationId, key, pauseMs, read);
  }

  async #tellWhileStale(organisationId: string, key: string, pauseMs: number, read: Read): Promise<void> {
    const told: Told = { isStale: true, read };
    this.#told.set(key, told);
    while (told.isStale && !this.#stop.signal.aborted) {
      told.isStale = false;
      try {
        const event = await told.read();
        if (event !== undefined) this.#tell(organisationId, event);
      } catch (error) {
        this.#options.logger.debug({ reason: describeError(error) }, 'an event could not be told');
      }
      await this.#options.sleep(pauseMs, this.#stop.signal);
    }
    this.#told.delete(key);
  }
}
