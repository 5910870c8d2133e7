import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LookUpServer } from '../../../test/helpers/look-up-server.js';

const evil = { type: 'hostname', value: 'evil.example.com' } as const;
let server: LookUpServer;

beforeAll(async () => {
  server = await LookUpServer.start();
});

afterAll(() => server.close());

describe('who may', () => {
  const id = '0197f000-0000-7000-8000-000000000001';
  it.each([
    ['viewer', 'POST', '/api/lookup', evil],
    ['writing', 'POST', '/api/lookup', evil],
    ['viewer', 'POST', '/api/bulk-enrich', { filter: {} }],
    ['writing', 'POST', '/api/bulk-enrich', { filter: {} }],
    ['viewer', 'POST', `/api/jobs/${id}/cancel`, undefined],
    ['reading', 'POST', `/api/jobs/${id}/pause`, undefined],
    ['analyst', 'GET', '/api/settings', undefined],
    ['analyst', 'PATCH', '/api/settings', { autoEnrich: true }],
    ['admin', 'GET', '/api/settings/virustotal-key', undefined],
    ['admin', 'PUT', '/api/settings/virustotal-key', { key: 'a'.repeat(64) }],
    ['admin', 'DELETE', '/api/settings/virustotal-key', undefined],
    ['admin', 'POST', '/api/settings/virustotal-key/test', {}],
  ] as const)('not %s: %s %s', async (person, method, url, body) => {
    const { statusCode } = await server.send(person, method, url, body);
    expect(statusCode).toBe(403);
    expect(server.world.virusTotal().asked).toEqual([]);
    expect(await server.audited()).toEqual([]);
  });
});
