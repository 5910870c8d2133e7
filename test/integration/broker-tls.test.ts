import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { runCommand } from '../helpers/built-product.js';
import { makeAuthority, type Authority, type CertificateFiles } from '../helpers/certificates.js';
import { API_KEY, startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';
import { sharedBroker } from '../helpers/shared-broker.js';
import { startTlsProxy, type TlsProxy } from '../helpers/tls-proxy.js';

const PASSPHRASE = 'a-passphrase-of-this-test';

describe('RabbitMQ over TLS', () => {
  let directory: string;
  let authority: Authority;
  let stranger: Authority;
  let server: CertificateFiles;
  let client: CertificateFiles;
  let proxy: TlsProxy | undefined;
  let world: ConnectorWorld | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virustotal-test-'));
    authority = makeAuthority(directory, 'authority');
    stranger = makeAuthority(directory, 'stranger');
    server = authority.issue('server', 'DNS:localhost');
    client = authority.issue('client', 'DNS:connector', PASSPHRASE);
  });

  afterEach(async () => {
    await world?.close();
    world = undefined;
    await proxy?.close();
    proxy = undefined;
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const text = (path: string): string => readFileSync(path, 'utf8');
  const listen = async (options: TlsOptions = {}): Promise<TlsProxy> => {
    proxy = await startTlsProxy(sharedBroker(), {
      cert: text(server.cert),
      key: text(server.key),
      ...options,
    });
    return proxy;
  };
  const demandingClients = (): TlsOptions => ({
    ca: text(authority.cert),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const overTls = (variables: Record<string, string>): Record<string, string> => ({
    MQ_HOST: 'localhost',
    MQ_PORT: String(proxy?.port),
    MQ_USE_SSL: 'true',
    MQ_USE_SSL_REJECT_UNAUTHORIZED: 'true',
    MQ_USE_SSL_CA: authority.cert,
    ...variables,
  });
  const enriches = async (variables: Record<string, string>): Promise<void> => {
    world = await startConnectorWorld({ variables: overTls(variables) });
    const { platform } = world;
    const { standardId } = platform.addObservable('Domain-Name', { value: 'evil.example.com' });
    const work = await workSettled(platform, await platform.requestEnrichment({ entityId: standardId }));
    expect(work).toMatchObject({ status: 'complete', errors: [] });
  };

  it('is trusted by its authority, given as a path', async () => {
    await listen();
    await enriches({});
    expect(proxy?.clients).toEqual([]);
  });

  it('gets a client certificate with a key under a passphrase, given as paths', async () => {
    await listen(demandingClients());
    const { cert, key } = client;
    await enriches({ MQ_USE_SSL_CERT: cert, MQ_USE_SSL_KEY: key, MQ_USE_SSL_PASSPHRASE: PASSPHRASE });
    expect(new Set(proxy?.clients)).toEqual(new Set(['client']));
    expect(world?.connector.log()).not.toContain(PASSPHRASE);
  });

  it('gets a client certificate, given as texts like the authority', async () => {
    await listen(demandingClients());
    await enriches({
      MQ_USE_SSL_CA: text(authority.cert),
      MQ_USE_SSL_CERT: text(client.cert),
      MQ_USE_SSL_KEY: text(client.key),
      MQ_USE_SSL_PASSPHRASE: PASSPHRASE,
    });
    expect(new Set(proxy?.clients)).toEqual(new Set(['client']));
  });

  it('is not checked unless that is asked for, as in the Python connector', async () => {
    await listen();
    await enriches({
      MQ_HOST: '127.0.0.1',
      MQ_USE_SSL_CA: stranger.cert,
      MQ_USE_SSL_REJECT_UNAUTHORIZED: 'false',
    });
  });

  describe('ends the start with code 1 and names the option', () => {
    const outcome = async (variables: Record<string, string>): Promise<string> => {
      const platform = await startPlatformSimulator({ amqp: sharedBroker() });
      try {
        const { exitCode, stderr } = await runCommand(
          ['serve'],
          {
            OPENCTI_URL: platform.url,
            OPENCTI_TOKEN: platform.token,
            VIRUSTOTAL_TOKEN: API_KEY,
            STATE_PATH: join(directory, 'state.sqlite'),
            ...overTls(variables),
          },
          directory,
        );
        expect(exitCode).toBe(1);
        expect(stderr).not.toMatch(/passphrase-of|PRIVATE KEY/);
        return stderr;
      } finally {
        await platform.close();
      }
    };

    it('when the authority is another one', async () => {
      await listen();
      expect(await outcome({ MQ_USE_SSL_CA: stranger.cert })).toMatch(
        /is not trusted; give .* MQ_USE_SSL_CA/,
      );
    });

    it('when the certificate is for another host', async () => {
      await listen();
      expect(await outcome({ MQ_HOST: '127.0.0.1' })).toMatch(/for another host; check MQ_HOST/);
    });

    it('when a client certificate is missing', async () => {
      await listen(demandingClients());
      expect(await outcome({})).toMatch(/client certificate.*MQ_USE_SSL_CERT/);
    });

    it('when the passphrase is wrong', async () => {
      await listen(demandingClients());
      const { cert, key } = client;
      const wrong = {
        MQ_USE_SSL_CERT: cert,
        MQ_USE_SSL_KEY: key,
        MQ_USE_SSL_PASSPHRASE: 'wrong-passphrase-of',
      };
      expect(await outcome(wrong)).toMatch(/MQ_USE_SSL_PASSPHRASE/);
    });

    it('when the port does not speak TLS', async () => {
      expect(await outcome({ MQ_HOST: sharedBroker().host, MQ_PORT: String(sharedBroker().port) })).toMatch(
        /does not speak TLS; check MQ_PORT, or set MQ_USE_SSL=false/,
      );
    });
  });
});
