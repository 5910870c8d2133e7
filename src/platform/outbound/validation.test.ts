import { afterEach, describe, expect, it } from 'vitest';
import { bundleOf, requestOf } from '../../../test/helpers/enrichment-requests.js';
import { testClient } from '../../../test/helpers/platform-client.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import type { BundleSink } from '../../enrichment/ports.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { startPlatformSimulator, type PlatformSimulator } from '../../simulators/platform/simulator.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { Bundle } from '../../stix/objects.js';
import { NewDrafts } from './new-drafts.js';
import { Workbench } from './workbench.js';

let platform: PlatformSimulator;
afterEach(async () => {
  await platform.close();
});

const start = async (version = '7.260817.0'): Promise<void> => {
  platform = await startPlatformSimulator({ version });
};
const client = () => testClient(platform.url, { token: platform.token }).client;
const WORK = 'work_vt_2026-01-02T03:04:05.678Z';
const request = (changes: Partial<EnrichmentRequest> = {}) =>
  requestOf({ workId: WORK, key: `${WORK} ipv4-addr--1`, ...changes });

describe('Workbench', () => {
  const upload = (bundle: Bundle, changes: Partial<EnrichmentRequest> = {}, fileMarkings = true) =>
    new Workbench({ client: client(), fileMarkings }).prepare(request(changes), bundle);

  it('uploads the whole bundle under the name of the work, and leaves nothing open', async () => {
    await start();
    const bundle: Bundle = { ...bundleOf(1), objects: [{ ...bundleOf(1).objects[0]!, name: 'é 😀 --x"' }] };
    const prepared = upload(bundle);
    expect(prepared.expectations).toBe(0);
    expect(await prepared.send().delivered).toEqual({
      undelivered: [],
      isUnqueued: true,
      remark: `the results wait in the workbench ${WORK}.json`,
    });
    expect(platform.pendingFiles).toHaveLength(1);
    const [file] = platform.pendingFiles;
    expect(file).toMatchObject({
      name: `${WORK}.json`,
      mimeType: 'application/json',
      entityId: null,
      markings: [],
    });
    expect(JSON.parse(file?.content.toString('utf8') ?? '')).toEqual(bundle);
    const [operation] = platform.operationsOf('uploadPending');
    expect(operation?.headers['opencti-draft-id']).toBe('');
  });

  it('keeps that name when the results travel without their work', async () => {
    await start();
    await upload(bundleOf(1), { workId: undefined }).send().delivered;
    expect(platform.pendingFiles.map(({ name }) => name)).toEqual([`${WORK}.json`]);
  });

  const marked = (): { entityId: string; bundle: Bundle } => {
    const entity = platform.addObservable('IPv4-Addr', { value: '192.0.2.1' }, { markings: ['TLP:RED'] });
    const [object] = bundleOf(1).objects;
    const objects = [{ ...object!, id: entity.standardId as never, object_marking_refs: entity.markingRefs }];
    return { entityId: entity.standardId, bundle: { ...bundleOf(1), objects } };
  };

  it('marks the file like the entity, by the ids that guard files', async () => {
    await start();
    const { entityId, bundle } = marked();
    await upload(bundle, { entityId }).send().delivered;
    const red = platform.entities('Marking-Definition').find((m) => m.attributes.definition === 'TLP:RED');
    expect(platform.pendingFiles[0]?.markings).toEqual([red?.internalId]);
  });

  it('uploads nothing when the markings cannot be read', async () => {
    await start();
    const { entityId, bundle } = marked();
    platform.deleteEntity(entityId);
    await expect(upload(bundle, { entityId }).send().delivered).rejects.toMatchObject({
      kind: 'configuration',
    });
    expect(platform.pendingFiles).toEqual([]);
  });

  it('marks no file before 6.5.2', async () => {
    await start('6.5.1');
    const { entityId, bundle } = marked();
    await upload(bundle, { entityId }, false).send().delivered;
    expect(platform.pendingFiles).toHaveLength(1);
    expect(platform.operations.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

describe('NewDrafts', () => {
  function drafts(failures: Error[] = []) {
    const { logger, lines } = recordedLogger();
    const sent: EnrichmentRequest[] = [];
    const queue: BundleSink = {
      prepare: (prepared) => ({
        expectations: 4,
        send: () => {
          const failure = failures.shift();
          if (failure === undefined) sent.push(prepared);
          return {
            delivered: failure === undefined ? Promise.resolve({ undelivered: [] }) : Promise.reject(failure),
          };
        },
      }),
    };
    const sink = new NewDrafts({ client: client(), queue, draftContext: true, logger });
    return { sink, queue, sent, lines };
  }

  it('opens a draft under the name of the work, and sends the results into it', async () => {
    await start();
    const { sink, sent } = drafts();
    const prepared = await sink.prepare(request({ workId: undefined }), bundleOf(1));
    expect(prepared.expectations).toBe(4);
    expect(platform.drafts).toEqual([]);
    expect(await prepared.send().delivered).toEqual({
      undelivered: [],
      remark: `the results wait in the draft ${WORK}.json`,
    });
    expect(platform.drafts.map(({ name, entityId }) => [name, entityId])).toEqual([[`${WORK}.json`, null]]);
    expect(sent.map(({ draftId }) => draftId)).toEqual([platform.drafts[0]?.id]);
  });

  it('opens one draft only, however often the results must be sent', async () => {
    await start();
    const { sink, sent } = drafts([new ConnectorError('away', 'transient')]);
    const first = await sink.prepare(request(), bundleOf(1));
    await expect(first.send().delivered).rejects.toThrow('away');
    await (await sink.prepare(request(), bundleOf(1))).send().delivered;
    expect(platform.drafts.map(({ id }) => id)).toEqual(sent.map(({ draftId }) => draftId));
  });

  it('opens none for results that cannot get into it', async () => {
    await start();
    const { sink, queue } = drafts();
    queue.prepare = () => {
      throw new ConnectorError('no way', 'configuration');
    };
    await expect(sink.prepare(request(), bundleOf(1))).rejects.toThrow('no way');
    expect(platform.drafts).toEqual([]);
  });

  it('sends the results also when the work cannot be told', async () => {
    await start();
    const { sink, sent, lines } = drafts();
    platform.faults.fail('addDraftContext', { kind: 'error', code: 'FUNCTIONAL_ERROR' });
    await (await sink.prepare(request(), bundleOf(1))).send().delivered;
    expect(sent).toHaveLength(1);
    expect(lines.map(({ level }) => level)).toEqual(['warn']);
  });
});
