import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import type { Fault as PlatformFault } from '../../src/simulators/platform/faults.js';
import type { Fault as VirusTotalFault } from '../../src/simulators/virustotal/faults.js';
import { makeAuthority } from '../helpers/certificates.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
import { bundleObjects } from '../helpers/enrichment-results.js';
import { startForwardProxy, type ForwardProxy } from '../helpers/forward-proxy.js';
import { KIND_VARIABLES, kinds } from '../helpers/kinds.js';
import { sharedBroker } from '../helpers/shared-broker.js';
import { startTlsProxy, type TlsProxy } from '../helpers/tls-proxy.js';

/** Each looks like nothing else, so that it is found wherever it leaks. */
const SECRETS = {
  apiKey: '5ec4e7'.padEnd(64, 'a1b2c3'),
  token: 'flgrn_octi_tkn_Ver9Secret8Token7Of6The5Platform4',
  header: 'gateway-credential-91f3c0de55',
  proxyPassword: 'proxypass-0d9a12',
  unusedKey: 'pass-of-a-private-key-4411',
};

describe('secrets', () => {
  let world: ConnectorWorld;
  let pages: string;
  let proxy: ForwardProxy;
  let tlsServer: TlsProxy;
  let certificates: string;

  /** VirusTotal over TLS, behind a proxy that wants credentials. */
  const behindProxy = async (virusTotalUrl: string): Promise<Record<string, string>> => {
    certificates = await mkdtemp(join(tmpdir(), 'virustotal-test-'));
    const authority = makeAuthority(certificates, 'authority');
    const { cert, key } = authority.issue('virustotal', 'DNS:virustotal.test');
    tlsServer = await startTlsProxy(
      { host: '127.0.0.1', port: Number(new URL(virusTotalUrl).port) },
      { cert: await readFile(cert), key: await readFile(key) },
    );
    proxy = await startForwardProxy({ 'virustotal.test': tlsServer.port });
    return {
      VIRUSTOTAL_API_URL: 'https://virustotal.test/api/v3',
      HTTPS_CA_CERTIFICATES: authority.cert,
      HTTPS_PROXY: `http://connector:${SECRETS.proxyPassword}@127.0.0.1:${proxy.port}`,
      NO_PROXY: '127.0.0.1',
    };
  };

  /** Both servers repeat what they were sent, as careless ones do, in every form in which they can fail. */
  beforeAll(async () => {
    const [healthPort = 0, metricsPort = 0] = await freePorts(2);
    world = await startConnectorWorld({
      platform: { token: SECRETS.token },
      variables: {
        ...KIND_VARIABLES,
        VIRUSTOTAL_TOKEN: SECRETS.apiKey,
        OPENCTI_CUSTOM_HEADERS: `x-gateway:${SECRETS.header}`,
        MQ_USE_SSL_PASSPHRASE: SECRETS.unusedKey,
        CONNECTOR_LOG_LEVEL: 'debug',
        CONNECTOR_HEALTH_PORT: String(healthPort),
        CONNECTOR_EXPOSE_METRICS: 'true',
        CONNECTOR_METRICS_PORT: String(metricsPort),
      },
      prepareDirectory: (_directory, { gate }) => behindProxy(gate.url),
    });
    const { platform, virusTotal } = world;
    const told = `You sent ${SECRETS.apiKey}`;
    const page = `<html><body>${told}</body></html>`;
    const spoilt: readonly VirusTotalFault[] = [
      { kind: 'error', status: 503, code: 'TransientError', message: told },
      { kind: 'html', status: 502, body: page },
      { kind: 'html', status: 200, body: page },
      { kind: 'raw', status: 200, headers: { 'content-type': 'application/json' }, body: `{"data": ${told}` },
      { kind: 'error', status: 400, code: 'InvalidArgumentError', message: told },
      { kind: 'error', status: 401, code: 'WrongCredentialsError', message: told },
      { kind: 'error', status: 403, code: 'ForbiddenError', message: told },
      { kind: 'reset' },
    ];
    proxy.refuseWith(407, `You sent ${SECRETS.proxyPassword}`);
    // Look-ups are answered with every one of them, however often the quota is asked for beside them.
    const calls = { lookUp: 0, quota: 0 };
    virusTotal.faults.leaveTo(
      ({ path }) => spoilt[calls[path.startsWith('/users/') ? 'quota' : 'lookUp']++ % (2 * spoilt.length)],
    );
    const toldByPlatform = `You sent Bearer ${SECRETS.token} and ${SECRETS.header}`;
    // No more of these: requests wait until the next ping.
    platform.faults.fail('pingConnector', { kind: 'http', status: 502, body: toldByPlatform });
    for (const operation of ['toReceived', 'addExpectations', 'toProcessed']) {
      const fail = (fault: PlatformFault): void => {
        platform.faults.fail(operation, fault);
      };
      fail({ kind: 'http', status: 502, body: toldByPlatform });
      fail({ kind: 'error', code: 'LOCK_ERROR', message: toldByPlatform, data: { reason: toldByPlatform } });
      fail({ kind: 'error', code: 'FUNCTIONAL_ERROR', message: toldByPlatform });
    }
    const ends: (() => boolean)[] = [];
    for (const kind of [...kinds, ...kinds]) {
      const entityId = kind.add(platform).standardId;
      const mode = ends.length % 3 === 0 ? 'manual' : 'auto';
      const workId = await platform.requestEnrichment({ entityId, mode });
      ends.push(() => platform.work(workId)?.processedTime != null);
      const { executionId } = await platform.requestPlaybookStep({ entityId });
      ends.push(() => platform.playbookReplies.some((reply) => reply.executionId === executionId));
    }
    await platform.until(() => proxy.tunnels.length > 2, { description: () => 'tunnels that are refused' });
    proxy.refuseWith(undefined);
    // Others wait for minutes, since VirusTotal fails at every other call; nothing new is said of them.
    const ended = (): number => ends.filter((isOver) => isOver()).length;
    await platform.until(() => calls.lookUp >= spoilt.length && ended() >= ends.length / 2, {
      timeoutMs: 200_000,
      description: () => `half of ${ends.length} requests; ${ended()} have ended`,
    });
    const get = async (port: number, path: string): Promise<string> => {
      const { headers, body } = await request(`http://127.0.0.1:${port}${path}`);
      return JSON.stringify(headers) + (await body.text());
    };
    pages = (
      await Promise.all([
        ...['/', '/health', '/health/live', '/health/ready'].map((path) => get(healthPort, path)),
        get(metricsPort, '/metrics'),
      ])
    ).join('\n');
    await world.connector.stop('SIGTERM');
  }, 260_000);

  afterAll(async () => {
    await world.close();
    await proxy.close();
    await tlsServer.close();
    await rm(certificates, { recursive: true, force: true });
  });

  /** As they are, and as they travel in addresses and headers. */
  const found = (text: string): string[] =>
    Object.entries({ ...SECRETS, broker: sharedBroker().password })
      // Shorter ones cannot be told from ordinary words, such as the user name "guest".
      .filter(([, secret]) => secret.length > 5)
      .filter(([, secret]) =>
        [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')].some((form) =>
          text.includes(form),
        ),
      )
      .map(([name]) => name);

  it('are found by this test where they are', () => {
    expect(found(`Bearer ${SECRETS.token}`)).toEqual(['token']);
  });

  it('are sent where they belong', () => {
    const [sent = ''] = new Set(proxy.credentials);
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe(
      `connector:${SECRETS.proxyPassword}`,
    );
    expect(proxy.tunnels.length).toBeGreaterThan(10);
  });

  it('are in no line of the log, which tells of every kind of failure', () => {
    const log = world.connector.log();
    const all = ['503', '502', 'WrongCredentials', 'LOCK_ERROR', 'of HTTPS_PROXY answered HTTP 407'];
    for (const told of all) expect(log).toContain(told);
    // From the first line on.
    expect(log).toContain('"message":"configuration"');
    expect(found(log)).toEqual([]);
  });

  it('are in no page for operators', () => {
    expect(pages).toContain('bundles_sent_total');
    expect(pages).toContain('"parts"');
    expect(found(pages)).toEqual([]);
  });

  it('are in no message and no error of a work', () => {
    const works = JSON.stringify(world.platform.works);
    expect(works).toContain('VirusTotal: ');
    expect(found(works)).toEqual([]);
  });

  it('are in nothing that was sent to the platform', () => {
    const { platform } = world;
    const bundles = platform.pushed.flatMap(({ bundle }) => bundleObjects(bundle));
    expect(bundles.some(({ type }) => type === 'note')).toBe(true);
    const sent = [bundles, platform.pushed.map(({ fields }) => fields), platform.playbookReplies].map(
      (part) => JSON.stringify(part),
    );
    expect(found(sent.join('\n'))).toEqual([]);
    expect(found(JSON.stringify(platform.operations.map(({ variables }) => variables)))).toEqual([]);
  });
});
