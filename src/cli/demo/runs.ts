import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { PlatformSimulator } from '../../simulators/platform/simulator.js';
import type { DemoCase } from './cases.js';

/** A request on its way, and what came of it. */
export interface DemoRun {
  readonly demoCase: DemoCase;
  state: 'waiting' | 'working' | 'settled' | 'failed';
  /** What the platform was told last. */
  text: string;
  startedAt: number;
  tookMs: number;
  /** The objects that came back. */
  objects: JsonObject[];
  workId: string | undefined;
  executionId: string | undefined;
}

/** A request that was not sent yet. */
export function newRun(demoCase: DemoCase): DemoRun {
  return {
    demoCase,
    state: 'waiting',
    text: '',
    startedAt: 0,
    tookMs: 0,
    objects: [],
    workId: undefined,
    executionId: undefined,
  };
}

/** Sends the request as the platform does when a person, a creation or a playbook asks. */
export async function send(run: DemoRun, platform: PlatformSimulator): Promise<void> {
  const { entityId, kind } = run.demoCase;
  run.startedAt = performance.now();
  run.state = 'working';
  run.text = 'asked';
  if (kind === 'playbook') {
    run.executionId = (await platform.requestPlaybookStep({ entityId })).executionId;
  } else {
    run.workId = await platform.requestEnrichment({ entityId, mode: kind });
  }
}

/** Takes over what the platform knows of a request by now. */
export function refresh(run: DemoRun, platform: PlatformSimulator): void {
  if (run.state !== 'working') return;
  if (run.executionId !== undefined) {
    const reply = platform.playbookReplies.find(({ executionId }) => executionId === run.executionId);
    if (reply === undefined) return;
    settle(run, objectsOf(reply.bundle), 'the playbook goes on with the enriched bundle');
    return;
  }
  const work = run.workId === undefined ? undefined : platform.work(run.workId);
  if (work === undefined) return;
  const last = [...work.messages, ...work.errors].at(-1);
  if (last !== undefined) run.text = last.message;
  if (work.status !== 'complete' || work.processedTime === null) return;
  const pushed = platform.pushed.filter((message) => message.fields?.work_id === run.workId);
  const refused = pushed.flatMap(({ imported }) => imported).filter(({ error }) => error !== undefined);
  if (refused.length > 0) {
    run.state = 'failed';
    run.text = `the platform refused ${refused.length} objects: ${refused[0]?.error?.message ?? ''}`;
    return;
  }
  settle(
    run,
    unique([...pushedOverApi(run.workId, platform), ...pushed.map(({ bundle }) => bundle)]),
    run.text,
  );
}

/** Over the API a bundle arrives whole, and the work may be complete before a worker has imported it. */
function pushedOverApi(workId: string | undefined, platform: PlatformSimulator): JsonObject[] {
  return platform
    .operationsOf('stixBundlePush')
    .filter(({ variables }) => variables.work_id === workId)
    .map(({ variables }) => JSON.parse(String(variables.bundle)) as JsonObject);
}

function settle(run: DemoRun, objects: JsonObject[], text: string): void {
  run.state = 'settled';
  run.text = text;
  run.tookMs = performance.now() - run.startedAt;
  run.objects = objects;
}

function objectsOf(bundle: JsonObject): JsonObject[] {
  return Array.isArray(bundle.objects) ? bundle.objects.filter(isJsonObject) : [];
}

/** The objects of all bundles, each id once. */
function unique(bundles: readonly (JsonObject | undefined)[]): JsonObject[] {
  const objects = bundles.flatMap((bundle) => (bundle === undefined ? [] : objectsOf(bundle)));
  return [...new Map(objects.map((object) => [object.id, object])).values()];
}
