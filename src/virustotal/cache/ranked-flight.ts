import { ConnectorError } from '../../shared/connector-error.js';
import type { Priority } from '../schema.js';

/** Best first. */
const RANKS: readonly Priority[] = ['manual', 'playbook', 'auto'];

/** A request that shares an answer with others. */
export interface Boarded<T> {
  readonly answer: Promise<T>;
  /** Whether another request had started it. */
  readonly joined: boolean;
  /** It was started by somebody less urgent: it may fail of what would not concern us. */
  readonly isLesser: boolean;
  /** Whether it has its turn and will have its value soon. */
  readonly isUnderWay: () => boolean;
}

interface Flight<T> {
  readonly answer: Promise<T>;
  readonly signal: AbortSignal;
  isUnderWay: boolean;
  land(value: T): void;
}

/**
 * Single flight in which nobody waits for the turn of somebody less urgent: a request joins a task for its key that was
 * started by an equal or better one, or that is under way already, and starts its own beside a worse one that still waits
 * for its turn. Whichever of them has a value first gives
 * it to all ({@link settle}). Nothing is remembered once a task has settled.
 */
export class RankedFlight<T> {
  private readonly flights = new Map<string, Map<Priority, Flight<T>>>();

  /**
   * Joins a task for this key, or starts it.
   *
   * @param task - Its signal aborts when another task has got the value; what it rejects with then does not matter.
   */
  run(key: string, priority: Priority, task: (signal: AbortSignal) => Promise<T>): Boarded<T> {
    const flights = this.flights.get(key) ?? new Map<Priority, Flight<T>>();
    for (const [rank, other] of RANKS.entries()) {
      const flight = flights.get(other);
      const isLesser = rank > RANKS.indexOf(priority);
      if (flight !== undefined && (!isLesser || flight.isUnderWay))
        return { answer: flight.answer, joined: true, isLesser, isUnderWay: () => flight.isUnderWay };
    }
    const flight = startFlight(task, () => {
      flights.delete(priority);
      if (flights.size === 0) this.flights.delete(key);
    });
    flights.set(priority, flight);
    this.flights.set(key, flights);
    return { answer: flight.answer, joined: false, isLesser: false, isUnderWay: () => flight.isUnderWay };
  }

  /** The task with this signal has its turn: it will have its value soon, also for those who are more urgent. */
  depart(key: string, signal: AbortSignal): void {
    for (const flight of this.flights.get(key)?.values() ?? []) {
      if (flight.signal === signal) flight.isUnderWay = true;
    }
  }

  /**
   * Gives this value to everybody who waits for the key; a task that has its own already keeps that.
   *
   * @param finder - The signal of the task that has found it, which goes on.
   */
  settle(key: string, value: T, finder?: AbortSignal): void {
    for (const flight of this.flights.get(key)?.values() ?? []) {
      if (flight.signal !== finder) flight.land(value);
    }
  }
}

function startFlight<T>(task: (signal: AbortSignal) => Promise<T>, over: () => void): Flight<T> {
  const given = new AbortController();
  let landed: { readonly value: T } | undefined;
  const run = async (): Promise<T> => {
    // The task starts in a later turn, so that even one that fails at once is first recorded, then removed.
    await Promise.resolve();
    try {
      return await task(given.signal);
    } catch (error) {
      if (landed !== undefined) return landed.value;
      throw error;
    } finally {
      over();
    }
  };
  return {
    answer: run(),
    signal: given.signal,
    isUnderWay: false,
    land: (value) => {
      landed ??= { value };
      given.abort(new ConnectorError('Another request has got the answer already.', 'transient'));
    },
  };
}
