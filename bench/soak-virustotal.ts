import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  sampleDomain,
  sampleFile,
  sampleIp,
  sampleUrl,
} from '../src/simulators/virustotal/samples/reports.js';
import type { JsonObject } from '../src/shared/json.js';

/** Of so many objects one is not known, and of so many calls one fails. */
const UNKNOWN_ONE_IN = 10;
const FAILING_ONE_IN = 50;

/** A VirusTotal that remembers nothing: what it answers is made from the path, so that it cannot leak. */
export interface SoakVirusTotal {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts it on a free port of the loopback interface. */
export async function startSoakVirusTotal(): Promise<SoakVirusTotal> {
  let calls = 0;
  const server = createServer((request, response) => {
    request.resume();
    calls += 1;
    if (calls % FAILING_ONE_IN === 0) answer(response, 503, failure('TransientError'));
    else answerLookUp(response, (request.url ?? '').replace(/^\/api\/v3/, ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/v3`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answerLookUp(response: ServerResponse, path: string): void {
  const [, collection = '', id = ''] = path.split('/');
  const data = isKnown(id) ? reportOf(collection, id) : undefined;
  if (data === undefined) answer(response, 404, failure('NotFoundError'));
  else answer(response, 200, { data });
}

function reportOf(collection: string, id: string): JsonObject | undefined {
  const verdicts = { malicious: sumOf(id) % 20 };
  switch (collection) {
    case 'files': {
      const file = { md5: id.slice(0, 32), sha1: id.slice(0, 40), sha256: id, size: 4_096, name: 'soak.bin' };
      return { type: 'file', id, attributes: sampleFile(file, { verdicts }) };
    }
    case 'ip_addresses':
      return { type: 'ip_address', id, attributes: sampleIp(id, { verdicts }) };
    case 'domains':
      return { type: 'domain', id, attributes: sampleDomain(id, { verdicts }) };
    case 'urls':
      return { type: 'url', id, attributes: sampleUrl('http://soak.example.com/', { verdicts }) };
    default:
      return undefined;
  }
}

function isKnown(id: string): boolean {
  return sumOf(id) % UNKNOWN_ONE_IN !== 0;
}

function sumOf(text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index += 1) sum += text.charCodeAt(index) * (index + 1);
  return sum;
}

function failure(code: string): JsonObject {
  return { error: { code, message: 'Invented for a measurement.' } };
}

function answer(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
