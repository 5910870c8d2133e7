import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  data,
  failure,
  startGraphqlEndpoint,
  type GraphqlEndpoint,
} from '../../../test/helpers/graphql-endpoint.js';
import { TEST_TOKEN, testClient } from '../../../test/helpers/platform-client.js';
import { ConnectorError } from '../../shared/connector-error.js';
import { PlatformError } from './errors.js';
import type { Operation } from './operations.js';

const READ: Operation = { name: 'about', document: 'query About { about { version } }', repeatable: true };
const COUNT: Operation = {
  name: 'addExpectations',
  document: 'mutation Count($id: ID!) { count(id: $id) }',
  repeatable: false,
};

let endpoint: GraphqlEndpoint;
beforeEach(async () => {
  endpoint = await startGraphqlEndpoint();
});
afterEach(async () => {
  await endpoint.close();
});

async function failureOf(promise: Promise<unknown>): Promise<PlatformError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof PlatformError) return error;
  throw new Error(`expected a PlatformError, got ${String(error)}`);
}

describe('PlatformClient', () => {
  it('posts the document and its variables to the GraphQL endpoint below the base path', async () => {
    endpoint.answer(data({ count: 3 }));
    const { client } = testClient(`${endpoint.url}/opencti//`);

    await expect(client.execute(COUNT, { id: 'a' })).resolves.toEqual({ count: 3 });

    expect(endpoint.calls).toHaveLength(1);
    const call = endpoint.calls[0]!;
    expect(call.method).toBe('POST');
    expect(call.path).toBe('/opencti/graphql');
    expect(call.query).toBe('mutation Count($id: ID!) { count(id: $id) }');
    expect(call.variables).toEqual({ id: 'a' });
    expect(call.headers.authorization).toBe(`Bearer ${TEST_TOKEN}`);
    expect(call.headers['user-agent']).toBe('opencti-virustotal/1.0.0');
    expect(call.headers['content-type']).toBe('application/json');
  });

  it('always sends the draft header, empty when there is no draft, and never remembers one', async () => {
    const { client } = testClient(endpoint.url);

    await client.execute(READ, {}, { draftId: 'draft-1' });
    await client.execute(READ, {});

    expect(endpoint.calls.map((call) => call.headers['opencti-draft-id'])).toEqual(['draft-1', '']);
  });

  it('sends the applicant header only when asked to', async () => {
    const { client } = testClient(endpoint.url);

    await client.execute(READ, {}, { applicantId: 'user-1' });
    await client.execute(READ, {});

    expect(endpoint.calls[0]!.headers['opencti-applicant-id']).toBe('user-1');
    expect(endpoint.calls[1]!.headers).not.toHaveProperty('opencti-applicant-id');
  });

  it('sends custom headers, which cannot replace the token', async () => {
    const { client } = testClient(endpoint.url, {
      customHeaders: { 'X-Proxy-Key': 'abc', Authorization: 'Basic Zm9v' },
    });

    await client.execute(READ, {});

    expect(endpoint.calls[0]!.headers['x-proxy-key']).toBe('abc');
    expect(endpoint.calls[0]!.headers.authorization).toBe(`Bearer ${TEST_TOKEN}`);
  });

  it('sends token and headers without the white space around them, as files of secrets end with a line break', async () => {
    const { client } = testClient(endpoint.url, {
      token: `${TEST_TOKEN}\n`,
      customHeaders: { 'X-Proxy-Key': ' abc\n' },
    });
    await client.execute(READ, {});
    expect(endpoint.calls[0]!.headers).toMatchObject({
      authorization: `Bearer ${TEST_TOKEN}`,
      'x-proxy-key': 'abc',
    });
  });

  it('reads the error envelope of 6.2.14 and later', async () => {
    endpoint.answer(failure('FORBIDDEN_ACCESS', 'You are not allowed to do this.', { http_status: 403 }));
    const error = await failureOf(testClient(endpoint.url).client.execute(READ, {}));
    expect(error).toMatchObject({ code: 'FORBIDDEN_ACCESS', httpStatus: 403, kind: 'configuration' });
    expect(error.message).toContain('missing capability');
  });

  it('reads the error envelope of older platforms', async () => {
    endpoint.answer({
      body: {
        errors: [
          {
            name: 'FUNCTIONAL_ERROR',
            message: 'Business validation',
            data: { http_status: 500, genre: 'BUSINESS', reason: 'No connector found with the specified ID' },
          },
        ],
      },
    });
    const { client } = testClient(endpoint.url, { retry: { maxAttempts: 1, baseMs: 1, maxMs: 1 } });
    const error = await failureOf(client.execute(READ, {}));
    expect(error).toMatchObject({ code: 'FUNCTIONAL_ERROR', httpStatus: 500 });
    expect(error.message).toContain('No connector found with the specified ID');
  });

  it.each([200, 400, 401, 500])('reads an envelope that comes with HTTP %i', async (status) => {
    endpoint.answer({
      status,
      body: { errors: [{ name: 'AUTH_REQUIRED', message: 'You must be logged in' }] },
    });
    const error = await failureOf(testClient(endpoint.url).client.execute(READ, {}));
    expect(error).toMatchObject({ code: 'AUTH_REQUIRED', kind: 'configuration' });
    expect(error.message).toContain('OPENCTI_TOKEN');
    expect(endpoint.calls).toHaveLength(1);
  });

  it('reads an envelope whatever its content type', async () => {
    endpoint.answer({ headers: { 'content-type': 'text/plain' }, body: { data: { fine: true } } });
    await expect(testClient(endpoint.url).client.execute(READ, {})).resolves.toEqual({ fine: true });
  });

  it('never puts the token into an error or a log line, even when the platform repeats it', async () => {
    endpoint.answer(failure('DATABASE_ERROR', `bad token ${TEST_TOKEN}`));
    const { client, lines } = testClient(endpoint.url);
    const error = await failureOf(client.execute(READ, {}));
    expect(error.message).toContain('bad token [redacted]');
    expect(JSON.stringify([error, error.cause, error.stack, lines])).not.toContain(TEST_TOKEN);
  });

  it.each([
    ['LOCK_ERROR', failure('LOCK_ERROR')],
    ['UNKNOWN_ERROR', failure('UNKNOWN_ERROR')],
    ['429', { status: 429, body: { message: 'Too many requests, please try again later.' } }],
    ['502', { status: 502, body: '<html>Bad Gateway</html>' }],
    ['503', { status: 503, body: '' }],
    ['504', { status: 504, body: '<html>' }],
    ['a page instead of an answer', { status: 200, body: '<!doctype html><html></html>' }],
    ['a broken connection', 'destroy' as const],
  ])('repeats a repeatable call after %s', async (_name, answer) => {
    endpoint.answer(answer, answer, data({ about: { version: '6.4.0' } }));
    const { client, delays } = testClient(endpoint.url);

    await expect(client.execute(READ, {})).resolves.toEqual({ about: { version: '6.4.0' } });

    expect(delays).toEqual([1_000, 2_000]);
  });

  it('gives up after the last attempt with the last failure', async () => {
    endpoint.answer(failure('LOCK_ERROR', 'locked'));
    const { client, delays } = testClient(endpoint.url);
    const error = await failureOf(client.execute(READ, {}));
    expect(error).toMatchObject({ code: 'LOCK_ERROR', kind: 'transient', retryable: true });
    expect(endpoint.calls).toHaveLength(3);
    expect(delays).toEqual([1_000, 2_000]);
  });

  it('waits as long as the platform asks, up to the maximum', async () => {
    const busy = (seconds: string) => ({ status: 429, headers: { 'retry-after': seconds }, body: {} });
    endpoint.answer(busy('7'), busy('3600'), data({}));
    const { client, delays } = testClient(endpoint.url);
    await client.execute(READ, {});
    expect(delays).toEqual([7_000, 10_000]);
  });

  it.each([
    ['FUNCTIONAL_ERROR', 'invalid'],
    ['WORK_NOT_ALIVE', 'invalid'],
    ['DRAFT_LOCKED', 'invalid'],
    ['OTP_REQUIRED_ACTIVATION', 'configuration'],
    ['IP_FORBIDDEN', 'configuration'],
    ['GRAPHQL_VALIDATION_FAILED', 'defect'],
  ])('does not repeat after %s, which is %s', async (code, kind) => {
    endpoint.answer(failure(code));
    const error = await failureOf(testClient(endpoint.url).client.execute(READ, {}));
    expect(error).toMatchObject({ code, kind });
    expect(endpoint.calls).toHaveLength(1);
  });

  it.each([
    ['the rate limiter refused it', { status: 429, body: {} }],
    ['a proxy had nobody to hand it to', { status: 503, body: '<html>' }],
  ])('repeats a counting mutation when %s', async (_name, answer) => {
    endpoint.answer(answer, data({ count: 1 }));
    await expect(testClient(endpoint.url).client.execute(COUNT, { id: 'a' })).resolves.toEqual({ count: 1 });
    expect(endpoint.calls).toHaveLength(2);
  });

  it.each([
    ['an error of the database', failure('DATABASE_ERROR')],
    ['a lock error', failure('LOCK_ERROR')],
    ['502', { status: 502, body: '' }],
    ['504', { status: 504, body: '' }],
    ['a connection that broke after the request', 'destroy' as const],
  ])('does not repeat a counting mutation that may have been executed: %s', async (_name, answer) => {
    endpoint.answer(answer, data({ count: 1 }));
    const error = await failureOf(testClient(endpoint.url).client.execute(COUNT, { id: 'a' }));
    expect(error.retryable).toBe(true);
    expect(endpoint.calls).toHaveLength(1);
  });

  it('repeats nothing any more when it is to stop, not even what it waits to repeat', async () => {
    endpoint.answer({ status: 503, body: '' });
    const stop = new AbortController();
    const { client } = testClient(endpoint.url, {
      stop: stop.signal,
      sleep: (_ms, signal) => {
        expect(signal).toBe(stop.signal);
        stop.abort();
        return Promise.resolve();
      },
    });
    await expect(client.execute(READ, {})).rejects.toMatchObject({ retryable: true });
    await expect(client.execute(READ, {})).rejects.toMatchObject({ retryable: true });
    expect(endpoint.calls).toHaveLength(2);
  });

  it('repeats even a counting mutation when no connection was made', async () => {
    const url = endpoint.url;
    await endpoint.close();
    const { client, delays } = testClient(url);
    const error = await failureOf(client.execute(COUNT, { id: 'a' }));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', kind: 'transient', untouched: true });
    expect(delays).toEqual([1_000, 2_000]);
    endpoint = await startGraphqlEndpoint();
  });

  it('stops waiting for an answer after the timeout of the operation', async () => {
    endpoint.answer('never');
    const { client } = testClient(endpoint.url);
    const error = await failureOf(client.execute({ ...COUNT, timeoutMs: 20 }, { id: 'a' }));
    expect(error).toMatchObject({ code: 'TIMEOUT', kind: 'transient', untouched: false });
    expect(error.message).toBe('OpenCTI did not answer addExpectations within 0.02 s.');
  });

  it('says what to configure when a proxy refuses', async () => {
    endpoint.answer({ status: 403, body: '<html>' });
    const error = await failureOf(testClient(endpoint.url).client.execute(READ, {}));
    expect(error.kind).toBe('configuration');
    expect(error.message).toContain('OPENCTI_CUSTOM_HEADERS');
    expect(endpoint.calls).toHaveLength(1);
  });

  it.each([301, 404, 405])(
    'takes %i for a proxy whose platform is away, and says what to check if it stays so',
    async (status) => {
      const answer = { status, headers: { location: 'http://192.0.2.1/' }, body: '<html>' };
      endpoint.answer(answer, answer, answer);
      const error = await failureOf(testClient(endpoint.url).client.execute(COUNT, { id: 'a' }));
      expect(error).toMatchObject({ kind: 'transient', untouched: true });
      expect(error.message).toContain('OPENCTI_URL');
      expect(endpoint.calls).toHaveLength(3);
    },
  );

  it.each([
    ['a URL that is none', { url: 'opencti' }, 'OPENCTI_URL'],
    ['another protocol', { url: 'ftp://example.com' }, 'OPENCTI_URL'],
    ['a password in the URL', { url: 'https://user:hunter22@example.com' }, 'OPENCTI_URL'],
    ['a token with a line break', { token: 'hunter22\nx' }, 'OPENCTI_TOKEN'],
    ['an empty token', { token: '' }, 'OPENCTI_TOKEN'],
    ['a bad custom header', { customHeaders: { 'bad name': 'hunter22' } }, 'OPENCTI_CUSTOM_HEADERS'],
  ])('refuses %s without repeating it', (_name, changes, option) => {
    let caught: unknown;
    try {
      testClient(endpoint.url, changes);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConnectorError);
    expect((caught as ConnectorError).kind).toBe('configuration');
    expect((caught as ConnectorError).message).toContain(option);
    expect((caught as ConnectorError).message).not.toContain('hunter22');
  });
});
