import { describe, expect, it } from 'vitest';
import { bundleOf, requestOf } from '../../../test/helpers/enrichment-requests.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import type { BundleSink, DeliveryReport } from '../../enrichment/ports.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { JsonObject } from '../../shared/json.js';
import { noTelemetry } from '../../shared/telemetry.js';
import { Destinations, type DestinationsOptions } from './destinations.js';
import { DirectorySink } from './directory-sink.js';

/** What arrived where, in order. */
class Arrivals {
  readonly log: string[] = [];
  readonly documents: JsonObject[] = [];
  directoryFails = false;

  sink(name: string): BundleSink {
    return {
      prepare: (request) => ({
        expectations: 3,
        send: () => {
          this.log.push(request.draftId === undefined ? name : `${name} in ${request.draftId}`);
          return { delivered: Promise.resolve({ undelivered: [] }) };
        },
      }),
    };
  }

  readonly write = (document: JsonObject): Promise<string> => {
    if (this.directoryFails) return Promise.reject(new ConnectorError('the disk is full', 'configuration'));
    this.log.push('directory');
    this.documents.push(document);
    return Promise.resolve('vt-1.json');
  };
}

interface Set {
  readonly always?: boolean;
  readonly mode?: 'draft' | 'workbench';
  readonly drafts?: boolean;
  readonly queue?: boolean;
  readonly directory?: boolean;
}

function setUp({ always = false, mode = 'workbench', drafts = true, queue = true, directory = false }: Set) {
  const arrivals = new Arrivals();
  const { logger, lines } = recordedLogger();
  const options: DestinationsOptions = {
    validation: { always, mode, drafts },
    queue: queue ? arrivals.sink('queue') : undefined,
    workbench: arrivals.sink('workbench'),
    newDrafts: queue ? arrivals.sink('new draft') : undefined,
    directory: directory
      ? new DirectorySink({
          directory: arrivals,
          connector: {
            id: 'vt--1',
            name: 'VirusTotal',
            scope: ['Url', 'StixFile'],
            auto: true,
            validateBeforeImport: always,
          },
          connectorUserId: 'user-7',
          telemetry: noTelemetry,
          logger,
        })
      : undefined,
  };
  const destinations = new Destinations(options);
  const deliver = async (changes: Partial<EnrichmentRequest> = {}): Promise<DeliveryReport> => {
    const prepared = await destinations.prepare(requestOf(changes), bundleOf(2));
    return prepared.send().delivered;
  };
  return { arrivals, destinations, deliver, lines };
}

const forced = (mode?: 'draft' | 'workbench') => ({ validation: { mode, force: true } });

describe('Destinations', () => {
  it.each<[string, Set, Partial<EnrichmentRequest>, string[]]>([
    ['usually', {}, {}, ['queue']],
    ['in a draft', {}, { draftId: 'd1' }, ['queue in d1']],
    ['without being forced', {}, { validation: { mode: 'draft', force: false } }, ['queue']],
    ['validated', { always: true }, {}, ['workbench']],
    ['validated where drafts are usual', { always: true, mode: 'draft' }, {}, ['new draft']],
    ['validated as the request says', { always: true }, forced('draft'), ['new draft']],
    ['forced', {}, forced(), ['workbench']],
    ['forced into a draft', {}, forced('draft'), ['new draft']],
    ['forced into a workbench', { mode: 'draft' }, forced('workbench'), ['workbench']],
    ['forced into a draft before 6.4.0', { drafts: false }, forced('draft'), ['workbench']],
    [
      'validated, made in a draft',
      { always: true },
      { draftId: 'd1', ...forced('workbench') },
      ['queue in d1'],
    ],
    ['with a directory', { directory: true }, {}, ['directory', 'queue']],
    ['with a directory, in a draft', { directory: true }, { draftId: 'd1' }, ['queue in d1']],
    ['with a directory, into a draft', { directory: true }, forced('draft'), ['directory', 'new draft']],
    ['with a directory, into a workbench', { directory: true }, forced('workbench'), ['workbench']],
    ['with a directory alone', { directory: true, queue: false }, {}, ['directory']],
    ['without a queue, into a workbench', { queue: false }, forced('workbench'), ['workbench']],
  ])('%s: %j %j → %j', async (_name, set, changes, expected) => {
    const { arrivals, deliver } = setUp(set);
    await deliver(changes);
    expect(arrivals.log).toEqual(expected);
  });

  it.each<[string, Set, Partial<EnrichmentRequest>]>([
    ['made in a draft', { queue: false, directory: true }, { draftId: 'd1' }],
    ['to be validated in a draft', { queue: false, directory: true }, forced('draft')],
    ['that has no place at all', { queue: false }, { draftId: 'd1' }],
  ])('refuses a request %s when nothing may be sent to OpenCTI', async (_name, set, changes) => {
    const { arrivals, deliver } = setUp(set);
    await expect(deliver(changes)).rejects.toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('CONNECTOR_SEND_TO_QUEUE=false') as string,
    });
    expect(arrivals.log).toEqual([]);
  });

  it('writes what an import elsewhere needs, and the whole bundle', async () => {
    const { arrivals, deliver } = setUp({ directory: true });
    await deliver();
    await deliver({ applicantId: 'user-9', ...forced('draft') });
    const document = {
      bundle_type: 'DIRECTORY_BUNDLE',
      applicant_id: 'user-7',
      connector: {
        id: 'vt--1',
        name: 'VirusTotal',
        type: 'INTERNAL_ENRICHMENT',
        scope: 'Url,StixFile',
        auto: true,
        validate_before_import: false,
      },
      entities_types: [],
      bundle: bundleOf(2),
      update: false,
    };
    expect(arrivals.documents).toEqual([
      document,
      {
        ...document,
        applicant_id: 'user-9',
        connector: { ...document.connector, validate_before_import: true },
      },
    ]);
  });

  it('ends the work of a bundle that is only in the directory, and says where it is', async () => {
    const { deliver } = setUp({ directory: true, queue: false });
    expect(await deliver()).toEqual({
      undelivered: [],
      isUnqueued: true,
      remark: 'the results were written to vt-1.json and not sent to OpenCTI',
    });
  });

  it('sends what cannot be copied, logs it and says so in the work', async () => {
    const { arrivals, deliver, lines } = setUp({ directory: true });
    arrivals.directoryFails = true;
    expect(await deliver()).toEqual({ undelivered: [], remark: 'the disk is full' });
    expect(arrivals.log).toEqual(['queue']);
    expect(lines.map(({ level, reason }) => [level, reason])).toEqual([['error', 'the disk is full']]);
  });

  it('does not deliver what can neither be written nor sent', async () => {
    const { arrivals, deliver } = setUp({ directory: true, queue: false });
    arrivals.directoryFails = true;
    await expect(deliver()).rejects.toThrow('the disk is full');
  });
});
