import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPlatformSimulator, type PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { runCommand, type CommandResult } from '../helpers/built-product.js';
import { makeAuthority, type Authority, type CertificateFiles } from '../helpers/certificates.js';
import {
  API_KEY,
  startConnectorWorld,
  type ConnectorWorld,
  type ConnectorWorldOptions,
} from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';
import { startForwardProxy, type ForwardProxy } from '../helpers/forward-proxy.js';
import { sharedBroker } from '../helpers/shared-broker.js';
import { startTlsProxy } from '../helpers/tls-proxy.js';

const USER = 'connector';
const PASSWORD = 'pass%word-of-the-proxy';
const CREDENTIALS = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;

let directory: string;
let authority: Authority;
let stranger: Authority;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'virustotal-test-'));
  authority = makeAuthority(directory, 'authority');
  stranger = makeAuthority(directory, 'stranger');
});

afterEach(async () => {
  for (const closer of closers.splice(0).reverse()) await closer();
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const tlsOf = ({ cert, key }: CertificateFiles): { cert: string; key: string } => ({
  cert: readFileSync(cert, 'utf8'),
  key: readFileSync(key, 'utf8'),
});

const proxyUrl = ({ port }: ForwardProxy): string =>
  `http://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`;

/** The test names of both servers, which a proxy alone can resolve, so that nothing gets past it unnoticed. */
async function startProxy(
  servers: Pick<ConnectorWorld, 'platform' | 'gate'>,
  { tls, overTls = true }: { tls?: CertificateFiles; overTls?: boolean } = {},
): Promise<ForwardProxy> {
  const certificate = tlsOf(authority.issue('servers', 'DNS:opencti.test,DNS:virustotal.test'));
  const portOf = async (url: string): Promise<number> => {
    const port = Number(new URL(url).port);
    if (!overTls) return port;
    const server = await startTlsProxy({ host: '127.0.0.1', port }, certificate);
    closers.push(() => server.close());
    return server.port;
  };
  const ports = {
    'opencti.test': await portOf(servers.platform.url),
    'virustotal.test': await portOf(servers.gate.url),
  };
  const proxy = await startForwardProxy(ports, tls === undefined ? undefined : tlsOf(tls));
  closers.push(() => proxy.close());
  return proxy;
}

const named = (scheme: 'http' | 'https'): Record<string, string> => ({
  OPENCTI_URL: `${scheme}://opencti.test`,
  VIRUSTOTAL_API_URL: `${scheme}://virustotal.test/api/v3`,
  HTTPS_CA_CERTIFICATES: authority.cert,
});

async function startWorld(
  prepareDirectory: ConnectorWorldOptions['prepareDirectory'],
): Promise<ConnectorWorld> {
  const world = await startConnectorWorld({ ...(prepareDirectory && { prepareDirectory }) });
  closers.push(() => world.close());
  return world;
}

/** One request from its message to its bundle; what comes of VirusTotal is in it. */
async function enriches({ platform, virusTotal }: ConnectorWorld): Promise<void> {
  const { standardId } = platform.addObservable('Domain-Name', { value: 'evil.example.com' });
  const work = await workSettled(platform, await platform.requestEnrichment({ entityId: standardId }));
  expect(work).toMatchObject({ status: 'complete', errors: [] });
  expect(virusTotal.log.lookUps().length).toBeGreaterThan(0);
}

const expectNoCredentialsIn = (text: string): void => {
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), CREDENTIALS.slice('Basic '.length)]) {
    expect(text).not.toContain(secret);
  }
};

describe('a proxy', () => {
  it('opens tunnels to https servers, is given its credentials, and the log never', async () => {
    let proxy: ForwardProxy | undefined;
    const world = await startWorld(async (_directory, servers) => {
      proxy = await startProxy(servers);
      return { ...named('https'), HTTPS_PROXY: proxyUrl(proxy) };
    });
    await enriches(world);
    expect(new Set(proxy?.tunnels)).toEqual(new Set(['opencti.test:443', 'virustotal.test:443']));
    expect(proxy?.forwarded).toEqual([]);
    expect(new Set(proxy?.credentials)).toEqual(new Set([CREDENTIALS]));
    expectNoCredentialsIn(world.connector.log());
  });

  it('gets the whole URLs of http servers and no tunnels, which proxies seldom open to them', async () => {
    let proxy: ForwardProxy | undefined;
    const world = await startWorld(async (_directory, servers) => {
      proxy = await startProxy(servers, { overTls: false });
      return { ...named('http'), HTTP_PROXY: proxyUrl(proxy) };
    });
    await enriches(world);
    expect(proxy?.tunnels).toEqual([]);
    expect(proxy?.forwarded).toContain('http://opencti.test/graphql');
    expect(proxy?.forwarded).toContainEqual(
      expect.stringMatching(/^http:\/\/virustotal\.test\/api\/v3\/domains\/evil\.example\.com/),
    );
    expect(new Set(proxy?.hosts)).toEqual(new Set(['opencti.test', 'virustotal.test']));
    expect(new Set(proxy?.credentials)).toEqual(new Set([CREDENTIALS]));
    expectNoCredentialsIn(world.connector.log());
  });

  it.each(['https', 'http'] as const)('may speak TLS itself, with %s servers behind it', async (scheme) => {
    let proxy: ForwardProxy | undefined;
    const world = await startWorld(async (_directory, servers) => {
      const tls = authority.issue('proxy', 'DNS:localhost');
      proxy = await startProxy(servers, { tls, overTls: scheme === 'https' });
      const url = `https://localhost:${proxy.port}`;
      return { ...named(scheme), HTTP_PROXY: url, HTTPS_PROXY: url };
    });
    await enriches(world);
    expect((scheme === 'https' ? proxy?.tunnels : proxy?.forwarded)?.length).toBeGreaterThan(1);
    expect(new Set(proxy?.credentials)).toEqual(new Set([undefined]));
  });

  it('is left out for what NO_PROXY lists, networks among it', async () => {
    let proxy: ForwardProxy | undefined;
    const world = await startWorld(async (_directory, servers) => {
      proxy = await startProxy(servers);
      return {
        ...named('https'),
        OPENCTI_URL: servers.platform.url,
        HTTP_PROXY: proxyUrl(proxy),
        HTTPS_PROXY: proxyUrl(proxy),
        NO_PROXY: 'rabbitmq, 127.0.0.0/8',
      };
    });
    await enriches(world);
    expect(new Set(proxy?.tunnels)).toEqual(new Set(['virustotal.test:443']));
    expect(proxy?.forwarded).toEqual([]);
  });

  it('that is down for a while costs no request', async () => {
    let proxy: ForwardProxy | undefined;
    const world = await startWorld(async (_directory, servers) => {
      proxy = await startProxy(servers);
      return { ...named('https'), OPENCTI_URL: servers.platform.url, HTTPS_PROXY: proxyUrl(proxy) };
    });
    proxy?.refuseWith(503);
    const { platform } = world;
    const { standardId } = platform.addObservable('Domain-Name', { value: 'evil.example.com' });
    const workId = await platform.requestEnrichment({ entityId: standardId, mode: 'auto' });
    await platform.until(() => (proxy?.tunnels.length ?? 0) > 1, { description: () => 'two tries' });
    proxy?.refuseWith(undefined);
    expect(await workSettled(platform, workId, 60_000)).toMatchObject({ status: 'complete', errors: [] });
    expect(world.connector.log()).toContain('of HTTPS_PROXY answered HTTP 503');
  }, 90_000);
});

describe('check names the proxy, its option, and no credentials', () => {
  let platform: PlatformSimulator;

  beforeAll(async () => {
    platform = await startPlatformSimulator({ amqp: sharedBroker() });
  });

  afterAll(async () => {
    await platform.close();
  });

  const check = async (variables: Record<string, string>): Promise<CommandResult> => {
    const result = await runCommand(
      ['check'],
      {
        OPENCTI_TOKEN: platform.token,
        VIRUSTOTAL_TOKEN: API_KEY,
        STATE_PATH: join(directory, 's'),
        ...variables,
      },
      directory,
    );
    expect(result.exitCode).toBe(1);
    expectNoCredentialsIn(result.stdout + result.stderr);
    return result;
  };

  it.each(['http', 'https'] as const)('when it is down (%s)', async (scheme) => {
    const [port = 0] = await freePorts(1);
    const variable = `${scheme.toUpperCase()}_PROXY`;
    const { stdout } = await check({ ...named(scheme), [variable]: proxyUrl({ port } as ForwardProxy) });
    const reason = `there is no connection to the proxy 127.0.0.1:${port} of ${variable} (ECONNREFUSED); check ${variable}, and that the proxy is up.`;
    expect(stdout).toMatch(/^FAIL {2}OpenCTI: OpenCTI could not be reached for \w+: /m);
    expect(stdout).toContain(`VirusTotal could not be reached: ${reason}`);
    expect(stdout.split(reason)).toHaveLength(3);
  });

  it.each(['http', 'https'] as const)('when it wants other credentials (%s)', async (scheme) => {
    const proxy = await startForwardProxy({});
    closers.push(() => proxy.close());
    proxy.refuseWith(407, `not with ${CREDENTIALS}`);
    const variable = `${scheme.toUpperCase()}_PROXY`;
    const { stdout } = await check({ ...named(scheme), [variable]: proxyUrl(proxy) });
    const reason = `the proxy 127.0.0.1:${proxy.port} of ${variable} answered HTTP 407; it wants a user name and a password, or others than ${variable} has.`;
    expect(stdout.split(reason)).toHaveLength(3);
    expect(new Set(proxy.credentials)).toEqual(new Set([CREDENTIALS]));
  });

  it('when its certificate is of an unknown authority', async () => {
    const proxy = await startForwardProxy({}, tlsOf(stranger.issue('proxy', 'DNS:localhost')));
    closers.push(() => proxy.close());
    const { stdout } = await check({
      ...named('https'),
      // What holds for a server holds for the proxy before it.
      OPENCTI_SSL_VERIFY: 'true',
      HTTPS_PROXY: `https://localhost:${proxy.port}`,
    });
    const reason = `the certificate of the proxy localhost:${proxy.port} of HTTPS_PROXY is not trusted`;
    expect(stdout.split(reason)).toHaveLength(3);
  });
});
