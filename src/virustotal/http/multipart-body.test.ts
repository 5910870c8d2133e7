import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import busboy from 'busboy';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectorError } from '../../shared/connector-error.js';
import type { CallBody } from './call.js';
import { cleanFileName, multipartBody } from './multipart-body.js';
import type { FileContent } from '../schema.js';

const SHA256_OF_DEMO = '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea';
const unaborted = new AbortController().signal;

function contentOf(pieces: readonly string[], changes: Partial<FileContent> = {}): FileContent {
  return {
    name: 'demo.bin',
    sizeBytes: undefined,
    hash: createHash('sha256').update(pieces.join('')).digest('hex'),
    open: () => Promise.resolve(Readable.from(pieces.map((piece) => Buffer.from(piece)))),
    ...changes,
  };
}

function streamOf({ content }: CallBody): Readable {
  if (content instanceof Readable) return content;
  throw new Error('expected a stream');
}

/** What a body sends before it ends, and why it ends before its time. */
async function sentBy(content: FileContent): Promise<{ text: string; error: unknown }> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of streamOf(multipartBody(content, unaborted))) pieces.push(piece as Buffer);
    return { text: Buffer.concat(pieces).toString(), error: undefined };
  } catch (error) {
    return { text: Buffer.concat(pieces).toString(), error };
  }
}

/** What somebody who is not us reads from a body. */
async function readBack(
  body: CallBody,
): Promise<{ field: string; name: string; type: string; text: string }[]> {
  const files: Promise<{ field: string; name: string; type: string; text: string }>[] = [];
  const parser = busboy({ headers: { ...body.headers }, defParamCharset: 'utf8', preservePath: true });
  parser.on('file', (field, stream, { filename, mimeType }) => {
    files.push(
      stream.toArray().then((pieces) => ({
        field,
        name: String(filename),
        type: mimeType,
        text: Buffer.concat(pieces as Buffer[]).toString(),
      })),
    );
  });
  streamOf(body).pipe(parser);
  await once(parser, 'close');
  return Promise.all(files);
}

describe('the body of an upload', () => {
  it('is one file part, of the length that is announced', async () => {
    const body = multipartBody(
      contentOf(['de', '', 'mo'], { sizeBytes: 4, hash: SHA256_OF_DEMO }),
      unaborted,
    );
    const boundary = /^multipart\/form-data; boundary=(file-[0-9a-f]{32})$/.exec(
      body.headers['content-type'] ?? '',
    )?.[1];
    const text = (await streamOf(body).toArray()).join('');
    expect(text).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="demo.bin"\r\n` +
        `Content-Type: application/octet-stream\r\n\r\ndemo\r\n--${boundary}--\r\n`,
    );
    expect(body.contentLength).toBe(text.length);
  });

  it('announces no length when the source tells none', async () => {
    const body = multipartBody(contentOf(['demo']), unaborted);
    expect(body).not.toHaveProperty('contentLength');
    expect(await readBack(body)).toEqual([
      { field: 'file', name: 'demo.bin', type: 'application/octet-stream', text: 'demo' },
    ]);
  });

  it.each<[string, readonly string[], Partial<FileContent>, string, string]>([
    ['fewer bytes than announced', ['de', 'm'], { sizeBytes: 4 }, 'invalid', 'came with only 3'],
    ['more bytes than announced', ['de', 'mo', '!'], { sizeBytes: 4 }, 'invalid', 'came with more'],
    [
      'other bytes than their hash promises',
      ['de', 'm0'],
      { sizeBytes: 4, hash: SHA256_OF_DEMO },
      'invalid',
      'not the one that its SHA-256 stands for',
    ],
    [
      'other bytes than their SHA-1 promises',
      ['de', 'm0'],
      { hash: '89e495e7941cf9e40e6980d14a16bf023ccd4c91' },
      'invalid',
      'not the one that its SHA-1 stands for',
    ],
    [
      'other bytes than their MD5 promises',
      ['de', 'm0'],
      { hash: 'fe01ce2a7fbac8fafaed7c982a04e229' },
      'invalid',
      'not the one that its MD5 stands for',
    ],
    ['bytes of which no hash is known', ['de', 'm0'], { hash: '' }, 'invalid', 'not the one'],
    ['no bytes at all', [], {}, 'invalid', 'is empty'],
  ])('ends before its time when the source gives %s', async (_, pieces, changes, kind, reason) => {
    const { text, error } = await sentBy(contentOf(pieces, changes));
    expect(error).toBeInstanceOf(ConnectorError);
    expect(error).toMatchObject({
      kind,
      untouched: true,
      message: expect.stringContaining(reason) as string,
    });
    // The last piece that came is held back.
    expect(text).not.toContain('--\r\n');
    expect(text.endsWith('mo') || text.endsWith('m0') || text.endsWith('m')).toBe(false);
  });

  it.each(['89e495e7941cf9e40e6980d14a16bf023ccd4c91', 'fe01ce2a7fbac8fafaed7c982a04e229'])(
    'arrives when its bytes are those that %s promises',
    async (hash) => {
      const { text, error } = await sentBy(contentOf(['de', 'mo'], { hash }));
      expect(error).toBeUndefined();
      expect(text).toMatch(/demo\r\n--file-[0-9a-f]{32}--\r\n$/);
    },
  );

  it('sends nothing of a file of one piece before all of it was found right', async () => {
    const { text } = await sentBy(contentOf(['wrong'], { hash: SHA256_OF_DEMO }));
    expect(text).not.toContain('wrong');
  });

  it('ends with the error of its source', async () => {
    const failure = new ConnectorError('The storage is away.', 'transient');
    const cut = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from('demo'));
      throw failure;
    };
    expect((await sentBy(contentOf([], { open: () => Promise.reject(failure) }))).error).toBe(failure);
    expect((await sentBy(contentOf([], { open: () => Promise.resolve(cut()) }))).error).toBe(failure);
  });

  it('opens its source only when it is read, and ends it when nobody reads any more', async () => {
    let opened: AbortSignal | undefined;
    const content = contentOf([], {
      open: (signal) => {
        opened = signal;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        });
      },
    });
    const stream = streamOf(multipartBody(content, unaborted));
    expect(opened).toBeUndefined();
    stream.read();
    await expect.poll(() => opened?.aborted).toBe(false);
    stream.destroy();
    await finished(stream).catch(() => undefined);
    expect(opened?.aborted).toBe(true);
  });

  it('ends its source when the call is given up', async () => {
    const stop = new AbortController();
    const content = contentOf([], {
      open: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new ConnectorError('The transfer was given up.', 'transient'));
          });
        }),
    });
    const reading = streamOf(multipartBody(content, stop.signal)).toArray();
    stop.abort();
    await expect(reading).rejects.toThrow('The transfer was given up.');
  });

  it('is read from the source no faster than it is taken', async () => {
    let given = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 1;
        yield await Promise.resolve(Buffer.alloc(65_536));
      }
    };
    const stream = streamOf(
      multipartBody(contentOf([], { open: () => Promise.resolve(endless()) }), unaborted),
    );
    for (let taken = 0; taken < 100; taken += 1) if (stream.read() === null) await once(stream, 'readable');
    const before = given;
    await new Promise((resolve) => setImmediate(resolve));
    expect([given - before, given < 110]).toEqual([0, true]);
    stream.destroy();
  });

  it('holds any bytes under any name, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1 }),
        async (name, pieces) => {
          const bytes = Buffer.concat(pieces);
          const body = multipartBody(
            {
              name,
              sizeBytes: bytes.length,
              hash: createHash('sha256').update(bytes).digest('hex'),
              open: () => Promise.resolve(Readable.from(pieces)),
            },
            unaborted,
          );
          const sent = Buffer.concat(await streamOf(body).toArray());
          expect(sent.length).toBe(body.contentLength);
          const again = { ...body, content: Readable.from([sent], { objectMode: false }) };
          const files = await readBack(again);
          expect(files).toEqual([
            {
              field: 'file',
              name: cleanFileName(name).replaceAll('"', '%22'),
              type: 'application/octet-stream',
              text: bytes.toString(),
            },
          ]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the name of an upload', () => {
  it.each([
    ['sample.exe', 'sample.exe'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\jdoe\\Desktop\\a "b".exe', 'a "b".exe'],
    ['a\r\nContent-Type: text/html\0.bin', 'html.bin'],
    ['invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['  démo 样本 🦠.bin ', 'démo 样本 🦠.bin'],
    ['lone \uD800 surrogate', 'lone  surrogate'],
    ['folder/', 'file'],
    ['..', 'file'],
    ['', 'file'],
    [`${'x'.repeat(300)}.exe`, `${'x'.repeat(251)}.exe`],
  ])('%j becomes %j', (name, clean) => {
    expect(cleanFileName(name)).toBe(clean);
  });
});
