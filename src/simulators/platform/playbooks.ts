import { randomUUID } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import { functionalError } from './errors.js';
import type { Since } from './version.js';

/** Arguments of `playbookStepExecution`; `event_id` exists from 6.1.0 on. */
export interface PlaybookStepArguments {
  execution_id: string;
  event_id?: string;
  execution_start: string;
  data_instance_id: string;
  playbook_id: string;
  previous_step_id: string;
  step_id: string;
  previous_bundle: string;
  bundle: string;
}

/** What identifies one execution of one playbook step; a connector echoes it. */
export interface PlaybookStep {
  executionId: string;
  playbookId: string;
  dataInstanceId: string;
  stepId: string;
  previousStepId: string;
  eventId: string;
}

/** An answer a connector gave to a playbook step. */
export interface PlaybookReply extends PlaybookStep {
  executionStart: string;
  previousBundle: JsonObject;
  /** The bundle as the connector sent it. */
  bundle: JsonObject;
  /** What the next steps work with: up to 6.9.5 the sent objects alone, from 6.9.6 on merged with the previous ones. */
  resultingObjects: JsonObject[];
  /** Whether the execution is one this platform started and that was not answered before. */
  expected: boolean;
}

/** The playbook executions of the platform. */
export class Playbooks {
  /** Every answer, in order; a step answered twice is here twice. */
  readonly replies: PlaybookReply[] = [];
  readonly #since: Since;
  readonly #changed: () => void;
  readonly #steps = new Map<string, PlaybookStep & { answered: boolean }>();
  readonly #deleted = new Set<string>();

  constructor(since: Since, changed: () => void) {
    this.#since = since;
    this.#changed = changed;
  }

  /** Begins an execution whose step waits for the connector. */
  begin(dataInstanceId: string): PlaybookStep {
    const step = {
      executionId: randomUUID(),
      playbookId: randomUUID(),
      dataInstanceId,
      stepId: randomUUID(),
      previousStepId: randomUUID(),
      eventId: randomUUID(),
    };
    this.#steps.set(step.executionId, { ...step, answered: false });
    return step;
  }

  /** Deletes the playbook, so that an answer to it is refused with `false`. */
  delete(playbookId: string): void {
    this.#deleted.add(playbookId);
  }

  /**
   * Takes an answer.
   *
   * @returns `false` when the playbook does not exist any more.
   * @throws {PlatformError} when a bundle is no JSON, or lacks the object the step is about.
   */
  receive(args: PlaybookStepArguments): boolean {
    const begun = this.#steps.get(args.execution_id);
    if (this.#deleted.has(args.playbook_id)) return false;
    const previousBundle = parseBundle(args.previous_bundle);
    const bundle = parseBundle(args.bundle);
    const sent = objectsOf(bundle);
    if (!sent.some((object) => object.id === args.data_instance_id)) {
      throw functionalError('The bundle of a playbook step lacks its base element', {
        id: args.data_instance_id,
      });
    }
    this.replies.push({
      executionId: args.execution_id,
      playbookId: args.playbook_id,
      dataInstanceId: args.data_instance_id,
      stepId: args.step_id,
      previousStepId: args.previous_step_id,
      eventId: args.event_id ?? '',
      executionStart: args.execution_start,
      previousBundle,
      bundle,
      resultingObjects: this.#since('6.9.6') ? mergeObjects(objectsOf(previousBundle), sent) : sent,
      expected: begun !== undefined && !begun.answered && echoes(begun, args),
    });
    if (begun !== undefined) begun.answered = true;
    this.#changed();
    return true;
  }
}

function echoes(step: PlaybookStep, args: PlaybookStepArguments): boolean {
  return (
    step.playbookId === args.playbook_id &&
    step.dataInstanceId === args.data_instance_id &&
    step.stepId === args.step_id &&
    step.previousStepId === args.previous_step_id &&
    (args.event_id === undefined || step.eventId === args.event_id)
  );
}

function parseBundle(text: string): JsonObject {
  try {
    const bundle: unknown = JSON.parse(text);
    if (isJsonObject(bundle)) return bundle;
  } catch {
    // Told below.
  }
  throw functionalError('The bundle of a playbook step is not a JSON object');
}

function objectsOf(bundle: JsonObject): JsonObject[] {
  return Array.isArray(bundle.objects) ? bundle.objects.filter(isJsonObject) : [];
}

/** Merges by id: objects deeply, lists by union, scalars from the fresh side. */
export function mergeObjects(old: readonly JsonObject[], fresh: readonly JsonObject[]): JsonObject[] {
  const merged = new Map(old.map((object) => [object.id, object]));
  for (const object of fresh) {
    const before = merged.get(object.id);
    merged.set(object.id, before === undefined ? object : (mergeValues(before, object) as JsonObject));
  }
  return [...merged.values()];
}

function mergeValues(old: unknown, fresh: unknown): unknown {
  if (Array.isArray(old) && Array.isArray(fresh)) {
    const seen = new Set(old.map((item) => JSON.stringify(item)));
    return [...(old as unknown[]), ...(fresh as unknown[]).filter((item) => !seen.has(JSON.stringify(item)))];
  }
  if (isJsonObject(old) && isJsonObject(fresh)) {
    const keys = new Set([...Object.keys(old), ...Object.keys(fresh)]);
    return Object.fromEntries(
      [...keys].map((key) => [key, key in fresh ? mergeValues(old[key], fresh[key]) : old[key]]),
    );
  }
  return fresh;
}
