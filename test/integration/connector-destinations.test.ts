import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { sampleFile } from '../../src/simulators/virustotal/samples/reports.js';
import {
  startConnectorWorld,
  type ConnectorWorld,
  type ConnectorWorldOptions,
} from '../helpers/connector-world.js';
import { bundleObjects, messagesOf, refusals, workSettled } from '../helpers/enrichment-results.js';
import { kinds, KIND_VARIABLES, sample, type Kind } from '../helpers/kinds.js';

/**
 * Where results arrive: every kind of request, through every way in and every way out. What must be in the results of a
 * kind is asked in connector-kinds.test.ts; here it is only that they all come to the right place, and nowhere else.
 */

const OCTI_EXTENSION = 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba';
const API_QUEUE = { CONNECTOR_QUEUE_PROTOCOL: 'api' };
const VALIDATE = { CONNECTOR_VALIDATE_BEFORE_IMPORT: 'true' };
/** Before drafts were the default. */
const BEFORE_DRAFTS = '7.260722.0';

interface Request {
  readonly mode?: 'manual' | 'auto';
  readonly isDraft?: boolean;
  readonly validation?: { mode?: 'draft' | 'workbench'; force?: boolean };
  readonly applicantId?: string;
  readonly organizations?: string[];
  readonly markings?: string[];
}

interface Asked {
  readonly entityId: string;
  readonly workId: string;
  readonly draftId: string | undefined;
}

/** A world that is started once for a block. */
function worldOf(options: ConnectorWorldOptions): {
  readonly world: ConnectorWorld;
  readonly platform: PlatformSimulator;
} {
  let started: ConnectorWorld | undefined;
  const get = (): ConnectorWorld => {
    if (started === undefined) throw new Error('the world is not started yet');
    return started;
  };
  beforeAll(async () => {
    started = await startConnectorWorld({
      ...options,
      variables: { ...KIND_VARIABLES, ...options.variables },
    });
    started.virusTotal.catalog.addFile(sampleFile(sample, { verdicts: { malicious: 37 } }));
  });
  afterAll(async () => {
    await started?.close();
  });
  return {
    get world() {
      return get();
    },
    get platform() {
      return get().platform;
    },
  };
}

/** Asks for an entity of the kind, and waits until the work has ended. */
async function ask(platform: PlatformSimulator, kind: Kind, request: Request = {}): Promise<Asked> {
  const { isDraft = false, organizations, markings, ...options } = request;
  const draftId = isDraft ? platform.createDraft(`Draft of ${kind.type}`).id : undefined;
  const entityId = kind.add(platform).standardId;
  const entity = platform.entity(entityId);
  if (entity === undefined) throw new Error(`there is no ${kind.type}`);
  if (organizations !== undefined)
    entity.grantedRefs = organizations.map(
      (name) => platform.addObservable('Organization', { name }).standardId,
    );
  if (markings !== undefined) entity.markingRefs = markings;
  const workId = await platform.requestEnrichment({
    entityId,
    ...options,
    ...(draftId === undefined ? {} : { draftId }),
  });
  await workSettled(platform, workId, 30_000);
  return { entityId, workId, draftId };
}

/** Everything there is, live or in a draft; to see that nothing came to it. */
function knowledge(platform: PlatformSimulator, draftId?: string): unknown[] {
  return platform
    .entities(undefined, draftId)
    .map(({ standardId, score, externalReferences }) => [standardId, score, externalReferences])
    .toSorted();
}

/** Without what the order of import adds. */
const idsOf = (bundle: JsonObject | undefined): string[] =>
  bundleObjects(bundle)
    .map(({ id }) => String(id))
    .toSorted();

function expectComplete(platform: PlatformSimulator, workId: string): void {
  const work = platform.work(workId);
  expect(work).toMatchObject({ status: 'complete', errors: [] });
  expect(work?.processed).toBe(work?.expected);
}

/** Every object carries the organisations of the entity, where the platform reads them; locations belong to everybody. */
function expectShared(objects: readonly JsonObject[], granted: readonly string[] | undefined): void {
  expect(granted).toHaveLength(1);
  const shared = objects.filter(({ type }) => type !== 'location');
  expect(shared.length).toBeGreaterThan(2);
  for (const object of shared) {
    const extensions = (object.extensions ?? {}) as Record<string, JsonObject | undefined>;
    expect(extensions[OCTI_EXTENSION]?.granted_refs ?? object.x_opencti_granted_refs).toEqual(granted);
  }
}

describe('over RabbitMQ', () => {
  const at = worldOf({});

  describe.each(kinds)('a $type', (kind) => {
    it.each(['manual', 'auto'] as const)('asked for by a %s request becomes live knowledge', async (mode) => {
      const { entityId, workId } = await ask(at.platform, kind, { mode });
      expectComplete(at.platform, workId);
      expect(at.platform.entity(entityId)?.score).toBe(kind.score);
      expect(at.platform.work(workId)?.messages.at(-1)?.message).toBe(kind.message);
    });

    it('in a playbook is answered once, with its base object, and becomes nothing by itself', async () => {
      const { platform } = at;
      const organization = platform.addObservable('Organization', { name: 'Red Cross' }).standardId;
      const added = platform.entity(kind.add(platform).standardId);
      if (added === undefined) throw new Error(`there is no ${kind.type}`);
      added.grantedRefs = [organization];
      const entityId = added.standardId;
      const before = knowledge(platform);
      const pushed = platform.pushed.length;
      const step = await platform.requestPlaybookStep({ entityId });
      const answers = () =>
        platform.playbookReplies.filter(({ executionId }) => executionId === step.executionId);
      await platform.until(() => answers().length > 0);
      expect(answers()).toHaveLength(1);
      expect(answers()[0]).toMatchObject({ expected: true });
      expect(idsOf(answers()[0]?.bundle)).toContain(entityId);
      expectShared(bundleObjects(answers()[0]?.bundle), [organization]);
      expect(platform.pushed).toHaveLength(pushed);
      expect(knowledge(platform)).toEqual(before);
    });

    it('in a draft stays in the draft', async () => {
      const { platform } = at;
      kind.add(platform);
      const before = knowledge(platform);
      const { entityId, workId, draftId = '' } = await ask(platform, kind, { isDraft: true });
      expectComplete(platform, workId);
      expect(new Set(messagesOf(platform, workId).map(({ fields }) => fields?.draft_id))).toEqual(
        new Set([draftId]),
      );
      expect(platform.entity(entityId, draftId)?.score).toBe(kind.score);
      expect(knowledge(platform)).toEqual(before);
    });

    it('that is to be validated in a workbench waits there, and nothing is queued', async () => {
      const { platform } = at;
      kind.add(platform);
      platform.addObservable('Organization', { name: 'Red Cross' });
      const before = knowledge(platform);
      const { entityId, workId } = await ask(platform, kind, {
        organizations: ['Red Cross'],
        validation: { mode: 'workbench', force: true },
      });
      expectComplete(platform, workId);
      expect(platform.work(workId)).toMatchObject({ expected: 1 });
      expect(platform.work(workId)?.messages.at(-1)?.message).toBe(
        `${kind.message}; the results wait in the workbench ${workId}.json`,
      );
      const files = platform.pendingFiles.filter(({ name }) => name === `${workId}.json`);
      expect(files).toHaveLength(1);
      const bundle = JSON.parse(files[0]?.content.toString('utf8') ?? '') as JsonObject;
      expectShared(bundleObjects(bundle), platform.entity(entityId)?.grantedRefs);
      expect(messagesOf(platform, workId)).toEqual([]);
      expect(knowledge(platform)).toEqual(before);
    });

    it('that is to be validated in a draft waits in one of its own', async () => {
      const { platform } = at;
      kind.add(platform);
      const before = knowledge(platform);
      const { entityId, workId } = await ask(platform, kind, { validation: { force: true } });
      expectComplete(platform, workId);
      const [draft, ...others] = platform.drafts.filter(({ name }) => name === `${workId}.json`);
      expect(others).toEqual([]);
      expect(platform.work(workId)?.draftContext).toBe(draft?.id);
      expect(new Set(messagesOf(platform, workId).map(({ fields }) => fields?.draft_id))).toEqual(
        new Set([draft?.id]),
      );
      expect(platform.entity(entityId, draft?.id)?.score).toBe(kind.score);
      expect(knowledge(platform)).toEqual(before);
    });

    it('that is shared with an organisation is sent back with it on every object', async () => {
      const { platform } = at;
      const { entityId, workId } = await ask(platform, kind, {
        organizations: ['Red Cross'],
        applicantId: 'c49fe040-2dad-412d-af07-ce639204ad55',
      });
      expectComplete(platform, workId);
      const granted = platform.entity(entityId)?.grantedRefs;
      const messages = messagesOf(platform, workId);
      const objects = messages.flatMap(({ bundle }) => bundleObjects(bundle));
      expectShared(objects, granted);
      expect(new Set(messages.map(({ fields }) => fields?.applicant_id))).toEqual(
        new Set(['c49fe040-2dad-412d-af07-ce639204ad55']),
      );
    });
  });

  it('refuses no operation and no object', () => {
    expect(refusals(at.platform)).toEqual([]);
    expect(at.platform.operations.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

describe.each(['amqp', 'callback'] as const)('over the API, with requests by %s', (transport) => {
  const at = worldOf({ transport, variables: API_QUEUE });

  it.each(kinds)('a $type becomes live knowledge, whole and once', async (kind) => {
    const { platform } = at;
    const { entityId, workId } = await ask(platform, kind, { organizations: ['Red Cross'] });
    expectComplete(platform, workId);
    expect(platform.entity(entityId)?.score).toBe(kind.score);
    const pushes = platform
      .operationsOf('stixBundlePush')
      .filter(({ variables }) => variables.work_id === workId);
    expect(pushes).toHaveLength(1);
    const bundle = JSON.parse(String(pushes[0]?.variables.bundle)) as JsonObject;
    expectShared(bundleObjects(bundle), platform.entity(entityId)?.grantedRefs);
  });

  // Each waits five seconds for a broker that is not there.
  it.each(transport === 'amqp' ? kinds : kinds.slice(0, 1))(
    'a $type in a draft never becomes live knowledge',
    async (kind) => {
      const { platform } = at;
      kind.add(platform);
      const before = knowledge(platform);
      const pushes = platform.operationsOf('stixBundlePush').length;
      const draftId = platform.createDraft('Investigation').id;
      const entityId = kind.add(platform).standardId;
      const workId = await platform.requestEnrichment({ entityId, draftId });
      const work = await workSettled(platform, workId, 30_000);
      if (transport === 'amqp') {
        expect(work.errors).toEqual([]);
        expect(platform.entity(entityId, draftId)?.score).toBe(kind.score);
      } else {
        expect(work.errors.map(({ message }) => message)).toEqual([
          'VirusTotal: the results cannot be handed over: OpenCTI cannot take results for a draft over its API (CONNECTOR_QUEUE_PROTOCOL=api), and RabbitMQ is not there either: RabbitMQ cannot be reached within 5 s: RabbitMQ cannot be reached: getaddrinfo ENOTFOUND rabbitmq.invalid. Let the connector reach RabbitMQ, or enrich outside of the draft.',
        ]);
      }
      expect(platform.operationsOf('stixBundlePush')).toHaveLength(pushes);
      expect(knowledge(platform)).toEqual(before);
    },
  );
});

describe('validated before import', () => {
  const at = worldOf({ variables: VALIDATE });

  it.each(kinds)('a $type waits in a draft of its own', async (kind) => {
    const { platform } = at;
    kind.add(platform);
    const before = knowledge(platform);
    const { entityId, workId } = await ask(platform, kind, { mode: 'auto' });
    expectComplete(platform, workId);
    const [draft] = platform.drafts.filter(({ name }) => name === `${workId}.json`);
    expect(platform.entity(entityId, draft?.id)?.score).toBe(kind.score);
    expect(knowledge(platform)).toEqual(before);
  });

  it('a request made in a draft stays there, and a playbook is answered', async () => {
    const { platform } = at;
    const [kind] = kinds;
    if (kind === undefined) throw new Error('there is no kind');
    const drafts = platform.drafts.length;
    const { entityId, draftId } = await ask(platform, kind, { isDraft: true });
    expect(platform.drafts).toHaveLength(drafts + 1);
    expect(platform.entity(entityId, draftId)?.score).toBe(kind.score);
    await platform.requestPlaybookStep({ entityId });
    await platform.until(() => platform.playbookReplies.length === 1);
    expect(platform.pendingFiles).toEqual([]);
  });
});

describe.each(['6.2.6', '6.5.1', '6.8.8', BEFORE_DRAFTS])('validated before import on %s', (version) => {
  const at = worldOf({ version, variables: VALIDATE });

  it('a result waits in a workbench with the markings of its entity', async () => {
    const { platform } = at;
    const kind = kinds.find(({ type }) => type === 'IPv4-Addr');
    if (kind === undefined) throw new Error('there is no address');
    const green = platform
      .addObservable('IPv4-Addr', { value: '192.0.2.77' }, { markings: ['TLP:GREEN'] })
      .markingRefs.slice();
    const { workId } = await ask(platform, kind, { markings: green });
    expectComplete(platform, workId);
    const marking = platform.entity(green[0] ?? '')?.internalId;
    const takesMarkings = !['6.2.6', '6.5.1'].includes(version);
    expect(platform.pendingFiles.map(({ name, markings }) => [name, markings])).toEqual([
      [`${workId}.json`, takesMarkings ? [marking] : []],
    ]);
    expect(messagesOf(platform, workId)).toEqual([]);
    expect(platform.operations.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

describe.each([
  ['6.2.6', false],
  ['6.5.6', false],
  ['6.6.0', true],
  ['6.8.8', false],
  ['6.9.22', false],
  ['7.260423.0', false],
  ['7.260428.0', true],
] as const)('over the API of %s', (version, namesWork) => {
  const at = worldOf({ version, variables: API_QUEUE });

  it('a result arrives, also when no worker takes it before its work has ended', async () => {
    const { platform } = at;
    const kind = kinds.find(({ type }) => type === 'Url');
    if (kind === undefined) throw new Error('there is no URL');
    await platform.worker.stop();
    const entityId = kind.add(platform).standardId;
    const workId = await platform.requestEnrichment({ entityId });
    await platform.workProcessed(workId, 30_000);
    await platform.worker.start();
    await platform.until(() => platform.entity(entityId)?.score === kind.score);
    // The workers of 6.2 never end the work that the platform itself makes for a bundle: nobody announces anything for it.
    const ours = platform.works.filter(({ id }) => version !== '6.2.6' || id === workId);
    await platform.until(() => ours.every(({ status }) => status === 'complete'));
    expect(refusals(platform)).toEqual([]);
    const named = platform.operationsOf('stixBundlePush').map(({ variables }) => variables.work_id);
    expect(named).toEqual([namesWork ? workId : undefined]);
    expect(platform.operations.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

describe('over RabbitMQ of 6.6.0, object by object', () => {
  const at = worldOf({ version: '6.6.0' });

  it('organisations, applicant and draft travel with every message', async () => {
    const { platform } = at;
    const kind = kinds.find(({ type }) => type === 'Url');
    if (kind === undefined) throw new Error('there is no URL');
    const applicantId = 'c49fe040-2dad-412d-af07-ce639204ad55';
    const {
      entityId,
      workId,
      draftId = '',
    } = await ask(platform, kind, {
      isDraft: true,
      organizations: ['Red Cross'],
      applicantId,
    });
    const messages = messagesOf(platform, workId);
    expect(messages.map(({ bundle }) => bundleObjects(bundle).length)).toEqual(messages.map(() => 1));
    expect(messages.map(({ fields }) => [fields?.applicant_id, fields?.draft_id])).toEqual(
      messages.map(() => [applicantId, draftId]),
    );
    expectShared(
      messages.flatMap(({ bundle }) => bundleObjects(bundle)),
      platform.entity(entityId)?.grantedRefs,
    );
  });
});

describe.each([true, false])('into a directory, with the queue %s', (sendToQueue) => {
  const path = 'bundles';
  let directory: string;
  const at = worldOf({
    variables: {
      CONNECTOR_SEND_TO_DIRECTORY: 'true',
      CONNECTOR_SEND_TO_QUEUE: String(sendToQueue),
    },
    prepareDirectory: async (working) => {
      directory = join(working, path);
      await mkdir(directory);
      return { CONNECTOR_SEND_TO_DIRECTORY_PATH: directory };
    },
  });

  it.each(kinds)('a $type arrives whole', async (kind) => {
    const { platform } = at;
    const earlier = new Set(await readdir(directory));
    const { entityId, workId } = await ask(platform, kind, { organizations: ['Red Cross'] });
    expectComplete(platform, workId);
    const written = (await readdir(directory)).filter((name) => !earlier.has(name));
    expect(written).toEqual([expect.stringMatching(/^virustotal-\d{8}-\d{6}-\d{10}\.\d{6}\.json$/)]);
    const document = JSON.parse(await readFile(join(directory, written[0] ?? ''), 'utf8')) as JsonObject;
    expect(document).toMatchObject({
      bundle_type: 'DIRECTORY_BUNDLE',
      applicant_id: platform.connectors[0]?.userId,
      connector: { id: at.world.variables.CONNECTOR_ID, type: 'INTERNAL_ENRICHMENT' },
    });
    const objects = bundleObjects(document.bundle as JsonObject);
    expect(objects.map(({ id }) => id)).toContain(entityId);
    expectShared(objects, platform.entity(entityId)?.grantedRefs);
    expect(platform.entity(entityId)?.score).toBe(sendToQueue ? kind.score : undefined);
    expect(platform.work(workId)?.messages.at(-1)?.message).toBe(
      sendToQueue
        ? kind.message
        : `${kind.message}; the results were written to ${written[0] ?? ''} and not sent to OpenCTI`,
    );
  });

  it('a draft is not written, since nobody could tell it from live knowledge', async () => {
    const { platform } = at;
    const earlier = (await readdir(directory)).length;
    const draftId = platform.createDraft('Investigation').id;
    const entity = platform.addObservable('Domain-Name', { value: 'evil.example.com' }, { draftId });
    const workId = await platform.requestEnrichment({ entityId: entity.standardId, draftId });
    const work = await workSettled(platform, workId);
    expect(await readdir(directory)).toHaveLength(earlier);
    expect(work.errors.map(({ message }) => message)).toEqual(
      sendToQueue ? [] : [expect.stringContaining('CONNECTOR_SEND_TO_QUEUE=false')],
    );
  });
});
