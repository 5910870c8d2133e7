import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import { csrfTokenOf, startFakeLibrary } from '../helpers/fake-library.js';
import type { FakeLibrary } from '../helpers/fake-library-state.js';
import { startLibraryWorld, type LibraryWorld } from '../helpers/library-world.js';

/**
 * The page is developed against a fake library. What the fake answers must be what the routes of the real one describe, or
 * the tests of the page would prove nothing.
 */

let folder: string;
let fake: FakeLibrary;
let world: LibraryWorld;
let described: JsonObject;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
  await writeFile(join(folder, 'index.html'), '');
  [fake, world] = await Promise.all([startFakeLibrary(folder, 20), startLibraryWorld()]);
  fake.enter('super_admin');
  described = (await world.library.app.inject({ url: '/api/openapi.json' })).json<JsonObject>();
});

afterAll(async () => {
  await fake.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

/** A schema that takes nothing beyond what it names. */
function exact(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(exact);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, exact(part)]));
  return 'properties' in parts ? { additionalProperties: false, ...parts } : parts;
}

function answerSchema(method: string, path: string): object {
  const paths = described.paths as Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
  const responses = paths[path]?.[method.toLowerCase()]?.responses ?? {};
  const [success] = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const schema = success?.[1].content?.['application/json']?.schema;
  if (schema === undefined) throw new Error(`${method} ${path} describes no answer`);
  return exact(schema) as object;
}

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
// The fake counts where the real one has UUIDs.
ajv.addFormat('uuid', /./);

it.each([
  ['GET', '/api/session', '/api/session', undefined],
  ['GET', '/api/iocs', '/api/iocs?page=1&pageSize=50', undefined],
  ['GET', '/api/iocs/facets', '/api/iocs/facets', undefined],
  ['GET', '/api/iocs/{id}', '/api/iocs/ioc-000004', undefined],
  ['GET', '/api/jobs', '/api/jobs', undefined],
  ['GET', '/api/usage', '/api/usage', undefined],
  ['GET', '/api/settings', '/api/settings', undefined],
  ['GET', '/api/settings/virustotal-key', '/api/settings/virustotal-key', undefined],
  ['POST', '/api/settings/virustotal-key/test', '/api/settings/virustotal-key/test', {}],
  ['GET', '/api/users', '/api/users', undefined],
  ['POST', '/api/users', '/api/users', { email: 'a@example.com', name: 'A', role: 'viewer' }],
  ['GET', '/api/tokens', '/api/tokens', undefined],
  ['POST', '/api/tokens', '/api/tokens', { name: 'Feed', scopes: ['read'] }],
  ['GET', '/api/organisations', '/api/organisations', undefined],
  ['GET', '/api/audit', '/api/audit', undefined],
  ['POST', '/api/iocs/preview', '/api/iocs/preview', { content: 'stage.example 999.1.1.1' }],
  ['POST', '/api/iocs/import', '/api/iocs/import', { items: [{ type: 'domain', value: 'new.example' }] }],
  [
    'POST',
    '/api/iocs/{id}/related',
    '/api/iocs/ioc-000004/related',
    { items: [{ type: 'hostname', value: 'api.stage-two.example', relation: 'siblings' }] },
  ],
  ['POST', '/api/lookup', '/api/lookup', { id: 'ioc-000004' }],
  ['POST', '/api/bulk-enrich', '/api/bulk-enrich', { ids: ['ioc-000004'] }],
  ['GET', '/api/jobs/{id}', '/api/jobs/job-1?page=1', undefined],
  ['POST', '/api/jobs/{id}/pause', '/api/jobs/job-1/pause', {}],
  ['POST', '/api/iocs/bulk', '/api/iocs/bulk', { ids: ['ioc-000004'], action: 'tag', tag: 'a' }],
] as const)('%s %s of the fake answers as the real one describes', async (method, path, url, body) => {
  const response = await fetch(fake.url + url, {
    method,
    headers: {
      'x-csrf-token': csrfTokenOf(fake.state),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  const validate = ajv.compile(answerSchema(method, path));
  validate(JSON.parse(text));
  expect(validate.errors ?? []).toEqual([]);
});
