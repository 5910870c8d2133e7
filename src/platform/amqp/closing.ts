import type { Channel, ChannelModel } from 'amqplib';
import { describeError } from '../../shared/connector-error.js';

/** Why a channel or a connection is gone. */
export interface Loss {
  readonly reason: string;
  /** AMQP reply code, when the broker closed it: 404 for what does not exist, 403 for what is forbidden. */
  readonly code?: number | undefined;
}

/** The loss that an error means. */
export function lossOf(error: unknown): Loss {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return { reason: describeError(error), code: typeof code === 'number' ? code : undefined };
}

/**
 * Resolves when it has closed. Must be called in the same turn in which the emitter was created: an `error` nobody
 * listens to ends the process.
 */
export function closed(emitter: Channel | ChannelModel): Promise<Loss> {
  let loss: Loss = { reason: 'closed' };
  emitter.on('error', (error: unknown) => {
    loss = lossOf(error);
  });
  return new Promise((resolve) => {
    emitter.on('close', (error?: unknown) => {
      resolve(error === undefined ? loss : lossOf(error));
    });
  });
}
