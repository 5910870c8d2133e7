import cookie from '@fastify/cookie';
import session from '@fastify/session';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAccountsWorld, type AccountsWorld } from '../../../test/helpers/library-accounts.js';
import { SESSION_LONGEST_MS, SqlSessionStore } from './sql-session-store.js';

const HOUR_MS = 3_600_000;
const IDLE_MS = 12 * HOUR_MS;
let world: AccountsWorld;
let app: FastifyInstance;
let userId: string;

beforeEach(async () => {
  world = await openAccountsWorld();
  ({ userId } = (await world.user('viewer')).principal);
  app = fastify();
  await app.register(cookie);
  await app.register(session, {
    secret: 'x'.repeat(32),
    store: new SqlSessionStore(world.stores.sessions, world.clock, IDLE_MS),
    saveUninitialized: false,
    cookie: { secure: false, maxAge: IDLE_MS },
  });
  app.get('/', (request) => ({ userId: request.session.userId ?? null }));
  app.post('/log-in', async (request) => {
    await request.session.regenerate();
    request.session.userId = userId;
    return {};
  });
  app.post('/slow', async (request) => {
    await world.stores.sessions.deleteOfUser(userId);
    request.session.set('expiresAt', 'changed meanwhile');
    return {};
  });
  app.delete('/', async (request) => {
    await request.session.destroy();
    return {};
  });
});

afterEach(async () => {
  await app.close();
  await world.database.close();
});

async function ask(method: 'GET' | 'POST' | 'DELETE', url: string, id = ''): Promise<string> {
  const answer = await app.inject({ method, url, cookies: id === '' ? {} : { sessionId: id } });
  expect(answer.statusCode).toBe(200);
  return answer.cookies.find(({ name }) => name === 'sessionId')?.value ?? id;
}

async function userOf(id: string): Promise<unknown> {
  const answer = await app.inject({ url: '/', cookies: { sessionId: id } });
  return answer.json<{ userId: string | null }>().userId;
}

const rows = () => world.database.kysely.selectFrom('sessions').selectAll().execute();

describe('a session', () => {
  it('is kept with its user, but neither with its id nor with its cookie', async () => {
    const id = await ask('POST', '/log-in');
    expect(await userOf(id)).toBe(userId);
    const [row, ...others] = await rows();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ userId });
    expect(row?.idHash).toMatch(/^[0-9a-f]{64}$/);
    const [secret = ''] = decodeURIComponent(id).split('.');
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(Object.keys(JSON.parse(row?.data ?? '') as object).sort()).toEqual(['createdAt', 'userId']);
  });

  it('is not made for whoever only looks', async () => {
    await ask('GET', '/');
    expect(await rows()).toEqual([]);
  });

  it('has another id after logging in, and the one before is void', async () => {
    const before = await ask('POST', '/log-in');
    const after = await ask('POST', '/log-in', before);
    expect(after).not.toBe(before);
    expect(await userOf(before)).toBeNull();
    expect(await userOf(after)).toBe(userId);
    expect(await rows()).toHaveLength(1);
  });

  it('ends when its user ends it', async () => {
    const id = await ask('POST', '/log-in');
    await ask('DELETE', '/', id);
    expect(await rows()).toEqual([]);
    expect(await userOf(id)).toBeNull();
  });

  it('ends when it is not used for twelve hours', async () => {
    const id = await ask('POST', '/log-in');
    world.clock.pass(IDLE_MS - 1);
    expect(await userOf(id)).toBe(userId);
    world.clock.pass(IDLE_MS);
    expect(await userOf(id)).toBeNull();
  });

  it('ends after a week, however much it is used', async () => {
    const id = await ask('POST', '/log-in');
    for (let passed = HOUR_MS; passed < SESSION_LONGEST_MS; passed += HOUR_MS) {
      world.clock.pass(HOUR_MS);
      expect(await userOf(id)).toBe(userId);
    }
    world.clock.pass(HOUR_MS);
    expect(await userOf(id)).toBeNull();
  });

  it('is written once a minute when nothing changes', async () => {
    const id = await ask('POST', '/log-in');
    const [first] = await rows();
    world.clock.pass(59_999);
    await ask('GET', '/', id);
    expect(await rows()).toEqual([first]);
    world.clock.pass(1);
    await ask('GET', '/', id);
    expect(await rows()).not.toEqual([first]);
  });

  it('that was ended is not brought back by a request under way', async () => {
    const id = await ask('POST', '/log-in');
    await ask('POST', '/slow', id);
    expect(await rows()).toEqual([]);
    expect(await userOf(id)).toBeNull();
  });

  it('is deleted some time after it has expired, when another one is made', async () => {
    await ask('POST', '/log-in');
    world.clock.pass(IDLE_MS);
    await ask('POST', '/log-in');
    expect(await rows()).toHaveLength(1);
  });
});

it('a database that fails is an error of the request', async () => {
  const id = await ask('POST', '/log-in');
  await world.database.kysely.schema.dropTable('sessions').execute();
  const answer = await app.inject({ url: '/', cookies: { sessionId: id } });
  expect(answer.statusCode).toBe(500);
});
