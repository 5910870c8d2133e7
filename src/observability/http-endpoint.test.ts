import { afterEach, describe, expect, it } from 'vitest';
import { HttpEndpoint } from './http-endpoint.js';

const open: HttpEndpoint[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

async function serve(
  routes: ConstructorParameters<typeof HttpEndpoint>[0],
): Promise<{ url: string; port: number }> {
  const endpoint = new HttpEndpoint(routes);
  open.push(endpoint);
  const port = await endpoint.listen(0);
  return { url: `http://127.0.0.1:${port}`, port };
}

describe('HttpEndpoint', () => {
  const answer = { status: 200, contentType: 'text/plain', body: 'well' };

  it('answers its paths, whatever the query', async () => {
    const { url } = await serve({ '/health': () => Promise.resolve(answer) });
    const response = await fetch(`${url}/health?verbose=1`);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/plain',
      'well',
    ]);
  });

  it.each([
    ['GET', '/other', 404],
    ['POST', '/health', 405],
    ['GET', '/broken', 500],
  ])('refuses %s %s with %i', async (method, path, status) => {
    const { url } = await serve({
      '/health': () => Promise.resolve(answer),
      '/broken': () => Promise.reject(new Error('out of order')),
    });
    expect((await fetch(url + path, { method })).status).toBe(status);
  });

  it('says which port is taken', async () => {
    const { port } = await serve({});
    await expect(new HttpEndpoint({}).listen(port)).rejects.toThrow(`Port ${port} cannot be opened`);
  });
});
