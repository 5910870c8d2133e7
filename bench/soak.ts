/**
 * Whether memory stays flat: 24 hours of simulated time with 100,000 requests, through the real pipeline in this process
 * (decoding, look-ups with quota ledger, cache and SQLite state, mapping, settlement, encoding), against a VirusTotal and
 * a platform that remember nothing. After each hour the garbage is collected and what is left is counted.
 *
 *   npm run bench:soak               # some ten minutes of processor time
 *   npm run bench:soak -- 20000      # so many requests in the 24 hours
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Table from 'cli-table3';
import { HandBackError } from '../src/enrichment/platform-call.js';
import type { EnrichmentRequest } from '../src/enrichment/request.js';
import { decodeRequest } from '../src/platform/inbound/message.js';
import { VirtualTime } from '../test/helpers/virtual-time.js';
import { createSoakPipeline, type SoakPipeline } from './soak-pipeline.js';
import { SoakRequests } from './soak-requests.js';
import { startSoakVirusTotal } from './soak-virustotal.js';

const HOURS = 24;
const HOUR_MS = 3_600_000;
const REQUESTS = Number(process.argv[2] ?? 100_000);
const CONCURRENCY = 8;
/** Until then caches and compiled code fill up. */
const WARM_UP_HOURS = 4;
/** The last hours, of which the mean is compared, so that no single collection decides. */
const LAST_HOURS = 3;
const MOST_GROWTH = 0.1;
/** While requests wait for look-ups, time goes on by so much. */
const WAIT_STEP_MS = 1_000;

interface Sample {
  readonly hour: number;
  readonly requests: number;
  readonly handedBack: number;
  readonly heapMb: number;
  readonly externalMb: number;
  readonly residentMb: number;
}

const collectGarbage = garbageCollector();

/** The broker's part: at most so many requests in work, and those that are handed back come again. */
class Intake {
  started = 0;
  handedBack = 0;
  readonly #inWork = new Set<Promise<void>>();
  readonly #again: EnrichmentRequest[] = [];

  constructor(
    private readonly pipeline: SoakPipeline,
    private readonly time: VirtualTime,
  ) {}

  async take(request: EnrichmentRequest): Promise<void> {
    this.started += 1;
    await this.#start(request);
    const again = this.#again.shift();
    if (again !== undefined) await this.#start(again);
  }

  /** Waits for everything. */
  async drain(): Promise<void> {
    await this.#untilInWork(0);
    for (let next = this.#again.shift(); next !== undefined; next = this.#again.shift()) {
      await this.#start(next);
      if (this.#again.length === 0) await this.#untilInWork(0);
    }
  }

  async #start(request: EnrichmentRequest): Promise<void> {
    await this.#untilInWork(CONCURRENCY - 1);
    const work = this.pipeline.handle(request).catch((error: unknown) => {
      if (!(error instanceof HandBackError)) throw error;
      this.handedBack += 1;
      this.#again.push(request);
    });
    this.#inWork.add(work);
    void work.finally(() => this.#inWork.delete(work));
  }

  /** Real work is waited for; when nothing but time is missing, time goes on. */
  async #untilInWork(most: number): Promise<void> {
    while (this.#inWork.size > most) {
      const before = this.#inWork.size;
      await Promise.race([...this.#inWork, pause(20)]);
      if (this.#inWork.size === before && this.time.sleeping > 0) await this.time.pass(WAIT_STEP_MS);
    }
  }
}

async function soak(directory: string): Promise<Sample[]> {
  const time = new VirtualTime('2026-01-01T06:00:00Z');
  const virusTotal = await startSoakVirusTotal();
  const pipeline = await createSoakPipeline(directory, virusTotal.url, time);
  const intake = new Intake(pipeline, time);
  const requests = new SoakRequests();
  const samples: Sample[] = [];
  const perHour = Math.round(REQUESTS / HOURS);
  for (let hour = 1; hour <= HOURS; hour += 1) {
    const endsAtMs = hour * HOUR_MS;
    for (let number = 0; number < perHour; number += 1) {
      const now = time.clock.now();
      await intake.take(decodeRequest(requests.next(now), now));
      const leftMs = endsAtMs - time.elapsedMs;
      if (leftMs > 0) await time.pass(leftMs / (perHour - number));
    }
    await intake.drain();
    samples.push(sampleOf(hour, intake));
    console.error(tableOf(samples.slice(-1)));
  }
  const { counts } = pipeline;
  console.log(
    `${intake.started} requests: ${counts.messages} bundles with ${counts.objects} objects, ${counts.answers} answers to` +
      ` playbook steps, ${counts.errors} works in error, ${intake.handedBack} times handed back`,
  );
  await pipeline.close();
  await virusTotal.close();
  return samples;
}

function sampleOf(hour: number, { started, handedBack }: Intake): Sample {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const megabytes = (bytes: number): number => bytes / 2 ** 20;
  return {
    hour,
    requests: started,
    handedBack,
    heapMb: megabytes(heapUsed),
    externalMb: megabytes(external),
    residentMb: megabytes(rss),
  };
}

/** Twice: what finalisers let go in the first collection is only free after the second. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    collect();
    collect();
  };
}

function tableOf(samples: readonly Sample[]): string {
  const table = new Table({
    head: ['hour', 'requests', 'handed back', 'heap', 'external', 'resident'],
    style: { head: [], border: [] },
    colAligns: ['right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { hour, requests, handedBack, heapMb, externalMb, residentMb } of samples) {
    const mb = (value: number): string => `${value.toFixed(1)} MB`;
    table.push([hour, requests, handedBack, mb(heapMb), mb(externalMb), mb(residentMb)]);
  }
  return table.toString();
}

/** Heap and what hangs on it outside, by the hour. */
function judge(samples: readonly Sample[]): boolean {
  const used = samples.map(({ heapMb, externalMb }) => heapMb + externalMb);
  const afterWarmUp = used[WARM_UP_HOURS - 1] ?? NaN;
  const last = used.slice(-LAST_HOURS).reduce((sum, value) => sum + value, 0) / LAST_HOURS;
  const growth = last / afterWarmUp - 1;
  const isFlat = growth <= MOST_GROWTH;
  console.log(
    `${isFlat ? 'reached' : 'MISSED '}  memory flat within ${MOST_GROWTH * 100} %: ${afterWarmUp.toFixed(1)} MB after` +
      ` ${WARM_UP_HOURS} hours, ${last.toFixed(1)} MB in the last ${LAST_HOURS} (${(growth * 100).toFixed(1)} %)`,
  );
  return isFlat;
}

const directory = await mkdtemp(join(tmpdir(), 'virustotal-soak-'));
try {
  const samples = await soak(directory);
  console.log(tableOf(samples));
  if (!judge(samples)) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
