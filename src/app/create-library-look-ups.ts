import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { BulkJobs } from '../library/look-up/bulk-jobs.js';
import { KeptDetailsReader } from '../library/look-up/kept-details.js';
import { JobPace } from '../library/look-up/job-progress.js';
import { KeyVault } from '../library/look-up/key-vault.js';
import { LibraryEvents } from '../library/look-up/library-events.js';
import { LookUpEngine } from '../library/look-up/look-up-engine.js';
import { LookUps } from '../library/look-up/look-ups.js';
import type { OpenVirusTotal } from '../library/look-up/opened-virustotal.js';
import { TextSeal } from '../library/look-up/sealed-text.js';
import { UsageReader } from '../library/look-up/usage-report.js';
import { EnrichmentStore } from '../library/store/enrichment-store.js';
import { IocStore } from '../library/store/ioc-store.js';
import { JobStore } from '../library/store/job-store.js';
import type { LibraryDatabase } from '../library/store/open-database.js';
import { OrganisationStore } from '../library/store/organisation-store.js';
import { RelationStore } from '../library/store/relation-store.js';
import { SettingsStore } from '../library/store/settings-store.js';
import { UsageStore } from '../library/store/usage-store.js';
import { RELATIONS_TO_ASK } from '../library/verdict/related-iocs.js';
import type { SecretRegistry } from '../observability/redact.js';
import { sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import { noTelemetry } from '../shared/telemetry.js';
import type { StateStore } from '../state/port.js';
import { createPacedVirusTotal } from './create-virustotal.js';
import type { Lifecycle } from './lifecycle.js';
import { openState } from './open-state.js';

/** A simulator of VirusTotal, for a library without a key. */
export interface SimulatedVirusTotal {
  /** Base URL of its API. */
  readonly url: string;
  close(): Promise<void>;
}

export interface LibraryServices {
  readonly logger: Logger;
  readonly secrets: SecretRegistry;
  readonly clock: Clock;
  /** Called when there is no key, at most once. */
  readonly startSimulator: () => Promise<SimulatedVirusTotal>;
}

/** Look-ups with everything that they stand on. */
export interface LibraryLookUps {
  readonly stores: LibraryStores;
  readonly vault: KeyVault;
  readonly engine: LookUpEngine;
  readonly events: LibraryEvents;
  readonly usage: UsageReader;
  readonly details: KeptDetailsReader;
  readonly lookUps: LookUps;
  readonly bulk: BulkJobs;
}

interface LibraryStores {
  readonly iocs: IocStore;
  readonly enrichments: EnrichmentStore;
  readonly relations: RelationStore;
  readonly organisations: OrganisationStore;
  readonly settings: SettingsStore;
  readonly usage: UsageStore;
  readonly jobs: JobStore;
}

export interface LookUpParts extends LibraryServices {
  readonly database: LibraryDatabase;
  readonly secret: Buffer;
  readonly lifecycle: Lifecycle;
}

/** A key of the right form that opens nothing. */
const SIMULATED_KEY = '0'.repeat(64);
/** So that limits and their indicator can be seen, and nobody waits for long. */
const SIMULATED_QUOTA = { quotaPerMinute: 240, quotaPerDay: 5_000, quotaPerMonth: 100_000 };

/**
 * Look-ups by the engine of the connector: the same client, quota, and cache, which are kept apart from the IOCs.
 *
 * @throws StateError or ConnectorError when the state cannot be used.
 */
export async function createLibraryLookUps(config: Config, parts: LookUpParts): Promise<LibraryLookUps> {
  const { database, secret, lifecycle, logger, clock } = parts;
  const stores: LibraryStores = {
    iocs: new IocStore(database, clock),
    enrichments: new EnrichmentStore(database, clock),
    relations: new RelationStore(database, clock),
    organisations: new OrganisationStore(database, clock),
    settings: new SettingsStore(database),
    usage: new UsageStore(database),
    jobs: new JobStore(database, clock),
  };
  const ownState = { ...config, state: { ...config.state, path: config.library.statePath } };
  const state = await openState(ownState, { logger, clock });
  lifecycle.add('state', () => state.close(), 'done');
  const token = config.virustotal.token as string | undefined;
  const vault = new KeyVault({
    settings: stores.settings,
    seal: new TextSeal(secret, 'virustotal key'),
    environmentKey: token,
    clock,
  });
  const engine = new LookUpEngine({
    vault,
    open: openVirusTotal(config, state, parts),
    settings: stores.settings,
    enrichments: stores.enrichments,
    clock,
    logger,
  });
  const usage = new UsageReader(engine, stores.usage, clock);
  const events = new LibraryEvents({ readUsage: (id) => usage.read(id), sleep, logger });
  const details = new KeptDetailsReader(stores.iocs, stores.enrichments);
  const lookUps = new LookUps({ ...stores, engine, details, events, clock, sleep });
  const bulk = new BulkJobs({
    jobs: stores.jobs,
    lookUps,
    engine,
    pace: new JobPace({ engine, usage: stores.usage, clock }),
    events,
    isAlone: database.dialect === 'sqlite',
    concurrency: config.connector.concurrency,
    sleep,
    logger,
  });
  lifecycle.add('look-ups', async () => {
    events.close();
    // Items that wait for quota end when the engine closes.
    await Promise.all([bulk.close(), engine.close()]);
  });
  return { stores, vault, engine, events, usage, details, lookUps, bulk };
}

function openVirusTotal(
  config: Config,
  state: StateStore,
  { logger, clock, secrets, startSimulator, lifecycle }: LookUpParts,
): OpenVirusTotal {
  let simulator: Promise<SimulatedVirusTotal> | undefined;
  lifecycle.add('simulator', async () => (await simulator)?.close());
  return async (key) => {
    let { virustotal } = config;
    if (key === undefined) {
      const { url } = await (simulator ??= startSimulator());
      virustotal = { ...virustotal, ...SIMULATED_QUOTA, token: SIMULATED_KEY, apiUrl: url };
    } else {
      secrets.add(key);
      virustotal = { ...virustotal, token: key };
    }
    return createPacedVirusTotal(
      { ...config, virustotal },
      state,
      { logger, clock, telemetry: noTelemetry },
      {},
      { keepRaw: true, relationships: RELATIONS_TO_ASK },
    );
  };
}
