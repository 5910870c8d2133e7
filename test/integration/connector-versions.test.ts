import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { eicar, unknownFile } from '../../src/simulators/virustotal/samples/demo-values.js';
import { startConnectorWorld, type ConnectorWorld } from '../helpers/connector-world.js';
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
 * and registration has two more fields (6.8.9). Workers import a bundle as a whole from 6.7.0 on.
 */
type Feature = 'event id' | 'connector info' | 'drafts' | 'whole bundles' | 'entity in the message';

const until68: readonly Feature[] = ['event id', 'connector info', 'drafts', 'whole bundles'];
const since689: readonly Feature[] = [...until68, 'entity in the message'];

const versions: readonly { readonly version: string; readonly has: readonly Feature[] }[] = [
  { version: '6.0.6', has: [] },
  { version: '6.2.11', has: ['event id'] },
  { version: '6.4.0', has: ['event id', 'connector info', 'drafts'] },
  { version: '6.8.8', has: until68 },
  { version: '6.8.9', has: since689 },
  { version: '6.9.6', has: since689 },
  { version: '7.260428.0', has: since689 },
  { version: '7.260817.0', has: since689 },
];

describe.each(versions)('on OpenCTI $version', ({ version, has }) => {
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
    const { length } = objectsOf(platform, known);
    expect(messages).toHaveLength(has.includes('whole bundles') ? 1 : length);
    expect(calledNames(workOperations(platform, known))).toEqual([
      'toReceived',
      'addExpectations',
      'toProcessed',
    ]);
    expect(platform.work(known)).toMatchObject({
      status: 'complete',
      expected: length,
      processed: length,
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
      'addExpectations',
      'reportExpectation',
      'toProcessed',
    ]);
    expect(platform.work(unknown)).toMatchObject({
      status: 'complete',
      expected: 1,
      processed: 1,
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
