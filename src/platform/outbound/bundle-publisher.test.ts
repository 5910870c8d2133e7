import { EventEmitter } from 'node:events';
import type { ConfirmChannel } from 'amqplib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bundleOf, requestOf } from '../../../test/helpers/enrichment-requests.js';
import { recordedLogger, type LogLine } from '../../../test/helpers/recorded-logger.js';
import { noTelemetry } from '../../shared/telemetry.js';
import type { ChannelPlan } from '../amqp/kept-channel.js';
import { BundlePublisher } from './bundle-publisher.js';

/** A message that reached the broker, and how the test lets it answer. */
interface Arrived {
  readonly work: string | undefined;
  readonly answer: (error: Error | null) => void;
}

const NACKED = new Error('message nacked');

describe('BundlePublisher', () => {
  let arrived: Arrived[];
  let plan: ChannelPlan<ConfirmChannel>;
  let blocked: string | undefined;
  let flowChanged: () => void;
  let rests: (() => void)[];
  let looks: (() => void)[];
  let publisher: BundlePublisher;
  let lines: LogLine[];

  /** A broker whose answers come in any order that a real one may choose. */
  function openChannel(): void {
    const channel = Object.assign(new EventEmitter(), {
      publish: (...[, , body, , answer]: Parameters<ConfirmChannel['publish']>): boolean => {
        const { work_id: work } = JSON.parse(body.toString()) as { work_id?: string };
        arrived.push({
          work,
          answer: (error) => {
            answer?.(error, {});
          },
        });
        return true;
      },
    });
    void plan.setUp(channel as unknown as ConfirmChannel);
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    arrived = [];
    rests = [];
    looks = [];
    blocked = undefined;
    const recorded = recordedLogger();
    lines = recorded.lines;
    publisher = new BundlePublisher({
      link: {
        keepConfirmChannel: (given) => {
          plan = given;
          return { close: () => Promise.resolve() };
        },
        get blocked() {
          return blocked;
        },
        watchFlow: (changed) => {
          flowChanged = changed;
        },
      },
      push: () => ({ exchange: 'push', routingKey: 'push' }),
      messages: { connectorUserId: undefined, drafts: true, wholeBundles: true },
      dropsOvertakenBundles: true,
      telemetry: noTelemetry,
      logger: recorded.logger,
      maxWaitMs: 600_000,
      // The watch looks every minute; rests are shorter.
      sleep: (durationMs) =>
        new Promise((resolve) => {
          (durationMs < 60_000 ? rests : looks).push(resolve);
        }),
    });
    publisher.start();
    openChannel();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const send = (workId: string | undefined): Promise<unknown> =>
    publisher.prepare(requestOf({ workId }), bundleOf(2)).send().delivered;
  const endRest = async (): Promise<void> => {
    rests.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  /** Lets the watch look, after so long. */
  const lookAfter = async (durationMs: number): Promise<void> => {
    vi.advanceTimersByTime(durationMs);
    looks.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  const works = (): (string | undefined)[] => arrived.map(({ work }) => work);

  it('publishes what was refused before what came later, one at a time until one is taken', async () => {
    const sent = [send('work_1'), send('work_2')];
    arrived[0]?.answer(NACKED);
    arrived[1]?.answer(NACKED);
    sent.push(send('work_3'), send('work_4'));
    expect(works()).toEqual(['work_1', 'work_2']);

    await endRest();
    expect(works()).toEqual(['work_1', 'work_2', 'work_1']);
    arrived[2]?.answer(NACKED);
    await endRest();
    arrived[3]?.answer(null);
    expect(works().slice(2)).toEqual(['work_1', 'work_1', 'work_2', 'work_3', 'work_4']);
    for (const { answer } of arrived.slice(4)) answer(null);
    expect(await Promise.all(sent)).toEqual(Array<object>(4).fill({ undelivered: [] }));
  });

  it('publishes without its work what was refused while a newer one was taken', async () => {
    const older = send('work_1');
    const newer = send('work_2');
    arrived[0]?.answer(NACKED);
    arrived[1]?.answer(null);
    await newer;
    await endRest();
    expect(works()).toEqual(['work_1', 'work_2', undefined]);
    arrived[2]?.answer(null);
    expect(await older).toEqual({ undelivered: [] });
  });

  it('keeps the work of what was refused while only something without a work was taken', async () => {
    void send('work_1');
    await Promise.resolve();
    const without = send(undefined);
    arrived[0]?.answer(NACKED);
    arrived[1]?.answer(null);
    await without;
    await endRest();
    expect(works().at(-1)).toBe('work_1');
  });

  it('publishes nothing while the broker is short of resources', async () => {
    blocked = 'low on memory';
    const sent = send('work_1');
    expect(arrived).toEqual([]);
    blocked = undefined;
    flowChanged();
    expect(works()).toEqual(['work_1']);
    arrived[0]?.answer(null);
    expect(await sent).toEqual({ undelivered: [] });
  });

  it('gives up the one message for which the broker closes the channel again and again', async () => {
    const outcomes = [send('work_1'), send('work_2')];
    for (let closings = 0; closings < 3; closings += 1) {
      plan.lost('PRECONDITION_FAILED - message size is larger', true, 406);
      openChannel();
    }
    expect(works()).toEqual(['work_1', 'work_2', 'work_1', 'work_1', 'work_2']);
    arrived.at(-1)?.answer(null);
    const [lost, taken] = await Promise.all(outcomes);
    expect(taken).toEqual({ undelivered: [] });
    expect(JSON.stringify(lost)).toContain('RabbitMQ closed the channel because of it');
  });

  describe('while RabbitMQ neither confirms nor refuses', () => {
    const BACK = 'RabbitMQ does not take the results: RabbitMQ does not confirm them';

    it('hands back what has waited too long, and is unwell until something is confirmed', async () => {
      const older = send('work_1');
      await lookAfter(60_000);
      expect(publisher.health).toEqual({ ok: true });
      const younger = send('work_2');
      await lookAfter(550_000);
      await expect(older).rejects.toMatchObject({
        kind: 'transient',
        message: expect.stringContaining(BACK) as string,
      });
      expect(publisher.health).toMatchObject({
        ok: false,
        detail: expect.stringContaining('1 messages wait: RabbitMQ does not confirm them') as string,
      });
      arrived[1]?.answer(null);
      expect(await younger).toEqual({ undelivered: [] });
      expect(publisher.health).toEqual({ ok: true });
    });

    it('takes a late confirmation for the end of it', async () => {
      const sent = send('work_1');
      await lookAfter(610_000);
      await expect(sent).rejects.toThrow(BACK);
      expect(publisher.health.ok).toBe(false);
      arrived[0]?.answer(null);
      expect(publisher.health).toEqual({ ok: true });
    });

    it('publishes the next when the one that travelled alone is handed back', async () => {
      const first = send('work_1');
      await lookAfter(610_000);
      await expect(first).rejects.toThrow(BACK);
      const alone = send('work_2');
      await lookAfter(300_000);
      const next = send('work_3');
      expect(works()).toEqual(['work_1', 'work_2']);
      await lookAfter(310_000);
      await expect(alone).rejects.toThrow(BACK);
      expect(works()).toEqual(['work_1', 'work_2', 'work_3']);
      arrived[2]?.answer(null);
      expect(await next).toEqual({ undelivered: [] });
      expect(publisher.health).toEqual({ ok: true });
    });

    it('says once that it does not', async () => {
      const sent = [send('work_1'), send('work_2')];
      await lookAfter(610_000);
      await Promise.allSettled(sent);
      expect(lines.map(({ level, msg }) => [level, msg])).toEqual([['warn', 'results are not confirmed']]);
    });
  });
});
