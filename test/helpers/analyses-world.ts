import { alone } from '../../src/app/exclusive-by-leases.js';
import { AnalysisDesk } from '../../src/enrichment/analyses/analysis-desk.js';
import { AnalysisWatch } from '../../src/enrichment/analyses/analysis-watch.js';
import type { Exclusive } from '../../src/enrichment/analyses/exclusive.js';
import { Poller } from '../../src/enrichment/analyses/poll.js';
import { Publication } from '../../src/enrichment/analyses/publication.js';
import { Resumption } from '../../src/enrichment/analyses/resumption.js';
import { Submitter } from '../../src/enrichment/analyses/submit.js';
import type { SubmissionRules } from '../../src/enrichment/analyses/wish.js';
import { createEnrich } from '../../src/enrichment/enrich.js';
import { compileExclusions } from '../../src/enrichment/exclusions.js';
import { createRequestHandler } from '../../src/enrichment/handle-request.js';
import type { ArtifactReader, EntityReader } from '../../src/enrichment/ports.js';
import type { EnrichmentRequest } from '../../src/enrichment/request.js';
import { createSettle } from '../../src/enrichment/settle.js';
import { noTelemetry } from '../../src/shared/telemetry.js';
import type { JsonObject } from '../../src/shared/json.js';
import type { StateStore } from '../../src/state/port.js';
import { PARKED_BUCKET, parkedFrom } from '../../src/enrichment/analyses/parked-request.js';
import { requestOf } from './enrichment-requests.js';
import type { FakeAnalyses } from './fake-analyses.js';
import { options as mapping } from './mapping-samples.js';
import { recordedLogger, type LogLine } from './recorded-logger.js';
import type { VirtualTime } from './virtual-time.js';

export const FIRST_POLL_MS = 30_000;

export const everything: SubmissionRules = {
  uploadArtifacts: true,
  submitUrls: true,
  uploadMaxTlp: 'TLP:CLEAR',
  reanalyseAfterMs: 0,
};

/** What one process of the connector is made of, as far as analyses are concerned. */
export interface AnalysesWorldOptions {
  readonly store: StateStore;
  readonly time: VirtualTime;
  readonly virusTotal: FakeAnalyses;
  readonly rules?: Partial<SubmissionRules>;
  readonly artifacts?: ArtifactReader;
  /** What the platform holds at the moment of a submission; by default what the message holds. */
  readonly entities?: EntityReader;
  readonly exclude?: readonly string[];
  readonly exclusive?: Exclusive;
  /** Names the connector to others that share its state. */
  readonly owner?: string;
  readonly concurrency?: number;
  /** What every call to the platform does first. */
  readonly platform?: (call: string) => Promise<void>;
  readonly isPlatformThere?: () => Promise<boolean>;
}

/** One process of the connector: the real enrichment, settlement and watch, over doubles of what is outside. */
export interface AnalysesWorld {
  /** What the platform was told, in order: `received work_1: VirusTotal: …`. */
  readonly told: readonly string[];
  /** Deliveries that were acknowledged, and those that went back to the queue, by key. */
  readonly acked: readonly string[];
  readonly requeued: readonly string[];
  readonly lines: readonly LogLine[];
  readonly watch: AnalysisWatch;
  /** Takes a message from the queue. */
  deliver(request: EnrichmentRequest): void;
}

/** Builds and starts a process. */
export function startAnalysesWorld(options: AnalysesWorldOptions): AnalysesWorld {
  const { store, time, virusTotal, exclusive = alone, concurrency = 4 } = options;
  const { clock, sleep } = time;
  const { logger, lines } = recordedLogger();
  const told: string[] = [];
  const acked: string[] = [];
  const requeued: string[] = [];
  const tell = async (call: string, { key }: EnrichmentRequest, message = ''): Promise<void> => {
    await options.platform?.(call);
    told.push(`${call} ${key}${message === '' ? '' : `: ${message}`}`);
  };
  const works = {
    received: (request: EnrichmentRequest, message: string) => tell('received', request, message),
    addExpectations: (request: EnrichmentRequest, count: number) => tell('expect', request, String(count)),
    reportExpectation: (request: EnrichmentRequest) => tell('report', request),
    processed: (request: EnrichmentRequest, message: string, inError: boolean) =>
      tell(inError ? 'failed' : 'processed', request, message),
    ping: (request: EnrichmentRequest) => tell('ping', request),
  };
  const common = {
    store,
    exclusive,
    submissions: virusTotal,
    virusTotal,
    firstPollMs: FIRST_POLL_MS,
    owner: options.owner,
    random: () => 0.5,
    clock,
    logger,
  };
  const artifacts = options.artifacts ?? { contentOf: () => Promise.resolve(undefined) };
  const entities = options.entities ?? { readEntity: ({ entity }) => Promise.resolve(entity) };
  const exclusions = compileExclusions(options.exclude ?? []);
  const rules = { ...everything, ...options.rules };
  const publication = new Publication({ entities, artifacts, exclusions, maxTlp: rules.uploadMaxTlp });
  const desk = new AnalysisDesk({
    ...common,
    submitter: new Submitter({ ...common, publication }),
    rules,
    onParked: (mayEnd) => {
      watch.wake(mayEnd);
    },
  });
  const enrich = createEnrich({
    entities: { readEntity: () => Promise.resolve(undefined) },
    virusTotal,
    clock,
    logger,
    gate: { scope: [], maxTlp: 'TLP:AMBER', exclusions },
    mapping,
    analyses: desk,
  });
  const settle = createSettle({
    works,
    sink: {
      prepare: (request, bundle) => ({
        expectations: bundle.objects.length,
        send: () => ({ delivered: tell('publish', request).then(() => ({ undelivered: [] })) }),
      }),
    },
    playbooks: {
      reply: (request, bundle) => tell('reply', request, `${bundle.objects.length} objects`),
    },
    telemetry: noTelemetry,
    logger,
    dropsOvertakenBundles: false,
    emptyWorks: { by: 'report' },
    clock,
  });
  const handler = createRequestHandler({
    enrich,
    settle,
    works,
    isAnswered: (request) => desk.isAnswered(request),
    isPlatformThere: options.isPlatformThere,
    telemetry: noTelemetry,
    startedAt: clock.now(),
    clock,
    logger,
  });
  const watch = new AnalysisWatch({
    ...common,
    poller: new Poller({ ...common, exclusions }),
    telemetry: noTelemetry,
    resumption: new Resumption({
      ...common,
      handler,
      works,
      mayResume: (parked) => desk.mayResume(parked),
      concurrency,
      onHeld: () => {
        watch.wake(true);
      },
    }),
    sleep,
  });
  watch.start();
  const take = async (request: EnrichmentRequest): Promise<void> => {
    try {
      await handler(request);
      desk.release(request.key);
      acked.push(request.key);
    } catch {
      requeued.push(request.key);
    }
  };
  return { told, acked, requeued, lines, watch, deliver: (request) => void take(request) };
}

/** Keys of the requests that wait; those that are only remembered as settled are not among them. */
export async function parkedKeys(store: Pick<StateStore, 'list'>): Promise<string[]> {
  const records = await store.list(PARKED_BUCKET);
  return records.flatMap(({ key, value }) => (parkedFrom(value) === undefined ? [] : [key]));
}

/** A manual request about a URL. */
export function urlRequest(url: string, changes: Partial<EnrichmentRequest> = {}): EnrichmentRequest {
  return requestAbout(
    { type: 'url', id: 'url--c1b3ba3f-5d8d-5a5f-9c5b-6a3c4e0d5b01', value: url },
    'Url',
    changes,
  );
}

/** A manual request about an Artifact. */
export function artifactRequest(sha256: string, changes: Partial<EnrichmentRequest> = {}): EnrichmentRequest {
  const id = 'artifact--02fff920-f614-527c-81d1-6353633a6d21';
  return requestAbout({ type: 'artifact', id, hashes: { 'SHA-256': sha256 } }, 'Artifact', changes);
}

function requestAbout(
  entity: JsonObject,
  entityType: string,
  changes: Partial<EnrichmentRequest>,
): EnrichmentRequest {
  return requestOf({
    entity,
    entityType,
    entityId: String(entity.id),
    key: 'work_1',
    workId: 'work_1',
    ...changes,
  });
}
