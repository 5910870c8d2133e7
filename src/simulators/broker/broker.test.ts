import { describe, expect, it } from 'vitest';
import { brokerUrl, parseBrokerUrl } from './broker.js';
import { findBroker } from './find-broker.js';

describe('the address of a broker', () => {
  it('encodes the virtual host and the credentials', () => {
    const url = brokerUrl({ host: '127.0.0.1', port: 5672, user: 'a@b', password: 'p/w', vhost: '/' });
    expect(url).toBe('amqp://a%40b:p%2Fw@127.0.0.1:5672/%2F');
  });

  it('is read back as it was written', () => {
    const coordinates = { host: '::1', port: 5673, user: 'ü', password: 'a:b', vhost: 'team/one' };
    expect(parseBrokerUrl(brokerUrl(coordinates))).toEqual(coordinates);
  });

  it('has the defaults of RabbitMQ', () => {
    expect(parseBrokerUrl('amqp://rabbit.example')).toEqual({
      host: 'rabbit.example',
      port: 5672,
      user: 'guest',
      password: 'guest',
      vhost: '/',
    });
  });
});

describe('findBroker', () => {
  it('does not look elsewhere when AMQP_URL leads nowhere, and does not repeat its password', async () => {
    const env = { AMQP_URL: 'amqp://user:hunter2@127.0.0.1:1' };
    const search = findBroker({ mayInstall: false, log: () => undefined, env });
    await expect(search).rejects.toThrow(/^AMQP_URL is set, but no broker accepts a connection there$/);
  });
});
