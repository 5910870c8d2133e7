import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { createAbandonRequest, type AbandonRequest } from '../enrichment/abandon-request.js';
import { AttemptJournal } from '../enrichment/attempt-journal.js';
import { Attempts } from '../enrichment/attempts.js';
import { createEnrich } from '../enrichment/enrich.js';
import { createRequestHandler, type HandleRequest } from '../enrichment/handle-request.js';
import { createSettle, type Settle } from '../enrichment/settle.js';
import type { PlatformClient } from '../platform/graphql/client.js';
import { GraphqlEntityReader } from '../platform/outbound/entity-reader.js';
import { LabelMaker } from '../platform/outbound/label-maker.js';
import { PlaybookReply } from '../platform/outbound/playbook-reply.js';
import { GraphqlWorkReporter } from '../platform/outbound/work-reporter.js';
import type { Registrar } from '../platform/registrar.js';
import type { Capabilities } from '../platform/graphql/capabilities.js';
import { sleep } from '../shared/backoff.js';
import type { Clock } from '../shared/clock.js';
import type { Telemetry } from '../shared/telemetry.js';
import type { WiredSinks } from './create-sink.js';
import { createSubmissions, type OpenedVirusTotal } from './create-submissions.js';
import type { Lifecycle } from './lifecycle.js';
import { gateOptions, mappingOptions } from './mapping-options.js';

const MINUTE_MS = 60_000;

/** What handling requests needs of the rest of the connector. */
export interface HandlerServices {
  readonly opened: OpenedVirusTotal;
  readonly sinks: WiredSinks;
  /** After the first registration. */
  readonly registrar: Registrar;
  readonly client: PlatformClient;
  readonly startedAt: Date;
  /** Whether the platform answers, so that what fails is the request's own. */
  readonly isPlatformThere: () => Promise<boolean>;
  /** Aborts when the time of a stop is over. */
  readonly signal: AbortSignal;
  readonly telemetry: Telemetry;
  readonly lifecycle: Lifecycle;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Takes requests to their end. */
export interface WiredHandler {
  readonly handle: HandleRequest;
  /** Settles as failed what cannot be taken to its end. */
  readonly abandon: AbandonRequest;
  /** Goes on with requests that wait for an analysis. To be called when others are taken already. */
  readonly startWatch: () => void;
}

/** Wires what a request goes through from the decoded message to the last word to the platform. */
export function createHandler(config: Config, services: HandlerServices): WiredHandler {
  const { opened, sinks, client, startedAt, isPlatformThere, telemetry, lifecycle } = services;
  const { clock, logger, signal, registrar } = services;
  const works = new GraphqlWorkReporter(client, logger, () => registrar.current.capabilities);
  const entities = new GraphqlEntityReader(client);
  const gate = gateOptions(config);
  const submissions = createSubmissions(config, opened, {
    clock,
    logger,
    signal,
    client,
    entities,
    exclusions: gate.exclusions,
    works,
    telemetry,
  });
  const analyses = submissions?.analyses;
  const attempts = new Attempts(createJournal(services));
  const enrich = createEnrich({
    entities,
    virusTotal: opened.virusTotal,
    clock,
    logger,
    gate,
    mapping: mappingOptions(config),
    manualMaxAgeMs: config.virustotal.manualMaxAgeMinutes * MINUTE_MS,
    indicators: entities,
    labels: createLabelMaker(config, client, logger),
    analyses,
  });
  const playbooks = new PlaybookReply(client, logger);
  const settle = asThePlatformIs(registrar, ({ dropsOvertakenBundles, workLiveness }) =>
    createSettle({
      sink: sinks.sink,
      emptyWorks: sinks.emptyWorks(),
      works,
      playbooks,
      telemetry,
      logger,
      dropsOvertakenBundles,
      liveness: workLiveness ? works : undefined,
      hasReplicas: config.state.redisUrl !== undefined,
      attempts,
      clock,
    }),
  );
  const handler = createRequestHandler({
    clock,
    logger,
    signal,
    startedAt,
    enrich,
    settle,
    works,
    isAnswered: (request) => analyses?.isAnswered(request) ?? Promise.resolve(false),
    telemetry,
    attempts,
    maxAttempts: config.connector.maxAttempts,
    isPlatformThere,
  });
  return {
    handle: submissions?.follow(handler, lifecycle) ?? handler,
    abandon: createAbandonRequest({ settle, attempts }),
    startWatch: () => submissions?.startWatch(),
  };
}

/** Settles each request by what the platform can do then: it may be upgraded while we run. */
function asThePlatformIs(
  registrar: Pick<Registrar, 'current'>,
  create: (capabilities: Capabilities) => Settle,
): Settle {
  let known = registrar.current.capabilities;
  let settle = create(known);
  return (...request) => {
    const { capabilities } = registrar.current;
    if (capabilities !== known) {
      known = capabilities;
      settle = create(capabilities);
    }
    return settle(...request);
  };
}

/** Absent where the platform chooses the colours of labels itself. */
function createLabelMaker(config: Config, client: PlatformClient, logger: Logger): LabelMaker | undefined {
  const color = config.virustotal.labelColor;
  return color === undefined ? undefined : new LabelMaker({ client, color, logger });
}

/** Closed after those who note in it, and before the state. */
function createJournal({ opened, clock, logger, lifecycle }: HandlerServices): AttemptJournal | undefined {
  const { store } = opened;
  if (store === undefined) return undefined;
  const journal = new AttemptJournal({ store, clock, sleep, logger });
  lifecycle.add('notes on requests in work', () => journal.close(), 'done');
  void journal.sweep();
  return journal;
}
