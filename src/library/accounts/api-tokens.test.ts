import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAccountsWorld, type AccountsWorld } from '../../../test/helpers/library-accounts.js';
import type { Actor } from './actor.js';
import type { NewApiToken } from './api-tokens.js';

const DAY_MS = 86_400_000;
const WANTED: NewApiToken = { name: ' Script ', scopes: ['lookup', 'read', 'read'] };
let world: AccountsWorld;
let analyst: Actor;

beforeEach(async () => {
  world = await openAccountsWorld();
  analyst = await world.user('analyst');
});

afterEach(() => world.database.close());

const inDays = (days: number): string => new Date(world.clock.now().getTime() + days * DAY_MS).toISOString();

describe('an API token', () => {
  it('acts for its user within its scopes, and is kept as a hash alone', async () => {
    const { tokens } = world.accounts;
    const { token, record } = await tokens.create(analyst, WANTED);
    expect(token).toMatch(/^iocl_[\w-]{43}$/);
    expect(record).toMatchObject({ name: 'Script', scopes: ['read', 'lookup'], expiresAt: inDays(365) });
    expect(JSON.stringify(record)).not.toContain(token);
    expect(await tokens.authenticate(token)).toEqual({ ...analyst.principal, scopes: ['read', 'lookup'] });
    expect(await world.deeds()).toEqual([`token.create ${analyst.principal.email} Script`]);
  });

  it('has the role that its user has now, and ends with the user', async () => {
    const { tokens } = world.accounts;
    const { token } = await tokens.create(analyst, WANTED);
    const { organisationId, userId } = analyst.principal;
    await world.stores.users.patch(organisationId, userId, { role: 'viewer' });
    expect((await tokens.authenticate(token))?.role).toBe('viewer');
    await world.stores.users.delete(organisationId, userId);
    expect(await tokens.authenticate(token)).toBeUndefined();
  });

  it('ends when it expires', async () => {
    const { tokens } = world.accounts;
    const { token } = await tokens.create(analyst, { ...WANTED, expiresAt: inDays(1) });
    world.clock.pass(DAY_MS - 1);
    expect(await tokens.authenticate(token)).toBeDefined();
    world.clock.pass(1);
    expect(await tokens.authenticate(token)).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['its beginning', 'iocl_'],
    ['a guess', `iocl_${'x'.repeat(43)}`],
    ['something long', 'x'.repeat(5_000)],
  ])('is not %s', async (_what, token) => {
    await world.accounts.tokens.create(analyst, WANTED);
    expect(await world.accounts.tokens.authenticate(token)).toBeUndefined();
  });

  it('keeps when it was used, to the minute', async () => {
    const { tokens } = world.accounts;
    const { token } = await tokens.create(analyst, WANTED);
    const lastUse = async (): Promise<string | null | undefined> => {
      await tokens.authenticate(token);
      return (await tokens.list(analyst.principal))[0]?.lastUsedAt;
    };
    const first = await lastUse();
    expect(first).toBe(world.clock.now().toISOString());
    world.clock.pass(59_999);
    expect(await lastUse()).toBe(first);
    world.clock.pass(1);
    expect(await lastUse()).toBe(world.clock.now().toISOString());
  });

  it('is revoked by its user alone', async () => {
    const { tokens } = world.accounts;
    const { token, record } = await tokens.create(analyst, WANTED);
    const admin = await world.user('admin');
    await expect(tokens.delete(admin, record.id)).rejects.toMatchObject({ refusal: 'not_found' });
    expect(await tokens.list(admin.principal)).toEqual([]);
    await tokens.delete(analyst, record.id);
    expect(await tokens.authenticate(token)).toBeUndefined();
    await expect(tokens.delete(analyst, record.id)).rejects.toMatchObject({ refusal: 'not_found' });
    expect((await world.deeds())[0]).toBe(`token.delete ${analyst.principal.email} Script`);
  });
});

describe('a token is refused', () => {
  it.each<[string, () => NewApiToken]>([
    ['name', () => ({ ...WANTED, name: '' })],
    ['scopes', () => ({ ...WANTED, scopes: [] })],
    ['expiresAt', () => ({ ...WANTED, expiresAt: inDays(0) })],
    ['expiresAt', () => ({ ...WANTED, expiresAt: inDays(368) })],
    ['expiresAt', () => ({ ...WANTED, expiresAt: 'tomorrow' })],
  ])('with a bad %s', async (field, wanted) => {
    await expect(world.accounts.tokens.create(analyst, wanted())).rejects.toMatchObject({
      refusal: 'invalid',
      field,
    });
  });

  it('to a token', async () => {
    const { tokens } = world.accounts;
    const { token } = await tokens.create(analyst, WANTED);
    const principal = (await tokens.authenticate(token))!;
    await expect(tokens.create({ principal, address: null }, WANTED)).rejects.toMatchObject({
      refusal: 'forbidden',
    });
  });

  it('to whoever has fifty', async () => {
    const { tokens } = world.accounts;
    for (let count = 0; count < 50; count += 1) await tokens.create(analyst, WANTED);
    await expect(tokens.create(analyst, WANTED)).rejects.toMatchObject({ refusal: 'conflict' });
  });
});
