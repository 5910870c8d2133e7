import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { describeError } from '../../shared/connector-error.js';
import type { CallbackKey } from './callback-key.js';
import type { ChangeSignal } from './change-signal.js';
import type { RegisteredConnector } from './connectors.js';
import type { MessageQueues } from './queues.js';
import type { Since } from './version.js';

/** How a worker treats a connector that does not take a message. */
export interface CallbackOptions {
  /** Pause before a message goes back to the queue; real workers wait 10 to 30 seconds. */
  retryDelayMs: number;
  /** A real worker tries for ever; the simulator gives a message up after so many attempts. */
  maxAttempts: number;
  /** How long an answer may take; 300 seconds in a real worker. */
  timeoutMs: number;
}

/** One attempt to hand a message to a callback. */
export interface CallbackDelivery {
  connectorId: string;
  uri: string;
  body: string;
  /** Counted from 1 for each message. */
  attempt: number;
  /** HTTP status, or `undefined` when there was no answer. */
  status: number | undefined;
  error: string | undefined;
  outcome: 'accepted' | 'requeued' | 'given-up';
}

/** What the callback worker needs of the platform. */
export interface CallbackWorkerDependencies {
  since: Since;
  queues: MessageQueues;
  key: CallbackKey;
  /** Token of the connector's user. */
  token: string;
  /** Token of the worker's own user, which 6.5.7 – 6.5.9 present. */
  workerToken: string;
  options: CallbackOptions;
  signal: ChangeSignal;
}

/** The worker that consumes the listen queues of connectors with a callback and posts each message to it (6.5.7 on). */
export class CallbackWorker {
  /** Every attempt, in order. */
  readonly deliveries: CallbackDelivery[] = [];
  readonly #dependencies: CallbackWorkerDependencies;
  readonly #consumptions = new Map<string, { uri: string; cancel: () => Promise<void> }>();
  readonly #attempts = new Map<string, number>();
  readonly #closing = new AbortController();
  // Connectors usually have certificates of their own making; workers do not verify them by default.
  readonly #agent = new Agent({ connect: { rejectUnauthorized: false } });

  constructor(dependencies: CallbackWorkerDependencies) {
    this.#dependencies = dependencies;
  }

  /** Lets the worker know a connector, as its discovery does after every registration. */
  async discover(connector: RegisteredConnector): Promise<void> {
    const uri = connector.input.listen_callback_uri;
    const known = this.#consumptions.get(connector.id);
    if (known?.uri === (uri ?? undefined)) return;
    await this.forget(connector.id);
    if (uri == null || uri === '') return;
    this.#consumptions.set(connector.id, { uri, cancel: () => Promise.resolve() });
    const cancel = await this.#dependencies.queues.consume(connector.queues, 'listen', (delivery) =>
      this.#post(connector.id, uri, delivery.body.toString('utf8')),
    );
    this.#consumptions.set(connector.id, { uri, cancel });
  }

  async forget(connectorId: string): Promise<void> {
    const known = this.#consumptions.get(connectorId);
    this.#consumptions.delete(connectorId);
    await known?.cancel();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#consumptions.keys()].map((id) => this.forget(id)));
    await this.#agent.destroy();
  }

  async #post(connectorId: string, uri: string, body: string): Promise<'ack' | 'requeue'> {
    const { options, signal } = this.#dependencies;
    const attempt = (this.#attempts.get(body) ?? 0) + 1;
    this.#attempts.set(body, attempt);
    const { status, error } = await this.#send(uri, body);
    const accepted = this.#isSuccess(status);
    const outcome = accepted ? 'accepted' : attempt >= options.maxAttempts ? 'given-up' : 'requeued';
    this.deliveries.push({ connectorId, uri, body, attempt, status, error, outcome });
    signal.changed();
    if (outcome !== 'requeued') return 'ack';
    await pause(options.retryDelayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    return 'requeue';
  }

  async #send(uri: string, body: string): Promise<{ status?: number; error?: string }> {
    const { since, options } = this.#dependencies;
    try {
      const response = await request(uri, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#credential()}`,
          'user-agent': 'pycti/simulated',
          ...(since('6.8.9') ? { 'content-type': 'application/json' } : {}),
        },
        body,
        headersTimeout: options.timeoutMs,
        dispatcher: this.#agent,
        signal: this.#closing.signal,
      });
      await response.body.dump();
      return { status: response.statusCode };
    } catch (error) {
      return { error: describeError(error) };
    }
  }

  #credential(): string {
    const { since, key, token, workerToken } = this.#dependencies;
    if (since('7.260224.0')) return key.mint();
    return since('6.5.10') ? token : workerToken;
  }

  /** 6.5.7 – 6.5.9 ignore the answer; up to 6.8.8 only 202 counts, later 200 too. */
  #isSuccess(status: number | undefined): boolean {
    const { since } = this.#dependencies;
    if (!since('6.5.10')) return true;
    return status === 202 || (status === 200 && since('6.8.9'));
  }
}
