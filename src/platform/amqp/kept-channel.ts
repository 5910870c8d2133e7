import type { Channel, ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { atMost } from '../../shared/at-most.js';
import { fullJitterMs, type Backoff, type Sleep } from '../../shared/backoff.js';
import { isAborted } from '../../shared/is-aborted.js';
import { closed, lossOf, type Loss } from './closing.js';

/** A channel that is opened again whenever it was lost. */
export interface ChannelPlan<C extends Channel> {
  /** For log lines. */
  readonly name: string;
  /** Whoever keeps the channel says itself what its loss means; else the link logs that it was closed and is back. */
  readonly isQuiet?: boolean;
  /** Prepares a fresh channel; when it rejects, the channel is given up and opened again later. */
  setUp(channel: C): Promise<void>;
  /**
   * The channel is gone. Called once for each channel that was handed to {@link setUp}, also when that did not end or
   * failed.
   *
   * @param alone - The connection stands: the broker closed this channel, because of something done on it. Not when we
   *   closed it ourselves.
   * @param code - AMQP reply code, when the broker closed the channel.
   */
  lost(reason: string, alone: boolean, code?: number): void;
}

/** A channel under the care of the link. */
export interface KeptChannel {
  /** Closes the channel and does not open it again. */
  close(): Promise<void>;
}

/** What keeps channels open. */
export interface ChannelKeeper {
  /** The connection that stands; `undefined`: none, just now. */
  readonly model: ChannelModel | undefined;
  /** Waits for a connection; `undefined`: there will be none any more. */
  connection(): Promise<ChannelModel | undefined>;
  readonly logger: Logger;
  readonly backoff: Backoff;
  readonly sleep: Sleep;
  /** The connection is given up for good. */
  readonly signal: AbortSignal;
}

const CLOSE_TIMEOUT_MS = 1_000;

/** Opens a channel now and after every loss, with growing delays while it cannot be set up. */
export function keepChannel<C extends Channel>(
  keeper: ChannelKeeper,
  plan: ChannelPlan<C>,
  open: (model: ChannelModel) => Promise<C>,
): KeptChannel {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, keeper.signal]);
  const { logger, backoff, sleep } = keeper;
  let current: C | undefined;

  /** From opening one channel to its loss; `undefined`: it was opened in vain, because nobody wants it any more. */
  const keepOne = async (model: ChannelModel, onReady: () => void): Promise<Loss | undefined> => {
    let isHanded = false;
    let loss: Loss;
    try {
      const channel = await open(model);
      const gone = closed(channel);
      current = channel;
      if (signal.aborted) {
        await atMost(CLOSE_TIMEOUT_MS, channel.close());
        return undefined;
      }
      isHanded = true;
      if (await Promise.race([plan.setUp(channel).then(() => true), gone.then(() => false)])) onReady();
      loss = await gone;
    } catch (error) {
      loss = lossOf(error);
      await atMost(CLOSE_TIMEOUT_MS, current?.close());
    }
    if (isHanded) plan.lost(loss.reason, model === keeper.model && !stop.signal.aborted, loss.code);
    current = undefined;
    return loss;
  };

  const run = async (): Promise<void> => {
    let attempt = 0;
    let isTold = false;
    for (;;) {
      const model = await keeper.connection();
      if (model === undefined || signal.aborted) return;
      const loss = await keepOne(model, () => {
        if (isTold) logger.info({ channel: plan.name }, 'channel is open again');
        isTold = false;
        attempt = 0;
      });
      if (loss === undefined || isAborted(signal)) return;
      // When the connection is gone, it was said already.
      if (model === keeper.model && !isTold && plan.isQuiet !== true) {
        logger.warn({ channel: plan.name, reason: loss.reason }, 'channel was closed; opening it again');
        isTold = true;
      }
      await sleep(fullJitterMs(attempt, backoff), signal);
      attempt += 1;
    }
  };

  const running = run();
  return {
    close: async () => {
      stop.abort();
      // While there is no connection it waits for one; then there is nothing to close.
      const ended = keeper.model === undefined ? undefined : running;
      await atMost(CLOSE_TIMEOUT_MS, Promise.allSettled([current?.close(), ended]));
    },
  };
}
