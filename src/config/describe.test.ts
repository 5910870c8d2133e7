import { tmpdir } from 'node:os';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { configSecrets, describeConfig } from './describe.js';
import { loadConfig } from './load.js';
import { declaredOptions, type Config } from './schema.js';

const { config } = loadConfig({
  cwd: tmpdir(),
  file: undefined,
  env: {
    OPENCTI_URL: 'https://opencti.example.com',
    OPENCTI_TOKEN: 'hunter22',
    OPENCTI_CUSTOM_HEADERS: 'X-One:hunter23',
    VIRUSTOTAL_TOKEN: 'hunter24',
    MQ_PASS: 'hunter25',
    MQ_USE_SSL_CERT: '-----BEGIN CERTIFICATE-----',
    MQ_USE_SSL_KEY: '-----BEGIN PRIVATE KEY-----hunter26',
    MQ_USE_SSL_PASSPHRASE: 'hunter27',
    LISTEN_PROTOCOL_API_SSL_KEY: 'hunter28',
    LISTEN_PROTOCOL_API_SSL_PASSPHRASE: 'hunter29',
    S3_ACCESS_KEY: 'hunter30',
    S3_SECRET_KEY: 'hunter31',
    HTTPS_PROXY: 'http://me:hunter32@proxy.example.com:3128',
    STATE_REDIS_URL: 'rediss://me:hunter%2F33@redis.example.com',
  },
});

describe('describeConfig', () => {
  it('shows values by their path and hides every secret', () => {
    const shown = describeConfig(config);
    expect(shown['connector.scope']).toBe('StixFile,Artifact,IPv4-Addr,Domain-Name,Url,Hostname,Indicator');
    expect(shown['connector.concurrency']).toBe('8');
    expect(shown['opencti.url']).toBe('https://opencti.example.com');
    expect(shown['opencti.token']).toBe('[secret]');
    expect(shown['virustotal.token']).toBe('[secret]');
    expect(shown['mq.use_ssl_cert']).toBe('[PEM text]');
    expect(shown['network.https_proxy']).toBe('[secret]');
    expect(JSON.stringify(shown)).not.toContain('hunter');
  });

  it('leaves out what is not set', () => {
    expect(Object.keys(describeConfig(config))).not.toContain('mq.host');
  });
});

describe('configSecrets', () => {
  it('names every secret that a log must not hold', () => {
    expect(configSecrets(config)).toEqual([
      'hunter22',
      'hunter23',
      'hunter28',
      'hunter29',
      'hunter24',
      'hunter25',
      '-----BEGIN PRIVATE KEY-----hunter26',
      'hunter27',
      'rediss://me:hunter%2F33@redis.example.com',
      'hunter%2F33',
      'hunter/33',
      'hunter32',
      'hunter32',
      'hunter30',
      'hunter31',
    ]);
  });
});

describe('the declaration', () => {
  it('gives every option of the configuration its type', () => {
    expectTypeOf<Config['virustotal']['fileIndicatorValidMinutes']>().toEqualTypeOf<number>();
    expectTypeOf<Config['virustotal']['token']>().toEqualTypeOf<string>();
    expectTypeOf<Config['connector']['listenProtocol']>().toEqualTypeOf<'AMQP' | 'API'>();
    expectTypeOf<Config['connector']['listenProtocolApiUri']>().toEqualTypeOf<string>();
    expectTypeOf<Config['connector']['scope']>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<Config['opencti']['sslVerify']>().toEqualTypeOf<boolean | string>();
    expectTypeOf<Config['mq']['port']>().toEqualTypeOf<number | undefined>();
  });

  it('marks every option that is named like a secret', () => {
    const named = declaredOptions.filter(({ key }) =>
      /token|pass|secret(?!_file)|(access|ssl)_key/.test(key),
    );
    expect(named.map(({ path }) => path)).toHaveLength(10);
    expect(named.filter(({ option }) => option.secret !== true)).toEqual([]);
  });

  it('gives every option a variable of its own', () => {
    const names = declaredOptions.flatMap(({ option }) => [
      option.env,
      ...(option.otherEnv ?? []).map(({ name }) => name),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('gives every option either a default or an example for the sample', () => {
    const bare = declaredOptions.filter(
      ({ option }) => option.default === undefined && option.example === undefined,
    );
    expect(bare).toEqual([]);
  });
});
