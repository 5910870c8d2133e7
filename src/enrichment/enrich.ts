import type { Logger } from 'pino';
import { clearanceClause } from '../mapping/clearance.js';
import { describeReports } from '../mapping/work-message.js';
import { mapReport } from '../mapping/map-report.js';
import type { MappedReport, MappingContext, Subject } from '../mapping/context.js';
import type { MappingOptions } from '../mapping/options.js';
import type { Clock } from '../shared/clock.js';
import { ConnectorError, describeError } from '../shared/connector-error.js';
import type { JsonObject } from '../shared/json.js';
import { createAuthor } from '../stix/create.js';
import { applyChanges, leanEntity, type Changes } from '../stix/entity-changes.js';
import { entityTypeOf } from '../stix/extensions.js';
import { markingsOf } from '../stix/markings.js';
import type { StixObject } from '../stix/objects.js';
import type { Asker, LookUp, Report, VirusTotal, VtObject } from '../virustotal/schema.js';
import type { Analyses, Considered, Consideration } from './analyses/analysis-desk.js';
import { comesAgain } from './comes-again.js';
import { gate, type GateOptions } from './gate.js';
import { mergeChanges } from './merge-changes.js';
import { definitionOf } from './observables/registry.js';
import { reportExtras } from './observables/report-extras.js';
import type { EnrichmentOutcome } from './outcome.js';
import { HandBackError } from './platform-call.js';
import { readOwnIndicators } from './own-indicators.js';
import type { EntityReader, IndicatorReader, LabelKeeper } from './ports.js';
import { factsOf, type EnrichmentRequest } from './request.js';
import { shownValue, subjectOf, targetsOf, unknownMessage, type Target } from './subject.js';

export interface EnrichmentDependencies {
  readonly entities: EntityReader;
  readonly virusTotal: VirusTotal;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gate: GateOptions;
  readonly mapping: MappingOptions;
  /** Age at which a kept report is too old for a manual request; any age will do when absent. */
  readonly manualMaxAgeMs?: number | undefined;
  /** Indicators of earlier verdicts are left as they are when absent. */
  readonly indicators?: IndicatorReader | undefined;
  /** The platform chooses the colours of labels when absent. */
  readonly labels?: LabelKeeper | undefined;
  /** Nothing is submitted when absent. */
  readonly analyses?: Analyses | undefined;
}

/**
 * Turns a request into an outcome; a failure is an outcome as well.
 *
 * @throws HandBackError when the platform cannot be asked for the entity now, or VirusTotal for a while (quota, outage).
 */
export type Enrich = (request: EnrichmentRequest) => Promise<EnrichmentOutcome>;

/** Builds the function that enriches: read, gate, look up, map. */
export function createEnrich(dependencies: EnrichmentDependencies): Enrich {
  return async (request) => {
    try {
      return await enrich(request, dependencies);
    } catch (error) {
      if (error instanceof HandBackError) throw error;
      return { status: 'failed', error, message: naming(failureText(error)) };
    }
  };
}

async function enrich(
  request: EnrichmentRequest,
  dependencies: EnrichmentDependencies,
): Promise<EnrichmentOutcome> {
  if (request.refusal !== undefined) throw new ConnectorError(request.refusal, 'invalid');
  const parked = await dependencies.analyses?.recall(request);
  if (parked !== undefined) return parked;
  const entity =
    request.entity ?? (await askPlatform(request, () => dependencies.entities.readEntity(request)));
  if (entity === undefined) {
    throw new ConnectorError(
      `the entity ${request.entityId} cannot be read: it was deleted, or the connector's user may not see it (markings, organisations, draft members).`,
      'invalid',
    );
  }
  const entityType = request.entityType ?? entityTypeOf(entity);
  if (entityType === undefined) {
    throw new ConnectorError(
      `the entity ${request.entityId} has no type that could be recognised.`,
      'invalid',
    );
  }
  const refusal = gate(entityType, markingsOf(entity), dependencies.gate);
  if (refusal !== undefined) return refusal;

  const targets = targetsOf(entity, entityType, dependencies.gate.exclusions);
  if ('skipped' in targets) return targets.skipped;
  const asker = askerOf(request, dependencies);
  const answers = await lookUpAll(targets.valid, asker, dependencies);
  const found = answers.filter((answer) => answer.status === 'found');
  const failures = answers.filter((answer) => answer.status === 'failed');
  const postponed = failures.find(({ error }) => comesAgain(error, request));
  // Nothing fails for lack of quota; what was found already is in the cache when the request comes again.
  if (postponed !== undefined) throw new HandBackError(postponed.error);
  const about = { request, entity, entityType, startedAtMs: asker.startedAtMs };
  const consideration = await considerAnalysis(answers, about, dependencies);
  if (consideration !== undefined && 'status' in consideration) return consideration;
  const remarks = [
    ...(targets.leftOut === 0
      ? []
      : [`${targets.leftOut} more values were left out: at most ${targets.valid.length} are looked up.`]),
    ...(consideration === undefined ? [] : [consideration.remark]),
  ];
  if (found.length === 0) {
    if (failures[0] !== undefined) throw failures[0].error;
    return { status: 'unknown', message: [unknownMessage(targets), ...remarks].join(' ') };
  }

  const subject = subjectOf(entity, entityType, request.entityId);
  const mapped = await Promise.all(
    found.map((answer) => mapAnswer(answer, entity, subject, { request, asker }, dependencies)),
  );
  const { changes, clearance } = mergeChanges(
    mapped.map((report) => report.changes),
    {
      isComplete: targets.isWhole && found.length === answers.length,
      score: subject.score,
      labels: dependencies.mapping.labels,
      now: dependencies.clock.now(),
    },
  );
  await dependencies.labels?.prepare(changes.labels ?? [], request);
  return {
    status: 'enriched',
    ...assemble(entity, subject, mapped, changes),
    sharedAlready: mapped.flatMap(({ ownIndicators }) => ownIndicators.map(({ id }) => id)),
    message: [
      describeReports(
        mapped.map((report) => report.summary),
        answers.flatMap((answer) => (answer.status === 'unknown' ? [answer.target.observable] : [])),
        [
          ...failures.map(
            (answer) =>
              `${shownValue(answer.target.observable)} could not be looked up: ${failureText(answer.error)}`,
          ),
          ...targets.notAsked,
        ],
      ),
      ...(clearance === undefined ? [] : [clearanceClause(clearance, 1)]),
      ...remarks,
    ].join('; '),
  };
}

/** On whose behalf VirusTotal is asked, and how old an answer may be: the one place that decides it. */
function askerOf(request: EnrichmentRequest, { clock, manualMaxAgeMs }: EnrichmentDependencies): Asker {
  const { mode, analysis } = request;
  const asker: Asker = { priority: mode, startedAtMs: clock.elapsedMs?.(), about: factsOf(request) };
  if (analysis?.notBefore !== undefined) return { ...asker, notBefore: analysis.notBefore };
  if (mode !== 'manual' || manualMaxAgeMs === undefined) return asker;
  return { ...asker, notBefore: new Date(clock.now().getTime() - manualMaxAgeMs) };
}

/** A playbook step is answered whatever happens; any other request can come again when the platform is back. */
async function askPlatform<Answer>(request: EnrichmentRequest, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const passes = error instanceof ConnectorError && (error.retryable || error.kind === 'configuration');
    throw passes && request.playbook === undefined ? new HandBackError(error) : error;
  }
}

type Answer =
  | {
      readonly status: 'found';
      readonly target: Target;
      readonly report: Report;
      readonly fetchedAt: Date;
      readonly lookUp: LookUp;
    }
  | { readonly status: 'unknown'; readonly target: Target; readonly lookUp: LookUp }
  | { readonly status: 'failed'; readonly target: Target; readonly error: unknown };

/**
 * Looks all values up side by side; one failure does not cost the others. What is one object to VirusTotal, such as a
 * name that is a domain and a hostname, is asked for once.
 */
async function lookUpAll(
  targets: readonly Target[],
  asker: Asker,
  { virusTotal }: EnrichmentDependencies,
): Promise<Answer[]> {
  const lookUps = new Map<string, Promise<LookUp>>();
  const lookUp = (object: VtObject): Promise<LookUp> => {
    const key = JSON.stringify(object);
    const answer = lookUps.get(key) ?? virusTotal.lookUp(object, asker);
    lookUps.set(key, answer);
    return answer;
  };
  return Promise.all(
    targets.map(async (target): Promise<Answer> => {
      try {
        const answer = await lookUp(target.object);
        return answer.found
          ? { status: 'found', target, report: answer.report, fetchedAt: answer.fetchedAt, lookUp: answer }
          : { status: 'unknown', target, lookUp: answer };
      } catch (error) {
        return { status: 'failed', target, error };
      }
    }),
  );
}

/** An Indicator never leads to a submission: its values are patterns, and often many. */
async function considerAnalysis(
  [answer]: readonly Answer[],
  about: Omit<Considered, 'target' | 'answer'>,
  { analyses }: EnrichmentDependencies,
): Promise<Consideration | undefined> {
  if (answer === undefined || answer.status === 'failed') return undefined;
  if (analyses === undefined || definitionOf(about.entityType) === undefined) return undefined;
  return analyses.consider({ ...about, target: answer.target, answer: answer.lookUp });
}

interface MappedAnswer extends MappedReport {
  /** Indicators of earlier verdicts, as the platform holds them. */
  readonly ownIndicators: readonly StixObject[];
}

async function mapAnswer(
  answer: { readonly target: Target; readonly report: Report; readonly fetchedAt: Date },
  entity: JsonObject,
  subject: Subject,
  { request, asker }: { readonly request: EnrichmentRequest; readonly asker: Asker },
  dependencies: EnrichmentDependencies,
): Promise<MappedAnswer> {
  const { observable } = answer.target;
  const onLoss = (what: string, error: unknown): void => {
    if (error instanceof HandBackError) throw error;
    if (comesAgain(error, request)) throw new HandBackError(error);
    dependencies.logger.warn(
      { ...factsOf(request), what, reason: describeError(error) },
      'part of a report could not be had; the rest is mapped',
    );
  };
  const extras = await reportExtras(answer.report, observable, {
    virusTotal: dependencies.virusTotal,
    asker,
    options: dependencies.mapping,
    subjectIsIndicator: subject.entityType === 'Indicator',
    onLoss,
  });
  const context: MappingContext = {
    now: dependencies.clock.now(),
    fetchedAt: answer.fetchedAt,
    authorId: createAuthor().id,
    markings: markingsOf(entity) ?? [],
    subject,
    observable,
    options: dependencies.mapping,
  };
  if (subject.entityType === 'Indicator') {
    return { ...mapReport(answer.report, context, extras), ownIndicators: [] };
  }
  const ownIndicators = await askPlatform(request, () =>
    readOwnIndicators(answer.report, observable, dependencies, request),
  ).catch((error: unknown) => {
    onLoss('the Indicator of an earlier verdict', error);
    return [];
  });
  return { ...mapReport(answer.report, context, { ...extras, ownIndicators }), ownIndicators };
}

/** One entity and one list of objects from all reports of a request. */
function assemble(
  entity: JsonObject,
  subject: Subject,
  mapped: readonly MappedReport[],
  changes: Changes,
): { entity: StixObject; leanEntity: StixObject; objects: readonly StixObject[] } {
  const original = { ...entity, id: subject.id } as StixObject;
  const changed = applyChanges(original, changes);
  return {
    entity: changed,
    leanEntity: leanEntity(changed, original),
    objects: [createAuthor(), ...mapped.flatMap((report) => report.objects)],
  };
}

/** A person who reads the sentence in a list of many must see whom it is about. */
function naming(sentence: string): string {
  return sentence.includes('VirusTotal') ? sentence : `VirusTotal: ${sentence}`;
}

function failureText(error: unknown): string {
  return error instanceof ConnectorError
    ? error.message
    : `unexpected failure (${describeError(error)}); please report it.`;
}
