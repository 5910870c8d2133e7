import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect as connectSocket, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { createCallbackServer, listenOn, type CallbackTls } from './callback-server.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url));
const KEY = fixture('callback-key.pem');
const CERTIFICATE = fixture('callback-certificate.pem');
const PASSPHRASE = 'obviously-fake-passphrase';
const TIMEOUTS = { headersMs: 100, requestMs: 200 };

let server: Server | undefined;
let port: number;

async function start(tls?: CallbackTls, timeouts?: typeof TIMEOUTS): Promise<Server> {
  server = createCallbackServer(
    tls,
    (incoming, response) => {
      incoming.resume().on('end', () => response.end('answered'));
    },
    timeouts,
  );
  port = await listenOn(server, { port: 0, host: '127.0.0.1', logger: recordedLogger().logger });
  return server;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** What the server says on a connection until it closes it. */
async function exchange(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  if (!socket.destroyed) await once(socket, 'close');
  return text;
}

describe('the server of the callback', () => {
  it.each([
    ['paths', KEY, CERTIFICATE],
    ['PEM text', readFileSync(KEY, 'utf8'), readFileSync(CERTIFICATE, 'utf8')],
  ])('serves TLS with a key under a passphrase, given as %s', async (_name, key, cert) => {
    await start({ key, cert, passphrase: PASSPHRASE });
    const agent = new Agent({ connect: { ca: readFileSync(CERTIFICATE, 'utf8') } });
    const { statusCode, body } = await request(`https://localhost:${port}/`, { dispatcher: agent });
    expect([statusCode, await body.text()]).toEqual([200, 'answered']);
    await agent.destroy();
  });

  it.each([undefined, '', 'another'])('does not start with the passphrase %j', async (passphrase) => {
    await expect(start({ key: KEY, cert: CERTIFICATE, passphrase })).rejects.toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('_PASSPHRASE') as string,
    });
  });

  it('closes a connection over which no handshake comes', async () => {
    await start({ key: KEY, cert: CERTIFICATE, passphrase: PASSPHRASE }, TIMEOUTS);
    expect(await exchange(connectSocket(port, '127.0.0.1'))).toBe('');
  });

  it.each([
    ['the headers', 'POST / HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['the body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{'],
  ])('cuts off whoever sends %s too slowly', async (_name, beginning) => {
    await start(undefined, TIMEOUTS);
    const socket = connectSocket(port, '127.0.0.1');
    socket.write(beginning);
    // One byte now and then is a sign of life, and counts for nothing.
    const drip = setInterval(() => socket.write('x'), 50);
    socket.on('close', () => {
      clearInterval(drip);
    });
    expect(await exchange(socket)).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  it('answers after whatever else was sent to it', async () => {
    await start(undefined, TIMEOUTS);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const socket = connectSocket(port, '127.0.0.1');
        socket.end(bytes);
        await exchange(socket);
      }),
      { numRuns: 50 },
    );
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/`);
    await body.dump();
    expect(statusCode).toBe(200);
  });

  it('survives errors of its socket', async () => {
    const running = await start();
    for (let count = 0; count < 3; count += 1) running.emit('error', new Error('EMFILE'));
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/`);
    await body.dump();
    expect(statusCode).toBe(200);
  });
});
