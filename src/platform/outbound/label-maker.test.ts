import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestOf } from '../../../test/helpers/enrichment-requests.js';
import {
  data,
  failure,
  startGraphqlEndpoint,
  type GraphqlEndpoint,
} from '../../../test/helpers/graphql-endpoint.js';
import { testClient } from '../../../test/helpers/platform-client.js';
import { recordedLogger } from '../../../test/helpers/recorded-logger.js';
import { LabelMaker } from './label-maker.js';

let endpoint: GraphqlEndpoint;
/** Ids of labels that the platform has. */
let present: Set<string>;

beforeEach(async () => {
  present = new Set();
  endpoint = await startGraphqlEndpoint();
  endpoint.answerWith(({ query, variables }) => {
    if (query.startsWith('mutation')) return data({ labelAdd: { id: 'label' } });
    return data({ label: present.has(String(variables.id)) ? { id: variables.id } : null });
  });
});
afterEach(async () => {
  await endpoint.close();
});

const request = requestOf();
const { logger } = recordedLogger();
const maker = (log = logger) =>
  new LabelMaker({ client: testClient(endpoint.url).client, color: '#394eff', logger: log });
const added = () =>
  endpoint.calls.flatMap(({ variables }) => (variables.input === undefined ? [] : [variables.input]));

describe('LabelMaker', () => {
  it('creates what the platform does not have, with the colour, outside of drafts, and once', async () => {
    // OpenCTI's id of the label `phishing`.
    present.add('label--64027af7-ee46-5b0c-93a3-96f98e17f1b7');
    const labels = maker();
    await labels.prepare(['phishing', 'vt:malicious'], requestOf({ draftId: 'draft-1' }));
    expect(added()).toEqual([{ value: 'vt:malicious', color: '#394eff' }]);
    expect(endpoint.calls.map(({ headers }) => headers['opencti-draft-id'])).toEqual(['', '', '']);

    await labels.prepare(['vt:malicious', 'phishing'], request);
    expect(endpoint.calls).toHaveLength(3);
  });

  it('asks once for requests at the same time', async () => {
    const labels = maker();
    await Promise.all([labels.prepare(['peexe'], request), labels.prepare(['peexe'], request)]);
    expect(endpoint.calls).toHaveLength(2);
  });

  it('asks once for a label that is named many times', async () => {
    await maker().prepare(
      Array.from({ length: 50 }, () => 'vt:clean'),
      request,
    );
    expect(endpoint.calls).toHaveLength(2);
  });

  it('asks once for a label that another request has made while it waited', async () => {
    const labels = maker();
    const own = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all([labels.prepare([...own, 'last'], request), labels.prepare(['last'], request)]);
    expect(added()).toHaveLength(6);
  });

  it('asks for nothing without labels', async () => {
    await maker().prepare([], request);
    expect(endpoint.calls).toEqual([]);
  });

  it('says once that the user may not create labels, and leaves it at that', async () => {
    const recorded = recordedLogger();
    endpoint.answerWith(({ query }) =>
      query.startsWith('mutation') ? failure('FORBIDDEN_ACCESS') : data({ label: null }),
    );
    const labels = maker(recorded.logger);
    await Promise.all([labels.prepare(['a', 'b'], request), labels.prepare(['c'], request)]);
    const calls = endpoint.calls.length;
    await labels.prepare(['d'], request);
    expect(endpoint.calls).toHaveLength(calls);
    expect(recorded.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('does not wait for a platform that is away label by label, and tries again with the next request', async () => {
    endpoint.answerWith(() => failure('DATABASE_ERROR'));
    const labels = maker();
    await labels.prepare(
      Array.from({ length: 100 }, (_, index) => `label ${index}`),
      request,
    );
    expect(endpoint.calls.length).toBeLessThanOrEqual(4);

    endpoint.answerWith(() => data({ label: null }));
    await labels.prepare(['label 0'], request);
    expect(added()).toEqual([{ value: 'label 0', color: '#394eff' }]);
  });

  it('takes a platform that refuses the token for one that is away', async () => {
    const recorded = recordedLogger();
    endpoint.answerWith(() => failure('AUTH_REQUIRED'));
    const labels = maker(recorded.logger);
    await labels.prepare(['a', 'b', 'c', 'd', 'e'], request);
    expect(endpoint.calls.length).toBeLessThanOrEqual(4);
    expect(recorded.lines.filter(({ level }) => level === 'warn')).toEqual([]);

    endpoint.answerWith(() => data({ label: null }));
    await labels.prepare(['a'], request);
    expect(added()).toEqual([{ value: 'a', color: '#394eff' }]);
  });

  it('goes on with the others when the platform refuses one label, which is not tried again', async () => {
    endpoint.answerWith(({ query, variables }) => {
      if (!query.startsWith('mutation')) return data({ label: null });
      const { value } = variables.input as { value: string };
      return value === 'odd' ? failure('FUNCTIONAL_ERROR') : data({ labelAdd: { id: value } });
    });
    const labels = maker();
    await labels.prepare(['odd', 'a', 'b', 'c', 'd', 'e'], request);
    expect(added()).toHaveLength(6);
    await labels.prepare(['odd', 'e'], request);
    expect(added()).toHaveLength(6);
  });
});
