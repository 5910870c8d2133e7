import { randomUUID } from 'node:crypto';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { EnrichmentRequest } from '../../src/enrichment/request.js';
import { AmqpConsumer } from '../../src/platform/inbound/amqp-consumer.js';
import type { AmqpConsumerOptions } from '../../src/platform/inbound/amqp-consumer-options.js';
import { AmqpLink } from '../../src/platform/amqp/amqp-link.js';
import type { BrokerConnection } from '../../src/platform/amqp/broker-connection.js';
import type { RefuseMessage } from '../../src/platform/inbound/unreadable-message.js';
import { BundlePublisher } from '../../src/platform/outbound/bundle-publisher.js';
import type { BundlePublisherOptions } from '../../src/platform/outbound/bundle-publisher-options.js';
import { ConnectorError } from '../../src/shared/connector-error.js';
import { noTelemetry } from '../../src/shared/telemetry.js';
import type {} from '../helpers/broker-global-setup.js';
import { bundleOf, requestOf } from '../helpers/enrichment-requests.js';
import { recordedLogger, type LogLine } from '../helpers/recorded-logger.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';

const broker = new URL(inject('amqpUrl'));
const FAST = { baseMs: 20, maxMs: 20 };
const WAIT = { timeout: 20_000, interval: 20 };

let admin: ChannelModel;
let platform: ConfirmChannel;
let proxy: TcpProxy;
let link: AmqpLink;
let lines: LogLine[];
let names: { listen: string; push: string; exchange: string };
let consumer: AmqpConsumer | undefined;
let publisher: BundlePublisher | undefined;

function coordinates(changes: Partial<BrokerConnection> = {}): BrokerConnection {
  return {
    host: '127.0.0.1',
    port: proxy.port,
    vhost: decodeURIComponent(broker.pathname.slice(1)) || '/',
    useSsl: false,
    user: decodeURIComponent(broker.username) || 'guest',
    pass: decodeURIComponent(broker.password) || 'guest',
    ...changes,
  };
}

function createLink(connection = coordinates()): AmqpLink {
  const recorded = recordedLogger();
  lines = recorded.lines;
  return new AmqpLink({
    connection: () => connection,
    tls: { rejectUnauthorized: true },
    connectionName: 'virustotal test',
    logger: recorded.logger,
    backoff: FAST,
  });
}

/** What the platform does with each registration and ping. */
async function declareQueues(): Promise<void> {
  await platform.assertExchange(names.exchange, 'direct', { durable: true });
  for (const queue of [names.listen, names.push]) {
    await platform.assertQueue(queue, { durable: true, arguments: { config: 'declared by the platform' } });
    await platform.bindQueue(queue, names.exchange, queue);
  }
}

function messageOf(workId: string): string {
  return JSON.stringify({
    internal: { work_id: workId, applicant_id: null },
    event: { event_type: 'INTERNAL_ENRICHMENT', entity_id: 'ipv4-addr--1', entity_type: 'IPv4-Addr' },
  });
}

async function ask(...bodies: string[]): Promise<void> {
  for (const body of bodies)
    platform.publish(names.exchange, names.listen, Buffer.from(body), { persistent: true });
  await platform.waitForConfirms();
}

/** Messages that are ready in a queue; those that somebody holds do not count. */
async function ready(queue: string): Promise<number> {
  return (await platform.checkQueue(queue)).messageCount;
}

function startConsumer(
  options: Partial<AmqpConsumerOptions> & Pick<AmqpConsumerOptions, 'handler'>,
): AmqpConsumer {
  const recorded = recordedLogger();
  lines = recorded.lines;
  consumer = new AmqpConsumer({
    link,
    queue: () => names.listen,
    concurrency: 2,
    refuse: () => Promise.resolve(),
    logger: recorded.logger,
    requeueBackoff: FAST,
    ...options,
  });
  consumer.start();
  return consumer;
}

function startPublisher(
  changes: Partial<Omit<BundlePublisherOptions, 'push'>> & {
    push?: { exchange: string; routingKey: string };
  } = {},
  wholeBundles = false,
): BundlePublisher {
  const { push = { exchange: names.exchange, routingKey: names.push }, ...others } = changes;
  const recorded = recordedLogger();
  lines = recorded.lines;
  publisher = new BundlePublisher({
    link,
    push: () => push,
    messages: { connectorUserId: 'user-7', drafts: true, wholeBundles },
    telemetry: noTelemetry,
    logger: recorded.logger,
    backoff: FAST,
    ...others,
  });
  publisher.start();
  return publisher;
}

/** A promise that a test settles itself. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

beforeEach(async () => {
  const id = randomUUID();
  names = { listen: `listen_${id}`, push: `push_${id}`, exchange: `exchange_${id}` };
  admin = await connect(inject('amqpUrl'));
  platform = await admin.createConfirmChannel();
  await declareQueues();
  proxy = await startTcpProxy({ host: broker.hostname, port: Number(broker.port || 5672) });
  link = createLink();
  consumer = undefined;
  publisher = undefined;
});

afterEach(async () => {
  await consumer?.drain(0);
  await publisher?.close();
  await link.close();
  await proxy.close();
  await platform.deleteQueue(names.listen);
  await platform.deleteQueue(names.push);
  await platform.deleteExchange(names.exchange);
  await admin.close();
});

describe('AmqpLink', () => {
  it('waits for a broker that is not there yet and says so once', async () => {
    proxy.open = false;
    const started = link.start();
    await vi.waitFor(() => {
      expect(lines.map((line) => line.msg)).toEqual(['RabbitMQ cannot be reached; trying again']);
    }, WAIT);
    proxy.open = true;
    await started;
    expect(link.connected).toBe(true);
    expect(lines.map((line) => line.msg)).toEqual([
      'RabbitMQ cannot be reached; trying again',
      'connected to RabbitMQ',
    ]);
  });

  it('comes back after a loss and logs each change once', async () => {
    await link.start();
    proxy.open = false;
    proxy.cut();
    await vi.waitFor(() => {
      expect(link.connected).toBe(false);
    }, WAIT);
    proxy.open = true;
    await vi.waitFor(() => {
      expect(link.connected).toBe(true);
    }, WAIT);
    expect(lines.map((line) => line.msg)).toEqual([
      'connected to RabbitMQ',
      'connection to RabbitMQ lost; connecting again',
      'connected to RabbitMQ',
    ]);
  });

  const wrong = [
    ['password', { pass: 'hunter22' }, 'MQ_PASS'],
    ['vhost', { vhost: 'no such/vhost%' }, 'MQ_VHOST'],
  ] as const;

  it.each(wrong)(
    'asks for another %s when it is refused at the start, and says so once',
    async (_name, changes, option) => {
      let present = coordinates(changes);
      let asked = 0;
      const recorded = recordedLogger();
      lines = recorded.lines;
      link = new AmqpLink({
        connection: () => present,
        tls: { rejectUnauthorized: true },
        connectionName: 'virustotal test',
        renew: () => {
          asked += 1;
          if (asked === 5) present = coordinates();
        },
        logger: recorded.logger,
        backoff: FAST,
      });
      await link.start();
      expect(asked).toBe(5);
      expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
        ['error', 'RabbitMQ refuses us; trying again'],
        ['info', 'connected to RabbitMQ'],
      ]);
      expect(lines[0]?.reason).toContain(option);
      expect(JSON.stringify(lines)).not.toContain('hunter22');
    },
  );

  it.each(wrong)(
    'refuses to start with a wrong %s when there is nobody to ask for another',
    async (_name, changes, option) => {
      link = createLink(coordinates(changes));
      const error: unknown = await link.start().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConnectorError);
      expect((error as ConnectorError).kind).toBe('configuration');
      expect((error as ConnectorError).message).toContain(option);
      expect(JSON.stringify([error, (error as Error).stack, lines])).not.toContain('hunter22');
    },
  );

  it.each(['ends later', 'fails'])(
    'tells of a lost channel also when its set-up had not ended, and %s',
    async (end) => {
      await link.start();
      const told: string[] = [];
      const first = gate();
      const kept = link.keepChannel({
        name: 'test',
        setUp: async (channel) => {
          told.push('set up');
          if (told.length > 1) return;
          if (end === 'ends later') {
            proxy.cut();
            await first.opened;
          } else {
            // The broker closes the channel.
            await channel.checkQueue(`no_${names.listen}`);
          }
        },
        lost: (_reason, alone) => {
          told.push(alone ? 'lost alone' : 'lost');
        },
      });
      await vi.waitFor(() => {
        expect(told).toEqual(['set up', end === 'fails' ? 'lost alone' : 'lost', 'set up']);
      }, WAIT);
      first.open();
      await kept.close();
      expect(told).toHaveLength(4);
    },
  );

  it('can be closed while it waits for a broker', async () => {
    proxy.open = false;
    const started = link.start();
    started.catch(() => undefined);
    await link.close();
    await expect(started).rejects.toThrow('closed');
  });
});

describe('AmqpConsumer', () => {
  it('takes requests in their order and acks each after it was settled', async () => {
    await link.start();
    const first = gate();
    const seen: string[] = [];
    startConsumer({
      handler: async (request) => {
        seen.push(String(request.workId));
        if (request.workId === 'work_1') await first.opened;
      },
    });

    await ask(messageOf('work_1'), messageOf('work_2'), messageOf('work_3'));
    await vi.waitFor(() => {
      expect(seen).toEqual(['work_1', 'work_2', 'work_3']);
    }, WAIT);
    expect(consumer?.inFlight).toBe(1);
    first.open();
    await consumer?.drain(10_000);
    await link.close();

    expect(await ready(names.listen)).toBe(0);
  });

  it('works on no more requests than allowed', async () => {
    await link.start();
    const all = gate();
    let running = 0;
    startConsumer({
      concurrency: 3,
      handler: async () => {
        running += 1;
        await all.opened;
      },
    });
    await ask(...['a', 'b', 'c', 'd', 'e'].map((name) => messageOf(`work_${name}`)));
    await vi.waitFor(async () => {
      expect(running).toBe(3);
      expect(await ready(names.listen)).toBe(2);
    }, WAIT);
    all.open();
    await vi.waitFor(() => {
      expect(running).toBe(5);
    }, WAIT);
  });

  it('hands a rejected request back and takes it again', async () => {
    await link.start();
    const handler = vi.fn(() => Promise.resolve()).mockRejectedValueOnce(new Error('platform is away'));
    startConsumer({ handler });
    await ask(messageOf('work_1'));
    await vi.waitFor(() => {
      expect(handler).toHaveBeenCalledTimes(2);
    }, WAIT);
    await consumer?.drain(10_000);
    expect(await ready(names.listen)).toBe(0);
  });

  it('hands a message that cannot be read to be refused, and acks it afterwards', async () => {
    await link.start();
    const handler = vi.fn(() => Promise.resolve());
    const refused = gate();
    const refuse = vi.fn<RefuseMessage>(() => refused.opened);
    startConsumer({ handler, refuse, concurrency: 1 });
    await ask('{"token":"hunter22"}', messageOf('work_1'));
    await vi.waitFor(() => {
      expect(refuse).toHaveBeenCalledTimes(1);
    }, WAIT);
    expect(handler).not.toHaveBeenCalled();
    refused.open();
    await vi.waitFor(() => {
      expect(handler).toHaveBeenCalledTimes(1);
    }, WAIT);
    await consumer?.drain(10_000);
    expect(await ready(names.listen)).toBe(0);
    const message = refuse.mock.calls[0]?.[0];
    expect(message?.body.toString()).toBe('{"token":"hunter22"}');
    expect(message?.error.field).toBe('internal');
    expect(lines.filter((line) => JSON.stringify(line).includes('hunter22'))).toEqual([]);
  });

  it('takes a message that cannot be read again when it could not be refused', async () => {
    await link.start();
    const refuse = vi.fn<RefuseMessage>();
    refuse.mockRejectedValueOnce(new Error('the platform is away')).mockResolvedValue(undefined);
    startConsumer({ handler: () => Promise.resolve(), refuse });
    await ask('{}');
    await vi.waitFor(() => {
      expect(refuse).toHaveBeenCalledTimes(2);
    }, WAIT);
    expect(refuse.mock.calls.map(([, , redelivered]) => redelivered)).toEqual([false, true]);
    await consumer?.drain(10_000);
    expect(await ready(names.listen)).toBe(0);
  });

  it('does not start a request twice that comes again after a lost connection', async () => {
    await link.start();
    const work = gate();
    const handler = vi.fn(() => work.opened);
    startConsumer({ handler });
    await ask(messageOf('work_1'));
    await vi.waitFor(() => {
      expect(handler).toHaveBeenCalledTimes(1);
    }, WAIT);

    proxy.cut();
    await vi.waitFor(() => {
      expect(lines.map((line) => line.msg)).toContain('request is being worked on already');
    }, WAIT);
    work.open();
    await consumer?.drain(10_000);
    await link.close();

    expect(handler).toHaveBeenCalledTimes(1);
    expect(await ready(names.listen)).toBe(0);
  });

  it('takes back without doing it again what was settled while the channel was lost', async () => {
    await link.start();
    const work = gate();
    const handler = vi.fn((_request: EnrichmentRequest) => work.opened);
    startConsumer({ handler });
    await ask(messageOf('work_1'));
    await vi.waitFor(() => {
      expect(handler).toHaveBeenCalledTimes(1);
    }, WAIT);

    proxy.open = false;
    proxy.cut();
    await vi.waitFor(() => {
      expect(consumer?.consuming).toBe(false);
    }, WAIT);
    work.open();
    await vi.waitFor(() => {
      expect(consumer?.inFlight).toBe(0);
    }, WAIT);
    proxy.open = true;

    // The next request comes after the redelivered one, in the order of the queue.
    await ask(messageOf('work_2'));
    await vi.waitFor(() => {
      expect(handler).toHaveBeenCalledTimes(2);
    }, WAIT);
    await consumer?.drain(10_000);
    expect(handler.mock.calls.map(([request]) => request.workId)).toEqual(['work_1', 'work_2']);
    expect(await ready(names.listen)).toBe(0);
  });

  it('hands back what is not finished when it is drained', async () => {
    await link.start();
    const handler = vi.fn(() => new Promise<void>(() => undefined));
    startConsumer({ handler });
    await ask(messageOf('work_1'));
    await vi.waitFor(() => {
      expect(handler).toHaveBeenCalledTimes(1);
    }, WAIT);

    await consumer?.drain(10);

    await vi.waitFor(async () => {
      expect(await ready(names.listen)).toBe(1);
    }, WAIT);
    expect(consumer?.inFlight).toBe(0);
  });

  it('leaves messages in the queue while it is paused, even across a loss', async () => {
    await link.start();
    const handler = vi.fn(() => Promise.resolve());
    const paused = startConsumer({ handler });
    await vi.waitFor(() => {
      expect(paused.consuming).toBe(true);
    }, WAIT);
    await paused.pause();
    await ask(messageOf('work_1'));
    proxy.cut();
    await vi.waitFor(() => {
      expect(link.connected).toBe(true);
    }, WAIT);
    expect(await ready(names.listen)).toBe(1);
    expect(handler).not.toHaveBeenCalled();

    await paused.resume();
    await vi.waitFor(() => {
      expect(handler).toHaveBeenCalledTimes(1);
    }, WAIT);
  });

  it('never declares the queue, and consumes as soon as the platform has', async () => {
    await platform.deleteQueue(names.listen);
    await link.start();
    const handler = vi.fn(() => Promise.resolve());
    startConsumer({ handler });
    const linkLines = recordedLogger();
    await link.close();
    link = new AmqpLink({
      connection: () => coordinates(),
      tls: { rejectUnauthorized: true },
      connectionName: 'virustotal test',
      logger: linkLines.logger,
      backoff: FAST,
    });
    await link.start();
    startConsumer({ handler });
    await vi.waitFor(() => {
      expect(linkLines.lines.map((line) => line.msg)).toContain('channel was closed; opening it again');
    }, WAIT);
    const probe = await admin.createChannel();
    probe.on('error', () => undefined);
    await expect(probe.checkQueue(names.listen)).rejects.toMatchObject({ code: 404 });

    await declareQueues();
    await ask(messageOf('work_1'));
    await vi.waitFor(() => {
      expect(handler).toHaveBeenCalledTimes(1);
    }, WAIT);
    expect(linkLines.lines.filter((line) => line.level === 'warn')).toHaveLength(1);
  });

  it('consumes again after the queue was deleted and declared anew', async () => {
    await link.start();
    const handler = vi.fn(() => Promise.resolve());
    const waiting = startConsumer({ handler });
    await vi.waitFor(() => {
      expect(waiting.consuming).toBe(true);
    }, WAIT);
    await platform.deleteQueue(names.listen);
    await vi.waitFor(() => {
      expect(lines.map((line) => line.msg)).toContain('listen queue was deleted; waiting for the platform');
    }, WAIT);
    await declareQueues();
    await ask(messageOf('work_1'));
    await vi.waitFor(() => {
      expect(handler).toHaveBeenCalledTimes(1);
    }, WAIT);
  });
});

describe('BundlePublisher', () => {
  async function takePushed(): Promise<
    { properties: Record<string, unknown>; body: Record<string, unknown> }[]
  > {
    const taken = [];
    for (;;) {
      const message = await platform.get(names.push, { noAck: true });
      if (message === false) return taken;
      const body = JSON.parse(message.content.toString()) as Record<string, unknown>;
      taken.push({ properties: { ...message.properties }, body });
    }
  }

  const idsOf = (pushed: Awaited<ReturnType<typeof takePushed>>): unknown[] =>
    pushed.map(({ body }) => {
      const bundle = JSON.parse(Buffer.from(body.content as string, 'base64').toString()) as {
        objects: { value: string }[];
      };
      return bundle.objects.map((object) => object.value).join();
    });

  it('sends one persistent message for each object, in order', async () => {
    await link.start();
    const prepared = startPublisher().prepare(requestOf(), bundleOf(3));
    expect(prepared.expectations).toBe(3);

    expect(await prepared.send().delivered).toEqual({ undelivered: [] });

    const pushed = await takePushed();
    expect(idsOf(pushed)).toEqual(['198.51.100.1', '198.51.100.2', '198.51.100.3']);
    expect(pushed[0]?.properties).toMatchObject({ deliveryMode: 2, contentEncoding: 'utf-8' });
    expect(pushed.map(({ body }) => body.action_sequence)).toEqual([1, 2, 3]);
    expect(pushed[0]?.body).toMatchObject({ work_id: 'work_vt_1', applicant_id: 'user-7', draft_id: '' });
  });

  it('keeps the order of bundles that were sent before there was a connection', async () => {
    const early = startPublisher();
    const reports = [requestOf(), requestOf({ workId: 'work_vt_2' })].map(
      (request) => early.prepare(request, bundleOf(2)).send().delivered,
    );
    await link.start();
    await Promise.all(reports);
    expect((await takePushed()).map(({ body }) => body.work_id)).toEqual([
      'work_vt_1',
      'work_vt_1',
      'work_vt_2',
      'work_vt_2',
    ]);
  });

  it.each([
    ['queue', { routingKey: 'nobody' }, /NO_ROUTE/, false],
    ['queue', { routingKey: 'nobody' }, /NO_ROUTE/, true],
    ['exchange', { exchange: 'no such exchange' }, /NOT_FOUND/, false],
  ] as const)(
    'hands back what has no %s for too long, in one message or in several, and says why once',
    async (_missing, way, reason, whole) => {
      await link.start();
      const push = { exchange: names.exchange, routingKey: names.push, ...way };
      const sender = startPublisher({ push, maxWaitMs: 2_000 }, whole);
      const { delivered } = sender.prepare(requestOf(), bundleOf(3)).send();
      await expect(delivered).rejects.toMatchObject({
        kind: 'transient',
        message: expect.stringMatching(reason) as string,
      });
      expect(link.connected).toBe(true);
      expect(lines.map(({ msg }) => msg)).toEqual(['results are not taken; they wait']);
      await vi.waitFor(() => {
        expect(sender.pending).toBe(0);
      }, WAIT);
      expect(sender.health).toEqual({ ok: false, detail: expect.stringMatching(reason) as string });
      expect(sender.health.detail).toMatch(/^results are not taken: /);

      // It comes again, and is taken as soon as there is a way.
      const again = sender.prepare(requestOf(), bundleOf(3)).send();
      push.routingKey = names.push;
      push.exchange = names.exchange;
      expect(await again.delivered).toEqual({ undelivered: [] });
      expect(sender.health).toEqual({ ok: true });
    },
  );

  it.each(['queue', 'exchange'])(
    'has the platform declare a missing %s and loses nothing',
    async (missing) => {
      await link.start();
      if (missing === 'queue') await platform.deleteQueue(names.push);
      else await platform.deleteExchange(names.exchange);
      const reasons: string[] = [];
      const sender = startPublisher({
        renew: (reason) => {
          reasons.push(reason);
          if (reasons.length === 2) void declareQueues();
        },
      });
      const reports = [requestOf(), requestOf({ workId: 'work_vt_2' })].map(
        (request) => sender.prepare(request, bundleOf(3)).send().delivered,
      );
      for (const report of await Promise.all(reports)) expect(report).toEqual({ undelivered: [] });
      expect(reasons[0]).toMatch(missing === 'queue' ? /NO_ROUTE/ : /NOT_FOUND/);
      const pushed = await takePushed();
      expect(pushed.map(({ body }) => `${String(body.work_id)} ${String(body.action_sequence)}`)).toEqual(
        [1, 2].flatMap((work) => [1, 2, 3].map((step) => `work_vt_${work} ${step}`)),
      );
      expect(lines.map(({ msg }) => msg)).toEqual([
        'results are not taken; they wait',
        'results are taken again',
      ]);
      expect(sender.health).toEqual({ ok: true });
    },
  );

  async function fillQueue(): Promise<void> {
    await platform.deleteQueue(names.push);
    await platform.assertQueue(names.push, {
      durable: true,
      arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' },
    });
    await platform.bindQueue(names.push, names.exchange, names.push);
  }

  it('waits while the queue is full, until all of it is taken', async () => {
    await link.start();
    await fillQueue();
    let refusals = 0;
    const sender = startPublisher({ telemetry: { ...noTelemetry, error: () => (refusals += 1) } });
    const { delivered } = sender.prepare(requestOf(), bundleOf(6)).send();
    await vi.waitFor(() => {
      expect(refusals).toBeGreaterThan(8);
    }, WAIT);
    expect(lines.map(({ msg }) => msg)).toEqual(['results are not taken; they wait']);
    expect(sender.health).toEqual({
      ok: false,
      detail: expect.stringContaining('queue may be full') as string,
    });

    const taken: unknown[] = [];
    await platform.consume(
      names.push,
      (message) => {
        // Null: the queue is deleted, at the end of the test.
        if (message === null) return;
        const body = JSON.parse(message.content.toString()) as Record<string, unknown>;
        taken.push(body.action_sequence);
      },
      { noAck: true },
    );
    expect(await delivered).toEqual({ undelivered: [] });
    await vi.waitFor(() => {
      expect(taken).toHaveLength(6);
    }, WAIT);
    expect(sender.pending).toBe(0);
    expect(new Set(taken).size).toBe(6);
  });

  it('hands back what a full queue does not take for too long, and reports nothing as lost', async () => {
    await link.start();
    await fillQueue();
    const sender = startPublisher({ maxWaitMs: 300 });
    const { delivered } = sender.prepare(requestOf(), bundleOf(3)).send();
    await expect(delivered).rejects.toMatchObject({ kind: 'transient' });
    expect(sender.pending).toBe(0);
  });

  it('publishes again after a lost connection until everything is confirmed', async () => {
    await link.start();
    const sender = startPublisher();
    const { delivered } = sender.prepare(requestOf(), bundleOf(200)).send();
    proxy.cut();
    expect(await delivered).toEqual({ undelivered: [] });
    expect(new Set(idsOf(await takePushed())).size).toBe(200);
    expect(sender.pending).toBe(0);
  });

  it('survives more messages than the channel buffers', async () => {
    await link.start();
    const bundle = bundleOf(250);
    const sender = startPublisher();
    const reports = Array.from({ length: 20 }, () => sender.prepare(requestOf(), bundle).send().delivered);
    for (const report of await Promise.all(reports)) expect(report.undelivered).toEqual([]);
    expect(await ready(names.push)).toBe(5_000);
  });

  it('warns of no loss when it is closed by us', async () => {
    await link.start();
    const running = startPublisher();
    await running.prepare(requestOf(), bundleOf(1)).send().delivered;
    await running.close();
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('rejects what is not confirmed when it is closed, so that the request comes again', async () => {
    const { delivered } = startPublisher().prepare(requestOf(), bundleOf(1)).send();
    await publisher?.close();
    await expect(delivered).rejects.toMatchObject({ kind: 'transient' });
    await link.start();
    expect(await ready(names.push)).toBe(0);
  });
});
