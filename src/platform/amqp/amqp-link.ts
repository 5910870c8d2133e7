import { connect as amqpConnect, type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import type { Logger } from 'pino';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { fullJitterMs, sleep as wallSleep, type Backoff, type Sleep } from '../../shared/backoff.js';
import { atMost } from '../../shared/at-most.js';
import { tlsSocketOptions, type BrokerConnection, type BrokerTls } from './broker-connection.js';

export interface AmqpLinkOptions {
  /** Asked before every attempt, so that credentials from a later registration are used. */
  readonly connection: () => BrokerConnection;
  readonly tls: BrokerTls;
  /** Shown in RabbitMQ's list of connections. */
  readonly connectionName: string;
  readonly logger: Logger;
  readonly backoff?: Backoff;
  readonly sleep?: Sleep;
}

/** A channel that is opened again whenever it was lost. */
export interface ChannelPlan<C extends Channel> {
  /** For log lines. */
  readonly name: string;
  /** Prepares a fresh channel; when it rejects, the channel is given up and opened again later. */
  setUp(channel: C): Promise<void>;
  /**
   * The channel is gone. Called once for each channel that was handed to {@link setUp}, also when that did not end or
   * failed.
   *
   * @param alone - The connection stands: the broker closed this channel, because of something done on it.
   */
  lost(reason: string, alone: boolean): void;
}

/** A channel under the care of the link. */
export interface KeptChannel {
  /** Closes the channel and does not open it again. */
  close(): Promise<void>;
}

const DEFAULT_BACKOFF: Backoff = { baseMs: 1_000, maxMs: 30_000 };
const HEARTBEAT_S = 10;
const CONNECT_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** What amqplib's emitters tell about why something closed. */
interface Closing {
  readonly closed: Promise<string>;
}

/**
 * The one connection to the platform's RabbitMQ. It comes back by itself after any loss, with growing, jittered
 * delays, and offers channels that come back with it. It never declares anything: queues and exchanges belong to the
 * platform.
 */
export class AmqpLink {
  readonly #options: AmqpLinkOptions;
  readonly #abort = new AbortController();
  readonly #waiting = new Set<(model: ChannelModel | undefined) => void>();
  #model: ChannelModel | undefined;
  #blockedFor: string | undefined;
  #lastReason: string | undefined;
  #started: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: AmqpLinkOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#model !== undefined;
  }

  /** Why the broker takes no messages at the moment, such as for lack of memory or disk; `undefined` while it does. */
  get blockedFor(): string | undefined {
    return this.#blockedFor;
  }

  /** Why there was no connection, or none any more, the last time. */
  get lastReason(): string | undefined {
    return this.#lastReason;
  }

  /**
   * Resolves with the first connection. A broker that cannot be reached is tried again for as long as it takes.
   *
   * @throws ConnectorError (`configuration`) when the broker refuses the credentials, the vhost or TLS, or a PEM file
   *   cannot be read.
   */
  start(): Promise<void> {
    this.#started ??= new Promise((resolve, reject) => {
      this.#running = this.#run(resolve, reject);
    });
    return this.#started;
  }

  /** Keeps a plain channel open. */
  keepChannel(plan: ChannelPlan<Channel>): KeptChannel {
    return this.#keep(plan, (model) => model.createChannel());
  }

  /** Keeps a channel with publisher confirms open. */
  keepConfirmChannel(plan: ChannelPlan<ConfirmChannel>): KeptChannel {
    return this.#keep(plan, (model) => model.createConfirmChannel());
  }

  /** Closes the connection and every channel on it. */
  async close(): Promise<void> {
    this.#abort.abort();
    const model = this.#model;
    this.#offer(undefined);
    if (model !== undefined) await atMost(CLOSE_TIMEOUT_MS, model.close());
    await atMost(CLOSE_TIMEOUT_MS, this.#running);
  }

  async #run(connected: () => void, refused: (error: Error) => void): Promise<void> {
    const { logger, sleep = wallSleep } = this.#options;
    const { signal } = this.#abort;
    let attempt = 0;
    let everConnected = false;
    let complained = false;
    while (!signal.aborted) {
      try {
        const model = await this.#connect();
        const { closed } = watch(model);
        // At once, before those whose channels are gone with it ask whether it stands.
        model.on('close', () => {
          this.#model = undefined;
          this.#blockedFor = undefined;
        });
        this.#followBlocking(model);
        if (isAborted(signal)) {
          await atMost(CLOSE_TIMEOUT_MS, model.close());
          break;
        }
        const { host, port } = this.#options.connection();
        logger.info({ host, port }, 'connected to RabbitMQ');
        complained = false;
        everConnected = true;
        const since = performance.now();
        this.#offer(model);
        connected();
        const reason = await closed;
        if (isAborted(signal)) break;
        this.#lastReason = `the connection was lost: ${reason}`;
        logger.warn({ reason }, 'connection to RabbitMQ lost; connecting again');
        complained = true;
        // A connection that holds starts the delays anew; one that breaks at once does not.
        if (performance.now() - since > this.#backoff.maxMs) attempt = 0;
      } catch (error) {
        if (isAborted(signal)) break;
        const failure = asConnectFailure(error);
        this.#lastReason = failure.message;
        if (failure.kind === 'configuration' && !everConnected) {
          refused(failure);
          return;
        }
        if (!complained) logger.warn({ reason: failure.message }, 'RabbitMQ cannot be reached; trying again');
        complained = true;
      }
      await sleep(fullJitterMs(attempt, this.#backoff), signal);
      attempt += 1;
    }
    if (!everConnected) refused(new ConnectorError('The connection to RabbitMQ was closed.', 'transient'));
  }

  /** The broker says when an alarm of its own stops publishers, and when that is over. */
  #followBlocking(model: ChannelModel): void {
    const { logger } = this.#options;
    model.on('blocked', (reason: string) => {
      if (this.#blockedFor === undefined) logger.warn({ reason }, 'RabbitMQ takes no messages at the moment');
      this.#blockedFor = reason;
    });
    model.on('unblocked', () => {
      if (this.#blockedFor !== undefined) logger.info('RabbitMQ takes messages again');
      this.#blockedFor = undefined;
    });
  }

  async #connect(): Promise<ChannelModel> {
    const { host, port, vhost, useSsl, user, pass } = this.#options.connection();
    return amqpConnect(
      {
        protocol: useSsl ? 'amqps' : 'amqp',
        hostname: host,
        port,
        username: user,
        password: pass,
        // amqplib decodes it as if it came from a URL.
        vhost: encodeURIComponent(vhost),
        heartbeat: HEARTBEAT_S,
      },
      {
        timeout: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        noDelay: true,
        clientProperties: { connection_name: this.#options.connectionName },
        ...(useSsl ? tlsSocketOptions(this.#options.tls) : {}),
      },
    );
  }

  get #backoff(): Backoff {
    return this.#options.backoff ?? DEFAULT_BACKOFF;
  }

  /** Hands the connection to everybody who waits for one; `undefined` tells them that there will be none. */
  #offer(model: ChannelModel | undefined): void {
    this.#model = model;
    for (const take of this.#waiting) take(model);
    this.#waiting.clear();
  }

  async #connection(): Promise<ChannelModel | undefined> {
    if (this.#abort.signal.aborted) return undefined;
    if (this.#model !== undefined) return this.#model;
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #keep<C extends Channel>(plan: ChannelPlan<C>, open: (model: ChannelModel) => Promise<C>): KeptChannel {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#abort.signal]);
    let current: C | undefined;
    const run = async (): Promise<void> => {
      const { logger, sleep = wallSleep } = this.#options;
      let attempt = 0;
      let complained = false;
      for (;;) {
        const model = await this.#connection();
        if (model === undefined || signal.aborted) return;
        let reason: string;
        let wasHanded = false;
        try {
          const channel = await open(model);
          const { closed } = watch(channel);
          current = channel;
          if (isAborted(signal)) {
            await atMost(CLOSE_TIMEOUT_MS, channel.close());
            return;
          }
          wasHanded = true;
          const ready = await Promise.race([plan.setUp(channel).then(() => true), closed.then(() => false)]);
          if (ready) {
            if (complained) logger.info({ channel: plan.name }, 'channel is open again');
            complained = false;
            attempt = 0;
          }
          reason = await closed;
        } catch (error) {
          reason = describeError(error);
          await atMost(CLOSE_TIMEOUT_MS, current?.close());
        }
        if (wasHanded) plan.lost(reason, model === this.#model);
        current = undefined;
        if (isAborted(signal)) return;
        // When the connection is gone, it was said already.
        if (model === this.#model && !complained) {
          logger.warn({ channel: plan.name, reason }, 'channel was closed; opening it again');
          complained = true;
        }
        await sleep(fullJitterMs(attempt, this.#backoff), signal);
        attempt += 1;
      }
    };
    const running = run();
    return {
      close: async () => {
        stop.abort();
        await atMost(CLOSE_TIMEOUT_MS, current?.close());
        // While there is no connection it waits for one; then there is nothing to close.
        if (this.#model !== undefined) await atMost(CLOSE_TIMEOUT_MS, running);
      },
    };
  }
}

/** Must be called in the same turn in which the emitter was created: an `error` nobody listens to ends the process. */
function watch(emitter: Channel | ChannelModel): Closing {
  let reason = 'closed';
  emitter.on('error', (error: unknown) => {
    reason = describeError(error);
  });
  return {
    closed: new Promise((resolve) => {
      emitter.on('close', (error?: unknown) => {
        resolve(error === undefined ? reason : describeError(error));
      });
    }),
  };
}

/** Read anew after every wait; the compiler would remember the first answer. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function asConnectFailure(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const text = describeError(error);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/ACCESS[-_]REFUSED/.test(text)) {
    return new ConnectorError(
      'RabbitMQ refuses the user or its password; check what the platform hands out at registration, or MQ_USER and MQ_PASS.',
      'configuration',
      { cause: error },
    );
  }
  // amqplib does not hand on why the broker closed the connection at this point; it is about the vhost.
  if (text.includes('Expected ConnectionOpenOk')) {
    return new ConnectorError(
      'RabbitMQ does not open the vhost; check MQ_VHOST and the permissions of its user.',
      'configuration',
      { cause: error },
    );
  }
  if (/CERT|UNABLE_TO_|ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO/.test(code)) {
    return new ConnectorError(
      `TLS with RabbitMQ failed (${code}); check MQ_USE_SSL and the MQ_USE_SSL_* options.`,
      'configuration',
      { cause: error },
    );
  }
  return new ConnectorError(`RabbitMQ cannot be reached: ${text === '' ? code : text}.`, 'transient', {
    cause: error,
  });
}
