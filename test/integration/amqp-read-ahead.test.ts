import { randomUUID } from 'node:crypto';
import { connect, type ChannelModel, type ConfirmChannel, type Options } from 'amqplib';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { AmqpLink } from '../../src/platform/amqp/amqp-link.js';
import { AmqpConsumer } from '../../src/platform/inbound/amqp-consumer.js';
import type { AmqpConsumerOptions } from '../../src/platform/inbound/amqp-consumer-options.js';
import type {} from '../helpers/broker-global-setup.js';
import { recordedLogger, type LogLine } from '../helpers/recorded-logger.js';
import { sharedBroker } from '../helpers/shared-broker.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';
import { VirtualTime } from '../helpers/virtual-time.js';

const WAIT = { timeout: 20_000, interval: 20 };
const FAST = { baseMs: 20, maxMs: 20 };
const MINUTE_MS = 60_000;

/** A consumer of a queue, and what it started. */
class World {
  readonly queue = `listen_${randomUUID()}`;
  readonly started: string[] = [];
  readonly time = new VirtualTime('2026-01-01T00:00:00Z');
  lines: LogLine[] = [];
  consumer!: AmqpConsumer;
  proxy!: TcpProxy;
  #admin!: ChannelModel;
  #channel!: ConfirmChannel;
  readonly linkLog = recordedLogger();
  #link!: AmqpLink;
  #ends: (() => void)[] = [];

  async open(queueArguments: Record<string, unknown> = {}): Promise<void> {
    this.#admin = await connect(inject('amqpUrl'));
    this.#channel = await this.#admin.createConfirmChannel();
    await this.#channel.assertQueue(this.queue, { durable: true, arguments: queueArguments });
    const { host, port, vhost, user, password } = sharedBroker();
    this.proxy = await startTcpProxy({ host, port });
    this.#link = new AmqpLink({
      connection: () => ({
        host: '127.0.0.1',
        port: this.proxy.port,
        vhost,
        useSsl: false,
        user,
        pass: password,
      }),
      tls: { rejectUnauthorized: true },
      connectionName: 'virustotal test',
      logger: this.linkLog.logger,
      backoff: FAST,
    });
    await this.#link.start();
  }

  /** Requests in work do not end before {@link endAll}. */
  start(options: Partial<AmqpConsumerOptions> = {}): AmqpConsumer {
    const recorded = recordedLogger();
    this.lines = recorded.lines;
    this.consumer = new AmqpConsumer({
      link: this.#link,
      queue: () => this.queue,
      concurrency: 2,
      logger: recorded.logger,
      requeueBackoff: FAST,
      refuse: () => Promise.resolve(),
      handler: ({ workId }) => {
        this.started.push(String(workId));
        return new Promise((resolve) => this.#ends.push(resolve));
      },
      ...options,
    });
    this.consumer.start();
    return this.consumer;
  }

  endAll(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  /** Puts requests into the queue; names say their mode. */
  async ask(...workIds: string[]): Promise<void> {
    await this.#send(workIds);
  }

  /** Puts a copy of a request into the queue, as the consumer does where the queue counts. */
  async askCopyOf(workId: string): Promise<void> {
    await this.#send([workId], { messageId: 'virustotal-copy-1' });
  }

  /** Puts what is no request into the queue. */
  async put(body: string): Promise<void> {
    this.#channel.sendToQueue(this.queue, Buffer.from(body), { persistent: true });
    await this.#channel.waitForConfirms();
  }

  async #send(workIds: readonly string[], properties: Options.Publish = {}): Promise<void> {
    for (const workId of workIds) {
      const mode = workId.startsWith('manual') ? 'manual' : 'auto';
      const event = { entity_id: 'ipv4-addr--1', entity_type: 'IPv4-Addr' };
      const body = JSON.stringify({ internal: { work_id: workId, mode }, event });
      this.#channel.sendToQueue(this.queue, Buffer.from(body), { ...properties, persistent: true });
    }
    await this.#channel.waitForConfirms();
  }

  /** Messages that nobody holds. */
  async ready(): Promise<number> {
    return (await this.#channel.checkQueue(this.queue)).messageCount;
  }

  logged(msg: string): number {
    return this.lines.filter((line) => line.msg === msg).length;
  }

  async close(): Promise<void> {
    await this.consumer.drain(0);
    await this.#link.close();
    await this.proxy.close();
    await this.#channel.deleteQueue(this.queue);
    await this.#admin.close();
  }
}

function automatic(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `auto_${index + 1}`);
}

describe('a queue that knows no priorities', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(async () => {
    await world.close();
  });

  it('is read far ahead while requests wait for quota, so that a manual one behind them is served', async () => {
    await world.open();
    await world.ask(...automatic(300), 'manual_1');
    const consumer = world.start();
    await vi.waitFor(() => {
      expect(world.started).toEqual(['auto_1', 'auto_2']);
    }, WAIT);
    expect(await world.ready()).toBe(299);

    consumer.expectWaiting(true);
    await vi.waitFor(() => {
      expect(world.started).toEqual(['auto_1', 'auto_2', 'manual_1']);
    }, WAIT);
    expect(consumer.inFlight).toBe(301);
  });

  it('is read no further when nothing waits any more, and what is held is worked off in its order', async () => {
    await world.open();
    const consumer = world.start({ concurrency: 1 });
    consumer.expectWaiting(true);
    await world.ask(...automatic(3));
    await vi.waitFor(() => {
      expect(consumer.inFlight).toBe(3);
    }, WAIT);
    consumer.expectWaiting(false);
    await world.ask('auto_4');
    await vi.waitFor(() => {
      world.endAll();
      expect(world.started).toEqual(['auto_1', 'auto_2', 'auto_3', 'auto_4']);
    }, WAIT);
  });

  it('starts manual requests alone while the rest of the quota is theirs', async () => {
    await world.open();
    const consumer = world.start();
    await consumer.serve('manual');
    await world.ask(...automatic(50), 'manual_1', 'manual_2');
    await vi.waitFor(() => {
      expect(world.started).toEqual(['manual_1', 'manual_2']);
    }, WAIT);
    world.endAll();
    await consumer.serve('everyone');
    await vi.waitFor(() => {
      expect(world.started).toEqual(['manual_1', 'manual_2', 'auto_1', 'auto_2']);
    }, WAIT);
  });

  it('starts nothing that is held when it is told to serve everyone while it is drained', async () => {
    await world.open();
    const consumer = world.start();
    await consumer.serve('manual');
    await world.ask(...automatic(5));
    await vi.waitFor(() => {
      expect(consumer.inFlight).toBe(5);
    }, WAIT);
    const drained = consumer.drain(0);
    await consumer.serve('everyone');
    await drained;
    expect(world.started).toEqual([]);
    expect(await world.ready()).toBe(5);
  });

  it('gets everything back that is held when nobody is served', async () => {
    await world.open();
    const consumer = world.start();
    await consumer.serve('manual');
    await world.ask(...automatic(50));
    await vi.waitFor(() => {
      expect(consumer.inFlight).toBe(50);
    }, WAIT);
    await consumer.pause();
    await vi.waitFor(async () => {
      expect(await world.ready()).toBe(50);
    }, WAIT);
    expect(consumer.inFlight).toBe(0);
    await consumer.resume();
    await vi.waitFor(() => {
      expect(world.started).toEqual(['auto_1', 'auto_2']);
    }, WAIT);
  });

  it('is read ahead only until the requests that are held reach their bound in bytes', async () => {
    await world.open();
    await world.ask(...automatic(200));
    const consumer = world.start({ maxHeldBytes: 2_000 });
    await consumer.serve('manual');
    // About 110 bytes each.
    await vi.waitFor(async () => {
      expect(consumer.inFlight).toBeLessThan(30);
      expect(consumer.inFlight).toBeGreaterThan(10);
      expect(await world.ready()).toBe(200 - consumer.inFlight);
    }, WAIT);
  });

  it('gets requests back that were held too long, in their place and without a rest', async () => {
    await world.open();
    const { time } = world;
    const consumer = world.start({ concurrency: 1, sleep: time.sleep });
    await consumer.serve('manual');
    await world.ask(...automatic(5));
    await vi.waitFor(() => {
      expect(consumer.inFlight).toBe(5);
    }, WAIT);
    await time.pass(5 * MINUTE_MS);
    expect(world.logged('held requests go back to the queue')).toBe(0);
    await time.pass(5 * MINUTE_MS);
    expect(world.logged('held requests go back to the queue')).toBe(1);
    await vi.waitFor(() => {
      expect(consumer.inFlight).toBe(5);
    }, WAIT);
    await consumer.serve('everyone');
    await vi.waitFor(() => {
      world.endAll();
      expect(world.started).toEqual(automatic(5));
    }, WAIT);
  });

  it('loses nothing and does nothing twice when the connection breaks while requests are held', async () => {
    await world.open();
    const consumer = world.start({ concurrency: 1 });
    await consumer.serve('manual');
    await world.ask(...automatic(5));
    await vi.waitFor(() => {
      expect(consumer.inFlight).toBe(5);
    }, WAIT);
    world.proxy.cut();
    await vi.waitFor(() => {
      expect(world.linkLog.lines.map(({ msg }) => msg)).toContain(
        'connection to RabbitMQ lost; connecting again',
      );
    }, WAIT);
    await consumer.serve('everyone');
    await world.ask('auto_6');
    await vi.waitFor(() => {
      world.endAll();
      expect(world.started).toContain('auto_6');
    }, WAIT);
    expect(world.started).toEqual(automatic(6));
  });

  it('keeps a request however often it is handed back, also where the queue counts', async () => {
    await world.open({ 'x-queue-type': 'quorum', 'x-delivery-limit': 2 });
    const { time } = world;
    const consumer = world.start({ sleep: time.sleep });
    await consumer.serve('manual');
    await world.ask('auto_1');
    await vi.waitFor(async () => {
      await time.pass(5 * MINUTE_MS);
      expect(world.logged('held requests go back to the queue')).toBeGreaterThanOrEqual(30);
    }, WAIT);
    await consumer.serve('everyone');
    await vi.waitFor(() => {
      expect(world.started).toEqual(['auto_1']);
    }, WAIT);
    world.endAll();
    await consumer.drain(10_000);
    expect(await world.ready()).toBe(0);
    expect(world.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('does nothing about the copy of a request that was settled, because its original came first', async () => {
    await world.open();
    world.start({ concurrency: 1 });
    await world.ask('auto_1');
    await vi.waitFor(() => {
      world.endAll();
      expect(world.consumer.inFlight).toBe(0);
      expect(world.started).toEqual(['auto_1']);
    }, WAIT);
    await world.askCopyOf('auto_1');
    await world.ask('auto_2');
    await vi.waitFor(() => {
      expect(world.started).toContain('auto_2');
    }, WAIT);
    expect(world.started).toEqual(['auto_1', 'auto_2']);
  });

  it('gets what cannot be read and cannot be kept back at its end, so that requests have their turn', async () => {
    await world.open();
    await world.put('{not json');
    await world.put('nor this');
    await world.ask('auto_1', 'auto_2', 'auto_3');
    let isKept = false;
    const kept: string[] = [];
    const consumer = world.start({
      concurrency: 1,
      requeueBackoff: { baseMs: 1, maxMs: 1 },
      refuse: ({ body }) => {
        if (!isKept) return Promise.reject(new Error('the state cannot be written'));
        kept.push(body.toString());
        return Promise.resolve();
      },
    });
    await vi.waitFor(() => {
      world.endAll();
      expect(world.started).toEqual(automatic(3));
    }, WAIT);
    isKept = true;
    await vi.waitFor(() => {
      world.endAll();
      expect(kept.toSorted()).toEqual(['nor this', '{not json']);
    }, WAIT);
    await consumer.drain(10_000);
    expect(await world.ready()).toBe(0);
  });
});
