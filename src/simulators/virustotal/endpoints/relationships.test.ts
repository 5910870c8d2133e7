import { afterEach, describe, expect, it } from 'vitest';
import { Catalog } from '../catalog.js';
import { startVirusTotalSimulator, type VirusTotalSimulator } from '../server.js';

// oxlint-disable-next-line typescript/no-explicit-any -- read member by member; a wrong guess fails the test
type Body = any;

const publicKey = 'a'.repeat(64);
const premiumKey = 'b'.repeat(64);
const gtiKey = 'c'.repeat(64);
const keys = {
  [publicKey]: { kind: 'public' },
  [premiumKey]: { kind: 'premium' },
  [gtiKey]: { kind: 'gti' },
} as const;

const ip = { type: 'ip_address', id: '1.2.3.4' };

function catalogWith(resolutions: number): Catalog {
  const catalog = new Catalog();
  catalog.addIp(ip.id, { asn: 64496 });
  catalog.addDomain('evil.example.com', {});
  catalog.addUrl('http://evil.example.com/', {});
  const elements = Array.from({ length: resolutions }, (_, index) => ({
    type: 'resolution',
    id: `1.2.3.4host-${index}.example.com`,
    attributes: { host_name: `host-${index}.example.com` },
    contextAttributes: { index },
  }));
  catalog.relate(ip, 'resolutions', elements);
  return catalog;
}

let running: VirusTotalSimulator | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(resolutions = 25): Promise<VirusTotalSimulator> {
  running = await startVirusTotalSimulator({ keys, catalog: catalogWith(resolutions) });
  return running;
}

async function get(address: string, key = publicKey): Promise<{ status: number; body: Body }> {
  const response = await fetch(address, { headers: { 'x-apikey': key } });
  return { status: response.status, body: await response.json() };
}

async function post(
  address: string,
  type: string,
  attributes: object,
): Promise<{ status: number; body: Body }> {
  const body = JSON.stringify({ data: { type, attributes } });
  const response = await fetch(address, { method: 'POST', headers: { 'x-apikey': publicKey }, body });
  return { status: response.status, body: await response.json() };
}

describe('relationship pages', () => {
  it('gives ten objects by default and a cursor until the last page', async () => {
    const simulator = await start();
    const self = `${simulator.url}/ip_addresses/1.2.3.4/resolutions`;
    const first = await get(self);
    expect(first.body.data).toHaveLength(10);
    expect(first.body.data[0]).toEqual({
      type: 'resolution',
      id: '1.2.3.4host-0.example.com',
      links: { self: `${simulator.url}/resolutions/1.2.3.4host-0.example.com` },
      attributes: { host_name: 'host-0.example.com' },
      context_attributes: { index: 0 },
    });
    const cursor = encodeURIComponent(String(first.body.meta.cursor));
    expect(first.body.meta.count).toBe(25);
    expect(first.body.links).toEqual({ self: `${self}?limit=10`, next: `${self}?cursor=${cursor}&limit=10` });
    const second = await get(String(first.body.links.next));
    const last = await get(String(second.body.links.next));
    expect((last.body.data as { id: string }[]).map(({ id }) => id)).toEqual([
      '1.2.3.4host-20.example.com',
      '1.2.3.4host-21.example.com',
      '1.2.3.4host-22.example.com',
      '1.2.3.4host-23.example.com',
      '1.2.3.4host-24.example.com',
    ]);
    expect(last.body.meta).toEqual({ count: 25 });
    expect(last.body.links).toEqual({ self: `${self}?limit=10` });
  });

  it('gives descriptors under /relationships/', async () => {
    const simulator = await start();
    const { body } = await get(`${simulator.url}/ip_addresses/1.2.3.4/relationships/resolutions?limit=1`);
    expect(body.data).toEqual([
      { type: 'resolution', id: '1.2.3.4host-0.example.com', context_attributes: { index: 0 } },
    ]);
  });

  it('clamps a limit above forty, or refuses it when told so', async () => {
    const simulator = await start(60);
    const address = `${simulator.url}/ip_addresses/1.2.3.4/resolutions?limit=100`;
    expect((await get(address)).body.data).toHaveLength(40);
    simulator.behaviour.limitAboveMaximum = 'refuse';
    expect((await get(address)).status).toBe(400);
  });

  it.each(['limit=0', 'limit=x', 'cursor=bm90IGEgY3Vyc29y'])('refuses %s', async (query) => {
    const simulator = await start();
    const { status } = await get(`${simulator.url}/ip_addresses/1.2.3.4/resolutions?${query}`);
    expect(status).toBe(400);
  });

  it('refuses the cursor of another list', async () => {
    const simulator = await start();
    const { body } = await get(`${simulator.url}/ip_addresses/1.2.3.4/resolutions`);
    const cursor = encodeURIComponent(String(body.meta.cursor));
    const { status } = await get(`${simulator.url}/ip_addresses/8.8.8.8/resolutions?cursor=${cursor}`);
    expect(status).toBe(400);
  });

  it('answers an empty list with 200 and an unknown parent with 404', async () => {
    const simulator = await start();
    expect((await get(`${simulator.url}/domains/evil.example.com/subdomains`)).body.data).toEqual([]);
    expect((await get(`${simulator.url}/domains/unknown.example.com/subdomains`)).status).toBe(404);
  });

  it('marks related objects it knows nothing about with an error instead of attributes', async () => {
    const simulator = await start();
    simulator.catalog.relate(ip, 'communicating_files', [{ type: 'file', id: '0'.repeat(64) }]);
    const { body } = await get(`${simulator.url}/ip_addresses/1.2.3.4/communicating_files`);
    expect(body.data[0].error.code).toBe('NotFoundError');
    expect(body.data[0]).not.toHaveProperty('attributes');
  });

  it('gives one object or null for relationships to one', async () => {
    const simulator = await start();
    const id = Buffer.from('http://evil.example.com/').toString('base64url');
    const address = `${simulator.url}/urls/${id}/last_serving_ip_address`;
    expect((await get(address)).body.data).toBeNull();
    const url = (await get(`${simulator.url}/urls/${id}`)).body.data as { type: string; id: string };
    simulator.catalog.relate(url, 'last_serving_ip_address', [ip]);
    expect((await get(address)).body.data).toMatchObject({ ...ip, attributes: { asn: 64496 } });
  });
});

describe('access to relationships', () => {
  it.each([
    ['resolutions', [200, 200, 200]],
    ['downloaded_files', [403, 200, 200]],
    ['related_threat_actors', [403, 403, 200]],
    ['no_such_relationship', [404, 404, 404]],
  ])('answers %s to public, premium and GTI keys with %j', async (relationship, statuses) => {
    const simulator = await start();
    const address = `${simulator.url}/ip_addresses/1.2.3.4/${relationship}`;
    const answers = [
      await get(address, publicKey),
      await get(address, premiumKey),
      await get(address, gtiKey),
    ];
    expect(answers.map(({ status }) => status)).toEqual(statuses);
  });
});

describe('embedded relationships', () => {
  it('embeds twenty descriptors and a cursor that continues the list', async () => {
    const simulator = await start();
    const { body } = await get(`${simulator.url}/ip_addresses/1.2.3.4?relationships=resolutions,comments`);
    const { resolutions, comments } = body.data.relationships;
    expect(resolutions.data).toHaveLength(20);
    expect(comments.data).toEqual([]);
    expect(comments).not.toHaveProperty('meta');
    const rest = await get(String(resolutions.links.next));
    expect(rest.body.data).toHaveLength(5);
  });

  it('refuses the whole call for a forbidden name, or leaves the name out when told so', async () => {
    const simulator = await start();
    const address = `${simulator.url}/ip_addresses/1.2.3.4?relationships=resolutions,urls`;
    expect((await get(address)).status).toBe(403);
    simulator.behaviour.embeddedRefusal = 'omit';
    expect(Object.keys((await get(address)).body.data.relationships as object)).toEqual(['resolutions']);
  });
});

describe('votes and comments', () => {
  it('takes one vote of a user and answers 409 to the second', async () => {
    const simulator = await start();
    const votes = `${simulator.url}/ip_addresses/1.2.3.4/votes`;
    expect((await post(votes, 'vote', { verdict: 'malicious' })).status).toBe(200);
    const second = await post(votes, 'vote', { verdict: 'malicious' });
    expect([second.status, second.body.error.code]).toEqual([409, 'AlreadyExistsError']);
    const listed = (await get(votes)).body.data;
    expect(listed).toHaveLength(1);
    expect(listed[0].attributes).toMatchObject({ value: 1, verdict: 'malicious' });
  });

  it('lists comments with their tags and refuses the same text twice', async () => {
    const simulator = await start();
    const comments = `${simulator.url}/ip_addresses/1.2.3.4/comments`;
    expect((await post(comments, 'comment', { text: 'seen in #Demo' })).status).toBe(200);
    expect((await post(comments, 'comment', { text: 'seen in #Demo' })).status).toBe(409);
    expect((await get(comments)).body.data[0].attributes).toMatchObject({
      text: 'seen in #Demo',
      tags: ['demo'],
    });
  });

  it('refuses a vote that is none', async () => {
    const simulator = await start();
    const votes = `${simulator.url}/ip_addresses/1.2.3.4/votes`;
    expect((await post(votes, 'vote', { verdict: 'maybe' })).status).toBe(400);
    expect((await post(votes, 'comment', { text: 'x' })).status).toBe(400);
  });
});
