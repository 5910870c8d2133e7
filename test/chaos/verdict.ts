import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { bundleObjects } from '../helpers/enrichment-results.js';
import type { SentRequest, Simulators } from './load.js';
import type { Outage } from './storm.js';
import type { Supervisor } from './supervisor.js';

type Operation = PlatformSimulator['operations'][number];
type Pushed = PlatformSimulator['pushed'][number];

/** Of requests that are not right, so many are shown with what was logged about them. */
const MOST_SHOWN = 6;
const MOST_LINES = 40;
/** What was sent before a kill may arrive a moment after it. */
const ARRIVAL_MS = 1_000;
/** Of messages that name no work. */
const NO_WORK = '';
/** How often the connector may look up an object beyond once: it does when it was asked to analyse it. */
const LOOK_UPS_OF_ANALYSED = 4;

/** Whether a request is at its end as far as the platform can see. */
export function isSettled({ platform }: Simulators, { mode, id }: SentRequest): boolean {
  if (mode === 'playbook') return platform.playbookReplies.some(({ executionId }) => executionId === id);
  const work = platform.work(id);
  return work?.status === 'complete' && work.processedTime !== null && work.processed >= work.expected;
}

/** What happened in a run, for its judgement. */
export interface Course {
  readonly sent: readonly SentRequest[];
  readonly kills: readonly Date[];
  readonly outages: readonly Outage[];
  readonly concurrency: number;
}

/** What is wrong with the requests; one text for each, with what was logged about it. */
export function wrongRequests(simulators: Simulators, course: Course, supervisor: Supervisor): string[] {
  const { platform } = simulators;
  const importedFor = messagesByWork(platform);
  // Where the platform throws the results of overtaken works away, they travel without them.
  const withoutWork = importedFor.get(NO_WORK) ?? [];
  const answersTo = answersByExecution(platform);
  const wrong = course.sent.flatMap((request) => {
    const faults =
      request.mode === 'playbook'
        ? stepFaults(platform, request, answersTo.get(request.id) ?? [], course.kills)
        : workFaults(platform, request, [...(importedFor.get(request.id) ?? []), ...withoutWork]);
    return faults.length === 0 ? [] : [{ request, faults }];
  });
  return wrong.map(({ request, faults }, index) => {
    const { subject, mode, id } = request;
    const text = `${mode} request for ${subject.about}, ${id}: ${faults.join('; ')}`;
    if (index >= MOST_SHOWN) return text;
    const told = operationsAbout(platform, id).map(shownOperation);
    const logged = supervisor.linesAbout([id]).map(({ run, text: line }) => `[process ${run}] ${line}`);
    return [text, ...told.slice(-MOST_LINES), ...logged.slice(-MOST_LINES)].join('\n    ');
  });
}

function workFaults(
  platform: PlatformSimulator,
  { subject, id }: SentRequest,
  messages: readonly Pushed[],
): string[] {
  const work = platform.work(id);
  if (work === undefined) return ['its work is gone'];
  const faults: string[] = [];
  const { status, processedTime, expected, processed, errors } = work;
  if (status !== 'complete') faults.push(`status ${status}`);
  if (processedTime === null) faults.push('never processed');
  if (processed < expected) faults.push(`${processed} of ${expected} expectations met`);
  if (errors.length > 0) faults.push(`errors ${JSON.stringify(errors.slice(0, 2))}`);
  if (subject.isKnown && !messages.some((message) => isAbout(message, subject.entityId)))
    faults.push('its results were never imported');
  const refused = messages
    .filter((message) => workOf(message) === id)
    .flatMap(({ imported }) =>
      imported.filter(({ outcome }) => outcome === 'failed' || outcome === 'ignored'),
    );
  if (refused.length > 0) faults.push(`not imported: ${JSON.stringify(refused.slice(0, 2))}`);
  return faults;
}

function stepFaults(
  platform: PlatformSimulator,
  { subject, id }: SentRequest,
  answers: readonly Operation[],
  kills: readonly Date[],
): string[] {
  const replies = platform.playbookReplies.filter(({ executionId }) => executionId === id);
  const [first] = replies;
  if (first === undefined) return ['the step was never answered'];
  const faults: string[] = [];
  if (!first.expected) faults.push('the answer does not echo its step');
  const objects = bundleObjects(first.bundle);
  if (!objects.some((object) => object.id === subject.entityId))
    faults.push('the answer lacks its base object');
  if (subject.isKnown && objects.length < 2) faults.push('the answer is not enriched');
  // A second answer is forgiven when a kill, or the loss of the first one's own answer, lies in between.
  const [earliest, latest] = [answers[0]?.at.getTime() ?? 0, answers.at(-1)?.at.getTime() ?? 0];
  const excuses =
    kills.filter((kill) => kill.getTime() >= earliest - ARRIVAL_MS && kill.getTime() <= latest).length +
    answers.filter(({ fault }) => fault !== undefined).length;
  if (replies.length > 1 + excuses) faults.push(`answered ${replies.length} times`);
  return faults;
}

/** What is wrong with the run as a whole. */
export function wrongCourse({ platform, virusTotal }: Simulators, course: Course): string[] {
  const faults = [
    ...virusTotal.log.unexpected().map(({ method, path }) => `VirusTotal has no ${method} ${path}`),
    ...platform.operations
      .filter(({ fault, errors }) => fault === undefined && errors.length > 0)
      .filter((operation) => !failedWithoutBroker(operation, course.outages))
      .map((operation) => `the platform rejected ${shownOperation(operation)}`),
    ...platform.pushed
      .filter(({ action }) => action === 'discard' || action === 'drop')
      .map(({ action, reason = '', body }) => `a worker made ${action} of ${body.slice(0, 200)} ${reason}`),
  ];
  return [...faults.slice(0, 20), ...wastedLookUps(virusTotal, course)];
}

/** Whether a platform failed because it needs the broker itself, to count the messages of a queue for one. */
function failedWithoutBroker({ at, errors }: Operation, outages: readonly Outage[]): boolean {
  return (
    errors.every(({ code }) => code === 'INTERNAL_SERVER_ERROR') &&
    outages.some(
      ({ from, until }) =>
        at.getTime() >= from.getTime() - ARRIVAL_MS && at.getTime() <= until.getTime() + ARRIVAL_MS,
    )
  );
}

/** The cache makes one look-up of many; only a fault, or a kill before the answer was kept, costs another one. */
function wastedLookUps(virusTotal: Simulators['virusTotal'], { kills, concurrency }: Course): string[] {
  const byPath = new Map<string, { asked: number; struck: number }>();
  for (const { path, fault } of virusTotal.log.lookUps()) {
    const counts = byPath.get(path) ?? { asked: 0, struck: 0 };
    byPath.set(path, counts);
    counts.asked += 1;
    if (fault !== undefined) counts.struck += 1;
  }
  const submitted = virusTotal.log.matching(({ method }) => method === 'POST').length;
  const faults: string[] = [];
  let repeated = 0;
  for (const [path, { asked, struck }] of byPath) {
    const more = asked - 1 - struck;
    if (more > kills.length + (submitted > 0 ? LOOK_UPS_OF_ANALYSED : 0))
      faults.push(`${path} was looked up ${asked} times, ${struck} of them in vain`);
    repeated += Math.max(0, more);
  }
  // As many manual requests as automatic ones may be in work at once.
  const allowed = kills.length * 2 * concurrency + submitted * LOOK_UPS_OF_ANALYSED;
  if (repeated > allowed) faults.push(`${repeated} look-ups were made again, of ${allowed} allowed`);
  return faults;
}

function messagesByWork(platform: PlatformSimulator): Map<string, Pushed[]> {
  const byWork = new Map<string, Pushed[]>();
  for (const message of platform.pushed) {
    const messages = byWork.get(workOf(message)) ?? [];
    byWork.set(workOf(message), messages);
    messages.push(message);
  }
  return byWork;
}

function workOf({ fields }: Pushed): string {
  return typeof fields?.work_id === 'string' ? fields.work_id : NO_WORK;
}

function answersByExecution(platform: PlatformSimulator): Map<string, Operation[]> {
  const byExecution = new Map<string, Operation[]>();
  for (const operation of platform.operationsOf('playbookStepExecution')) {
    const id = String(operation.variables.execution_id);
    byExecution.set(id, [...(byExecution.get(id) ?? []), operation]);
  }
  return byExecution;
}

function isAbout({ action, imported }: Pushed, entityId: string): boolean {
  return action === 'import' && imported.some(({ id, outcome }) => id === entityId && outcome !== 'failed');
}

function operationsAbout(platform: PlatformSimulator, id: string): Operation[] {
  return platform.operations.filter(({ variables }) => variables.id === id || variables.execution_id === id);
}

function shownOperation({ at, name, variables, httpStatus, fault, errors }: Operation): string {
  const failure = fault === undefined ? '' : ` struck by ${fault}`;
  const refused = errors.length === 0 ? '' : ` ${JSON.stringify(errors)}`;
  const { id: _, bundle: __, previous_bundle: ___, ...told } = variables;
  return `[platform] ${at.toISOString()} ${name ?? ''} ${JSON.stringify(told).slice(0, 160)} ${httpStatus}${failure}${refused}`;
}
