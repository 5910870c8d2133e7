import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { demoCatalog } from '../../src/simulators/virustotal/samples/demo-catalog.js';
import { eicar, unknownFile } from '../../src/simulators/virustotal/samples/demo-values.js';
import { sampleDomain } from '../../src/simulators/virustotal/samples/reports.js';
import {
  startConnectorWorld,
  type ConnectorWorld,
  type ConnectorWorldOptions,
} from '../helpers/connector-world.js';
import {
  bundleObjects,
  calledNames,
  messagesOf,
  notesAbout,
  objectsOf,
  refusals,
  workOperations,
  workSettled,
} from '../helpers/enrichment-results.js';

/**
 * What a version has that older ones lack: playbook messages have an event id, which must come back (6.1.0);
 * `pingConnector` is told how the connector does (6.2.12); messages name a draft (6.4.0); requests carry the entity,
 * and registration has two more fields (6.8.9).
 */
type Feature = 'event id' | 'connector info' | 'drafts' | 'entity in the message';

/** By what a work without results completes (`EmptyWorkRule`). */
type EmptyWork = 'end' | 'message' | 'report';

const versions: readonly {
  readonly version: string;
  readonly has: readonly Feature[];
  readonly empty: EmptyWork;
}[] = [
  { version: '6.0.6', has: [], empty: 'end' },
  { version: '6.2.11', has: ['event id'], empty: 'end' },
  { version: '6.4.0', has: ['event id', 'connector info', 'drafts'], empty: 'end' },
  { version: '6.8.8', has: ['event id', 'connector info', 'drafts'], empty: 'end' },
  { version: '6.8.9', has: ['event id', 'connector info', 'drafts', 'entity in the message'], empty: 'end' },
  { version: '6.9.6', has: ['event id', 'connector info', 'drafts', 'entity in the message'], empty: 'end' },
  {
    version: '7.260428.0',
    has: ['event id', 'connector info', 'drafts', 'entity in the message'],
    empty: 'message',
  },
  {
    version: '7.260817.0',
    has: ['event id', 'connector info', 'drafts', 'entity in the message'],
    empty: 'report',
  },
];

describe.each(versions)('on OpenCTI $version', ({ version, has, empty }) => {
  let world: ConnectorWorld;
  let platform: PlatformSimulator;
  let knownId: string;
  let known: string;
  let unknown: string;

  beforeAll(async () => {
    world = await startConnectorWorld({ version });
    platform = world.platform;
    knownId = platform.addObservable('StixFile', { hashes: { MD5: eicar.md5 } }).standardId;
    const unknownId = platform.addObservable('StixFile', { hashes: { 'SHA-256': unknownFile.sha256 } });
    known = await platform.requestEnrichment({ entityId: knownId });
    unknown = await platform.requestEnrichment({ entityId: unknownId.standardId });
    await workSettled(platform, known);
    await workSettled(platform, unknown);
    const step = await platform.requestPlaybookStep({ entityId: knownId });
    await platform.until(
      () => platform.playbookReplies.some(({ executionId }) => executionId === step.executionId),
      { description: 'the answer to the playbook step' },
    );
  });

  afterAll(async () => {
    await world.close();
  });

  it('registers and pings with what that version knows, and is refused nothing', () => {
    const [registration] = platform.operationsOf('registerConnector');
    expect(Object.keys(registration?.variables.input as object)).toEqual([
      ...['id', 'name', 'type', 'scope', 'auto', 'only_contextual', 'playbook_compatible'],
      ...(has.includes('entity in the message') ? ['auto_update', 'enrichment_resolution'] : []),
    ]);
    const [ping] = platform.operationsOf('pingConnector');
    expect(ping?.variables.connectorInfo !== undefined).toBe(has.includes('connector info'));
    expect(platform.operations.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('asks for the entity only when the message does not carry it', () => {
    expect(platform.operationsOf('stix').map(({ variables }) => variables.id)).toEqual(
      has.includes('entity in the message')
        ? []
        : platform.entities('StixFile').map(({ standardId }) => standardId),
    );
  });

  it('completes a work with results', () => {
    const messages = messagesOf(platform, known);
    expect(calledNames(workOperations(platform, known))).toEqual([
      'toReceived',
      'addExpectations',
      'toProcessed',
    ]);
    expect(platform.work(known)).toMatchObject({
      status: 'complete',
      expected: objectsOf(platform, known).length,
      processed: objectsOf(platform, known).length,
      errors: [],
    });
    expect(messages.every(({ fields }) => 'draft_id' in (fields ?? {}) === has.includes('drafts'))).toBe(
      true,
    );
    expect(refusals(platform)).toEqual([]);
    expect(platform.entity(knownId)?.score).toBe(94);
    expect(notesAbout(platform, knownId)).toHaveLength(1);
  });

  it('completes a work without results', () => {
    expect(calledNames(workOperations(platform, unknown))).toEqual([
      'toReceived',
      ...{ end: [], message: ['addExpectations'], report: ['addExpectations', 'reportExpectation'] }[empty],
      'toProcessed',
    ]);
    expect(objectsOf(platform, unknown).map(({ type }) => type)).toEqual(
      empty === 'message' ? ['identity'] : [],
    );
    const count = empty === 'end' ? 0 : 1;
    expect(platform.work(unknown)).toMatchObject({
      status: 'complete',
      expected: count,
      processed: count,
      errors: [],
    });
    expect(platform.work(unknown)?.messages.at(-1)?.message).toBe(
      `VirusTotal has no report on ${unknownFile.sha256}.`,
    );
  });

  it('answers a playbook step once, with the event id if there is one', () => {
    expect(platform.playbookReplies).toHaveLength(1);
    const [reply] = platform.playbookReplies;
    expect(reply?.expected).toBe(true);
    const [operation] = platform.operationsOf('playbookStepExecution');
    expect('event_id' in (operation?.variables ?? {})).toBe(has.includes('event id'));
    expect(bundleObjects(reply?.bundle)[0]).toMatchObject({ id: knownId, type: 'file' });
    expect(new Set(bundleObjects(reply?.bundle).map(({ type }) => type))).toEqual(
      new Set(['file', 'identity', 'indicator', 'note', 'relationship']),
    );
  });
});

/** Names that VirusTotal knows. */
const KNOWN = Array.from({ length: 40 }, (_, index) => `known-${index}.example.com`);

/** The requests of each of three minutes, the oldest of all first; one in five has no result. */
const MINUTES = [17, 17, 16].map((count, minute) =>
  Array.from({ length: count }, (_, place) => {
    const index = minute * 17 + place;
    const isKnown = index % 5 !== 4;
    return {
      name: isKnown ? KNOWN[index - Math.floor(index / 5)]! : `unknown-${index}.example.com`,
      isKnown,
      index,
    };
  }),
);

type Asked = (typeof MINUTES)[number][number];

interface Fifty {
  readonly version: string;
  /** How the oldest is asked for; the others are automatic and manual by turns. */
  readonly oldest: 'manual' | 'auto';
  /** Whether those behind the oldest are settled while it waits, so that the platform closes its work. */
  readonly isOvertaken: boolean;
  readonly platform?: ConnectorWorldOptions['platform'];
}

/** Before 6.8.9 a message does not say whether it is automatic: all are manual, and each waits for the older ones. */
const fifties: readonly Fifty[] = [
  ...['6.0.6', '6.2.0', '6.4.0', '6.6.0', '6.8.7'].map((version): Fifty => ({
    version,
    oldest: 'auto',
    isOvertaken: false,
  })),
  { version: '6.9.22', oldest: 'auto', isOvertaken: true },
  { version: '6.9.22', oldest: 'auto', isOvertaken: true, platform: { deadWorks: 'accepted' } },
  {
    version: '6.9.22',
    oldest: 'auto',
    isOvertaken: true,
    platform: { userReadsWorks: false },
  },
  { version: '6.9.22', oldest: 'manual', isOvertaken: false },
  { version: '7.260224.0', oldest: 'auto', isOvertaken: true },
  { version: '7.260817.0', oldest: 'auto', isOvertaken: true },
  { version: '7.260817.0', oldest: 'manual', isOvertaken: false },
];

/**
 * The oldest of fifty requests waits three minutes, which come and go without their sixty seconds: all that a minute
 * does to works is that the platform's manager runs once, and that further requests have come. So the requests come in
 * three lots, and after each the connector does all it can while VirusTotal's answer for the oldest is held back; then
 * the manager runs. Nothing else on the platform looks at the age of a work before seven days are over (protocol
 * reference §10), and pings do not depend on works.
 */
/** The others take minutes of a small machine: `npm run test:slow`. */
const inEveryRun = fifties.filter(
  ({ version, oldest, platform }) =>
    (version === '6.9.22' && oldest === 'auto' && platform === undefined) ||
    (version === '7.260817.0' && oldest === 'manual') ||
    version === '6.0.6',
);

describe.each(process.env.SLOW_TESTS === undefined ? inEveryRun : fifties)(
  'on OpenCTI $version, the oldest of fifty ($oldest, $platform)',
  ({ version, oldest, isOvertaken, platform: options = {} }) => {
    let world: ConnectorWorld | undefined;

    afterEach(async () => {
      await world?.close();
      world = undefined;
    });

    it('waits three minutes, and nothing is refused, lost or left open', async () => {
      const catalog = demoCatalog();
      for (const name of KNOWN) catalog.addDomain(name, sampleDomain(name, { verdicts: { malicious: 12 } }));
      world = await startConnectorWorld({
        version,
        platform: { workManagerIntervalMs: 0, ...options },
        virusTotal: { catalog },
      });
      const { platform, virusTotal } = world;
      const held = world.gate.hold(`/domains/${KNOWN[0]}`);
      const ids = new Map<string, string>();
      const request = async (name: string, mode: 'manual' | 'auto'): Promise<string> => {
        const { standardId } = platform.addObservable('Domain-Name', { value: name });
        ids.set(name, standardId);
        return platform.requestEnrichment({ entityId: standardId, mode });
      };

      const works: string[] = [];
      const isImported = (name: string): boolean => notesAbout(platform, ids.get(name)!).length > 0;
      // What was promised for a work is imported with it, or the work is left to the manager and its results are there.
      const isDone = ({ name, isKnown, index }: Asked): boolean => {
        const work = platform.work(works[index]!);
        const isSettled = work?.status === 'complete' && work.processed >= work.expected;
        return isKnown
          ? isImported(name) && (isSettled || travelledWithoutWork(platform, works[index]!))
          : isSettled;
      };
      const allDone = (asked: readonly Asked[]): Promise<void> =>
        platform.until(() => asked.every(isDone), {
          timeoutMs: 40_000,
          description: () =>
            JSON.stringify(
              asked.filter((one) => !isDone(one)).map(({ index }) => platform.work(works[index]!)),
            ),
        });

      for (const [minute, lot] of MINUTES.entries()) {
        for (const { name, index } of lot) {
          works.push(await request(name, index === 0 ? oldest : index % 2 === 0 ? 'auto' : 'manual'));
        }
        if (isOvertaken)
          await allDone(
            MINUTES.slice(0, minute + 1)
              .flat()
              .slice(1),
          );
        else await virusTotal.log.waitFor(CONCURRENCY);
        platform.closeOvertakenWorks();
      }
      expect(platform.work(works[0]!)?.status).toBe(isOvertaken ? 'complete' : 'progress');
      const step = await platform.requestPlaybookStep({ entityId: ids.get(KNOWN[1]!)! });
      held.open();

      await platform.until(
        () => platform.playbookReplies.some(({ executionId }) => executionId === step.executionId),
        { timeoutMs: 30_000, description: 'the answer to the playbook step' },
      );
      if (isOvertaken)
        await platform.until(() => isImported(KNOWN[0]!), { description: 'the oldest results' });
      await allDone(MINUTES.flat().slice(isOvertaken ? 1 : 0));
      platform.closeOvertakenWorks();

      expect(platform.works).toHaveLength(50);
      expect(
        platform.works.filter(({ status, errors }) => status !== 'complete' || errors.length > 0),
      ).toEqual([]);
      expect(refusals(platform)).toEqual([]);
      expect(platform.operationsOf('pingConnector').length).toBeGreaterThan(0);
      // Whatever it still had to say has been said.
      await world.connector.stop('SIGTERM');
      expect(platform.operations.filter(({ errors }) => errors.length > 0)).toEqual([]);
    });
  },
);

describe.each(['6.8.7', '6.9.22', '7.260423.0', '7.260428.0', '7.260507.0'])(
  'on OpenCTI %s, results in the queue of a busy worker',
  (version) => {
    // A report past the queue would have the manager close the older work, and the worker throw its results away.
    it('are imported although a newer work without results reports before', async () => {
      const world = await startConnectorWorld({
        version,
        platform: { workManagerIntervalMs: 0, workerRuns: false },
      });
      try {
        const { platform } = world;
        const request = async (hashes: Record<string, string>): Promise<[string, string]> => {
          const { standardId } = platform.addObservable('StixFile', { hashes });
          return [standardId, await platform.requestEnrichment({ entityId: standardId })];
        };
        const [id, known] = await request({ MD5: eicar.md5 });
        const [, unknown] = await request({ 'SHA-256': unknownFile.sha256 });
        for (const workId of [known, unknown]) await platform.workProcessed(workId);
        platform.closeOvertakenWorks();
        await platform.worker.start();
        await platform.until(() => platform.pushed.length > 0, { description: 'the results' });
        expect(refusals(platform)).toEqual([]);
        expect(notesAbout(platform, id)).toHaveLength(1);
      } finally {
        await world.close();
      }
    });
  },
);

/** Requests in hand at once, by default. */
const CONCURRENCY = 8;

/** Whether a work that a newer one overtook was announced, but its results came without it: the manager closes it. */
function travelledWithoutWork(platform: PlatformSimulator, workId: string): boolean {
  return platform.work(workId)?.processedTime === null && messagesOf(platform, workId).length === 0;
}
