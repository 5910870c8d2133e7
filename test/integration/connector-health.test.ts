import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { request } from 'undici';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { BAD_GATEWAY } from '../../src/simulators/platform/faults.js';
import {
  startConnectorWorld,
  type ConnectorWorld,
  type ConnectorWorldOptions,
} from '../helpers/connector-world.js';
import { workSettled } from '../helpers/enrichment-results.js';
import { sharedBroker } from '../helpers/shared-broker.js';
import { startTcpProxy } from '../helpers/tcp-proxy.js';

const HEALTHCHECK = fileURLToPath(new URL('../../docker/healthcheck.mjs', import.meta.url));
const run = promisify(execFile);

interface Answer {
  readonly code: number;
  readonly status: string;
  readonly parts: Readonly<Record<string, { ok: boolean; since: string; detail?: string; remedy?: string }>>;
}

describe('the health of the connector', () => {
  let world: ConnectorWorld | undefined;
  let port = 0;
  const closers: (() => Promise<void>)[] = [];

  afterEach(async () => {
    await world?.close();
    world = undefined;
    for (const close of closers.splice(0)) await close();
  });

  const start = async (options: ConnectorWorldOptions = {}): Promise<ConnectorWorld> => {
    [port = 0] = await freePorts(1);
    const variables = { ...options.variables, CONNECTOR_HEALTH_PORT: String(port) };
    world = await startConnectorWorld({ ...options, variables });
    await expect.poll(async () => (await ask('/health')).parts.consumer?.ok, { timeout: 20_000 }).toBe(true);
    return world;
  };

  const ask = async (path: string): Promise<Answer> => {
    const response = await request(`http://127.0.0.1:${port}${path}`);
    return { code: response.statusCode, ...((await response.body.json()) as Omit<Answer, 'code'>) };
  };

  /** Waits until readiness says this, and looks at the parts that are not well. */
  const becomes = async (code: number, status: string): Promise<Answer['parts']> => {
    await expect.poll(async () => (await ask('/health/ready')).status, { timeout: 20_000 }).toBe(status);
    const answer = await ask('/health/ready');
    expect(answer.code).toBe(code);
    // Nothing outside is a reason for a restart.
    expect(await ask('/health/live')).toMatchObject({ code: 200, status: 'ok' });
    return Object.fromEntries(Object.entries(answer.parts).filter(([, { ok }]) => !ok));
  };

  const enrich = async ({ platform }: ConnectorWorld, value: string): Promise<string> => {
    const { standardId } = platform.addObservable('Domain-Name', { value });
    return platform.requestEnrichment({ entityId: standardId, mode: 'manual' });
  };

  const why = (detail: RegExp, remedy: RegExp): object => ({
    ok: false,
    since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    detail: expect.stringMatching(detail) as string,
    remedy: expect.stringMatching(remedy) as string,
  });

  it('is well while all is well, and Docker hears of it', async () => {
    await start();
    expect(await becomes(200, 'ok')).toEqual({});
    expect(Object.keys((await ask('/health')).parts).sort()).toEqual(
      ['broker', 'consumer', 'deadLetters', 'platform', 'publisher', 'start', 'state', 'virustotal'].sort(),
    );
    for (const question of ['live', 'ready']) {
      const { stdout } = await run(process.execPath, [HEALTHCHECK, question], {
        env: { CONNECTOR_HEALTH_PORT: String(port) },
      });
      expect(JSON.parse(stdout)).toMatchObject({ status: 'ok' });
    }
  });

  it('is not ready while the connector is not registered, and says so', async () => {
    let early: Promise<Answer> | undefined;
    await start({
      beforeStart: (platform) => {
        platform.faults.fail('registerConnector', BAD_GATEWAY);
        void platform
          .until(() => platform.operationsOf('registerConnector').length > 0)
          .then(() => (early = ask('/health/ready')));
      },
    });
    expect(await early).toMatchObject({
      code: 503,
      status: 'unready',
      parts: { start: why(/not registered/, /log/) },
    });
    await becomes(200, 'ok');
  });

  it('is not ready while the platform does not answer its heartbeat', async () => {
    const { platform } = await start({
      beforeStart: (starting) => {
        starting.faults.fail('pingConnector', BAD_GATEWAY, { times: Infinity });
      },
    });
    await expect
      .poll(async () => (await ask('/health/ready')).parts.platform?.ok, { timeout: 20_000 })
      .toBe(false);
    expect(await becomes(503, 'unready')).toEqual({ platform: why(/HTTP 502/, /OPENCTI_URL/) });
    platform.faults.clear();
    await becomes(200, 'ok');
  });

  it('is not ready while RabbitMQ is away, and ready when it is back', async () => {
    const proxy = await startTcpProxy(sharedBroker());
    closers.push(() => proxy.close());
    await start({ variables: { MQ_PORT: String(proxy.port) } });
    await becomes(200, 'ok');
    proxy.open = false;
    proxy.cut();
    const parts = await becomes(503, 'unready');
    expect(parts).toMatchObject({
      broker: why(/./, /RabbitMQ is up/),
      consumer: why(/requests do not arrive/, /other parts/),
    });
    proxy.open = true;
    expect(await becomes(200, 'ok')).toEqual({});
  });

  it('is ready, but degraded, while the state is kept in memory', async () => {
    // A file is no folder.
    const blocker = join(tmpdir(), `virustotal-no-folder-${process.pid}`);
    await writeFile(blocker, '');
    await start({ variables: { STATE_PATH: join(blocker, 'state.sqlite') } });
    expect(await becomes(200, 'degraded')).toEqual({
      state: why(/kept in memory/, /STATE_PATH/),
    });
  });

  it('is not ready while VirusTotal refuses the key, and ready when it takes it', async () => {
    const running = await start();
    running.virusTotal.faults.add('GET /domains/example.com', {
      kind: 'error',
      status: 401,
      code: 'WrongCredentialsError',
    });
    await workSettled(running.platform, await enrich(running, 'example.com'));
    expect(await becomes(503, 'unready')).toEqual({
      virustotal: why(/rejected the API key/, /VIRUSTOTAL_TOKEN/),
    });
    await workSettled(running.platform, await enrich(running, 'evil.example.com'));
    expect(await becomes(200, 'ok')).toEqual({});
  });

  it('is not ready while VirusTotal is down', async () => {
    const running = await start();
    running.virusTotal.faults.add('*', { kind: 'error', status: 503, code: 'TransientError' }, 1_000);
    for (const name of ['a.example.com', 'b.example.com', 'c.example.com']) void enrich(running, name);
    expect(await becomes(503, 'unready')).toEqual({
      virustotal: why(/cannot be reached since/, /VIRUSTOTAL_API_URL/),
    });
  });

  it('is dead when nothing moves any more', async () => {
    const running = await start();
    const { pid } = running.connector;
    if (pid === undefined) throw new Error('the connector has no process');
    process.kill(pid, 'SIGSTOP');
    try {
      const check = run(process.execPath, [HEALTHCHECK], { env: { CONNECTOR_HEALTH_PORT: String(port) } });
      await expect(check).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('no answer') as string,
      });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
