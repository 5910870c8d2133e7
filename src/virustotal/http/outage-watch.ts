import type { Sleep } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import type { CircuitBreaker } from './circuit-breaker.js';

/** Told when VirusTotal cannot be asked, and when it is worth asking again. */
export interface OutageListener {
  readonly onUnreachable?: (() => void) | undefined;
  /** Who makes the next call makes sure; if VirusTotal fails once more, `onUnreachable` is called again. */
  readonly onReachable?: (() => void) | undefined;
}

export interface OutageWatchOptions extends OutageListener {
  readonly breaker: CircuitBreaker;
  /** Why VirusTotal does not answer a call that costs nothing; `undefined` when it does. */
  readonly probe: () => Promise<Error | undefined>;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly signal?: AbortSignal | undefined;
}

/** While somebody else finds out. */
const MIN_WAIT_MS = 1_000;

/** Asks a VirusTotal that is down now and then, so that requests need not be sent for finding out. */
export class OutageWatch {
  private wake: AbortController | undefined;

  constructor(private readonly options: OutageWatchOptions) {}

  /** To be called whenever the circuit has opened, has paused for longer, or has closed. */
  review(): void {
    const isDown = this.options.breaker.outage !== undefined;
    if (!isDown) this.wake?.abort();
    else if (this.wake === undefined) void this.watch();
  }

  private async watch(): Promise<void> {
    const { breaker, signal, onUnreachable, onReachable } = this.options;
    const wake = new AbortController();
    this.wake = wake;
    const stop = (): void => {
      wake.abort();
    };
    signal?.addEventListener('abort', stop, { once: true });
    onUnreachable?.();
    while (!wake.signal.aborted && !(await this.answers(wake.signal)));
    signal?.removeEventListener('abort', stop);
    this.wake = undefined;
    if (signal?.aborted === true) return;
    onReachable?.();
    // It closed and opened again meanwhile.
    if (breaker.state === 'open') this.review();
  }

  /** Waits until the pause is over, and finds out. */
  private async answers(signal: AbortSignal): Promise<boolean> {
    const { breaker, clock, sleep, probe } = this.options;
    const { outage } = breaker;
    if (outage === undefined) return true;
    await sleep(Math.max(MIN_WAIT_MS, outage.retryAt.getTime() - clock.now().getTime()), signal);
    // Somebody else may be finding out: a person's request.
    if (signal.aborted || breaker.isRefusing) return false;
    const trial = breaker.enter();
    if (!trial.isTrial) {
      trial.abandoned();
      return true;
    }
    const failure = await probe();
    if (failure === undefined) trial.abandoned();
    else trial.failed(failure);
    return failure === undefined;
  }
}
