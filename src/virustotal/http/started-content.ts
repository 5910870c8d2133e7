import type { FileContent } from '../schema.js';
import { emptyFile } from './multipart-body.js';

/** A file of which it is known that it can be read. */
export interface StartedContent {
  /** Gives what was opened to whoever opens it first, and opens the source again for every other. */
  readonly content: FileContent;
  /** Ends the transfer from the source, unless somebody has it. */
  close(): void;
}

/**
 * Opens the source of a file and takes its first bytes, which whoever reads it gets later; until then nothing more is
 * taken from it.
 *
 * @param signal - Ends the transfer while this runs. Later `close` does, or the signal of whoever has it.
 * @throws whatever the source throws; ConnectorError (`invalid`) when the file is empty.
 */
export async function startContent(content: FileContent, signal: AbortSignal): Promise<StartedContent> {
  const ending = new AbortController();
  const endWith = (other: AbortSignal): (() => void) => {
    const abort = (): void => {
      ending.abort(other.reason);
    };
    other.addEventListener('abort', abort, { once: true });
    if (other.aborted) abort();
    return () => {
      other.removeEventListener('abort', abort);
    };
  };
  const release = endWith(signal);
  try {
    const pieces = (await content.open(ending.signal))[Symbol.asyncIterator]();
    const first = await firstPiece(pieces);
    let isTaken = false;
    const take = (taker: AbortSignal): Promise<AsyncIterable<Uint8Array>> => {
      isTaken = true;
      endWith(taker);
      return Promise.resolve(wholeOf(first, pieces));
    };
    return {
      content: { ...content, open: (taker) => (isTaken ? content.open(taker) : take(taker)) },
      close: () => {
        if (isTaken) return;
        isTaken = true;
        ending.abort();
        pieces.return?.().catch(() => undefined);
      },
    };
  } catch (error) {
    ending.abort(error);
    throw error;
  } finally {
    release();
  }
}

async function firstPiece(pieces: AsyncIterator<Uint8Array, unknown>): Promise<Uint8Array> {
  for (;;) {
    const { done, value } = await pieces.next();
    if (done === true) throw emptyFile();
    if (value.length > 0) return value;
  }
}

async function* wholeOf(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array, unknown>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
