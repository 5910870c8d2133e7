import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { AnalysisDesk, type Analyses } from '../enrichment/analyses/analysis-desk.js';
import { AnalysisWatch } from '../enrichment/analyses/analysis-watch.js';
import { Poller } from '../enrichment/analyses/poll.js';
import { Resumption } from '../enrichment/analyses/resumption.js';
import { Publication } from '../enrichment/analyses/publication.js';
import { Submitter } from '../enrichment/analyses/submit.js';
import type { SubmissionRules } from '../enrichment/analyses/wish.js';
import type { HandleRequest } from '../enrichment/handle-request.js';
import type { Exclusions } from '../enrichment/exclusions.js';
import type { EntityReader, WorkKeeper } from '../enrichment/ports.js';
import type { PlatformClient } from '../platform/graphql/client.js';
import { StorageArtifactReader } from '../platform/outbound/artifact-reader.js';
import { sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import type { Telemetry } from '../shared/telemetry.js';
import type { StateStore } from '../state/port.js';
import { TLP_VALUES } from '../stix/markings.js';
import type { Submissions, VirusTotal } from '../virustotal/schema.js';
import { alone, exclusiveByLeases } from './exclusive-by-leases.js';
import type { Lifecycle } from './lifecycle.js';
import { ownerOf } from './open-state.js';
import { drainAtStop, type ResumedRequests } from './resumed-requests.js';

const DAY_MS = 86_400_000;
const BYTES_PER_MB = 1024 * 1024;

/** VirusTotal, and what submissions need beside it; a test that replaces VirusTotal leaves those out. */
export interface OpenedVirusTotal {
  readonly virusTotal: VirusTotal;
  readonly submissions?: Submissions;
  readonly store?: StateStore;
}

export interface SubmissionServices {
  readonly client: PlatformClient;
  readonly entities: EntityReader;
  readonly exclusions: Exclusions;
  readonly works: WorkKeeper;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends waiting for other replicas when the connector stops. */
  readonly signal: AbortSignal;
}

/** Submissions as enrichment sees them, and what goes on behind. */
export interface WiredSubmissions {
  readonly analyses: Analyses;
  /**
   * Has parked requests resumed by this handler, once the watch has started.
   *
   * @param lifecycle - Where they are given up at a stop, beside those of the intake.
   * @returns the handler for deliveries: a request is not resumed before its delivery is through.
   */
  follow(handler: HandleRequest, lifecycle: Lifecycle): HandleRequest;
  startWatch(): void;
}

/** Wires what submits to VirusTotal, parks requests and resumes them. */
export function createSubmissions(
  config: Config,
  { virusTotal, submissions, store }: OpenedVirusTotal,
  services: SubmissionServices,
): WiredSubmissions | undefined {
  if (submissions === undefined || store === undefined) return undefined;
  const { client, entities, exclusions, works, telemetry, clock, logger } = services;
  const exclusive =
    config.state.redisUrl === undefined ? alone : exclusiveByLeases(store, { ...services, sleep });
  const firstPollMs = config.virustotal.analysisPollSeconds * 1_000;
  const common = {
    store,
    exclusive,
    submissions,
    virusTotal,
    owner: ownerOf(config),
    exclusions,
    firstPollMs,
    random: Math.random,
    clock,
    logger,
  };
  let watch: AnalysisWatch | undefined;
  let resumed: ResumedRequests | undefined;
  const wake = (canResume: boolean): void => watch?.wake(canResume);
  const maxBytes = config.virustotal.fileUploadMaxMb * BYTES_PER_MB;
  const artifacts = new StorageArtifactReader({ client, maxBytes });
  const rules = submissionRules(config);
  const publication = new Publication({ entities, artifacts, exclusions, maxTlp: rules.uploadMaxTlp });
  const submitter = new Submitter({ ...common, publication });
  const desk = new AnalysisDesk({ ...common, submitter, rules, onParked: wake });
  return {
    analyses: desk,
    follow: (handler, lifecycle) => {
      const resumption = new Resumption({
        ...common,
        handler,
        works,
        mayResume: (parked) => desk.mayResume(parked),
        concurrency: config.connector.concurrency,
        onHeld: () => {
          wake(true);
        },
      });
      const followed = new AnalysisWatch({
        ...common,
        poller: new Poller(common),
        resumption,
        telemetry,
        sleep,
      });
      watch = followed;
      resumed = drainAtStop(followed, lifecycle);
      return async (request, onCommit) => {
        await handler(request, onCommit);
        desk.release(request.key);
      };
    },
    startWatch: () => {
      watch?.start();
      resumed?.started();
    },
  };
}

function submissionRules({ virustotal }: Config): SubmissionRules {
  const { maxTlp, uploadMaxTlp } = virustotal;
  return {
    uploadArtifacts: virustotal.fileUploadUnseenArtifacts,
    submitUrls: virustotal.urlUploadUnseen,
    // Nothing is published that must not even be looked up.
    uploadMaxTlp: TLP_VALUES.find((tlp) => tlp === maxTlp || tlp === uploadMaxTlp) ?? uploadMaxTlp,
    reanalyseAfterMs: virustotal.reanalyseAfterDays * DAY_MS,
  };
}
