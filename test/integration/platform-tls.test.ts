import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatformSimulator, type PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import {
  startVirusTotalSimulator,
  type VirusTotalSimulator,
} from '../../src/simulators/virustotal/server.js';
import { runCommand } from '../helpers/built-product.js';
import { makeAuthority, type Authority } from '../helpers/certificates.js';
import { API_KEY } from '../helpers/connector-world.js';
import { sharedBroker } from '../helpers/shared-broker.js';
import { startTlsProxy, type TlsProxy } from '../helpers/tls-proxy.js';

let directory: string;
let authority: Authority;
let stranger: Authority;
let platform: PlatformSimulator;
let virusTotal: VirusTotalSimulator;
let platformOverTls: TlsProxy;
let virusTotalOverTls: TlsProxy;

/** Both servers have a certificate of an authority of the house. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'virustotal-test-'));
  authority = makeAuthority(directory, 'authority');
  stranger = makeAuthority(directory, 'stranger');
  const { cert, key } = authority.issue('servers', 'DNS:localhost');
  const tls = { cert: readFileSync(cert), key: readFileSync(key) };
  const before = (url: string): Promise<TlsProxy> =>
    startTlsProxy({ host: '127.0.0.1', port: Number(new URL(url).port) }, tls);
  platform = await startPlatformSimulator({ amqp: sharedBroker() });
  virusTotal = await startVirusTotalSimulator();
  platformOverTls = await before(platform.url);
  virusTotalOverTls = await before(virusTotal.url);
});

afterAll(async () => {
  await platformOverTls.close();
  await virusTotalOverTls.close();
  await virusTotal.close();
  await platform.close();
  await rm(directory, { recursive: true, force: true });
});

/** The line that `check` prints for a server. */
async function checked(
  part: 'OpenCTI' | 'VirusTotal',
  variables: Record<string, string>,
  host = 'localhost',
): Promise<string | undefined> {
  const { stdout } = await runCommand(
    ['check'],
    {
      OPENCTI_URL: `https://${host}:${platformOverTls.port}`,
      OPENCTI_TOKEN: platform.token,
      VIRUSTOTAL_TOKEN: API_KEY,
      VIRUSTOTAL_API_URL: `https://${host}:${virusTotalOverTls.port}/api/v3`,
      STATE_PATH: join(directory, 'state.sqlite'),
      ...variables,
    },
    directory,
  );
  return stdout.split('\n').find((line) => line.includes(` ${part}: `));
}

describe('OpenCTI over TLS', () => {
  it.each([
    ['is not checked with OPENCTI_SSL_VERIFY=false', () => ({ OPENCTI_SSL_VERIFY: 'false' })],
    ['is not checked unless that is asked for, as in the Python connector', () => ({})],
    [
      'is trusted by the CA bundle that OPENCTI_SSL_VERIFY names',
      () => ({ OPENCTI_SSL_VERIFY: authority.cert }),
    ],
    [
      'is trusted by HTTPS_CA_CERTIFICATES',
      () => ({ OPENCTI_SSL_VERIFY: 'true', HTTPS_CA_CERTIFICATES: authority.cert }),
    ],
    [
      'is trusted by HTTPS_CA_CERTIFICATES as PEM text, beside another bundle',
      () => ({
        OPENCTI_SSL_VERIFY: stranger.cert,
        HTTPS_CA_CERTIFICATES: readFileSync(authority.cert, 'utf8'),
      }),
    ],
  ])('%s', async (_name, variables) => {
    expect(await checked('OpenCTI', variables())).toMatch(/^ok {4}OpenCTI: version /);
  });

  it.each([
    ['without its CA', () => ({ OPENCTI_SSL_VERIFY: 'true' })],
    ['with another CA', () => ({ OPENCTI_SSL_VERIFY: stranger.cert })],
  ])('is refused %s, and the options are named', async (_name, variables) => {
    expect(await checked('OpenCTI', variables())).toMatch(
      /^FAIL {2}OpenCTI: The certificate of OpenCTI is not trusted \(\w+\); give its CA in OPENCTI_SSL_VERIFY or HTTPS_CA_CERTIFICATES\.$/,
    );
  });

  it('is refused under another name', async () => {
    expect(await checked('OpenCTI', { OPENCTI_SSL_VERIFY: authority.cert }, '127.0.0.1')).toContain(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });
});

describe('VirusTotal over TLS', () => {
  it('is always checked', async () => {
    expect(await checked('VirusTotal', { OPENCTI_SSL_VERIFY: 'false' })).toMatch(
      /^FAIL {2}VirusTotal: The certificate of what answers for VirusTotal is not trusted \(\w+\);.*HTTPS_CA_CERTIFICATES/,
    );
  });

  it('is trusted by HTTPS_CA_CERTIFICATES', async () => {
    expect(await checked('VirusTotal', { HTTPS_CA_CERTIFICATES: authority.cert })).toMatch(
      /^ok {4}VirusTotal: key accepted/,
    );
  });
});
