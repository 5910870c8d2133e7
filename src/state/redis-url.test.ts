import { describe, expect, it } from 'vitest';
import { ConnectorError } from '../shared/connector-error.js';
import { describeAddress, parseRedisUrl } from './redis-url.js';

describe('parseRedisUrl', () => {
  it('reads every part, percent-decoded', () => {
    expect(parseRedisUrl('rediss://us%40er:p%2Fw%3A1@redis.example.com:6380/3')).toEqual({
      host: 'redis.example.com',
      port: 6380,
      username: 'us@er',
      password: 'p/w:1',
      database: 3,
      tls: true,
    });
  });

  it('has the defaults of Redis', () => {
    expect(parseRedisUrl('redis://redis.example.com')).toEqual({
      host: 'redis.example.com',
      port: 6379,
      username: undefined,
      password: undefined,
      database: 0,
      tls: false,
    });
  });

  it('reads a password without a user, and an IPv6 address', () => {
    const address = parseRedisUrl('redis://:hunter2@[2001:db8::1]:7000/');
    expect(address).toMatchObject({ host: '2001:db8::1', port: 7000, password: 'hunter2', database: 0 });
    expect(describeAddress(address)).toBe('Redis [2001:db8::1]:7000');
  });

  it.each([
    'http://:hunter2@redis.example.com',
    'redis://:hunter2@redis.example.com/cache',
    'redis://:hunter2@',
    'redis://:hunter2%@redis.example.com',
    'hunter2',
  ])('refuses %j without repeating it', (url) => {
    const refused = expect(() => parseRedisUrl(url));
    refused.toThrow(ConnectorError);
    refused.not.toThrow(/hunter2/);
  });

  it('names a database other than the first', () => {
    expect(describeAddress(parseRedisUrl('redis://redis.example.com/2'))).toBe(
      'Redis redis.example.com:6379/2',
    );
  });
});
