import { connect, type Channel, type ConfirmChannel, type RecoveringChannelModel } from 'amqplib';
import type {
  MessageQueues,
  QueueConnection,
  QueueHandler,
  QueueKind,
  QueueNames,
  QueueOwner,
} from './queues.js';

/** How often a publication is tried again when the broker goes away meanwhile. */
const PUBLISH_ATTEMPTS = 20;
const RECONNECT_DELAY_MS = 100;

interface Consumption {
  queue: string;
  handler: QueueHandler;
  channel: Channel | undefined;
  /** Is about to have a channel. */
  starting: boolean;
  cancelled: boolean;
}

/** The queues of a platform on a real RabbitMQ; survives a restart of the broker. */
export class AmqpQueues implements MessageQueues {
  readonly connection: QueueConnection;
  readonly #model: RecoveringChannelModel;
  readonly #queueType: string;
  readonly #declared = new Map<string, QueueOwner>();
  readonly #consumptions = new Set<Consumption>();
  #publisher: Promise<ConfirmChannel> | undefined;
  #closing = false;

  private constructor(model: RecoveringChannelModel, connection: QueueConnection, queueType: string) {
    this.#model = model;
    this.connection = connection;
    this.#queueType = queueType;
    model.on('error', () => undefined);
    model.on('connect-failed', () => undefined);
    model.on('disconnect', () => (this.#publisher = undefined));
    model.on('connect', () => {
      for (const consumption of this.#consumptions) this.#resume(consumption);
    });
  }

  /**
   * @param queueType - `x-queue-type` of every queue, the platform's own setting.
   * @throws {Error} when the broker cannot be reached.
   */
  static async connect(
    connection: QueueConnection,
    queueType: 'classic' | 'quorum' = 'classic',
  ): Promise<AmqpQueues> {
    const model = await connect(
      {
        protocol: connection.use_ssl ? 'amqps' : 'amqp',
        hostname: connection.host,
        port: connection.port,
        username: connection.user,
        password: connection.pass,
        vhost: connection.vhost,
        heartbeat: 10,
      },
      {
        recovery: {
          initialDelay: RECONNECT_DELAY_MS,
          maxDelay: 5 * RECONNECT_DELAY_MS,
          initialMaxRetries: 0,
        },
        clientProperties: { connection_name: 'platform simulator' },
      },
    );
    return new AmqpQueues(model, connection, queueType);
  }

  async declare(owner: QueueOwner): Promise<void> {
    const { queues, id, name, type, scope } = owner;
    const options = {
      durable: true,
      arguments: { name, config: { id, type, scope }, 'x-queue-type': this.#queueType },
    };
    await this.#onOwnChannel(async (channel) => {
      await channel.assertExchange(queues.listenExchange, 'direct', { durable: true });
      await channel.assertExchange(queues.pushExchange, 'direct', { durable: true });
      await channel.assertQueue(queues.listenQueue, options);
      await channel.bindQueue(queues.listenQueue, queues.listenExchange, queues.listenRouting);
      await channel.assertQueue(queues.pushQueue, options);
      await channel.bindQueue(queues.pushQueue, queues.pushExchange, queues.pushRouting);
    });
    this.#declared.set(id, owner);
    for (const consumption of this.#consumptions) {
      this.#resume(consumption);
    }
  }

  async publish(names: QueueNames, kind: QueueKind, body: string): Promise<void> {
    const [exchange, routing] =
      kind === 'listen'
        ? [names.listenExchange, names.listenRouting]
        : [names.pushExchange, names.pushRouting];
    for (let attempt = 1; ; attempt += 1) {
      try {
        const channel = await this.#publishChannel();
        await new Promise<void>((resolve, reject) => {
          const confirmed = (error: unknown): void => {
            if (error == null) resolve();
            else reject(error instanceof Error ? error : new Error('the broker refused a message'));
          };
          channel.publish(exchange, routing, Buffer.from(body, 'utf8'), { deliveryMode: 2 }, confirmed);
        });
        return;
      } catch (error) {
        this.#publisher = undefined;
        if (attempt >= PUBLISH_ATTEMPTS || this.#closing) throw error;
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_DELAY_MS));
      }
    }
  }

  async consume(names: QueueNames, kind: QueueKind, handler: QueueHandler): Promise<() => Promise<void>> {
    const consumption: Consumption = {
      queue: kind === 'listen' ? names.listenQueue : names.pushQueue,
      handler,
      channel: undefined,
      starting: false,
      cancelled: false,
    };
    this.#consumptions.add(consumption);
    await this.#start(consumption);
    return async () => {
      consumption.cancelled = true;
      this.#consumptions.delete(consumption);
      await consumption.channel?.close().catch(() => undefined);
    };
  }

  async depth(names: QueueNames, kind: QueueKind): Promise<number> {
    const queue = kind === 'listen' ? names.listenQueue : names.pushQueue;
    return this.#onOwnChannel(async (channel) => (await channel.checkQueue(queue)).messageCount);
  }

  async purge(names: QueueNames): Promise<void> {
    await this.#onOwnChannel(async (channel) => {
      await channel.purgeQueue(names.listenQueue);
      await channel.purgeQueue(names.pushQueue);
    });
  }

  async remove(names: QueueNames): Promise<void> {
    await this.#onOwnChannel(async (channel) => {
      await channel.deleteQueue(names.listenQueue);
      await channel.deleteQueue(names.pushQueue);
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#consumptions.clear();
    // A broker that has gone away must not keep a test from ending.
    const patience = new Promise((resolve) => setTimeout(resolve, 2_000).unref());
    await Promise.race([this.#removeEverything().catch(() => undefined), patience]);
    await this.#model.close();
  }

  async #removeEverything(): Promise<void> {
    const owners = [...this.#declared.values()];
    for (const owner of owners) await this.remove(owner.queues);
    const names = owners[0]?.queues;
    if (names === undefined) return;
    // Several simulators with the same prefix share the exchanges; the last one removes them.
    for (const exchange of [names.listenExchange, names.pushExchange]) {
      await this.#onOwnChannel((channel) => channel.deleteExchange(exchange, { ifUnused: true })).catch(
        () => undefined,
      );
    }
  }

  async #onOwnChannel<T>(action: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await this.#model.createChannel();
    channel.on('error', () => undefined);
    try {
      return await action(channel);
    } finally {
      await channel.close().catch(() => undefined);
    }
  }

  #publishChannel(): Promise<ConfirmChannel> {
    this.#publisher ??= this.#model.createConfirmChannel().then((channel) => {
      channel.on('error', () => undefined);
      channel.on('close', () => (this.#publisher = undefined));
      return channel;
    });
    return this.#publisher;
  }

  /**
   * Consumes again after a reconnection; a queue that is gone comes back with the next declaration. Both may happen at
   * once, and two channels would each hold a message that only the later one acknowledges.
   */
  #resume(consumption: Consumption): void {
    if (consumption.starting || consumption.channel !== undefined) return;
    this.#start(consumption).catch(() => undefined);
  }

  async #start(consumption: Consumption): Promise<void> {
    consumption.starting = true;
    try {
      await this.#openChannel(consumption);
    } finally {
      consumption.starting = false;
    }
  }

  async #openChannel(consumption: Consumption): Promise<void> {
    const channel = await this.#model.createChannel();
    consumption.channel = channel;
    const lost = (): void => {
      if (consumption.channel === channel) consumption.channel = undefined;
    };
    channel.on('error', lost);
    channel.on('close', lost);
    await channel.prefetch(1);
    await channel.consume(consumption.queue, (message) => {
      if (message === null) {
        lost();
        return;
      }
      const { content, properties, fields } = message;
      const delivery = { body: content, properties: { ...properties }, redelivered: fields.redelivered };
      const settle = (answer: 'ack' | 'requeue'): void => {
        if (consumption.cancelled || consumption.channel !== channel) return;
        if (answer === 'ack') channel.ack(message);
        else channel.nack(message, false, true);
      };
      consumption.handler(delivery).then(settle, () => {
        settle('requeue');
      });
    });
  }
}
