// A process that uploads the file of one artifact and tells on standard output, as JSON, by how much its memory grew.
// Arguments: URL and token of the platform, URL of VirusTotal, ids of a small artifact and of the one that counts.
import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from 'undici';
import { StorageArtifactReader } from '../../src/platform/outbound/artifact-reader.js';
import { GraphqlEntityReader } from '../../src/platform/outbound/entity-reader.js';
import { systemClock } from '../../src/shared/clock.js';
import { noTelemetry } from '../../src/shared/telemetry.js';
import { VirusTotalSubmissions } from '../../src/virustotal/submissions.js';
import { VirusTotalTransport } from '../../src/virustotal/http/transport.js';
import { requestOf } from './enrichment-requests.js';
import { testClient } from './platform-client.js';
import { recordedLogger } from './recorded-logger.js';

const [, , platformUrl = '', token = '', virusTotalUrl = '', smallId = '', largeId = ''] = process.argv;

const { client } = testClient(platformUrl, { token });
const entities = new GraphqlEntityReader(client);
const reader = new StorageArtifactReader({ client, maxBytes: 650 * 1024 * 1024 });
const transport = new VirusTotalTransport({
  baseUrl: virusTotalUrl,
  apiKey: 'a'.repeat(64),
  tool: 'Example-Product',
  userAgent: 'example/1.0',
  dispatcher: new Agent(),
  clock: systemClock,
  logger: recordedLogger().logger,
  telemetry: noTelemetry,
  timeouts: { headersMs: 30_000, bodyMs: 30_000, totalMs: 90_000 },
  sleep: () => Promise.resolve(),
  random: Math.random,
});
const submissions = new VirusTotalSubmissions(transport, virusTotalUrl);

async function upload(entityId: string): Promise<void> {
  const request = requestOf({ entityId });
  const content = await reader.contentOf(request, (await entities.readEntity(request)) ?? {});
  if (content === undefined) throw new Error('the artifact has no file');
  await submissions.submitFile(content, { priority: 'manual' });
}

/** Resident memory once it has come to rest: V8 compiles what has become busy, on threads of its own. */
async function settledMemory(): Promise<NodeJS.MemoryUsage> {
  let memory = process.memoryUsage();
  for (let calm = 0; calm < 5;) {
    await delay(200);
    const now = process.memoryUsage();
    calm = Math.abs(now.rss - memory.rss) < 1024 * 1024 ? calm + 1 : 0;
    memory = now;
  }
  return memory;
}

// Code is loaded, compiled and connected then; what grows from here on is what an upload takes.
await upload(smallId);
const before = await settledMemory();
const peak = { ...before };
const kinds = ['rss', 'heapUsed', 'external', 'arrayBuffers'] as const;
const timer = setInterval(() => {
  const now = process.memoryUsage();
  for (const kind of kinds) peak[kind] = Math.max(peak[kind], now[kind]);
}, 5);
await upload(largeId);
clearInterval(timer);
process.stdout.write(
  JSON.stringify(Object.fromEntries(kinds.map((kind) => [kind, peak[kind] - before[kind]]))),
);
process.exit(0);
