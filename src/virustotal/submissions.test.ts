import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import type { Clock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import { noTelemetry } from '../shared/telemetry.js';
import { Catalog } from '../simulators/virustotal/catalog.js';
import type { Behaviour } from '../simulators/virustotal/behaviour.js';
import {
  startVirusTotalSimulator,
  type VirusTotalSimulator,
  type VirusTotalSimulatorOptions,
} from '../simulators/virustotal/server.js';
import { QuotaExceededError, VirusTotalError } from './errors.js';
import type { Asker, FileContent } from './schema.js';
import { VirusTotalSubmissions } from './submissions.js';
import type { Pacer } from './http/pacer.js';
import { type TransportOptions, VirusTotalTransport } from './http/transport.js';

const KEY = '0123456789abcdef'.repeat(4);
const asker: Asker = { priority: 'manual' };
/** Digests of the four bytes `demo`. */
const demo = {
  md5: 'fe01ce2a7fbac8fafaed7c982a04e229',
  sha1: '89e495e7941cf9e40e6980d14a16bf023ccd4c91',
  sha256: '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea',
};
const MAX_DIRECT = 33_554_432;

let elapsedMs: number;
const clock: Clock = { now: () => new Date(Date.parse('2025-06-01T12:00:00Z') + elapsedMs) };
let dispatcher: Agent;
let log: ReturnType<typeof recordedLogger>;
/** Units taken less those given back. */
let units: number;
const closing: (() => Promise<void>)[] = [];

beforeEach(() => {
  elapsedMs = 0;
  units = 0;
  dispatcher = new Agent();
  log = recordedLogger();
});
afterEach(async () => {
  await dispatcher.destroy();
  await Promise.all(closing.splice(0).map((close) => close()));
  expect(JSON.stringify(log.lines)).not.toContain(KEY);
});

const pacer: Pacer = {
  acquire: () => {
    units += 1;
    return Promise.resolve({
      answered: () => Promise.resolve(),
      giveBack: () => {
        units -= 1;
        return Promise.resolve();
      },
    });
  },
  blocked: () => Promise.reject(new ConnectorError('No look-up is left.', 'transient')),
};

async function startVirusTotal(
  behaviour: Partial<Behaviour> = {},
  options: VirusTotalSimulatorOptions = {},
): Promise<{ virusTotal: VirusTotalSimulator; submissions: VirusTotalSubmissions }> {
  const virusTotal = await startVirusTotalSimulator({ clock, behaviour, ...options });
  closing.push(() => virusTotal.close());
  return { virusTotal, submissions: submissionsAt(virusTotal.url) };
}

function submissionsAt(baseUrl: string, changes: Partial<TransportOptions> = {}): VirusTotalSubmissions {
  const transport = new VirusTotalTransport({
    baseUrl,
    apiKey: KEY,
    tool: 'Example-Product',
    userAgent: 'example/1.0',
    dispatcher,
    clock,
    logger: log.logger,
    telemetry: noTelemetry,
    timeouts: { headersMs: 5_000, bodyMs: 5_000, totalMs: 5_000 },
    sleep: () => Promise.resolve(),
    random: () => 0.5,
    pacer,
    ...changes,
  });
  return new VirusTotalSubmissions(transport, baseUrl);
}

function fileOf(
  pieces: readonly string[],
  changes: Partial<FileContent> = {},
): FileContent & { opened: number } {
  const content = {
    name: 'démo.bin',
    sizeBytes: pieces.join('').length,
    hash: createHash('sha256').update(pieces.join('')).digest('hex'),
    opened: 0,
    open: () => {
      content.opened += 1;
      return Promise.resolve(Readable.from(pieces.map((piece) => Buffer.from(piece))));
    },
    ...changes,
  };
  return content;
}

async function* brokenSource(error: Error): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.alloc(0));
  throw error;
}

async function failureOf(promise: Promise<unknown>): Promise<ConnectorError> {
  const error: unknown = await promise.then(
    () => 'success',
    (reason: unknown) => reason,
  );
  if (error instanceof ConnectorError) return error;
  throw new Error(`expected a ConnectorError, got ${String(error)}`);
}

/** A server that answers one request after reading or not reading it, as told. */
async function startServer(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`;
}

describe('a file that VirusTotal does not know', () => {
  it('is uploaded under its name, with its length, and followed to its report, all free of charge', async () => {
    const { virusTotal, submissions } = await startVirusTotal();
    const submission = await submissions.submitFile(fileOf(['de', 'mo'], { hash: demo.sha256 }), asker);
    expect(submission).toEqual({
      analysisId: 'ZmUwMWNlMmE3ZmJhYzhmYWZhZWQ3Yzk4MmEwNGUyMjk6MTc0ODc3OTIwMA==',
      free: true,
    });
    const statuses: unknown[] = [];
    for (elapsedMs of [0, 5_000, 15_000]) statuses.push(await submissions.analysisStatus(submission!, asker));
    expect(statuses).toEqual(['queued', 'in-progress', 'completed']);
    expect(virusTotal.catalog.find('file', demo.sha256)?.attributes).toMatchObject({ names: ['démo.bin'] });
    const [upload] = virusTotal.log.entries;
    expect(upload).toMatchObject({ method: 'POST', path: '/files', uploadedBytes: 4 });
    expect(Number(upload?.headers['content-length'])).toBeGreaterThan(4);
    expect([virusTotal.log.quotaUnits, units]).toEqual([0, 0]);
  });

  it.each([
    ['of exactly 32 MB at once', MAX_DIRECT, ['POST /files'], 0],
    ['of more by an upload URL', MAX_DIRECT + 1, ['GET /files/upload_url', 'POST /_ah/upload/…'], 1],
  ])('goes up %s', async (_, sizeBytes, calls, cost) => {
    const { virusTotal, submissions } = await startVirusTotal();
    const bytes = Buffer.alloc(sizeBytes, 'x');
    const hash = createHash('sha256').update(bytes).digest('hex');
    const content = fileOf([], { sizeBytes, hash, open: () => Promise.resolve(Readable.from([bytes])) });
    const submission = await submissions.submitFile(content, asker);
    expect(await submissions.analysisStatus(submission!, asker)).toBe('queued');
    const made = virusTotal.log.entries.map(({ method, path }) => `${method} ${path}`);
    expect(made.slice(0, -1).map((call) => call.replace(/upload\/.*/, 'upload/…'))).toEqual(calls);
    expect([virusTotal.log.quotaUnits, units]).toEqual([cost, cost]);
  });

  it('goes up by an upload URL, in chunks, when its size is not known', async () => {
    const { virusTotal, submissions } = await startVirusTotal();
    const submission = await submissions.submitFile(fileOf(['demo'], { sizeBytes: undefined }), asker);
    expect(submission?.free).toBe(true);
    const upload = virusTotal.log.entries[1];
    expect(upload?.path).toMatch(/^\/_ah\/upload\/[\w-]+\/$/);
    expect(upload?.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    expect(upload?.headers).not.toHaveProperty('content-length');
  });

  it.each<[string, FileContent['open'], string]>([
    [
      'cannot be opened',
      () => Promise.reject(new ConnectorError('OpenCTI is away.', 'transient', { untouched: true })),
      'OpenCTI is away.',
    ],
    [
      'breaks off at once',
      () => Promise.resolve(brokenSource(new ConnectorError('The storage is away.', 'transient'))),
      'The storage is away.',
    ],
    [
      'breaks off for a reason that is not for people',
      () => Promise.resolve(brokenSource(new Error('no'))),
      'What was to be sent to VirusTotal could not be read (Error); ask again later.',
    ],
    [
      'is empty',
      () => Promise.resolve(Readable.from([Buffer.alloc(0)])),
      'The file of the artifact is empty; there is nothing to upload.',
    ],
  ])('costs nothing when it is large and its source %s', async (_, open, message) => {
    const { virusTotal, submissions } = await startVirusTotal();
    const content = fileOf([], { sizeBytes: MAX_DIRECT + 1, open });
    expect((await failureOf(submissions.submitFile(content, asker))).message).toBe(message);
    expect([virusTotal.log.entries, units]).toEqual([[], 0]);
  });

  it('is opened once for its upload by an upload URL, and again for another', async () => {
    const { virusTotal, submissions } = await startVirusTotal();
    const content = fileOf(['de', '', 'mo'], { sizeBytes: undefined, hash: demo.sha256 });
    await submissions.submitFile(content, asker);
    expect(content.opened).toBe(1);
    virusTotal.faults.add('POST *', { kind: 'error', status: 429, code: 'TooManyRequestsError' });
    await submissions.submitFile(content, asker);
    expect(content.opened).toBe(3);
    expect(virusTotal.log.matching(({ uploadedBytes }) => uploadedBytes === 4).length).toBe(2);
  });

  it('waits for a unit when it came too often', async () => {
    const { virusTotal, submissions } = await startVirusTotal();
    virusTotal.faults.add('POST *', { kind: 'error', status: 429, code: 'TooManyRequestsError' }, 3);
    expect((await submissions.submitFile(fileOf(['demo']), asker))?.free).toBe(true);
    expect(units).toBe(1);
  });

  it('is not submitted again while it is analysed', async () => {
    const { submissions } = await startVirusTotal({ concurrentSubmission: 'conflict' });
    await submissions.submitFile(fileOf(['demo']), asker);
    await expect(submissions.submitFile(fileOf(['demo']), asker)).resolves.toBeUndefined();
  });

  it('is refused by name when it is too large for VirusTotal', async () => {
    const { submissions } = await startVirusTotal({ maxDirectUploadBytes: 3 });
    const failure = await failureOf(submissions.submitFile(fileOf(['demo']), asker));
    expect([failure.kind, failure.uncertain]).toEqual(['invalid', false]);
    expect(failure.message).toContain('lower VIRUSTOTAL_FILE_UPLOAD_MAX_MB');
  });

  it('costs a unit only when VirusTotal refuses to take it for nothing', async () => {
    const catalog = new Catalog();
    catalog.addFile({ ...demo, last_analysis_stats: {}, last_analysis_results: {} });
    const limits = { perMinute: 2 };
    const { virusTotal, submissions } = await startVirusTotal({}, { catalog, quota: limits });
    virusTotal.quota.spend(KEY, 2);
    const content = fileOf(['demo']);
    const failure = await failureOf(submissions.submitFile(content, asker));
    // The pacer of this test has nothing left; what counts is that it was asked.
    expect([failure.message, units, content.opened]).toEqual(['No look-up is left.', 1, 2]);

    elapsedMs = 60_000;
    const submission = await submissions.submitFile(content, asker);
    expect(submission?.free).toBe(true);
    virusTotal.quota.spend(KEY, 1);
    expect((await failureOf(submissions.analysisStatus(submission!, asker))).message).toBe(
      'No look-up is left.',
    );
    expect(units).toBe(2);
  });

  it('is told to be refused for lack of quota when nobody counts', async () => {
    const { virusTotal } = await startVirusTotal({}, { quota: { perMinute: 0 } });
    const submissions = submissionsAt(virusTotal.url, { pacer: undefined });
    const failure = await failureOf(
      submissions.submitFile(fileOf(['demo'], { sizeBytes: undefined }), asker),
    );
    expect(failure).toBeInstanceOf(QuotaExceededError);
  });
});

describe('a file that is not what it should be', () => {
  const PIECE = 100_000;
  it.each<[string, string, Partial<FileContent>]>([
    ['other bytes than its hash promises', 'x', { sizeBytes: 2 * PIECE + 1, hash: demo.sha256 }],
    ['fewer bytes than announced', '', { sizeBytes: 2 * PIECE + 1 }],
    ['more bytes than announced', 'xx', { sizeBytes: 2 * PIECE + 1 }],
    ['other bytes, of unknown number', 'x', { sizeBytes: undefined, hash: demo.sha256 }],
  ])('never arrives whole: %s', async (_, last, changes) => {
    let arrived: (() => void) | undefined;
    const isArriving = new Promise<void>((resolve) => (arrived = resolve));
    const { virusTotal, submissions } = await startVirusTotal({
      pendingFile: 'without-verdicts',
      uploadPace: () => {
        arrived?.();
        return undefined;
      },
    });
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(PIECE, 'a');
      yield Buffer.alloc(PIECE, 'b');
      await isArriving;
      yield Buffer.from(last);
    };
    const content = fileOf([], { ...changes, open: () => Promise.resolve(pieces()) });
    const failure = await failureOf(submissions.submitFile(content, asker));
    expect(failure).not.toBeInstanceOf(VirusTotalError);
    expect([failure.untouched, failure.message]).toEqual([
      true,
      expect.stringContaining('The file of the artifact') as string,
    ]);
    const upload = virusTotal.log.matching(({ method }) => method === 'POST')[0];
    // What the simulator says to a body that breaks off, though nobody hears it.
    await expect.poll(() => upload?.status).toBe(400);
    expect(upload?.uploadedBytes).toBeLessThan(2 * PIECE + last.length);
    expect(virusTotal.catalog.find('file', digestOfSent(last))).toBeUndefined();
  });

  function digestOfSent(last: string): string {
    const bytes = [Buffer.alloc(PIECE, 'a'), Buffer.alloc(PIECE, 'b'), Buffer.from(last)];
    return createHash('sha256').update(Buffer.concat(bytes)).digest('hex');
  }

  it('fails with the error of its source, and is opened once', async () => {
    const { virusTotal, submissions } = await startVirusTotal();
    const away = new ConnectorError('OpenCTI is away.', 'transient');
    let opened = 0;
    const content = fileOf(['demo'], {
      open: () => {
        opened += 1;
        return Promise.reject(away);
      },
    });
    expect(await failureOf(submissions.submitFile(content, asker))).toBe(away);
    expect([opened, virusTotal.log.matching(({ uploadedBytes }) => uploadedBytes > 0)]).toEqual([1, []]);
  });
});

describe('an upload', () => {
  it('waits while VirusTotal does not read', async () => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { submissions } = await startVirusTotal({ uploadPace: () => held });
    const total = 400;
    let given = 0;
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (; given < total; given += 1) yield await Promise.resolve(Buffer.alloc(65_536, given));
    };
    const all = createHash('sha256');
    for (let piece = 0; piece < total; piece += 1) all.update(Buffer.alloc(65_536, piece));
    const upload = submissions.submitFile(
      fileOf([], {
        sizeBytes: total * 65_536,
        hash: all.digest('hex'),
        open: () => Promise.resolve(pieces()),
      }),
      asker,
    );
    // It comes to a halt when the buffers of both sockets are full.
    let seen = -1;
    await expect
      .poll(
        () => {
          const hasStopped = given > 0 && given === seen;
          seen = given;
          return hasStopped;
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(given).toBeLessThan(total / 2);
    release?.();
    expect((await upload)?.free).toBe(true);
    expect(given).toBe(total);
  });

  it.each([
    ['the connection is lost after it', { kind: 'reset' as const }],
    ['a page comes instead of the answer', { kind: 'html' as const, status: 502 }],
    ['VirusTotal has a fault', { kind: 'error' as const, status: 503, code: 'TransientError' }],
  ])('is not repeated when %s, since it may have been taken', async (_, fault) => {
    const { virusTotal, submissions } = await startVirusTotal();
    virusTotal.faults.add('POST *', fault);
    const content = fileOf(['demo']);
    const failure = await failureOf(submissions.submitFile(content, asker));
    expect([failure.kind, failure.uncertain, content.opened]).toEqual(['transient', true, 1]);
    const again = fileOf(['demo']);
    expect(virusTotal.log.entries).toHaveLength(1);
    expect((await submissions.submitFile(again, asker))?.free).toBe(true);
  });

  it('is repeated when no connection came about', async () => {
    const closed = await startServer(undefined);
    await closing.pop()?.();
    const content = fileOf(['demo']);
    const failure = await failureOf(submissionsAt(closed).submitFile(content, asker));
    expect([failure.kind, failure.uncertain, content.opened]).toEqual(['transient', false, 0]);
  });
});

describe('an upload URL', () => {
  /** What is made of an address that VirusTotal names. */
  async function uploadTo(address: string): Promise<ConnectorError> {
    const { virusTotal, submissions } = await startVirusTotal();
    virusTotal.faults.add('GET /files/upload_url', { kind: 'rewrite', rewrite: () => ({ data: address }) });
    return failureOf(submissions.submitFile(fileOf(['demo'], { sizeBytes: undefined }), asker));
  }

  it.each([
    ['https://uploads.example.com/_ah/upload/x/', 'uploads.example.com'],
    ['http://127.0.0.1:1/_ah/upload/x/', '127.0.0.1:1'],
    ['file:///etc/passwd', 'no usable address'],
    ['/_ah/upload/x/', 'no usable address'],
  ])('%s is not trusted, and the file stays here', async (address, named) => {
    const failure = await uploadTo(address);
    expect([failure.kind, failure.untouched]).toEqual(['configuration', true]);
    expect(failure.message).toContain(`VirusTotal names ${named} as the place for an upload`);
  });

  it('of a foreign host is never asked', async () => {
    const asked: string[] = [];
    const foreign = await startServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('{}');
    });
    const { submissions } = await startVirusTotal({ uploadUrlOrigin: new URL(foreign).origin });
    let signal: AbortSignal | undefined;
    let isOver = false;
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(Buffer.from('demo'));
      } finally {
        isOver = true;
      }
    };
    const content = fileOf([], {
      sizeBytes: undefined,
      open: (given: AbortSignal) => {
        signal = given;
        return Promise.resolve(pieces());
      },
    });
    expect((await failureOf(submissions.submitFile(content, asker))).kind).toBe('configuration');
    expect(asked).toEqual([]);
    // Nothing more is read from the source.
    await expect.poll(() => isOver).toBe(true);
    expect(signal?.aborted).toBe(true);
  });

  it('with credentials is not trusted', async () => {
    const { virusTotal, submissions } = await startVirusTotal();
    const { host } = new URL(virusTotal.url);
    virusTotal.faults.add('GET /files/upload_url', {
      kind: 'rewrite',
      rewrite: () => ({ data: `http://somebody:secret@${host}/_ah/upload/x/` }),
    });
    const failure = await failureOf(
      submissions.submitFile(fileOf(['demo'], { sizeBytes: undefined }), asker),
    );
    expect([failure.kind, failure.message.includes('secret')]).toEqual(['configuration', false]);
  });

  it('that is not valid any more says so, for another try', async () => {
    const { virusTotal, submissions } = await startVirusTotal();
    const { origin } = new URL(virusTotal.url);
    virusTotal.faults.add('GET /files/upload_url', {
      kind: 'rewrite',
      rewrite: () => ({ data: `${origin}/_ah/upload/used/` }),
    });
    const failure = await failureOf(
      submissions.submitFile(fileOf(['demo'], { sizeBytes: undefined }), asker),
    );
    expect([failure.kind, failure.untouched]).toEqual(['transient', true]);
  });

  it('without TLS is used with TLS when the API is', async () => {
    const asked: string[] = [];
    const recording = new Agent().compose(() => (options, handler) => {
      asked.push(`${options.method} ${String(options.origin)}${options.path}`);
      const answer = { data: 'http://www.virustotal.com/_ah/upload/token/?x=1' };
      const body = options.method === 'GET' ? answer : { data: { type: 'analysis', id: 'f-1' } };
      const controller = { abort: () => undefined, pause: () => undefined, resume: () => undefined } as never;
      handler.onRequestStart?.(controller, {});
      handler.onResponseStart?.(controller, 200, { 'content-type': 'application/json' }, 'OK');
      handler.onResponseData?.(controller, Buffer.from(JSON.stringify(body)));
      handler.onResponseEnd?.(controller, {});
      return true;
    });
    const submissions = submissionsAt('https://www.virustotal.com/api/v3', { dispatcher: recording });
    await submissions.submitFile(fileOf(['demo'], { sizeBytes: undefined }), asker);
    expect(asked).toEqual([
      'GET https://www.virustotal.com/api/v3/files/upload_url',
      'POST https://www.virustotal.com/_ah/upload/token/?x=1',
    ]);
  });
});

describe('a URL', () => {
  it('is submitted as a form, for one unit, and followed for one each', async () => {
    const { virusTotal, submissions } = await startVirusTotal();
    const submission = await submissions.submitUrl('http://example.com/a?b=c&d=é+f', asker);
    expect(submission).toEqual({
      analysisId: expect.stringMatching(/^u-[0-9a-f]{64}-1748779200$/),
      free: false,
    });
    elapsedMs = 15_000;
    expect(await submissions.analysisStatus(submission, asker)).toBe('completed');
    const [, id] = submission.analysisId.split('-');
    expect(virusTotal.catalog.find('url', id!)?.attributes.url).toBe('http://example.com/a?b=c&d=%C3%A9+f');
    expect([virusTotal.log.quotaUnits, units]).toEqual([2, 2]);
  });

  it.each([
    ['the connection is lost after it', { kind: 'reset' as const }],
    ['a page comes instead of the answer', { kind: 'html' as const, status: 200 }],
  ])('is submitted again when %s, which a person would have to do otherwise', async (_, fault) => {
    const { virusTotal, submissions } = await startVirusTotal();
    virusTotal.faults.add('POST /urls', fault);
    expect((await submissions.submitUrl('http://example.com/', asker)).analysisId).toMatch(/^u-/);
    expect(virusTotal.log.entries).toHaveLength(2);
  });

  it('that VirusTotal does not accept is invalid', async () => {
    const { submissions } = await startVirusTotal();
    expect((await failureOf(submissions.submitUrl('ftp://x', asker))).kind).toBe('invalid');
  });

  it('cannot be submitted where nothing takes it', async () => {
    const url = await startServer((_, response) =>
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"code":"NotFoundError","message":"Resource not found."}}'),
    );
    const failure = await failureOf(submissionsAt(url).submitUrl('http://example.com/', asker));
    expect([failure.kind, failure.message]).toEqual([
      'configuration',
      'VirusTotal takes no URLs at the configured address; check the base URL.',
    ]);
  });
});

describe('another analysis', () => {
  it.each([
    [{ kind: 'file', hash: demo.sha1 } as const, `/files/${demo.sha1}/analyse`],
    [{ kind: 'domain', name: 'example.com' } as const, '/domains/example.com/analyse'],
    [{ kind: 'ip_address', address: '192.0.2.1' } as const, '/ip_addresses/192.0.2.1/analyse'],
  ])('of %j costs a unit', async (object, path) => {
    const catalog = new Catalog();
    catalog.addFile({ ...demo, last_analysis_date: 1 });
    const { virusTotal, submissions } = await startVirusTotal({}, { catalog });
    const submission = await submissions.reanalyse(object, asker);
    expect(submission?.free).toBe(false);
    expect(virusTotal.log.entries.map(({ method, path: asked }) => [method, asked])).toEqual([
      ['POST', path],
    ]);
    expect([virusTotal.log.quotaUnits, units]).toEqual([1, 1]);
    expect(await submissions.analysisStatus(submission!, asker)).toBe('queued');
  });

  it('is not to be had of what VirusTotal does not know', async () => {
    const { submissions } = await startVirusTotal();
    await expect(submissions.reanalyse({ kind: 'file', hash: demo.md5 }, asker)).resolves.toBeUndefined();
    await expect(
      submissions.reanalyse({ kind: 'url', url: 'http://example.com/' }, asker),
    ).resolves.toBeUndefined();
  });
});

describe('the status of an analysis', () => {
  it.each([
    ['queued', 'queued'],
    ['in-progress', 'in-progress'],
    ['completed', 'completed'],
    ['pondering', 'in-progress'],
    [undefined, 'in-progress'],
    [7, 'in-progress'],
  ])('%j counts as %s', async (status, meaning) => {
    const { virusTotal, submissions } = await startVirusTotal();
    const submission = await submissions.submitUrl('http://example.com/', asker);
    virusTotal.faults.add('GET /analyses/*', {
      kind: 'rewrite',
      rewrite: () => ({ data: { type: 'analysis', attributes: { status } } }),
    });
    expect(await submissions.analysisStatus(submission, asker)).toBe(meaning);
  });

  it('is unknown when VirusTotal does not know the analysis', async () => {
    const { submissions } = await startVirusTotal();
    const submission = { analysisId: 'a/b+c==', free: true };
    await expect(submissions.analysisStatus(submission, asker)).resolves.toBeUndefined();
  });
});
