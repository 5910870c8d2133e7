import { describe, expect, it } from 'vitest';
import type { FileContent } from '../schema.js';
import { startContent } from './started-content.js';

const unaborted = new AbortController().signal;

/** A source that tells what happens to it. */
function watched(pieces: readonly string[]): FileContent & { readonly events: string[] } {
  const events: string[] = [];
  const read = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of pieces) {
        events.push(`gives ${piece}`);
        yield await Promise.resolve(Buffer.from(piece));
      }
    } finally {
      events.push('over');
    }
  };
  return {
    name: 'demo.bin',
    sizeBytes: undefined,
    hash: '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea',
    events,
    open: (signal) => {
      events.push('opened');
      signal.addEventListener('abort', () => events.push('aborted'));
      return Promise.resolve(read());
    },
  };
}

async function textOf(content: FileContent, signal = unaborted): Promise<string> {
  let text = '';
  for await (const piece of await content.open(signal)) text += Buffer.from(piece).toString();
  return text;
}

describe('a file that is begun', () => {
  it('is read no further than its first bytes, and given whole to whoever opens it', async () => {
    const source = watched(['', 'de', 'mo']);
    const { content, close } = await startContent(source, unaborted);
    expect(source.events).toEqual(['opened', 'gives ', 'gives de']);
    expect(await textOf(content)).toBe('demo');
    close();
    expect(source.events).toEqual(['opened', 'gives ', 'gives de', 'gives mo', 'over']);
  });

  it('is opened again for everybody after the first', async () => {
    const source = watched(['demo']);
    const { content } = await startContent(source, unaborted);
    expect([await textOf(content), await textOf(content)]).toEqual(['demo', 'demo']);
    expect(source.events.filter((event) => event === 'opened')).toHaveLength(2);
  });

  it('ends when nobody wants it', async () => {
    const source = watched(['de', 'mo']);
    const { close } = await startContent(source, unaborted);
    close();
    await expect.poll(() => source.events).toEqual(['opened', 'gives de', 'aborted', 'over']);
  });

  it('ends with the signal of whoever has it, and with no other', async () => {
    const source = watched(['de', 'mo']);
    const [first, taker] = [new AbortController(), new AbortController()];
    const { content } = await startContent(source, first.signal);
    await content.open(taker.signal);
    first.abort();
    expect(source.events).not.toContain('aborted');
    taker.abort();
    expect(source.events).toContain('aborted');
  });

  it('ends when it is not read to its end', async () => {
    const source = watched(['de', 'mo', '!!']);
    const { content } = await startContent(source, unaborted);
    for await (const piece of await content.open(unaborted)) if (piece.length > 0) break;
    expect(source.events.at(-1)).toBe('over');
  });

  it('ends while it is opened when the call is given up', async () => {
    const stop = new AbortController();
    const source: FileContent = {
      ...watched([]),
      open: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    };
    const beginning = startContent(source, stop.signal);
    stop.abort(new Error('given up'));
    await expect(beginning).rejects.toThrow('given up');
  });
});
