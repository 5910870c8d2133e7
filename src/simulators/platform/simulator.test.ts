import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { BAD_GATEWAY, RATE_LIMITED } from './faults.js';
import { digestOf } from './file-bytes.js';
import {
  startPlatformSimulator,
  type PlatformSimulator,
  type PlatformSimulatorOptions,
} from './simulator.js';

const running: PlatformSimulator[] = [];
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((platform) => platform.close()));
  for (const server of servers.splice(0)) server.close();
});

async function start(options: PlatformSimulatorOptions = {}): Promise<PlatformSimulator> {
  const platform = await startPlatformSimulator({ callback: { retryDelayMs: 0 }, ...options });
  running.push(platform);
  return platform;
}

interface Answer {
  status: number;
  body: Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- any operation's result
}

async function ask(
  platform: PlatformSimulator,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${platform.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${platform.token}`,
      'content-type': 'application/json',
      connection: 'close',
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const REGISTER = `mutation RegisterConnector($input: RegisterConnectorInput) {
  registerConnector(input: $input) { id connector_state config { listen push_exchange } } }`;
const PING =
  'mutation Ping($id: ID!, $state: String) { pingConnector(id: $id, state: $state) { connector_state } }';

function input(more: Record<string, unknown> = {}): Record<string, unknown> {
  return { input: { id: 'c1', name: 'Mini', type: 'INTERNAL_ENRICHMENT', scope: ['IPv4-Addr'], ...more } };
}

async function listener(statuses: number[], seen: string[]): Promise<string> {
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization ?? '');
    request.resume().on('end', () => response.writeHead(statuses.shift() ?? 202).end('{}'));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/callback`;
}

describe('registration', () => {
  it('answers names with the queue prefix', async () => {
    const platform = await start({ queuePrefix: 'demo' });
    const { body } = await ask(platform, REGISTER, input());
    expect(body.data.registerConnector.config).toEqual({
      listen: 'demo_listen_c1',
      push_exchange: 'demo_amqp.worker.exchange',
    });
  });

  it.each([
    ['6.1.0', 'BAD_USER_INPUT', undefined],
    ['6.2.14', 'VALIDATION_ERROR', 'VALIDATION_ERROR'],
    ['6.4.6', 'VALIDATION_ERROR', 'VALIDATION_ERROR'],
    ['6.5.6', 'BAD_USER_INPUT', 'BAD_USER_INPUT'],
  ])('refuses on %s an input key the version does not know with %s', async (version, code, name) => {
    const platform = await start({ version });
    const answer = await ask(platform, REGISTER, input({ listen_callback_uri: null }));
    expect(answer.status).toBe(200);
    expect(answer.body.errors[0].extensions.code).toBe(code);
    expect(answer.body.errors[0].name).toBe(name);
    expect(answer.body.errors[0].message).toContain('"listen_callback_uri" is not defined by type');
    expect(platform.connectors).toEqual([]);
  });

  it('refuses a selection the version does not know, without suggesting another', async () => {
    const platform = await start({ version: '6.9.22' });
    const { body } = await ask(platform, REGISTER.replace('connector_state', 'jwks'), input());
    expect(body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(body.errors[0].message).toBe('Cannot query field "jwks" on type "Connector".');
  });

  it('refuses a name of one character from 6.1.0 on', async () => {
    const old = await start({ version: '6.0.10' });
    const newer = await start({ version: '6.1.0' });
    expect((await ask(old, REGISTER, input({ name: 'x' }))).body.errors).toBeUndefined();
    expect((await ask(newer, REGISTER, input({ name: 'x' }))).body.errors[0].name).toBe('FUNCTIONAL_ERROR');
  });
});

describe('errors', () => {
  it('are HTTP 200 with AUTH_REQUIRED for a wrong token, in the envelope of the era', async () => {
    const query = '{ stix(id: "x") }';
    const wrong = { authorization: 'Bearer wrong' };
    const old = await ask(await start({ version: '6.2.13' }), query, {}, wrong);
    expect(old.status).toBe(200);
    expect(old.body.errors[0]).toMatchObject({ name: 'AUTH_REQUIRED', data: { http_status: 401 } });
    expect(old.body.errors[0]).not.toHaveProperty('extensions');
    const newer = await ask(await start({ version: '6.2.14' }), query, {}, wrong);
    expect(newer.status).toBe(200);
    expect(newer.body.errors[0]).toMatchObject({
      name: 'AUTH_REQUIRED',
      extensions: { code: 'AUTH_REQUIRED', data: { http_status: 401 } },
    });
  });

  it('tell a missing capability', async () => {
    const platform = await start({ userCapabilities: ['APIACCESS_USETOKEN', 'KNOWLEDGE'] });
    const { body } = await ask(platform, REGISTER, input());
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN_ACCESS');
  });

  it('ask for no token to tell the version before 6.1.0', async () => {
    const anonymous = { authorization: '' };
    const old = await start({ version: '6.0.10' });
    expect((await ask(old, '{ about { version } }', {}, anonymous)).body.data.about.version).toBe('6.0.10');
    const newer = await start({ version: '6.1.0' });
    const { body } = await ask(newer, '{ about { version } }', {}, anonymous);
    expect(body.errors[0].name).toBe('AUTH_REQUIRED');
  });

  it('refuse a mutation asked twice in one document', async () => {
    const platform = await start();
    const twice = 'mutation { a: deleteConnector(id: "c1") b: deleteConnector(id: "c2") }';
    const { body } = await ask(platform, twice);
    expect(body.errors[0].message).toBe('Allowed number of calls to deleteConnector has been exceeded');
  });

  it('refuse introspection', async () => {
    const { body } = await ask(await start(), '{ __schema { queryType { name } } }');
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN_ACCESS');
  });

  it('refuse a locked draft before anything is done', async () => {
    const platform = await start();
    const draft = platform.createDraft('review');
    draft.locked = true;
    const answer = await ask(platform, '{ about { version } }', {}, { 'opencti-draft-id': draft.id });
    expect(answer.status).toBe(500);
    expect(answer.body.errors[0].extensions.code).toBe('DRAFT_LOCKED');
  });
});

describe('pings', () => {
  it('fail for a connector that was deleted', async () => {
    const platform = await start();
    await ask(platform, REGISTER, input());
    await platform.deleteConnector('c1');
    const { body } = await ask(platform, PING, { id: 'c1', state: 'null' });
    expect(body.errors[0].extensions.code).toBe('FUNCTIONAL_ERROR');
  });

  it('answer the empty state once after a reset', async () => {
    const platform = await start();
    await ask(platform, REGISTER, input());
    const ping = async (state: string): Promise<unknown> =>
      (await ask(platform, PING, { id: 'c1', state })).body.data.pingConnector.connector_state;
    expect(await ping('{"a":1}')).toBe('{"a":1}');
    await platform.resetConnectorState('c1');
    expect(await ping('{"a":2}')).toBe('');
    expect(await ping('{"a":3}')).toBe('{"a":3}');
  });
});

describe('reading', () => {
  it('shows an observable with its markings, labels, references and files', async () => {
    const platform = await start();
    const file = platform.addObservable(
      'StixFile',
      { hashes: { MD5: '44d88612fea8a8f36de82e1278abb02f', 'SHA-512': 'ab' }, name: 'eicar.com' },
      {
        score: 5,
        labels: ['Test'],
        markings: ['TLP:AMBER', 'PAP:RED'],
        author: 'Example Corp',
        organizations: ['Partner'],
        files: [{ name: 'eicar.com', content: Buffer.from('hello') }],
        externalReferences: [{ source_name: 'Example', url: 'https://example.com/' }],
      },
    );
    const { body } = await ask(
      platform,
      `query Obs($id: String!) { stixCyberObservable(id: $id) {
        entity_type observable_value x_opencti_score
        createdBy { ... on Identity { name identity_class } }
        objectMarking { definition_type definition x_opencti_order }
        objectLabel { value }
        objectOrganization { name }
        externalReferences { edges { node { source_name url } } }
        importFiles { edges { node { name size metaData { mimetype } } } }
        ... on StixFile { name hashes { algorithm hash } } } }`,
      { id: file.standardId },
    );
    expect(body).toEqual({
      data: {
        stixCyberObservable: {
          entity_type: 'StixFile',
          observable_value: 'ab',
          x_opencti_score: 5,
          createdBy: { name: 'Example Corp', identity_class: 'organization' },
          objectMarking: [
            { definition_type: 'TLP', definition: 'TLP:AMBER', x_opencti_order: 3 },
            { definition_type: 'PAP', definition: 'PAP:RED', x_opencti_order: 4 },
          ],
          objectLabel: [{ value: 'test' }],
          objectOrganization: [{ name: 'Partner' }],
          externalReferences: { edges: [{ node: { source_name: 'Example', url: 'https://example.com/' } }] },
          importFiles: {
            edges: [
              { node: { name: 'eicar.com', size: 5, metaData: { mimetype: 'application/octet-stream' } } },
            ],
          },
          name: 'eicar.com',
          hashes: [
            { algorithm: 'MD5', hash: '44d88612fea8a8f36de82e1278abb02f' },
            { algorithm: 'SHA-512', hash: 'ab' },
          ],
        },
      },
    });
  });

  it('answers null for what the user may not see', async () => {
    const platform = await start();
    const hidden = platform.addObservable('Url', { value: 'https://example.com/' }, { hidden: true });
    const { body } = await ask(platform, `{ stix(id: "${hidden.standardId}") }`);
    expect(body).toEqual({ data: { stix: null } });
  });

  it('finds what exists only in a draft with the header, and by the own draft of the user without it', async () => {
    const platform = await start();
    const draft = platform.createDraft('review');
    const address = platform.addObservable('IPv4-Addr', { value: '192.0.2.9' }, { draftId: draft.id });
    const read = async (headers: Record<string, string>): Promise<unknown> =>
      (await ask(platform, `{ stixCoreObject(id: "${address.standardId}") { entity_type } }`, {}, headers))
        .body.data.stixCoreObject;
    expect(await read({})).toBeNull();
    expect(await read({ 'opencti-draft-id': draft.id })).toEqual({ entity_type: 'IPv4-Addr' });
    platform.setActiveDraft(draft.id);
    expect(await read({})).toEqual({ entity_type: 'IPv4-Addr' });
    expect(await read({ 'opencti-draft-id': '' })).toBeNull();
  });

  it('streams a file to who has the token only', async () => {
    const platform = await start({ basePath: '/opencti' });
    const artifact = platform.addObservable(
      'Artifact',
      { hashes: { MD5: '44d88612fea8a8f36de82e1278abb02f' } },
      { files: [{ name: 'a #1.bin', content: Buffer.from('hello') }] },
    );
    const path = artifact.files[0]!.id.split('/').map(encodeURIComponent).join('/');
    const url = `${platform.url}/storage/get/${path}`;
    const allowed = await fetch(url, { headers: { authorization: `Bearer ${platform.token}` } });
    expect(await allowed.text()).toBe('hello');
    expect((await fetch(url)).status).toBe(403);
  });

  it('makes a large file while it is downloaded', async () => {
    const platform = await start();
    const content = { sizeBytes: 5_000_000, seed: 'large' };
    const artifact = platform.addObservable(
      'Artifact',
      { hashes: { 'SHA-256': digestOf(content, 'sha256') } },
      { files: [{ name: 'large.bin', content }] },
    );
    const file = artifact.files[0]!;
    const { body } = await ask(
      platform,
      `{ stixCyberObservable(id: "${artifact.standardId}") {
      importFiles { edges { node { name size } } } } }`,
    );
    expect(body.data.stixCyberObservable.importFiles.edges).toEqual([
      { node: { name: 'large.bin', size: 5_000_000 } },
    ]);
    const headers = { authorization: `Bearer ${platform.token}` };
    const download = await fetch(`${platform.url}/storage/get/${file.id}`, { headers });
    expect(download.headers.get('content-length')).toBeNull();
    const received = Buffer.from(await download.arrayBuffer());
    expect(digestOf(received, 'sha256')).toBe(digestOf(content, 'sha256'));
  });

  it('answers a download that fails as its version does, or cuts it off', async () => {
    const platform = await start();
    const old = await start({ version: '6.3.11' });
    const downloadOf = (from: PlatformSimulator): Promise<Response> => {
      const { files } = from.addObservable(
        'Artifact',
        { hashes: { MD5: '44d88612fea8a8f36de82e1278abb02f' } },
        { files: [{ name: 'a.bin', content: { sizeBytes: 100_000, seed: 'a' } }] },
      );
      return fetch(`${from.url}/storage/get/${files[0]!.id}`, {
        headers: { authorization: `Bearer ${from.token}` },
      });
    };
    platform.faults.fail('storage', { kind: 'error', code: 'The storage is away' });
    old.faults.fail('storage', { kind: 'error', code: 'The storage is away' });
    const answers = [await downloadOf(platform), await downloadOf(old)];
    expect(answers.map(({ status }) => status)).toEqual([503, 500]);
    expect(await answers[0]!.json()).toEqual({ status: 'error', error: 'The storage is away' });
    expect(await answers[1]!.text()).toContain('<html>');

    platform.faults.fail('storage', { kind: 'cut', afterBytes: 70_000 });
    const cut = await downloadOf(platform);
    expect(cut.status).toBe(200);
    await expect(cut.arrayBuffer()).rejects.toThrow();
  });
});

describe('a file for validation', () => {
  it('comes as a multipart request', async () => {
    const platform = await start();
    const form = new FormData();
    const query = `mutation UploadPending($file: Upload!, $entityId: String, $file_markings: [String!]) {
      uploadPending(file: $file, entityId: $entityId, file_markings: $file_markings) { id name } }`;
    form.set('operations', JSON.stringify({ query, variables: { file: null, entityId: 'x' } }));
    form.set('map', JSON.stringify({ 0: ['variables.file'] }));
    form.set('0', new Blob(['{"objects":[]}'], { type: 'application/json' }), 'work.json');
    const response = await fetch(`${platform.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.token}` },
      body: form,
    });
    expect(await response.json()).toEqual({
      data: { uploadPending: { id: 'import/pending/work.json', name: 'work.json' } },
    });
    expect(platform.pendingFiles[0]?.content.toString()).toBe('{"objects":[]}');
    expect(platform.pendingFiles[0]).toMatchObject({ entityId: 'x', mimeType: 'application/json' });
  });
});

describe('a callback', () => {
  it.each([
    ['6.5.9', [500], ['accepted']],
    ['6.5.10', [200, 202], ['requeued', 'accepted']],
    ['6.8.9', [200], ['accepted']],
  ])('on %s, answering %j, leads to %j', async (version, statuses, outcomes) => {
    const seen: string[] = [];
    const uri = await listener([...statuses], seen);
    const platform = await start({ version, token: 'connector-token', workerToken: 'worker-token' });
    await ask(platform, REGISTER, input({ listen_callback_uri: uri }));
    await platform.publishRaw('{}');
    await platform.until(() => platform.callbackDeliveries.length === outcomes.length);
    expect(platform.callbackDeliveries.map((delivery) => delivery.outcome)).toEqual(outcomes);
    expect(seen[0]).toBe(`Bearer ${version === '6.5.9' ? 'worker-token' : 'connector-token'}`);
  });

  it('is given up after the allowed number of attempts', async () => {
    const uri = await listener([500, 500, 500], []);
    const platform = await start({ callback: { retryDelayMs: 0, maxAttempts: 2 } });
    await ask(platform, REGISTER, input({ listen_callback_uri: uri }));
    await platform.publishRaw('{}');
    await platform.until(() => platform.callbackDeliveries.at(-1)?.outcome === 'given-up');
    expect(platform.callbackDeliveries.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });
});

describe('faults', () => {
  it('hit the next calls of an operation, in the forms a platform fails in', async () => {
    const platform = await start();
    const about = '{ about { version } }';
    platform.faults.fail('about', RATE_LIMITED);
    platform.faults.fail('about', { kind: 'error', code: 'LOCK_ERROR' });
    platform.faults.fail('about', { kind: 'reset' });
    expect((await ask(platform, about)).status).toBe(429);
    expect((await ask(platform, about)).body.errors[0].extensions).toMatchObject({
      code: 'LOCK_ERROR',
      data: { http_status: 500 },
    });
    await expect(ask(platform, about)).rejects.toThrow();
    expect((await ask(platform, about)).body.errors).toBeUndefined();
    expect(platform.operations.map((operation) => operation.fault)).toEqual([
      'http',
      'error',
      'reset',
      undefined,
    ]);
  });

  it('can be left to a function, which is asked where none is planned', async () => {
    const platform = await start();
    const about = '{ about { version } }';
    platform.faults.fail('about', RATE_LIMITED);
    platform.faults.leaveTo((names) =>
      names.includes('about') ? { fault: BAD_GATEWAY, afterExecution: false } : undefined,
    );
    expect((await ask(platform, about)).status).toBe(429);
    await expect(ask(platform, about)).rejects.toThrow();
    platform.faults.clear();
    expect((await ask(platform, about)).body.errors).toBeUndefined();
    expect(platform.operations.map(({ httpStatus }) => httpStatus)).toEqual([429, 502, 200]);
  });

  it('can lose the answer of an operation that took effect', async () => {
    const platform = await start();
    platform.faults.fail('registerConnector', { kind: 'reset' }, { afterExecution: true });
    await expect(ask(platform, REGISTER, input())).rejects.toThrow();
    expect(platform.connectors).toHaveLength(1);
  });
});

describe('waiting', () => {
  it('fails with what it waited for when the time is over', async () => {
    const platform = await start();
    const waiting = platform.until(() => false, { timeoutMs: 1, description: 'a miracle' });
    await expect(waiting).rejects.toThrow('still waiting after 1 ms for: a miracle');
  });

  it('ends when the simulator closes', async () => {
    const platform = await startPlatformSimulator();
    const waiting = platform.until(() => false);
    await Promise.all([
      expect(waiting).rejects.toThrow('the simulator was closed while somebody waited'),
      platform.close(),
    ]);
  });

  it('forgets no credentials in its records', async () => {
    const platform = await start();
    await ask(platform, '{ about { version } }', {}, { 'opencti-draft-id': '' });
    expect(platform.operations[0]?.headers).toMatchObject({
      authorization: '[redacted]',
      'opencti-draft-id': '',
    });
    expect(JSON.stringify(platform.operations)).not.toContain(platform.token);
  });
});
