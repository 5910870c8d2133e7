import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { BulkJobs } from '../../src/library/look-up/bulk-jobs.js';
import { KeptDetailsReader } from '../../src/library/look-up/kept-details.js';
import { JobPace } from '../../src/library/look-up/job-progress.js';
import { KeyVault } from '../../src/library/look-up/key-vault.js';
import { LibraryEvents } from '../../src/library/look-up/library-events.js';
import { LookUpEngine } from '../../src/library/look-up/look-up-engine.js';
import { LookUps } from '../../src/library/look-up/look-ups.js';
import type { OpenedVirusTotal } from '../../src/library/look-up/opened-virustotal.js';
import { TextSeal } from '../../src/library/look-up/sealed-text.js';
import { UsageReader } from '../../src/library/look-up/usage-report.js';
import { EnrichmentStore } from '../../src/library/store/enrichment-store.js';
import { IocStore } from '../../src/library/store/ioc-store.js';
import { JobStore } from '../../src/library/store/job-store.js';
import { openDatabase, type LibraryDatabase } from '../../src/library/store/open-database.js';
import { OrganisationStore } from '../../src/library/store/organisation-store.js';
import { SettingsStore } from '../../src/library/store/settings-store.js';
import { UsageStore } from '../../src/library/store/usage-store.js';
import { noTelemetry } from '../../src/shared/telemetry.js';
import { MemoryStore } from '../../src/state/memory-store.js';
import { CachedVirusTotal } from '../../src/virustotal/cache/cached-virustotal.js';
import { objectPath } from '../../src/virustotal/object-id.js';
import { parseReport } from '../../src/virustotal/parse-report.js';
import type { Asker, KeyQuota, LookUp, VirusTotal, VtObject } from '../../src/virustotal/schema.js';
import { StoppedError } from '../../src/virustotal/stopped-error.js';
import { VirtualTime } from './virtual-time.js';

const logger = pino({ level: 'silent' });
const MINUTE_MS = 60_000;

/** VirusTotal of one key: every object is known, by default to 3 of 10 engines as malicious. */
export class FakeVirusTotal implements VirusTotal {
  /** Paths, in the order in which they were asked for. */
  readonly asked: string[] = [];
  /** Whether `close` was called. */
  isClosed = false;
  /** Engines that call an object malicious; `undefined`: VirusTotal does not know it. */
  malicious: (path: string) => number | undefined = () => 3;
  /** Called before each answer; a test may throw or wait here. */
  before: (path: string, asker: Asker) => Promise<void> = () => Promise.resolve();
  /** Called while an answer is on its way. */
  during: (path: string) => Promise<void> = () => Promise.resolve();
  relations: Readonly<Record<string, readonly { readonly type: string; readonly id: string }[]>> = {};
  limits: { minute?: number; day?: number } = {};
  allowed: () => Promise<KeyQuota> = () =>
    Promise.resolve({
      hourly: undefined,
      daily: { used: 1, allowed: 500 },
      monthly: { used: 1, allowed: 15_500 },
    });

  constructor(private readonly time: VirtualTime) {}

  async lookUp(object: VtObject, asker: Asker): Promise<LookUp> {
    const path = objectPath(object);
    if (this.isClosed) throw new StoppedError();
    await this.before(path, asker);
    if ((await asker.isNeeded?.()) === false) throw new Error('not needed any more');
    this.asked.push(path);
    await this.during(path);
    const fetchedAt = this.time.clock.now();
    const malicious = this.malicious(path);
    if (malicious === undefined) return { found: false, fetchedAt };
    const raw = this.#answer(object, path, malicious);
    return { found: true, report: parseReport(object.kind, raw)!, fetchedAt, raw };
  }

  yaraRuleset(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  extra(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  quota(): Promise<KeyQuota> {
    return this.allowed();
  }

  #answer(object: VtObject, path: string, malicious: number) {
    const verdicts = Array.from({ length: 10 }, (_, index) => [
      `Engine ${index}`,
      { category: index < malicious ? 'malicious' : 'harmless', result: null },
    ]);
    const relationships = Object.fromEntries(
      Object.entries(this.relations).map(([name, data]) => [name, { data }]),
    );
    const attributes = {
      last_analysis_date: 1_700_000_000,
      last_analysis_stats: { malicious, harmless: 10 - malicious },
      last_analysis_results: Object.fromEntries(verdicts) as unknown,
    };
    return {
      data: { type: object.kind, id: decodeURIComponent(path.split('/').at(-1)!), attributes, relationships },
    };
  }
}

/** The look-ups of a library in memory, in virtual time. */
export interface LookUpWorld {
  readonly time: VirtualTime;
  readonly database: LibraryDatabase;
  readonly iocs: IocStore;
  readonly enrichments: EnrichmentStore;
  readonly organisations: OrganisationStore;
  readonly settings: SettingsStore;
  readonly usage: UsageStore;
  readonly jobStore: JobStore;
  readonly vault: KeyVault;
  readonly engine: LookUpEngine;
  readonly lookUps: LookUps;
  readonly details: KeptDetailsReader;
  readonly events: LibraryEvents;
  readonly usageReader: UsageReader;
  readonly bulk: BulkJobs;
  /** An organisation. */
  readonly own: string;
  /** VirusTotal of each key that was opened, the last of several; `''` is the simulator. */
  virusTotal(key?: string): FakeVirusTotal;
  /** Another process on the same database and state. */
  another(options?: LookUpWorldOptions): LookUpWorld;
  close(): Promise<void>;
}

export interface LookUpWorldOptions {
  readonly environmentKey?: string | undefined;
  readonly concurrency?: number;
  readonly secret?: Buffer;
}

/** What processes on the same machine share. */
interface Ground {
  readonly time: VirtualTime;
  readonly database: LibraryDatabase;
  readonly state: MemoryStore;
  readonly secret: Buffer;
  readonly own: string;
}

export const ENVIRONMENT_KEY = 'e'.repeat(64);

export async function lookUpWorld(options: LookUpWorldOptions = {}): Promise<LookUpWorld> {
  const time = new VirtualTime('2026-01-02T03:04:05.678Z');
  const database = await openDatabase({ path: ':memory:', logger });
  const { id: own } = await new OrganisationStore(database, time.clock).create({ name: 'Blue Team' });
  const { secret = randomBytes(32) } = options;
  return worldOn({ time, database, state: new MemoryStore(), secret, own }, options);
}

function worldOn(ground: Ground, options: LookUpWorldOptions): LookUpWorld {
  const { time, database, state, own } = ground;
  const { clock, sleep } = time;
  const opened = new Map<string, FakeVirusTotal>();
  const virusTotal = (key = ''): FakeVirusTotal => {
    const known = opened.get(key) ?? new FakeVirusTotal(time);
    opened.set(key, known);
    return known;
  };
  const open = (key = ''): Promise<OpenedVirusTotal> => {
    const inner = virusTotal(key);
    inner.isClosed = false;
    const window = (limit?: number) => ({ used: inner.asked.length, limit });
    return Promise.resolve({
      virusTotal: new CachedVirusTotal(inner, {
        store: state,
        keyId: `key ${key}`,
        foundMs: 1440 * MINUTE_MS,
        unknownMs: 60 * MINUTE_MS,
        clock,
        logger,
        telemetry: noTelemetry,
        keepRaw: true,
      }),
      usage: () => ({
        minute: { used: 0, limit: inner.limits.minute },
        hour: window(),
        day: window(inner.limits.day),
        month: window(),
        waiting: { manual: 0, playbook: 0, auto: 0 },
        exhaustion: undefined,
      }),
      health: () => ({ ok: true }),
      close: () => {
        inner.isClosed = true;
        return Promise.resolve();
      },
    });
  };
  const iocs = new IocStore(database, clock);
  const enrichments = new EnrichmentStore(database, clock);
  const organisations = new OrganisationStore(database, clock);
  const settings = new SettingsStore(database);
  const usage = new UsageStore(database);
  const jobStore = new JobStore(database, clock);
  const seal = new TextSeal(ground.secret, 'virustotal key');
  const environmentKey = 'environmentKey' in options ? options.environmentKey : ENVIRONMENT_KEY;
  const vault = new KeyVault({ settings, seal, environmentKey, clock });
  const engine = new LookUpEngine({ vault, open, settings, enrichments, clock, logger });
  const usageReader = new UsageReader(engine, usage, clock);
  const events = new LibraryEvents({ readUsage: (id) => usageReader.read(id), sleep, logger });
  const details = new KeptDetailsReader(iocs, enrichments);
  const lookUps = new LookUps({
    engine,
    iocs,
    enrichments,
    organisations,
    usage,
    details,
    events,
    clock,
    sleep,
  });
  const pace = new JobPace({ engine, usage, clock });
  const bulk = new BulkJobs({
    jobs: jobStore,
    lookUps,
    engine,
    pace,
    events,
    isAlone: true,
    concurrency: options.concurrency ?? 2,
    sleep,
    logger,
  });
  return {
    time,
    database,
    iocs,
    enrichments,
    organisations,
    settings,
    usage,
    jobStore,
    vault,
    engine,
    lookUps,
    details,
    events,
    usageReader,
    bulk,
    own,
    virusTotal: (key = environmentKey ?? '') => virusTotal(key),
    another: (other = options) => worldOn(ground, other),
    close: async () => {
      events.close();
      await Promise.all([bulk.close(), engine.close()]);
      await database.close();
    },
  };
}
