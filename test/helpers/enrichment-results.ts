import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import type { JsonObject } from '../../src/shared/json.js';

type Pushed = PlatformSimulator['pushed'][number];
type Operation = PlatformSimulator['operations'][number];
type Work = PlatformSimulator['works'][number];
type Entity = ReturnType<PlatformSimulator['entities']>[number];

/**
 * Waits until a work is complete, everything that was announced is imported, and the connector has said its last word
 * on it; each may come first.
 *
 * @throws {Error} telling how far it came.
 */
export async function workSettled(
  platform: PlatformSimulator,
  workId: string,
  timeoutMs?: number,
): Promise<Work> {
  const settled = (): boolean => {
    const work = platform.work(workId);
    return (
      work?.status === 'complete' &&
      work.processedTime !== null &&
      work.processed >= work.expected &&
      (work.expected > 0 || isExpectedOfNobody(platform, workId))
    );
  };
  await platform.until(settled, {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    description: () => `the end of ${workId}: ${JSON.stringify(platform.work(workId) ?? 'deleted')}`,
  });
  return platform.workCompleted(workId);
}

/** Whether nobody has announced anything for a work, nor handed over what the platform will expect something of. */
function isExpectedOfNobody(platform: PlatformSimulator, workId: string): boolean {
  const isAbout = ({ variables }: { variables: Record<string, unknown> }): boolean =>
    Object.values(variables).includes(workId);
  return !['addExpectations', 'stixBundlePush'].some((name) => platform.operationsOf(name).some(isAbout));
}

/** The messages that were published for a work, in order. */
export function messagesOf(platform: PlatformSimulator, workId: string): Pushed[] {
  return platform.pushed.filter((message) => message.fields?.work_id === workId);
}

/** The objects that were published for a work, in order. */
export function objectsOf(platform: PlatformSimulator, workId: string): JsonObject[] {
  return messagesOf(platform, workId).flatMap(({ bundle }) => bundleObjects(bundle));
}

/** The objects of a bundle. */
export function bundleObjects(bundle: JsonObject | undefined): JsonObject[] {
  return (bundle?.objects ?? []) as JsonObject[];
}

/** The GraphQL requests about a work, in order. */
export function workOperations(platform: PlatformSimulator, workId: string): Operation[] {
  return platform.operations.filter(
    ({ fields, variables }) =>
      fields.some((field) => field.startsWith('workEdit')) && variables.id === workId,
  );
}

/** The last part of what each request called, such as `toReceived`. */
export function calledNames(operations: readonly Operation[]): string[] {
  return operations.map(({ fields }) => fields[0]?.split('.').at(-1) ?? '');
}

/** What the worker did not import as it was meant. */
export function refusals(platform: PlatformSimulator): unknown[] {
  return platform.pushed.flatMap(({ action, reason, imported }) => [
    ...(action === 'import' || action === 'split' ? [] : [{ action, reason }]),
    ...imported.filter(({ outcome }) => outcome === 'failed' || outcome === 'ignored'),
  ]);
}

/** The relationships the platform holds, as `source type:value → target type`. */
export function relationshipsOf(platform: PlatformSimulator, entityId: string): [string, string, string][] {
  return platform
    .entities('relationship')
    .filter(({ attributes }) => attributes.source_ref === entityId || attributes.target_ref === entityId)
    .map(({ entityType, attributes }) => [
      String(attributes.source_ref),
      entityType,
      String(attributes.target_ref),
    ]);
}

/** The Notes about an entity. */
export function notesAbout(platform: PlatformSimulator, entityId: string, draftId?: string): Entity[] {
  return platform
    .entities('Note', draftId)
    .filter(({ attributes }) => (attributes.object_refs as unknown[]).includes(entityId));
}

/** The one entity of the type with this value in the property. */
export function entityWith(
  platform: PlatformSimulator,
  type: string,
  property: string,
  value: unknown,
): Entity | undefined {
  return platform.entities(type).find(({ attributes }) => attributes[property] === value);
}

/** Adds each work of which a message arrives while the platform has no expectations for it. Ends with the platform. */
export function watchForEarlyMessages(platform: PlatformSimulator, found: string[]): void {
  let seen = 0;
  const watch = (): boolean => {
    for (const { fields } of platform.pushed.slice(seen)) {
      const workId = String(fields?.work_id);
      if (!calledNames(workOperations(platform, workId)).includes('addExpectations')) found.push(workId);
    }
    seen = platform.pushed.length;
    return false;
  };
  platform.until(watch, { timeoutMs: 600_000 }).catch(() => undefined);
}
