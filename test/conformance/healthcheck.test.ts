import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/simulators/broker/free-port.js';
import { root } from '../helpers/project-facts.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Something with a health endpoint, which answers with its name. @returns its port. */
async function healthOf(name: string, status = 200): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(status, { connection: 'close' }).end(`${name} ${request.url ?? ''}`);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return String((server.address() as AddressInfo).port);
}

interface Check {
  readonly code: number;
  readonly said: string;
}

function check(variables: Readonly<Record<string, string>>, ...args: string[]): Promise<Check> {
  return new Promise((resolve) => {
    const script = join(root, 'docker/healthcheck.mjs');
    execFile(process.execPath, [script, ...args], { env: variables }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr });
    });
  });
}

describe('the health check of the image', () => {
  it.each([
    [200, 0],
    [503, 1],
  ])('asks the library where that is what runs: %i', async (status, code) => {
    const [nobody = 0] = await freePorts(1);
    const LIBRARY_LISTEN_PORT = await healthOf('library', status);
    const CONNECTOR_HEALTH_PORT = String(nobody);
    const variables = { CONNECTOR_HEALTH_PORT, LIBRARY_LISTEN_PORT };
    expect(await check(variables)).toEqual({ code, said: 'library /health/live' });
    expect(await check(variables, 'ready')).toEqual({ code, said: 'library /health/ready' });
  });

  it.each([
    [200, 0],
    [503, 1],
  ])('asks the connector where that is what runs, whoever else is there: %i', async (status, code) => {
    const CONNECTOR_HEALTH_PORT = await healthOf('connector', status);
    const LIBRARY_LISTEN_PORT = await healthOf('library');
    const answer = await check({ CONNECTOR_HEALTH_PORT, LIBRARY_LISTEN_PORT });
    expect(answer).toEqual({ code, said: 'connector /health/live' });
  });

  it('fails when nobody answers, and says where', async () => {
    const [one = 0, two = 0] = await freePorts(2);
    const variables = { CONNECTOR_HEALTH_PORT: String(one), LIBRARY_LISTEN_PORT: String(two) };
    const { code, said } = await check(variables);
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`^no answer: ${one}: .+; ${two}: `));
  });

  it('is well when the endpoint of the connector is switched off, and there is no library', async () => {
    const [nobody = 0] = await freePorts(1);
    const variables = { CONNECTOR_HEALTH_PORT: '0', LIBRARY_LISTEN_PORT: String(nobody) };
    expect(await check(variables)).toEqual({ code: 0, said: '' });
    const LIBRARY_LISTEN_PORT = await healthOf('library', 503);
    expect((await check({ ...variables, LIBRARY_LISTEN_PORT })).code).toBe(1);
  });

  it('asks the port alone that it is told', async () => {
    const [nobody = 0] = await freePorts(1);
    const CONNECTOR_HEALTH_PORT = await healthOf('connector');
    expect((await check({ CONNECTOR_HEALTH_PORT }, 'ready', String(nobody))).code).toBe(1);
    expect((await check({ CONNECTOR_HEALTH_PORT }, 'ready', CONNECTOR_HEALTH_PORT)).code).toBe(0);
  });
});
