import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_GATEWAY } from '../../src/simulators/platform/faults.js';
import { startPlatformSimulator, type PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { demoCatalog } from '../../src/simulators/virustotal/samples/demo-catalog.js';
import { eicar, unknownFile } from '../../src/simulators/virustotal/samples/demo-values.js';
import {
  startVirusTotalSimulator,
  type VirusTotalSimulator,
} from '../../src/simulators/virustotal/server.js';
import { runCommand, type CommandResult } from '../helpers/built-product.js';
import { API_KEY } from '../helpers/connector-world.js';
import { sharedBroker, uniqueConnectorId } from '../helpers/shared-broker.js';

const OTHER_KEY = 'decafbad'.repeat(8);

let platform: PlatformSimulator;
let virusTotal: VirusTotalSimulator;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'virustotal-test-'));
  platform = await startPlatformSimulator({ amqp: sharedBroker() });
  virusTotal = await startVirusTotalSimulator({
    catalog: demoCatalog(),
    keys: { [API_KEY]: { kind: 'public', limits: { perDay: 500, perMonth: 15_500 } } },
  });
});

afterAll(async () => {
  await virusTotal.close();
  await platform.close();
  await rm(directory, { recursive: true, force: true });
});

function run(args: readonly string[], changes: Record<string, string> = {}): Promise<CommandResult> {
  const variables = {
    OPENCTI_URL: platform.url,
    OPENCTI_TOKEN: platform.token,
    CONNECTOR_ID: uniqueConnectorId(),
    VIRUSTOTAL_TOKEN: API_KEY,
    VIRUSTOTAL_API_URL: virusTotal.url,
    VIRUSTOTAL_QUOTA_PER_MINUTE: '0',
    ...changes,
  };
  return runCommand(args, variables, directory);
}

describe('check', () => {
  const lines = ({ stdout }: CommandResult): string[] => stdout.trimEnd().split('\n').toSorted();

  it('says what is well, one line each, and ends with code 0', async () => {
    const result = await run(['check']);
    const { host, port } = sharedBroker();
    expect(lines(result)).toEqual([
      `ok    OpenCTI: version 7.260817.0 at ${platform.url}; registered as VirusTotal`,
      expect.stringMatching(
        new RegExp(
          `^ok {4}RabbitMQ: connected to ${host}:${port}; requests come from \\S*listen_test-\\S+; results go to \\S*push_test-\\S+$`,
        ),
      ),
      'ok    VirusTotal: key accepted; 0 of 500 look-ups used today, 0 of 15500 look-ups used this month',
      'ok    configuration: complete',
      'ok    state: SQLite file state/connector.sqlite',
    ]);
    expect(result.exitCode).toBe(0);
  });

  it('names a wrong VirusTotal key, checks the rest nevertheless, and ends with code 1', async () => {
    const result = await run(['check'], { VIRUSTOTAL_TOKEN: OTHER_KEY });
    expect(lines(result).map((line) => line.slice(0, 16))).toEqual([
      'FAIL  VirusTotal',
      'ok    OpenCTI: v',
      'ok    RabbitMQ: ',
      'ok    configurat',
      'ok    state: SQL',
    ]);
    expect(lines(result)[0]).toBe(
      'FAIL  VirusTotal: VirusTotal rejected the API key; set VIRUSTOTAL_TOKEN to a valid one.',
    );
    expect(result.exitCode).toBe(1);
    expect(result.stdout + result.stderr).not.toContain(OTHER_KEY);
  });

  it('says that the platform does not answer, and ends with code 1', async () => {
    const result = await run(['check'], { OPENCTI_URL: 'http://127.0.0.1:9' });
    expect(lines(result)).toEqual([
      expect.stringMatching(/^FAIL {2}OpenCTI: OpenCTI could not be reached/),
      expect.stringMatching(/^ok {4}VirusTotal: key accepted/),
      'ok    configuration: complete',
      'ok    state: SQLite file state/connector.sqlite',
    ]);
    expect(result.exitCode).toBe(1);
  });

  it('prints each warning on a line of its own, and at the default log level', async () => {
    const result = await run(['check'], {
      VIRUSTOTAL_MAXTLP: 'TLP:GREEN',
      CONNECTOR_CONFIDENCE_LEVEL: '80',
      OPENCTI_CUSTOM_HEADERS: 'nonsense',
    });
    expect(result.stdout.split('\n').slice(0, 4)).toEqual([
      'warn  configuration: Unknown variable VIRUSTOTAL_MAXTLP in the environment. Did you mean VIRUSTOTAL_MAX_TLP?',
      'warn  configuration: CONNECTOR_CONFIDENCE_LEVEL in the environment has no effect: since OpenCTI 6.0 the confidence level is that of the platform user.',
      'warn  configuration: opencti.custom_headers (OPENCTI_CUSTOM_HEADERS), in the environment: header 1 is not of the form name:value and is ignored.',
      'ok    configuration: complete',
    ]);
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(0);
  });

  it('reports a listen queue that is not there', async () => {
    // The queues of this platform are on another broker than the one that MQ_* name.
    const elsewhere = await startPlatformSimulator();
    const { host, port, vhost, user, password } = sharedBroker();
    const result = await run(['check'], {
      OPENCTI_URL: elsewhere.url,
      OPENCTI_TOKEN: elsewhere.token,
      MQ_HOST: host,
      MQ_PORT: String(port),
      MQ_VHOST: vhost,
      MQ_USER: user,
      MQ_PASS: password,
    });
    await elsewhere.close();
    expect(lines(result)[0]).toMatch(
      new RegExp(
        `^FAIL {2}RabbitMQ: ${host}:${port} has no queue \\S*listen_test-\\S+, which the platform makes at registration\\. Check that MQ_HOST, MQ_PORT and MQ_VHOST name the RabbitMQ of the platform\\.$`,
      ),
    );
    expect(result.exitCode).toBe(1);
  });

  it('says why RabbitMQ cannot be reached', async () => {
    const result = await run(['check'], { MQ_HOST: '127.0.0.1', MQ_PORT: '9' });
    expect(lines(result)[0]).toBe(
      'FAIL  RabbitMQ: RabbitMQ cannot be reached: connect ECONNREFUSED 127.0.0.1:9. Check MQ_HOST and MQ_PORT, or the address that the platform hands out.',
    );
    expect(result.exitCode).toBe(1);
  });

  it('gives a silent RabbitMQ up in time', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const begin = performance.now();
    const result = await run(['check'], { MQ_HOST: '127.0.0.1', MQ_PORT: String(port) });
    silent.close();
    expect(lines(result)[0]).toBe(
      `FAIL  RabbitMQ: 127.0.0.1:${port} does not answer within 10 seconds. Check MQ_HOST and MQ_PORT, or the address that the platform hands out.`,
    );
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(result.exitCode).toBe(1);
  });

  it('says at once what the platform answers, without trying again', async () => {
    platform.faults.fail('about', BAD_GATEWAY);
    const result = await run(['check']);
    expect(lines(result)[0]).toMatch(/^FAIL {2}OpenCTI: .*502/);
    expect(result.exitCode).toBe(1);
  });

  it('names a wrong token of the platform', async () => {
    const result = await run(['check'], { OPENCTI_TOKEN: 'flgrn_octi_tkn_wrong' });
    expect(lines(result)[0]).toMatch(/^FAIL {2}OpenCTI: .*OPENCTI_TOKEN/);
    expect(result.exitCode).toBe(1);
    expect(result.stdout + result.stderr).not.toContain('flgrn_octi_tkn_wrong');
  });

  it('lists the faults of the configuration', async () => {
    const result = await run(['check'], { VIRUSTOTAL_MAX_TLP: 'TLP:PURPLE', OPENCTI_URL: '' });
    expect(result.stdout).toMatch(
      /^FAIL {2}configuration: The configuration has 2 faults:\n- .*OPENCTI_URL.*\n- .*VIRUSTOTAL_MAX_TLP/,
    );
    expect(result.exitCode).toBe(1);
  });
});

describe('serve', () => {
  it('shows a misspelt variable at the default log level', async () => {
    const { exitCode, stderr } = await run(['serve'], {
      OPENCTI_TOKEN: 'flgrn_octi_tkn_wrong',
      VIRUSTOTAL_MAXTLP: 'TLP:GREEN',
    });
    expect(stderr.split('\n')[0]).toContain(
      'Unknown variable VIRUSTOTAL_MAXTLP in the environment. Did you mean VIRUSTOTAL_MAX_TLP?',
    );
    expect(exitCode).toBe(1);
  });
});

describe('enrich', () => {
  /** Nothing of OpenCTI is needed. */
  const enrich = (...args: string[]): Promise<CommandResult> =>
    run(['enrich', ...args], { OPENCTI_URL: '', OPENCTI_TOKEN: '' });

  it.each([
    [eicar.md5.toUpperCase(), '64 of 68 engines call this malicious', 'demo_eicar_text'],
    ['1.2.3.4', '14 of 97 engines call this malicious', "[ipv4-addr:value = '1.2.3.4']"],
    ['2001:4860:4860::8888', 'none of 97 engines call this malicious', 'VirusTotal results'],
    ['hxxp://evil[.]example[.]com/payload?a=1&b=2', '12 of 97 engines call this malicious', 'url'],
  ])('shows %s as a table', async (value, verdict, row) => {
    const { exitCode, stdout } = await enrich(value);
    expect(stdout.split('\n')[0]).toContain(verdict);
    expect(stdout).toContain('What it says');
    expect(stdout).toContain(row);
    expect(exitCode).toBe(0);
  });

  it('prints nothing but a bundle with --json', async () => {
    const { exitCode, stdout, stderr } = await enrich('evil.example.com', '--json');
    const bundle = JSON.parse(stdout) as { type: string; id: string; objects: Record<string, unknown>[] };
    expect(bundle.type).toBe('bundle');
    expect(bundle.id).toMatch(/^bundle--[0-9a-f-]{36}$/);
    expect(bundle.objects.map(({ type }) => type).toSorted()).toEqual([
      'domain-name',
      'identity',
      'indicator',
      'note',
      'note',
      'relationship',
    ]);
    expect(bundle.objects.every(({ spec_version: version }) => version === '2.1')).toBe(true);
    expect(bundle.objects[0]?.id).toBe('domain-name--6262c8a9-ac28-50fe-a7df-f5923bb2ee14');
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it('takes "unknown" for an answer', async () => {
    const table = await enrich(unknownFile.sha256);
    expect(table).toMatchObject({
      exitCode: 0,
      stdout: `VirusTotal has no report on ${unknownFile.sha256}.\n`,
    });
    const json = await enrich('unknown.example.com', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ type: 'bundle' });
    expect(json.stderr).toBe('VirusTotal has no report on unknown.example.com.\n');
    expect(json.exitCode).toBe(0);
  });

  it('refuses what is no value, and says what it takes', async () => {
    const { exitCode, stdout, stderr } = await enrich('nonsense');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('file hash (MD5, SHA-1, SHA-256), an IP address, a URL or a domain name');
  });

  it('ends with code 1 when VirusTotal cannot be reached', async () => {
    const { exitCode, stdout, stderr } = await run(['enrich', '1.2.3.4'], {
      VIRUSTOTAL_CACHE_TTL_MINUTES: '0',
      VIRUSTOTAL_API_URL: 'http://127.0.0.1:9/api/v3',
    });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/VirusTotal could not be reached \(ECONNREFUSED\)/);
  });

  it('ends with code 1 when VirusTotal refuses', async () => {
    const { exitCode, stdout, stderr } = await run(['enrich', '1.2.3.4', '--json'], {
      VIRUSTOTAL_TOKEN: OTHER_KEY,
    });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('VIRUSTOTAL_TOKEN');
    expect(stderr).not.toContain(OTHER_KEY);
  });
});

describe('demo', () => {
  it('settles every request and writes the bundles that came back', async () => {
    const { exitCode, stdout } = await run(['demo'], { VIRUSTOTAL_TOKEN: '' });
    const [, settled, all] = /(\d+) of (\d+) requests settled/.exec(stdout) ?? [];
    expect(Number(all)).toBeGreaterThanOrEqual(8);
    expect(settled).toBe(all);
    expect(exitCode).toBe(0);
    const files = await readdir(join(directory, 'demo-output'));
    expect(files.length).toBeGreaterThanOrEqual(8);
    for (const file of files) {
      const bundle: unknown = JSON.parse(await readFile(join(directory, 'demo-output', file), 'utf8'));
      expect(bundle).toMatchObject({ type: 'bundle' });
    }
  });
});

describe('the command line', () => {
  it.each([
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [['--help'], 0, /serve.*check.*enrich.*demo/s],
  ])('answers %j', async (args, code, expected) => {
    const { exitCode, stdout } = await run(args);
    expect(exitCode).toBe(code);
    expect(stdout).toMatch(expected);
  });

  it('refuses a command that it does not know', async () => {
    const { exitCode, stderr } = await run(['enrihc', '1.2.3.4']);
    expect(exitCode).toBe(1);
    expect(stderr).not.toBe('');
  });
});
