import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { refuseTooLarge, type Extraction } from './extraction.js';
import { readImport, type ReadOptions } from './read-import.js';

/** What a thread is asked; it answers with an `Extraction`. */
export interface ReadRequest {
  readonly content: string;
  readonly options: ReadOptions;
}

export interface ImportReaderOptions {
  /** Threads at most: 2 where there are more than two cores, else 1. */
  readonly maxThreads?: number;
  /** Contents that may wait for a thread: 8. */
  readonly maxWaiting?: number;
  /** How long one content may take, without its waiting: 20 seconds. */
  readonly timeoutMs?: number;
  /** How long a thread stays without work: 10 seconds. */
  readonly idleMs?: number;
  /** Starts a thread of `import-thread.ts`; from the compiled file beside this one when absent. */
  readonly startThread?: () => Worker;
}

/** Characters of a content that is not worth a thread: it takes some 30 ms at most. */
const IN_PLACE_BELOW = 65_536;

/** The worst contents take a quarter of it. */
const THREAD_HEAP_MB = 512;

interface Job extends ReadRequest {
  readonly resolve: (extraction: Extraction) => void;
  readonly reject: (fault: ConnectorError) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
  /** Ends the work, or the idleness. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Reads contents on threads of their own, since a large one takes seconds of CPU in one go. Threads are started when they
 * are needed, and end when there is nothing to do.
 */
export class ImportReader {
  readonly #maxThreads: number;
  readonly #maxWaiting: number;
  readonly #timeoutMs: number;
  readonly #idleMs: number;
  readonly #startThread: () => Worker;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Job[] = [];
  #isClosed = false;

  constructor(options: ImportReaderOptions = {}) {
    this.#maxThreads = options.maxThreads ?? (availableParallelism() > 2 ? 2 : 1);
    this.#maxWaiting = options.maxWaiting ?? 8;
    this.#timeoutMs = options.timeoutMs ?? 20_000;
    this.#idleMs = options.idleMs ?? 10_000;
    this.#startThread = options.startThread ?? startCompiledThread;
  }

  /**
   * The IOCs in a content, as {@link readImport} finds them.
   *
   * @throws ConnectorError `invalid` when the content is too large or takes too long, `transient` when too many wait or the
   *   library stops, `defect` when the thread fails.
   */
  async read(content: string, options: ReadOptions = {}): Promise<Extraction> {
    refuseTooLarge(content);
    if (content.length < IN_PLACE_BELOW) return readImport(content, options);
    if (this.#isClosed) throw stopping();
    if (this.#threads.size === this.#maxThreads && this.#waiting.length >= this.#maxWaiting)
      throw new ConnectorError('Too many contents are being read. Try again in a minute.', 'transient');
    return new Promise((resolve, reject) => {
      this.#waiting.push({ content, options, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads; whoever waits for them is told. Harmless when called again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(stopping());
    await Promise.all([...this.#threads].map((thread) => this.#end(thread, stopping())));
  }

  /** Gives what waits to a thread, when there is one or may be one more. */
  #next(): void {
    for (let job = this.#waiting[0]; job !== undefined; job = this.#waiting[0]) {
      const idle = [...this.#threads].find((thread) => thread.job === undefined);
      if (idle === undefined && this.#threads.size >= this.#maxThreads) return;
      this.#waiting.shift();
      try {
        this.#give(idle ?? this.#start(), job);
      } catch (error) {
        job.reject(failed(error));
      }
    }
  }

  #start(): Thread {
    const thread: Thread = { worker: this.#startThread(), job: undefined, timer: undefined };
    this.#threads.add(thread);
    thread.worker.on('message', (extraction: Extraction) => {
      thread.job?.resolve(extraction);
      this.#rest(thread);
    });
    thread.worker.on('error', (error) => {
      void this.#end(thread, failed(error));
    });
    thread.worker.on('exit', (code) => {
      void this.#end(thread, failed(new Error(`its thread ended with code ${code}`)));
    });
    return thread;
  }

  #give(thread: Thread, job: Job): void {
    clearTimeout(thread.timer);
    thread.job = job;
    thread.worker.ref();
    thread.timer = setTimeout(() => {
      void this.#end(thread, tookTooLong(this.#timeoutMs));
    }, this.#timeoutMs);
    const request: ReadRequest = { content: job.content, options: job.options };
    thread.worker.postMessage(request);
  }

  #rest(thread: Thread): void {
    clearTimeout(thread.timer);
    thread.job = undefined;
    // Nobody who wants to exit waits for an idle thread.
    thread.worker.unref();
    thread.timer = setTimeout(() => {
      void this.#end(thread);
    }, this.#idleMs).unref();
    this.#next();
  }

  /** Ends a thread, and tells whoever waits for its answer why there will be none. */
  async #end(thread: Thread, fault?: ConnectorError): Promise<void> {
    if (!this.#threads.delete(thread)) return;
    clearTimeout(thread.timer);
    if (fault !== undefined) thread.job?.reject(fault);
    thread.job = undefined;
    this.#next();
    await thread.worker.terminate();
  }
}

function startCompiledThread(): Worker {
  return new Worker(new URL('./import-thread.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
  });
}

function stopping(): ConnectorError {
  return new ConnectorError('The library is stopping. Try again when it has started.', 'transient');
}

function tookTooLong(ms: number): ConnectorError {
  return new ConnectorError(`content takes longer than ${ms / 1000} s to read. Split it.`, 'invalid');
}

function failed(error: unknown): ConnectorError {
  const isOutOfMemory =
    error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isOutOfMemory
    ? new ConnectorError('content takes too much memory to read. Split it.', 'invalid', { cause: error })
    : new ConnectorError(
        `The content could not be read: ${describeError(error)}. Split it, or try again.`,
        'defect',
        {
          cause: error,
        },
      );
}
