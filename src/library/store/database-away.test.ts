import { describe, expect, it } from 'vitest';
import { isDatabaseAway } from './database-away.js';

const failed = (message: string, facts: object = {}): Error => Object.assign(new Error(message), facts);

describe('isDatabaseAway', () => {
  it.each([
    ['nobody listens', failed('connect ECONNREFUSED 192.0.2.1:5432', { code: 'ECONNREFUSED' })],
    [
      'nobody listens at any address of the name',
      Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }),
    ],
    ['the connection broke', failed('read ECONNRESET', { code: 'ECONNRESET' })],
    ['the name is unknown', failed('getaddrinfo ENOTFOUND db', { code: 'ENOTFOUND' })],
    ['the server stops', failed('terminating connection', { code: '57P01' })],
    ['the server starts', failed('the database system is starting up', { code: '57P03' })],
    ['the connection failed', failed('connection failure', { code: '08006' })],
    ['there are too many connections', failed('sorry, too many clients already', { code: '53300' })],
    ['the server only reads', failed('cannot execute UPDATE', { code: '25006' })],
    ['no connection became free', failed('timeout exceeded when trying to connect')],
    ['the driver lost it', failed('Connection terminated unexpectedly')],
    ['SQLite is busy', failed('database is locked', { code: 'ERR_SQLITE_ERROR', errcode: 5 })],
    ['SQLite is busy with recovery', failed('database is locked', { errcode: 261 })],
    ['the disk is full', failed('database or disk is full', { errcode: 13 })],
  ])('is true when %s', (_what, error) => {
    expect(isDatabaseAway(error)).toBe(true);
  });

  it.each([
    ['a unique violation', failed('duplicate key', { code: '23505' })],
    ['a deadlock', failed('deadlock detected', { code: '40P01' })],
    ['a cancelled query', failed('canceling statement', { code: '57014' })],
    ['a damaged file', failed('database disk image is malformed', { errcode: 11 })],
    ['a wrong statement', failed('SQL logic error', { errcode: 1 })],
    ['a defect', new TypeError('x is not a function')],
    ['no error', 'ECONNREFUSED'],
  ])('is false for %s', (_what, error) => {
    expect(isDatabaseAway(error)).toBe(false);
  });
});
