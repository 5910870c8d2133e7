import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { requestOf } from '../../../test/helpers/enrichment-requests.js';
import { TEST_TOKEN, testClient } from '../../../test/helpers/platform-client.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { JsonObject } from '../../shared/json.js';
import { digestOf } from '../../simulators/platform/file-bytes.js';
import {
  startPlatformSimulator,
  type PlatformSimulator,
  type PlatformSimulatorOptions,
} from '../../simulators/platform/simulator.js';
import type { PlatformClientOptions } from '../graphql/client.js';
import { StorageArtifactReader } from './artifact-reader.js';

const MD5 = 'fe01ce2a7fbac8fafaed7c982a04e229';
const SHA1 = '89e495e7941cf9e40e6980d14a16bf023ccd4c91';
const SHA256 = '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea';
const ENTITY_ID = 'artifact--02fff920-f614-527c-81d1-6353633a6d21';
const OCTI = 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba';
const OCTI_SCO = 'extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82';
const TLP_RED = 'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed';
const MAX_BYTES = 1_000_000;

/** An Artifact whose file may be uploaded, in the platform's STIX form. */
const known: JsonObject = { hashes: { 'SHA-256': SHA256 } };

const request = requestOf({ entityId: ENTITY_ID, entityType: 'Artifact' });
const unaborted = new AbortController().signal;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function startPlatform(options: PlatformSimulatorOptions = {}): Promise<PlatformSimulator> {
  const platform = await startPlatformSimulator({ token: TEST_TOKEN, ...options });
  closing.push(() => platform.close());
  return platform;
}

/** A server that answers as a test tells it to, whatever the real platform would do. */
async function startServer(answer: RequestListener): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server: Server = createServer((incoming, response) => {
    asked.push(incoming);
    answer(incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function readerOf(
  url: string,
  { maxBytes = MAX_BYTES, ...changes }: Partial<PlatformClientOptions> & { maxBytes?: number } = {},
): StorageArtifactReader {
  const { client } = testClient(url, { retry: { maxAttempts: 1, baseMs: 1, maxMs: 1 }, ...changes });
  return new StorageArtifactReader({ client, maxBytes });
}

/** A reader whose GraphQL tells of one file, `import/a.bin`, and whose storage answers as told. */
async function readerOfStorage(
  answer: RequestListener,
  changes: Parameters<typeof readerOf>[1] = {},
): Promise<{ reader: StorageArtifactReader; asked: IncomingMessage[] }> {
  const { url, asked } = await startServer((incoming, response) => {
    if (incoming.url !== '/graphql') {
      answer(incoming, response);
      return;
    }
    incoming.resume();
    const edges = [{ node: { id: 'import/a.bin', name: 'a.bin', size: null } }];
    response.end(JSON.stringify({ data: { stixCyberObservable: { importFiles: { edges } } } }));
  });
  return { reader: readerOf(url, changes), asked };
}

async function bytesOf(reader: StorageArtifactReader, entity: JsonObject = known): Promise<Buffer> {
  const content = await reader.contentOf(request, entity);
  if (content === undefined) throw new Error('there is no file');
  const pieces: Uint8Array[] = [];
  for await (const piece of await content.open(unaborted)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function failureOf(promise: Promise<unknown>): Promise<ConnectorError> {
  const error: unknown = await promise.then(
    () => 'success',
    (reason: unknown) => reason,
  );
  if (error instanceof ConnectorError) return error;
  throw new Error(`expected a ConnectorError, got ${String(error)}`);
}

describe('the file of an artifact', () => {
  it('is found with its name, size and hash, and read when it is opened', async () => {
    const platform = await startPlatform({ basePath: '/opencti' });
    const content = { sizeBytes: 300_000, seed: 'sample' };
    const artifact = platform.addObservable(
      'Artifact',
      { hashes: { 'SHA-256': digestOf(content, 'sha256') } },
      { files: [{ name: 'a #1 50%?.bin', content }] },
    );
    const entity = platform.stixOf(artifact.standardId);
    const file = await readerOf(`${platform.url}/`).contentOf(
      requestOf({ entityId: artifact.standardId }),
      entity,
    );
    expect(file).toMatchObject({
      name: 'a #1 50%?.bin',
      sizeBytes: 300_000,
      hash: digestOf(content, 'sha256'),
      markings: [],
    });
    expect(platform.downloads).toEqual([]);
    const pieces: Uint8Array[] = [];
    for await (const piece of await file!.open(unaborted)) pieces.push(piece);
    expect(digestOf(Buffer.concat(pieces), 'sha256')).toBe(digestOf(content, 'sha256'));
    expect(platform.downloads).toEqual([`import/Artifact/${artifact.internalId}/a #1 50%?.bin`]);
  });

  it('is read in the draft of the request', async () => {
    const platform = await startPlatform();
    const draft = platform.createDraft('investigation');
    const hashes = { 'SHA-256': SHA256 };
    const files = [{ name: 'demo.bin', content: Buffer.from('demo') }];
    const artifact = platform.addObservable('Artifact', { hashes }, { draftId: draft.id, files });
    const reader = readerOf(platform.url);
    const entity = { hashes };

    const inDraft = requestOf({ entityId: artifact.standardId, draftId: draft.id });
    const file = await reader.contentOf(inDraft, entity);
    const pieces: Uint8Array[] = [];
    for await (const piece of await file!.open(unaborted)) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe('demo');

    await expect(
      reader.contentOf(requestOf({ entityId: artifact.standardId }), entity),
    ).resolves.toBeUndefined();
  });

  it('is the one that bears a name of the artifact when more are attached', async () => {
    const platform = await startPlatform();
    const artifact = platform.addObservable(
      'Artifact',
      { hashes: { 'SHA-256': SHA256 } },
      {
        files: [
          { name: 'report.pdf', content: Buffer.from('a report') },
          { name: 'sample.exe', content: Buffer.from('demo') },
        ],
      },
    );
    const reader = readerOf(platform.url);
    const ask = requestOf({ entityId: artifact.standardId });
    const named = { ...known, extensions: { [OCTI_SCO]: { additional_names: ['other.exe', 'sample.exe'] } } };
    expect((await reader.contentOf(ask, named))?.name).toBe('sample.exe');
    expect((await reader.contentOf(ask, known))?.name).toBe('report.pdf');
  });

  it('is missing when the platform lists none', async () => {
    const platform = await startPlatform();
    const artifact = platform.addObservable('Artifact', { hashes: { 'SHA-256': SHA256 } });
    const reader = readerOf(platform.url);
    const stale = {
      extensions: { [OCTI]: { files: [{ name: 'gone.bin', uri: '/storage/get/import/gone.bin' }] } },
    };
    const ask = requestOf({ entityId: artifact.standardId });
    await expect(reader.contentOf(ask, stale)).resolves.toBeUndefined();
  });

  it('is taken from the STIX form, without a size, when the platform does not show the entity', async () => {
    const { url } = await startServer((incoming, response) => {
      incoming.resume();
      response.end(JSON.stringify({ data: { stixCyberObservable: null } }));
    });
    const files = [
      { name: 'elsewhere', uri: 'https://files.example.com/storage/get/a' },
      { name: 'no-uri' },
      'nonsense',
      { uri: '/storage/get/import/Artifact/1/a b.bin', mime_type: 'text/plain' },
    ];
    const content = await readerOf(url).contentOf(request, { ...known, extensions: { [OCTI]: { files } } });
    expect(content).toMatchObject({ name: 'a b.bin', sizeBytes: undefined, markings: [] });
    await expect(readerOf(url).contentOf(request, known)).resolves.toBeUndefined();
  });

  it.each([
    [{ 'SHA-256': SHA256.toUpperCase() }, SHA256],
    [{ sha256: ` ${SHA256} ` }, SHA256],
    [{ MD5, 'SHA-1': SHA1, 'SHA-256': SHA256 }, SHA256],
    [{ MD5, 'SHA-1': SHA1, 'SHA-256': 'demo' }, SHA1],
    [{ MD5, 'SHA-1': MD5 }, MD5],
  ])('is known by the strongest of %j', async (hashes, hash) => {
    const { reader } = await readerOfStorage(() => undefined);
    expect((await reader.contentOf(request, { hashes }))?.hash).toBe(hash);
  });

  it.each([{}, { hashes: {} }, { hashes: { 'SHA-256': 'demo', 'SHA-512': SHA256.repeat(2) } }])(
    'is not handed out when nobody can tell whether it is the right one: %j',
    async (entity) => {
      const { reader, asked } = await readerOfStorage(() => undefined);
      const failure = await failureOf(reader.contentOf(request, entity));
      expect([failure.kind, failure.untouched, asked.length]).toEqual(['invalid', true, 1]);
      expect(failure.message).toContain('has no MD5, SHA-1 or SHA-256 hash');
    },
  );

  it.each([
    ['its own', [{ uri: '/storage/get/import/a.bin', object_marking_refs: [TLP_RED] }], [TLP_RED]],
    ['none', [{ name: 'a.bin', uri: '/storage/get/import/a.bin', object_marking_refs: [] }], []],
    ['none before platforms mark files', [{ name: 'a.bin', uri: '/storage/get/import/a.bin' }], []],
    [
      'those of its name where a draft spells its path otherwise',
      [{ name: 'a.bin', uri: '/storage/get/draft/1/a.bin', object_marking_refs: [TLP_RED] }],
      [TLP_RED],
    ],
    [
      'not those of another file',
      [
        { name: 'b.bin', uri: '/storage/get/import/b.bin', object_marking_refs: [TLP_RED] },
        { name: 'a.bin', uri: '/storage/get/import/a.bin', object_marking_refs: [] },
      ],
      [],
    ],
    [
      'unknown when they are no ids',
      [{ uri: '/storage/get/import/a.bin', object_marking_refs: [{}] }],
      undefined,
    ],
    ['unknown when it is not listed', [{ uri: '/storage/get/import/b.bin' }], undefined],
    ['unknown without a list', undefined, undefined],
  ])('has markings: %s', async (_name, files, markings) => {
    const { reader } = await readerOfStorage(() => undefined);
    const content = await reader.contentOf(request, { ...known, extensions: { [OCTI]: { files } } });
    expect(content?.markings).toEqual(markings);
  });

  it('is asked for with the token, by custom headers too, and never compressed', async () => {
    const { reader, asked } = await readerOfStorage((_, response) => response.end('demo'), {
      customHeaders: { 'X-Proxy-Key': 'abc' },
    });
    expect((await bytesOf(reader)).toString()).toBe('demo');
    expect(asked[1]?.url).toBe('/storage/get/import/a.bin');
    expect(asked[1]?.headers).toMatchObject({
      authorization: `Bearer ${TEST_TOKEN}`,
      'x-proxy-key': 'abc',
      'opencti-draft-id': '',
      'accept-encoding': 'identity',
      'user-agent': 'opencti-virustotal/1.0.0',
    });
  });
});

describe('a file that is too large', () => {
  it('is refused before it is opened when its size is known', async () => {
    const platform = await startPlatform();
    const artifact = platform.addObservable(
      'Artifact',
      { hashes: { 'SHA-256': SHA256 } },
      { files: [{ name: 'large.bin', content: { sizeBytes: 34_603_009, seed: '' } }] },
    );
    const reader = readerOf(platform.url, { maxBytes: 33_554_432 });
    const failure = await failureOf(reader.contentOf(requestOf({ entityId: artifact.standardId }), known));
    expect(failure.kind).toBe('invalid');
    expect(failure.message).toBe(
      'The file of 33.0 MB is larger than the 32 MB that may be uploaded; raise VIRUSTOTAL_FILE_UPLOAD_MAX_MB to upload it.',
    );
    expect(platform.downloads).toEqual([]);
  });

  it('is broken off while it is read when its size is not known', async () => {
    let closed = false;
    const { reader } = await readerOfStorage((_, response) => {
      response.on('close', () => (closed = true));
      const send = (): void => {
        while (!closed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', send);
      send();
    });
    const failure = await failureOf(bytesOf(reader));
    expect([failure.kind, failure.untouched]).toEqual(['invalid', true]);
    expect(failure.message).toContain('larger than the 0 MB that may be uploaded');
    await expect.poll(() => closed).toBe(true);
  });
});

describe('a file that cannot be had', () => {
  it.each([
    [401, '', 'configuration', 'HTTP 401'],
    [403, 'Forbidden', 'configuration', 'check OPENCTI_TOKEN'],
    [404, '<html>Not found</html>', 'invalid', 'does not have the file any more'],
    [500, '<html>Internal error</html>', 'invalid', '(HTTP 500); attach it again'],
    [502, '<html>No backend</html>', 'transient', 'not available'],
    [503, '<html>No backend</html>', 'transient', 'not available'],
    [503, '{"status":"error","error":"connect ECONNREFUSED"}', 'transient', '(connect ECONNREFUSED)'],
    [503, '{"status":"error","error":"getaddrinfo ENOTFOUND minio"}', 'transient', 'ENOTFOUND minio'],
    [503, '{"status":"error","error":"File not found"}', 'invalid', '(File not found); attach it again'],
    [503, '{"status":"error","error":"No existing file"}', 'invalid', '(No existing file)'],
    [503, `{"status":"error","error":"bad ${TEST_TOKEN}"}`, 'invalid', '(bad [redacted])'],
    [503, `{"status":"error","error":"${'x'.repeat(9_000)}"}`, 'transient', 'not available'],
  ])('is told by HTTP %i %s as %s', async (status, body, kind, text) => {
    const { reader } = await readerOfStorage((_, response) => response.writeHead(status).end(body));
    const failure = await failureOf(bytesOf(reader));
    expect([failure.kind, failure.untouched]).toEqual([kind, true]);
    expect(failure.message).toContain(text);
  });

  it('is not a page that somebody says with status 200, but may be a page that is attached', async () => {
    const answers = [
      { 'content-type': 'text/html' },
      { 'content-type': 'text/html', 'content-disposition': 'attachment; filename="page.html"' },
      { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' },
    ];
    const { reader } = await readerOfStorage((_, response) =>
      response.writeHead(200, answers.shift()).end('<html></html>'),
    );
    expect((await failureOf(bytesOf(reader))).message).toContain('not answered by the OpenCTI API');
    expect((await bytesOf(reader)).toString()).toBe('<html></html>');
    expect((await failureOf(bytesOf(reader))).kind).toBe('transient');
  });

  it('is not looked for where a redirect leads', async () => {
    const other = await startServer((_, response) => response.end('demo'));
    const { reader } = await readerOfStorage((_, response) =>
      response.writeHead(302, { location: `${other.url}/storage/get/import/a.bin` }).end(),
    );
    const failure = await failureOf(bytesOf(reader));
    expect([failure.kind, other.asked]).toEqual(['configuration', []]);
    expect(failure.message).toContain('redirected (HTTP 302)');
  });

  it.each(['import/../../graphql', './import/a.bin', '', 'import//a.bin', '..'])(
    'is not looked for beside the storage, where %j leads',
    async (id) => {
      const { url, asked } = await startServer((incoming, response) => {
        incoming.resume();
        const edges = [{ node: { id: id === '' ? '/' : id, name: 'a.bin', size: 4 } }];
        response.end(JSON.stringify({ data: { stixCyberObservable: { importFiles: { edges } } } }));
      });
      expect((await failureOf(bytesOf(readerOf(url)))).kind).toBe('invalid');
      expect(asked).toHaveLength(1);
    },
  );

  it('is one whose transfer breaks off', async () => {
    const platform = await startPlatform();
    const files = [{ name: 'a.bin', content: { sizeBytes: 300_000, seed: 'a' } }];
    const artifact = platform.addObservable('Artifact', { hashes: { 'SHA-256': SHA256 } }, { files });
    platform.faults.fail('storage', { kind: 'cut', afterBytes: 100_000 });
    const content = await readerOf(platform.url).contentOf(
      requestOf({ entityId: artifact.standardId }),
      known,
    );
    const read = async (): Promise<number> => {
      let received = 0;
      for await (const piece of await content!.open(unaborted)) received += piece.length;
      return received;
    };
    const failure = await failureOf(read());
    expect([failure.kind, failure.untouched]).toEqual(['transient', true]);
    expect(await read()).toBe(300_000);
  });

  it('is one of which nothing comes for too long, before the answer or after a beginning', async () => {
    const { reader } = await readerOfStorage(
      (() => {
        let answered = false;
        return (_, response) => {
          if (answered) response.writeHead(200).write('begin');
          answered = true;
        };
      })(),
      { downloadIdleMs: 50 },
    );
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const failure = await failureOf(bytesOf(reader));
      expect([failure.kind, failure.message]).toEqual([
        'transient',
        'OpenCTI sent nothing of a file for 0.05 s; look at the platform and its storage if it persists.',
      ]);
    }
  });

  it('is one that nobody wants any more', async () => {
    const { reader } = await readerOfStorage((_, response) => response.writeHead(200).write('begin'));
    const stop = new AbortController();
    const content = await reader.contentOf(request, known);
    const read = async (): Promise<void> => {
      for await (const piece of await content!.open(stop.signal)) if (piece.length > 0) stop.abort();
    };
    expect((await failureOf(read())).kind).toBe('transient');
  });

  it('is one of a platform that cannot be asked', async () => {
    const { url } = await startServer((_, response) => response.writeHead(502).end('<html></html>'));
    expect((await failureOf(readerOf(url).contentOf(request, known))).kind).toBe('transient');
  });
});
