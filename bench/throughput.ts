/**
 * How many addresses are enriched in a second, what one of them costs the connector, and how much memory it takes:
 * at two latencies of VirusTotal and three concurrencies, and with 10,000 requests queued. The connector is the built
 * product as a process of its own; RabbitMQ is real; the simulators of VirusTotal and OpenCTI live in this process and
 * share the cores with it. No quota, and each address is asked for once, so that every enrichment is one look-up.
 *
 *   npm run bench:throughput                       # everything, some six minutes; needs Linux and RabbitMQ
 *   npm run bench:throughput -- 200 64             # one latency in ms and one concurrency
 *   npm run bench:throughput -- queued             # only the run with 10,000 requests
 */
import { cpus, loadavg } from 'node:os';
import Table from 'cli-table3';
import type { Broker } from '../src/simulators/broker/broker.js';
import { addAddresses, enrichAddresses } from './addresses.js';
import { startBenchWorld, withBroker, type BenchWorld } from './bench-world.js';
import { usageOf, type ProcessUsage } from './process-usage.js';

const LATENCIES_MS = [20, 200] as const;
const CONCURRENCIES = [1, 8, 64] as const;
const QUEUED = 10_000;

/** What has to be reached at 200 ms and concurrency 64, and with 10,000 requests queued. */
const GOALS = { perSecond: 150, cpuMs: 4, peakMb: 120 } as const;

/** One run: what is done, and what it took. */
interface Measurement {
  readonly latencyMs: number;
  readonly concurrency: number;
  readonly requests: number;
  readonly perSecond: number;
  /** CPU time of the connector for one enrichment. */
  readonly cpuMs: number;
  /** CPU time of this process, simulators and measurement, for one enrichment. */
  readonly simulatorCpuMs: number;
  /** Since the connector was started. */
  readonly peakMb: number;
}

/**
 * Requests before the clock starts. V8 goes on compiling for some thousand requests: after 1,000 of them its compiler
 * threads still take a quarter of the processor time, which a daemon that runs for months does not see again.
 */
function warmUpOf(concurrency: number): number {
  return concurrency === 1 ? 100 : 4_000;
}

/** About ten seconds of work. */
function requestsOf(latencyMs: number, concurrency: number): number {
  const atMostPerSecond = Math.min(200, (concurrency * 1_000) / (latencyMs + 10));
  return Math.ceil(atMostPerSecond * 10);
}

async function measure(
  broker: Broker,
  latencyMs: number,
  concurrency: number,
  requests = requestsOf(latencyMs, concurrency),
): Promise<Measurement> {
  const warmUp = warmUpOf(concurrency);
  const variables = moreVariables();
  const world = await startBenchWorld({ broker, concurrency, latencyMs, variables });
  try {
    const entityIds = addAddresses(world, warmUp + requests);
    await enrichAddresses(world, entityIds.slice(0, warmUp));
    const own = process.cpuUsage();
    const before = usageOfConnector(world);
    const seconds = await enrichAddresses(world, entityIds.slice(warmUp));
    const after = usageOfConnector(world);
    const { user, system } = process.cpuUsage(own);
    return {
      latencyMs,
      concurrency,
      requests,
      perSecond: requests / seconds,
      cpuMs: (after.cpuMs - before.cpuMs) / requests,
      simulatorCpuMs: (user + system) / 1_000 / requests,
      peakMb: after.peakMb,
    };
  } finally {
    await world.close();
  }
}

/** To try something out: `BENCH_VARIABLES="MALLOC_ARENA_MAX=2;CONNECTOR_LOG_LEVEL=debug"`. */
function moreVariables(): Record<string, string> {
  const words = (process.env.BENCH_VARIABLES ?? '').split(';').filter((word) => word.includes('='));
  return Object.fromEntries(words.map((word) => word.split(/=(.*)/s, 2) as [string, string]));
}

function usageOfConnector({ connector }: BenchWorld): ProcessUsage {
  if (connector.pid === undefined) throw new Error('The connector did not start.');
  return usageOf(connector.pid);
}

function tableOf(measurements: readonly Measurement[]): string {
  const table = new Table({
    head: [
      'VirusTotal',
      'concurrency',
      'requests',
      'per second',
      'CPU each',
      'peak memory',
      'CPU of simulators each',
    ],
    style: { head: [], border: [] },
    colAligns: ['right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const run of measurements) {
    table.push([
      `${run.latencyMs} ms`,
      run.concurrency,
      run.requests,
      run.perSecond.toFixed(1),
      `${run.cpuMs.toFixed(1)} ms`,
      `${run.peakMb.toFixed(0)} MB`,
      `${run.simulatorCpuMs.toFixed(1)} ms`,
    ]);
  }
  return table.toString();
}

function machine(): string {
  const cores = cpus();
  return `${cores.length} × ${cores[0]?.model ?? 'unknown processor'}, Node ${process.version}, load ${loadText()}`;
}

function loadText(): string {
  return loadavg()[0]?.toFixed(1) ?? 'unknown';
}

function judge(goal: string, isReached: boolean): void {
  console.log(`${isReached ? 'reached' : 'MISSED '}  ${goal}`);
  if (!isReached) process.exitCode = 1;
}

const words = process.argv.slice(2);
const [onlyLatency, onlyConcurrency] = words.filter((word) => /^\d+$/.test(word)).map(Number);
const latencies = onlyLatency === undefined ? LATENCIES_MS : [onlyLatency];
const concurrencies = onlyConcurrency === undefined ? CONCURRENCIES : [onlyConcurrency];
const isEverything = words.length === 0;

console.log(machine());
await withBroker(async (broker) => {
  const measurements: Measurement[] = [];
  if (!words.includes('queued')) {
    for (const latencyMs of latencies) {
      for (const concurrency of concurrencies) {
        measurements.push(await measure(broker, latencyMs, concurrency));
        console.error(tableOf(measurements.slice(-1)));
      }
    }
  }
  if (isEverything || words.includes('queued')) {
    measurements.push(await measure(broker, 200, 64, QUEUED));
  }
  console.log(tableOf(measurements));
  console.log(`load at the end: ${loadText()}`);
  for (const run of measurements.filter(
    ({ latencyMs, concurrency }) => latencyMs === 200 && concurrency === 64,
  )) {
    if (run.requests === QUEUED) {
      judge(`at most ${GOALS.peakMb} MB resident with 10,000 requests queued`, run.peakMb <= GOALS.peakMb);
    } else {
      judge(`at least ${GOALS.perSecond} a second`, run.perSecond >= GOALS.perSecond);
      judge(`at most ${GOALS.cpuMs} ms of CPU each`, run.cpuMs <= GOALS.cpuMs);
    }
  }
});
