import type { Duplex } from 'node:stream';
import { connect as amqpConnect, type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import type { Logger } from 'pino';
import { ConnectorError } from '../../shared/connector-error.js';
import { fullJitterMs, sleep as wallSleep, type Backoff, type Sleep } from '../../shared/backoff.js';
import { atMost } from '../../shared/at-most.js';
import { isAborted } from '../../shared/is-aborted.js';
import { tlsSocketOptions, type BrokerConnection, type BrokerTls } from './broker-connection.js';
import { closed } from './closing.js';
import { asConnectFailure, BrokerRefusal } from './connect-failure.js';
import { keepChannel, type ChannelKeeper, type ChannelPlan, type KeptChannel } from './kept-channel.js';

export interface AmqpLinkOptions {
  /** Asked before every attempt, so that credentials from a later registration are used. */
  readonly connection: () => BrokerConnection;
  readonly tls: BrokerTls;
  /** Shown in RabbitMQ's list of connections. */
  readonly connectionName: string;
  /** What travels over it, for log lines: a connector has more than one. */
  readonly purpose?: string;
  /**
   * Called after a failed attempt: the broker may have moved, or the credentials may have been replaced, and a new
   * registration tells. It must neither wait nor throw.
   */
  readonly renew?: (reason: string) => void;
  readonly logger: Logger;
  readonly backoff?: Backoff;
  readonly sleep?: Sleep;
}

/** How the connection is. */
export interface LinkHealth {
  readonly ok: boolean;
  readonly detail?: string;
}

const DEFAULT_BACKOFF: Backoff = { baseMs: 1_000, maxMs: 30_000 };
const HEARTBEAT_S = 10;
const CONNECT_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 1_000;
/** Failures of TLS in a row that end the start: the broker may have moved since the registration. */
const MAX_REFUSALS = 3;

/**
 * A connection to the platform's RabbitMQ. It comes back by itself after any loss, with growing, jittered delays, and
 * offers channels that come back with it. It never declares anything: queues and exchanges belong to the platform.
 */
export class AmqpLink {
  readonly #options: AmqpLinkOptions;
  readonly #backoff: Backoff;
  readonly #sleep: Sleep;
  readonly #abort = new AbortController();
  readonly #waiting = new Set<(model: ChannelModel | undefined) => void>();
  readonly #flowWatchers = new Set<() => void>();
  #model: ChannelModel | undefined;
  #started: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();
  #everConnected = false;
  /** Why there is no connection, once it was told; `undefined` while there is one. */
  #trouble: string | undefined;
  /** Whether that somebody has to act was said since the last connection. */
  #isRefused = false;
  #blocked: string | undefined;

  constructor(options: AmqpLinkOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? DEFAULT_BACKOFF;
    this.#sleep = options.sleep ?? wallSleep;
  }

  get connected(): boolean {
    return this.#model !== undefined;
  }

  /** Why the broker takes no messages over this connection (`connection.blocked`); `undefined`: it takes them. */
  get blocked(): string | undefined {
    return this.#blocked;
  }

  get health(): LinkHealth {
    if (this.#model === undefined) return { ok: false, detail: this.#trouble ?? 'not connected yet' };
    if (this.#blocked !== undefined)
      return { ok: false, detail: `RabbitMQ takes no messages: ${this.#blocked}` };
    return { ok: true };
  }

  /** Calls back whenever {@link blocked} changes. */
  watchFlow(changed: () => void): void {
    this.#flowWatchers.add(changed);
  }

  /**
   * Resolves with the first connection. A broker that cannot be reached is tried again for as long as it takes; so is
   * one that refuses the credentials or the vhost, where a new registration may bring others.
   *
   * @throws ConnectorError (`configuration`) when TLS fails, or a PEM file cannot be read; without `renew` also when the
   *   broker refuses the credentials or the vhost.
   */
  start(): Promise<void> {
    this.#started ??= new Promise((resolve, reject) => {
      this.#running = this.#run(resolve, reject);
    });
    return this.#started;
  }

  /** Keeps a plain channel open. */
  keepChannel(plan: ChannelPlan<Channel>): KeptChannel {
    return keepChannel(this.#keeper(), plan, (model) => model.createChannel());
  }

  /** Keeps a channel with publisher confirms open. */
  keepConfirmChannel(plan: ChannelPlan<ConfirmChannel>): KeptChannel {
    return keepChannel(this.#keeper(), plan, (model) => model.createConfirmChannel());
  }

  /** Closes the connection and every channel on it. A broker that does not answer in time is left without a word. */
  async close(): Promise<void> {
    this.#abort.abort();
    const model = this.#model;
    this.#offer(undefined);
    await atMost(CLOSE_TIMEOUT_MS, Promise.allSettled([model?.close(), this.#running]));
    if (model !== undefined) socketOf(model)?.destroy(new Error('RabbitMQ did not answer in time'));
  }

  async #run(connected: () => void, refused: (error: Error) => void): Promise<void> {
    const { signal } = this.#abort;
    let refusals = 0;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        const heldMs = await this.#holdOne(connected);
        refusals = 0;
        // A connection that holds starts the delays anew; one that breaks at once does not.
        if (heldMs > this.#backoff.maxMs) attempt = 0;
      } catch (error) {
        if (isAborted(signal)) break;
        const failure = asConnectFailure(error);
        const isAlone = this.#options.renew === undefined;
        const mayPass = failure.kind !== 'configuration' || (failure instanceof BrokerRefusal && !isAlone);
        refusals = mayPass ? 0 : refusals + 1;
        const isFinal = attempt === 0 || refusals === MAX_REFUSALS || isAlone;
        if (refusals > 0 && !this.#everConnected && isFinal) {
          refused(failure);
          return;
        }
        this.#failed(failure);
      }
      await this.#sleep(fullJitterMs(attempt, this.#backoff), signal);
    }
    if (!this.#everConnected)
      refused(new ConnectorError('The connection to RabbitMQ was closed.', 'transient'));
  }

  /** Connects and holds the connection until it is lost; resolves with how long it stood, in ms. */
  async #holdOne(connected: () => void): Promise<number> {
    const { signal } = this.#abort;
    const model = await this.#connect();
    const gone = closed(model);
    // At once, before those whose channels are gone with it ask whether it stands.
    model.on('close', () => {
      this.#model = undefined;
      this.#blocked = undefined;
    });
    if (signal.aborted) {
      await atMost(CLOSE_TIMEOUT_MS, model.close());
      return 0;
    }
    this.#watchBlocking(model);
    const { host, port } = this.#options.connection();
    this.#log('info', { host, port }, 'connected to RabbitMQ');
    this.#trouble = undefined;
    this.#isRefused = false;
    this.#everConnected = true;
    const since = performance.now();
    this.#offer(model);
    connected();
    const { reason } = await gone;
    if (!isAborted(signal)) {
      this.#trouble = `the connection was lost: ${reason}`;
      this.#log('warn', { reason }, 'connection to RabbitMQ lost; connecting again');
    }
    return performance.now() - since;
  }

  /** Says once that there is no connection, however many attempts fail, and once more when somebody has to act. */
  #failed(failure: ConnectorError): void {
    const reason = failure.message;
    const isRefused = failure.kind === 'configuration';
    if (isRefused && !this.#isRefused) this.#log('error', { reason }, 'RabbitMQ refuses us; trying again');
    else if (this.#trouble === undefined)
      this.#log('warn', { reason }, 'RabbitMQ cannot be reached; trying again');
    this.#isRefused ||= isRefused;
    this.#trouble = reason;
    this.#options.renew?.(reason);
  }

  /** The broker says so when it is short of memory or disk, and reads nothing more from whoever publishes. */
  #watchBlocking(model: ChannelModel): void {
    model.on('blocked', (reason: unknown) => {
      const isNews = this.#blocked === undefined;
      this.#blocked = typeof reason === 'string' && reason !== '' ? reason : 'short of resources';
      if (isNews)
        this.#log('warn', { reason: this.#blocked }, 'RabbitMQ takes no messages for now; they wait');
      for (const changed of this.#flowWatchers) changed();
    });
    model.on('unblocked', () => {
      this.#blocked = undefined;
      this.#log('info', {}, 'RabbitMQ takes messages again');
      for (const changed of this.#flowWatchers) changed();
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

  #log(level: 'info' | 'warn' | 'error', fields: object, message: string): void {
    const { logger, purpose } = this.#options;
    logger[level](purpose === undefined ? fields : { connection: purpose, ...fields }, message);
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

  #keeper(): ChannelKeeper {
    const current = (): ChannelModel | undefined => this.#model;
    return {
      get model() {
        return current();
      },
      connection: () => this.#connection(),
      logger: this.#options.logger,
      backoff: this.#backoff,
      sleep: this.#sleep,
      signal: this.#abort.signal,
    };
  }
}

/** The socket under a connection, which amqplib does not declare. */
function socketOf({ connection }: ChannelModel): Duplex | undefined {
  return (connection as { readonly stream?: Duplex }).stream;
}
