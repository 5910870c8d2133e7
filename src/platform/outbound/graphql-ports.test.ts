import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleOf, requestOf } from '../../../test/helpers/enrichment-requests.js';
import {
  data,
  failure,
  startGraphqlEndpoint,
  type GraphqlEndpoint,
} from '../../../test/helpers/graphql-endpoint.js';
import { testClient } from '../../../test/helpers/platform-client.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import type { PlaybookStep } from '../../enrichment/request.js';
import { noTelemetry } from '../../shared/telemetry.js';
import type { BundlePushSupport } from '../graphql/capabilities.js';
import { ApiPush } from './api-push.js';
import { GraphqlEntityReader } from './entity-reader.js';
import { PlaybookReply } from './playbook-reply.js';
import { GraphqlWorkReporter } from './work-reporter.js';

let endpoint: GraphqlEndpoint;
beforeEach(async () => {
  endpoint = await startGraphqlEndpoint();
});
afterEach(async () => {
  await endpoint.close();
});

const client = () => testClient(endpoint.url).client;
const { logger } = recordedLogger();
const fieldsCalled = () =>
  endpoint.calls.map((call) => /\{ (?:workEdit\(id: \$id\) \{ )?(\w+)/.exec(call.query)?.[1]);

describe('GraphqlWorkReporter', () => {
  it('tells the life of a work', async () => {
    const works = new GraphqlWorkReporter(client(), logger);
    const request = requestOf({ draftId: 'draft-1', applicantId: 'user-9' });

    await works.received(request, 'looking it up');
    await works.addExpectations(request, 3);
    await works.reportExpectation(request);
    await works.reportExpectation(request, { error: 'refused', source: '{}' });
    await works.processed(request, 'done', false);

    expect(fieldsCalled()).toEqual([
      'toReceived',
      'addExpectations',
      'reportExpectation',
      'reportExpectation',
      'toProcessed',
    ]);
    expect(endpoint.calls.map((call) => call.variables)).toEqual([
      { id: 'work_vt_1', message: 'looking it up' },
      { id: 'work_vt_1', expectations: 3 },
      { id: 'work_vt_1', error: null },
      { id: 'work_vt_1', error: { error: 'refused', source: '{}' } },
      { id: 'work_vt_1', message: 'done', inError: false },
    ]);
  });

  it('reports works outside of drafts and as the connector itself', async () => {
    await new GraphqlWorkReporter(client(), logger).received(
      requestOf({ draftId: 'd', applicantId: 'u' }),
      'x',
    );
    expect(endpoint.calls[0]?.headers['opencti-draft-id']).toBe('');
    expect(endpoint.calls[0]?.headers).not.toHaveProperty('opencti-applicant-id');
  });

  it('calls nobody for a request without a work', async () => {
    const works = new GraphqlWorkReporter(client(), logger);
    const request = requestOf({ workId: undefined });
    await works.received(request, 'x');
    await works.addExpectations(request, 1);
    await works.reportExpectation(request);
    await works.processed(request, 'x', true);
    expect(endpoint.calls).toEqual([]);
  });

  it('cuts sources that the platform would not keep', async () => {
    await new GraphqlWorkReporter(client(), logger).reportExpectation(requestOf(), {
      error: 'x',
      source: 'y'.repeat(60_000),
    });
    const { error } = endpoint.calls[0]?.variables as { error: { source: string } };
    expect(error.source).toHaveLength(50_000);
    expect(error.source.endsWith('y…')).toBe(true);
  });

  describe('of a work that an old platform fails over', () => {
    const stumble = failure(
      'INTERNAL_SERVER_ERROR',
      "Cannot read properties of undefined (reading '_index')",
    );
    const report = (): Promise<void> => new GraphqlWorkReporter(client(), logger).received(requestOf(), 'x');

    it('says that it is gone when pings fail over it too', async () => {
      endpoint.answer(stumble);
      await expect(report()).rejects.toMatchObject({ kind: 'invalid', code: 'WORK_NOT_ALIVE' });
      expect(fieldsCalled()).toEqual(['toReceived', 'ping', 'ping', 'ping']);
    });

    it('says so also when the database was asked to change nothing', async () => {
      endpoint.answer(failure('DATABASE_ERROR', 'Update indexing fail'), stumble);
      const works = new GraphqlWorkReporter(client(), logger);
      await expect(works.reportExpectation(requestOf())).rejects.toMatchObject({ code: 'WORK_NOT_ALIVE' });
    });

    it.each([
      ['a ping is answered', data({})],
      ['pings fail otherwise', failure('DATABASE_ERROR', 'Find direct ids fail')],
      ['the platform is away meanwhile', 'destroy'],
    ] as const)('keeps what passes for something that passes: %s', async (_, answer) => {
      endpoint.answer(stumble, answer);
      await expect(report()).rejects.toMatchObject({ kind: 'transient', code: 'INTERNAL_SERVER_ERROR' });
    });

    it('takes it for a failure that passes where the platform tolerates deleted works, as while it starts', async () => {
      endpoint.answer(stumble);
      const works = new GraphqlWorkReporter(client(), logger, () => ({ toleratesDeletedWorks: true }));
      await expect(works.received(requestOf(), 'x')).rejects.toMatchObject({
        kind: 'transient',
        code: 'INTERNAL_SERVER_ERROR',
      });
      expect(new Set(fieldsCalled())).toEqual(new Set(['toReceived']));
    });

    it('pings for no other failure', async () => {
      endpoint.answer(failure('LOCK_ERROR'));
      await expect(report()).rejects.toMatchObject({ kind: 'transient' });
      expect(fieldsCalled()).not.toContain('ping');
    });
  });

  it.each([true, false])('asks whether a work is alive: %s', async (isWorkAlive) => {
    endpoint.answer(data({ isWorkAlive }));
    expect(await new GraphqlWorkReporter(client(), logger).isAlive(requestOf())).toBe(isWorkAlive);
    expect(endpoint.calls.map(({ variables }) => variables)).toEqual([{ id: 'work_vt_1' }]);
  });

  it('does not ask again whether works are alive when its user may not know', async () => {
    endpoint.answer(failure('FORBIDDEN_ACCESS'));
    const recorded = recordedLogger();
    const works = new GraphqlWorkReporter(client(), recorded.logger);
    expect(await works.isAlive(requestOf())).toBeUndefined();
    expect(await works.isAlive(requestOf())).toBeUndefined();
    expect(endpoint.calls).toHaveLength(1);
    expect(recorded.lines.map(({ level, msg }) => `${level}: ${msg}`)).toEqual([
      'info: platform does not say which works are alive; our own order tells',
    ]);
  });

  it('asks again whether works are alive after an outage of the platform', async () => {
    endpoint.answer(failure('DATABASE_ERROR'), failure('DATABASE_ERROR'), data({ isWorkAlive: true }));
    const works = new GraphqlWorkReporter(client(), logger);
    expect(await works.isAlive(requestOf())).toBeUndefined();
    expect(await works.isAlive(requestOf())).toBe(true);
  });

  it('says when the work is gone', async () => {
    endpoint.answer(failure('WORK_NOT_ALIVE'));
    await expect(
      new GraphqlWorkReporter(client(), logger).addExpectations(requestOf(), 1),
    ).rejects.toMatchObject({
      code: 'WORK_NOT_ALIVE',
      kind: 'invalid',
    });
  });
});

describe('GraphqlEntityReader', () => {
  it('reads the entity in the draft of the request', async () => {
    endpoint.answer(data({ stix: '{"type":"ipv4-addr","value":"198.51.100.3"}' }));
    const entity = await new GraphqlEntityReader(client()).readEntity(requestOf({ draftId: 'draft-1' }));
    expect(entity).toEqual({ type: 'ipv4-addr', value: '198.51.100.3' });
    expect(endpoint.calls[0]?.headers['opencti-draft-id']).toBe('draft-1');
    expect(endpoint.calls[0]?.variables).toEqual({ id: 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4' });
  });

  it('reads an Indicator by its id in the draft of the request', async () => {
    endpoint.answer(data({ stix: '{"type":"indicator","revoked":false}' }));
    const id = 'indicator--e49c6d75-277b-528f-8f47-40f2a7557c51';
    const found = await new GraphqlEntityReader(client()).readIndicator(
      id,
      requestOf({ draftId: 'draft-1' }),
    );
    expect(found).toEqual({ type: 'indicator', revoked: false });
    expect(endpoint.calls[0]?.headers['opencti-draft-id']).toBe('draft-1');
    expect(endpoint.calls[0]?.variables).toEqual({ id });
  });

  it.each([[null], [''], ['null'], [undefined]])('knows no entity when the answer is %j', async (stix) => {
    endpoint.answer(data({ stix }));
    await expect(new GraphqlEntityReader(client()).readEntity(requestOf())).resolves.toBeUndefined();
  });

  it.each(['{', '[1]', '7'])('does not take %j for an entity', async (stix) => {
    endpoint.answer(data({ stix }));
    await expect(new GraphqlEntityReader(client()).readEntity(requestOf())).rejects.toMatchObject({
      kind: 'defect',
    });
  });
});

describe('PlaybookReply', () => {
  const STEP: PlaybookStep = {
    executionId: 'execution-1',
    eventId: 'event-1',
    playbookId: 'playbook-1',
    dataInstanceId: 'ipv4-addr--1',
    stepId: 'step-2',
    previousStepId: 'step-1',
    bundle: {
      id: 'bundle--1',
      type: 'bundle',
      spec_version: '2.1',
      objects: [{ id: 'ipv4-addr--1', b: 1, a: null }],
    },
  };
  const VARIABLES = {
    execution_id: 'execution-1',
    execution_start: '2026-01-02T03:04:05.678Z',
    data_instance_id: 'ipv4-addr--1',
    playbook_id: 'playbook-1',
    previous_step_id: 'step-1',
    step_id: 'step-2',
    previous_bundle:
      '{"id":"bundle--1","type":"bundle","spec_version":"2.1","objects":[{"id":"ipv4-addr--1","b":1,"a":null}]}',
    bundle: JSON.stringify(bundleOf(1)),
  };

  async function reply(playbook: PlaybookStep | undefined) {
    const { logger, lines } = recordedLogger();
    const request = requestOf({ playbook, workId: undefined, applicantId: 'automation' });
    await new PlaybookReply(client(), logger).reply(request, bundleOf(1));
    return lines;
  }

  it('answers with what was received and what came of it', async () => {
    endpoint.answer(data({ playbookStepExecution: true }));
    expect(await reply(STEP)).toEqual([]);
    expect(endpoint.calls[0]?.variables).toEqual({ ...VARIABLES, event_id: 'event-1' });
    expect(endpoint.calls[0]?.query).toContain('$event_id: ID!');
    expect(endpoint.calls[0]?.headers).not.toHaveProperty('opencti-applicant-id');
  });

  it('mentions no event to a platform that sent none', async () => {
    endpoint.answer(data({ playbookStepExecution: true }));
    await reply({ ...STEP, eventId: undefined });
    expect(endpoint.calls[0]?.variables).toEqual(VARIABLES);
    expect(endpoint.calls[0]?.query).not.toContain('event_id');
  });

  it('notes that the playbook is gone, which is no error', async () => {
    endpoint.answer(data({ playbookStepExecution: false }));
    expect((await reply(STEP)).map((line) => line.level)).toEqual(['info']);
  });

  it('never answers twice when the first answer may have been executed', async () => {
    endpoint.answer('destroy', data({ playbookStepExecution: true }));
    await expect(reply(STEP)).rejects.toMatchObject({ kind: 'transient' });
    expect(endpoint.calls).toHaveLength(1);
  });

  it('refuses a request that is no playbook step', async () => {
    await expect(reply(undefined)).rejects.toMatchObject({ kind: 'defect' });
  });
});

describe('ApiPush', () => {
  const push = (bundlePush: BundlePushSupport) =>
    new ApiPush({ client: client(), connectorId: 'virustotal--1', bundlePush, telemetry: noTelemetry });

  it('hands over the whole bundle with its work and expects nothing itself', async () => {
    const prepared = push('with-work').prepare(requestOf(), bundleOf(2));
    expect(prepared.expectations).toBe(0);
    expect(await prepared.send().delivered).toEqual({ undelivered: [] });
    expect(endpoint.calls[0]?.variables).toEqual({
      connectorId: 'virustotal--1',
      bundle: JSON.stringify(bundleOf(2)),
      work_id: 'work_vt_1',
    });
  });

  it.each([
    ['the platform does not take one', push, 'without-work', 'work_vt_1'],
    ['there is none', push, 'with-work', undefined],
  ] as const)('names no work when %s', async (_name, create, support, workId) => {
    await create(support).prepare(requestOf({ workId }), bundleOf(1)).send().delivered;
    expect(endpoint.calls[0]?.variables).not.toHaveProperty('work_id');
    expect(endpoint.calls[0]?.query).not.toContain('work_id');
  });

  it('ends a work that the platform does not take, and says where the results are', async () => {
    const prepared = push('without-work').prepare(requestOf(), bundleOf(1));
    expect(prepared.expectations).toBe(0);
    expect(await prepared.send().delivered).toEqual({
      undelivered: [],
      isUnqueued: true,
      remark: 'OpenCTI imports the results in a work of their own',
    });
  });

  it('says which limit to raise when a bundle is too large', async () => {
    endpoint.answer({ status: 413, body: '<html>Payload too large</html>' });
    await expect(push('with-work').prepare(requestOf(), bundleOf(1)).send().delivered).rejects.toMatchObject({
      kind: 'invalid',
      message:
        'stixBundlePush is too large for OpenCTI or a proxy before it (HTTP 413); raise max_payload_body_size or the limit of the proxy.',
    });
  });

  it('pushes bundles in the order in which they were sent', async () => {
    const sink = push('with-work');
    const sent = ['work_1', 'work_2', 'work_3'].map(
      (workId) => sink.prepare(requestOf({ workId }), bundleOf(1)).send().delivered,
    );
    await Promise.all(sent);
    expect(endpoint.calls.map((call) => call.variables.work_id)).toEqual(['work_1', 'work_2', 'work_3']);
  });

  it('goes on with the next bundle when one was refused', async () => {
    endpoint.answer(failure('FUNCTIONAL_ERROR'), data({ stixBundlePush: true }));
    const sink = push('with-work');
    const [first, second] = [1, 2].map(() => sink.prepare(requestOf(), bundleOf(1)).send().delivered);
    await expect(first).rejects.toMatchObject({ code: 'FUNCTIONAL_ERROR' });
    await expect(second).resolves.toEqual({ undelivered: [] });
  });

  it('refuses drafts, whose results would become live knowledge', () => {
    expect(() => push('with-work').prepare(requestOf({ draftId: 'draft-1' }), bundleOf(1))).toThrow(
      'OpenCTI cannot take results for a draft over its API; they must go over RabbitMQ.',
    );
  });

  it('refuses to be built for a platform before 6.2.6', () => {
    expect(() => push('unavailable')).toThrow('upgrade to 6.2.6');
  });
});
