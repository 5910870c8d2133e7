import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleOf } from '../../../test/helpers/enrichment-requests.js';
import {
  data,
  failure,
  startGraphqlEndpoint,
  type Answer,
  type GraphqlEndpoint,
} from '../../../test/helpers/graphql-endpoint.js';
import { testClient } from '../../../test/helpers/platform-client.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import type { BundleQueue, DeliveryReport } from '../../enrichment/ports.js';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import { ExternalImport } from './external-import.js';
import { GraphqlWorkReporter } from './work-reporter.js';

let endpoint: GraphqlEndpoint;
beforeEach(async () => {
  endpoint = await startGraphqlEndpoint();
});
afterEach(async () => {
  await endpoint.close();
});

interface Plan {
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly delivered?: () => Promise<DeliveryReport>;
  readonly expectations?: number;
  readonly opensWorks?: boolean;
}

/** Delivers a bundle of two objects and tells, in the order of events, what was done. */
async function delivery(plan: Plan = {}): Promise<{ story: string[]; fault: string | undefined }> {
  const story: string[] = [];
  endpoint.answerWith(({ query, variables }) => {
    const name = /(workAdd|addExpectations|reportExpectation|toProcessed)\(/.exec(query)?.[1] ?? query;
    const { friendlyName, expectations, message, inError, error } = variables;
    const told = [friendlyName, expectations, message, inError, error].filter((one) => one !== undefined);
    story.push([name, ...told.map((one) => JSON.stringify(one))].join(' '));
    return (
      plan.answers?.[name] ?? data(name === 'workAdd' ? { workAdd: { id: 'work_1' } } : { workEdit: {} })
    );
  });
  const queue: BundleQueue = {
    prepare: ({ workId, draftId, applicantId }, { objects }) => ({
      expectations: plan.expectations ?? objects.length,
      send: () => {
        story.push(`send ${objects.length} for ${workId ?? 'no work'}`);
        expect([draftId, applicantId]).toEqual([undefined, undefined]);
        return { delivered: plan.delivered?.() ?? Promise.resolve({ undelivered: [] }) };
      },
    }),
  };
  const { client } = testClient(endpoint.url);
  const { logger } = recordedLogger();
  const way = new ExternalImport({
    client,
    connectorId: 'library-1',
    queue,
    works: new GraphqlWorkReporter(client, logger),
    opensWorks: plan.opensWorks ?? false,
    logger,
  });
  const fault = await way.deliver('2 IOCs', bundleOf(2)).then(() => undefined, describeError);
  return { story, fault };
}

describe('ExternalImport', () => {
  it('opens a work, announces, sends and ends it, in this order', async () => {
    expect(await delivery()).toEqual({
      story: ['workAdd "2 IOCs"', 'addExpectations 2', 'send 2 for work_1', 'toProcessed "2 IOCs" false'],
      fault: undefined,
    });
  });

  it('announces nothing where the platform does', async () => {
    const { story } = await delivery({ expectations: 0 });
    expect(story).toEqual(['workAdd "2 IOCs"', 'send 2 for work_1', 'toProcessed "2 IOCs" false']);
  });

  it('opens no work where the platform opens one by itself', async () => {
    const { story } = await delivery({ expectations: 0, opensWorks: true });
    expect(story).toEqual(['send 2 for no work']);
  });

  it('sends nothing when no work can be opened', async () => {
    const { story, fault } = await delivery({ answers: { workAdd: failure('FORBIDDEN_ACCESS', 'No.') } });
    expect(story).toEqual(['workAdd "2 IOCs"']);
    expect(fault).toMatch(/workAdd.*No\..*capability/);
  });

  it('sends nothing when the platform answers without a work', async () => {
    const { story, fault } = await delivery({ answers: { workAdd: data({ workAdd: null }) } });
    expect(story).toEqual(['workAdd "2 IOCs"']);
    expect(fault).toContain('OpenCTI opened no work for the bundle');
  });

  it('sends nothing that could not be announced, and tells the work', async () => {
    const { story, fault } = await delivery({
      answers: { addExpectations: failure('FUNCTIONAL_ERROR', 'Broken.') },
    });
    expect(story.map((line) => line.split(' ')[0])).toEqual(['workAdd', 'addExpectations', 'toProcessed']);
    expect(story.at(-1)).toMatch(/Broken\..* true$/);
    expect(fault).toContain('Broken.');
  });

  it('rejects with what the broker said, and tells the work', async () => {
    const { story, fault } = await delivery({
      delivered: () => Promise.reject(new ConnectorError('RabbitMQ is away.', 'transient')),
    });
    expect(story.at(-1)).toBe('toProcessed "RabbitMQ is away." true');
    expect(fault).toBe('RabbitMQ is away.');
  });

  it('counts a bundle as not sent of which an object was lost, and reports the loss', async () => {
    const { story, fault } = await delivery({
      delivered: () => Promise.resolve({ undelivered: [{ error: 'Too large.', source: '{}' }] }),
    });
    expect(story.slice(-2)).toEqual([
      'reportExpectation {"error":"Too large.","source":"{}"}',
      'toProcessed "1 object was not taken: Too large." true',
    ]);
    expect(fault).toBe('1 object was not taken: Too large.');
  });

  it('has sent what was taken, also when the end of the work cannot be told', async () => {
    const { story, fault } = await delivery({
      answers: { toProcessed: failure('FUNCTIONAL_ERROR', 'Broken.') },
    });
    expect(story).toContain('send 2 for work_1');
    expect(fault).toBeUndefined();
  });
});
