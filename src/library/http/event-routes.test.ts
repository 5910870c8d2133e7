import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InjectedBrowser } from '../../../test/helpers/library-server.js';
import { LookUpServer, type Person } from '../../../test/helpers/look-up-server.js';

let server: LookUpServer;
let origin: string;
const open: AbortController[] = [];

beforeEach(async () => {
  server = await LookUpServer.start({ heartbeatMs: 20 });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  origin = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  for (const stream of open.splice(0)) stream.abort();
  await server.close();
});

/** What arrives, until something is in it, or it ends. */
class Followed {
  text = '';
  constructor(
    readonly response: Response,
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>,
  ) {}

  async until(part: string): Promise<string> {
    while (!this.text.includes(part)) {
      const { done, value } = await this.reader.read();
      if (done) throw new Error(`ended before ${part}: ${this.text}`);
      this.text += Buffer.from(value).toString();
    }
    return this.text;
  }

  async end(): Promise<void> {
    while (!(await this.reader.read()).done);
  }
}

async function follow(headers: Record<string, string>): Promise<Followed> {
  const controller = new AbortController();
  open.push(controller);
  const response = await fetch(`${origin}/api/events`, { headers, signal: controller.signal });
  return new Followed(response, response.body!.getReader());
}

const as = (person: Person): Promise<Followed> => follow({ authorization: `Bearer ${person}` });

function lookUp(value: string, organisationId = server.world.own): Promise<unknown> {
  const subject = { type: 'domain', value } as const;
  return server.world.lookUps.lookUp({ organisationId, subject, priority: 'manual' });
}

describe('GET /api/events', () => {
  it('tells what happens in the organisation, and nothing of another', async () => {
    const stream = await as('viewer');
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('cache-control')).toBe('no-store');
    expect(stream.response.headers.get('content-security-policy')).toContain("default-src 'none'");
    await lookUp('other.example.com', server.other);
    await lookUp('evil.example.com');
    const text = await stream.until('event: usage');
    expect(text.match(/event: ioc/g)).toHaveLength(1);
    const data = /event: ioc\ndata: (.*)\n\n/.exec(text)?.[1] ?? '';
    expect(JSON.parse(data)).toMatchObject({ ioc: { value: 'evil.example.com', ratio: '3/10' } });
  });

  it('tells how a job goes', async () => {
    const stream = await as('viewer');
    const { ids } = await server.world.iocs.import(server.world.own, [
      { type: 'domain', value: 'evil.example.com' },
    ]);
    await server.world.bulk.create(server.world.own, { selection: { ids }, userId: null });
    expect(await stream.until('event: job')).toContain('"etaSeconds":null');
  });

  it('gives signs of life', async () => {
    await (await as('viewer')).until(': still here');
  });

  it('ends when whoever looks on may not any more', async () => {
    const stream = await as('viewer');
    await stream.until(': still here');
    server.people.delete('viewer');
    await stream.end();
  });

  it('ends with the session', async () => {
    const browser = new InjectedBrowser(server.app);
    await browser.enter('admin');
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const stream = await follow({ cookie });
    await stream.until(': still here');
    await server.app.inject({ url: '/api/test-log-out', method: 'GET', headers: { cookie } });
    await stream.end();
    expect((await follow({ cookie })).response.status).toBe(401);
  });

  it('ends with the server', async () => {
    const stream = await as('viewer');
    await stream.until('retry');
    await Promise.all([server.app.close(), stream.end()]);
  });

  it('has no head without a body', async () => {
    const options = { method: 'HEAD', headers: { authorization: 'Bearer viewer' } };
    expect((await fetch(`${origin}/api/events`, options)).status).toBe(404);
  });

  it('is not for nobody', async () => {
    expect((await follow({})).response.status).toBe(401);
  });

  it('is not for more windows than anybody has', async () => {
    for (let window = 0; window < 20; window += 1) await (await as('viewer')).until('retry');
    expect((await as('viewer')).response.status).toBe(429);
    open.shift()?.abort();
    await expect.poll(async () => (await as('viewer')).response.status).toBe(200);
  });
});
