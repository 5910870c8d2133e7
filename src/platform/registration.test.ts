import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  data,
  failure,
  startGraphqlEndpoint,
  type Answer,
  type GraphqlEndpoint,
  type ReceivedCall,
} from '../../test/helpers/graphql-endpoint.js';
import { testClient } from '../../test/helpers/platform-client.js';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import { registerConnector, type ConnectorDescription } from './registration.js';

const DESCRIPTION: ConnectorDescription = {
  id: 'virustotal--1',
  name: 'VirusTotal',
  type: 'INTERNAL_ENRICHMENT',
  scope: ['StixFile', 'IPv4-Addr'],
  auto: true,
  autoUpdate: false,
  enrichmentResolution: 'none',
  onlyContextual: false,
  playbookCompatible: true,
};

const REGISTERED = {
  id: 'virustotal--1',
  connector_state: '',
  connector_user_id: 'user-7',
  config: {
    connection: { host: 'rabbitmq', vhost: '/', use_ssl: false, port: 5672, user: 'opencti', pass: 'pw' },
    listen: 'listen_virustotal--1',
    listen_routing: 'listen_routing_virustotal--1',
    listen_exchange: 'amqp.connector.exchange',
    push: 'push_virustotal--1',
    push_routing: 'push_routing_virustotal--1',
    push_exchange: 'amqp.worker.exchange',
  },
};

let endpoint: GraphqlEndpoint;
beforeEach(async () => {
  endpoint = await startGraphqlEndpoint();
});
afterEach(async () => {
  await endpoint.close();
});

/** A platform of the given version that answers registrations one after the other. */
function platform(version: string, ...registrations: Answer[]): void {
  const about = data({ about: { version } });
  endpoint.answerWith((call) =>
    isAbout(call) ? about : (registrations.shift() ?? failure('TOO_MANY_CALLS')),
  );
}

const isAbout = (call: ReceivedCall): boolean => call.query.includes('about');
const registered = (changes: object = {}): Answer =>
  data({ registerConnector: { ...REGISTERED, ...changes } });

async function register(changes: Partial<ConnectorDescription> = {}) {
  const { logger, lines } = recordedLogger();
  const registration = await registerConnector(
    testClient(endpoint.url).client,
    { ...DESCRIPTION, ...changes },
    logger,
  );
  const inputs = endpoint.calls.filter((call) => !isAbout(call)).map((call) => call.variables.input);
  return { registration, lines, inputs };
}

const BASELINE_INPUT = {
  id: 'virustotal--1',
  name: 'VirusTotal',
  type: 'INTERNAL_ENRICHMENT',
  scope: ['StixFile', 'IPv4-Addr'],
  auto: true,
  only_contextual: false,
  playbook_compatible: true,
};

describe('registerConnector', () => {
  it('returns where to listen, where to push and who imports', async () => {
    platform('6.8.9', registered());

    const { registration } = await register();

    expect(registration).toMatchObject({
      connectorId: 'virustotal--1',
      versionText: '6.8.9',
      version: [6, 8, 9],
      connectorUserId: 'user-7',
      connection: { host: 'rabbitmq', port: 5672, vhost: '/', useSsl: false, user: 'opencti', pass: 'pw' },
      listen: {
        queue: 'listen_virustotal--1',
        exchange: 'amqp.connector.exchange',
        routingKey: 'listen_routing_virustotal--1',
      },
      push: {
        queue: 'push_virustotal--1',
        exchange: 'amqp.worker.exchange',
        routingKey: 'push_routing_virustotal--1',
      },
      jwks: undefined,
    });
    expect(registration.capabilities.drafts).toBe(true);
  });

  it('sends a platform only the fields that it knows', async () => {
    platform('6.0.6', registered());
    const old = await register({ autoUpdate: true });
    expect(old.inputs).toEqual([BASELINE_INPUT]);

    endpoint.calls.length = 0;
    platform('6.8.9', registered());
    const young = await register({ autoUpdate: true });
    expect(young.inputs).toEqual([{ ...BASELINE_INPUT, auto_update: true, enrichment_resolution: 'none' }]);
  });

  it('asks for the key set in API listen mode and in no other', async () => {
    platform('7.260224.0', registered({ jwks: '{"keys":[]}' }), registered());

    const { registration, inputs } = await register({
      listenCallbackUri: 'http://192.0.2.9:7070/api/callback',
    });
    await register();

    expect(registration.jwks).toBe('{"keys":[]}');
    expect(inputs[0]).toMatchObject({ listen_callback_uri: 'http://192.0.2.9:7070/api/callback' });
    const documents = endpoint.calls.filter((call) => !isAbout(call)).map((call) => call.query);
    expect(documents.map((document) => document.includes('jwks'))).toEqual([true, false]);
  });

  it.each(['GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'VALIDATION_ERROR'])(
    'falls back to the fields of 6.0 once when the platform answers %s',
    async (code) => {
      platform('7.260817.0', failure(code), registered());

      const { registration, inputs, lines } = await register();

      expect(inputs).toHaveLength(2);
      expect(inputs[1]).toEqual(BASELINE_INPUT);
      expect(registration.capabilities.registrationFields.size).toBe(0);
      expect(registration.capabilities.drafts).toBe(true);
      expect(lines.map((line) => [line.level, line.code])).toEqual([['warn', code]]);
    },
  );

  it('does not fall back a second time', async () => {
    platform('7.260817.0', failure('BAD_USER_INPUT'), failure('BAD_USER_INPUT'));
    await expect(register()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('does not give up its callback address to please a platform', async () => {
    platform('7.260817.0', failure('BAD_USER_INPUT'), registered());
    await expect(register({ listenCallbackUri: 'http://192.0.2.9/' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  it('explains that an old platform cannot call back', async () => {
    platform('6.5.6', registered());
    await expect(register({ listenCallbackUri: 'http://192.0.2.9/' })).rejects.toMatchObject({
      kind: 'configuration',
      message:
        'OpenCTI 6.5.6 cannot call connectors over HTTP; set CONNECTOR_LISTEN_PROTOCOL=AMQP or upgrade to 6.5.7.',
    });
  });

  const ALL = { ...BASELINE_INPUT, auto_update: false, enrichment_resolution: 'none' };
  const CALLBACK = { listen_callback_uri: 'http://192.0.2.9/' };
  const callback = { listenCallbackUri: 'http://192.0.2.9/' };

  it('offers a platform that hides its version the newest fields first, and says so once', async () => {
    platform('testing', failure('BAD_USER_INPUT'), registered());
    const { registration, inputs, lines } = await register();
    expect(registration.version).toBeUndefined();
    expect(inputs).toEqual([ALL, BASELINE_INPUT]);
    expect(lines.map((line) => [line.level, line.platformVersion])).toEqual([
      ['warn', 'testing'],
      ['debug', 'testing'],
    ]);

    platform('testing', registered());
    const { logger, lines: again } = recordedLogger();
    await registerConnector(testClient(endpoint.url).client, DESCRIPTION, logger, { before: registration });
    expect(again).toEqual([]);
  });

  it('finds out how to be called back by a platform that hides its version', async () => {
    platform(
      'testing',
      failure('GRAPHQL_VALIDATION_FAILED'),
      failure('BAD_USER_INPUT'),
      registered({ jwks: null }),
    );
    const { registration, inputs } = await register(callback);
    expect(inputs).toEqual([
      { ...ALL, ...CALLBACK },
      { ...ALL, ...CALLBACK },
      { ...BASELINE_INPUT, ...CALLBACK },
    ]);
    expect([registration.capabilities.callback, registration.capabilities.jwks]).toEqual([true, false]);
  });

  it('goes on without the version when the platform refuses to say it', async () => {
    endpoint.answerWith((call) => (isAbout(call) ? failure('FORBIDDEN_ACCESS', 'no') : registered()));
    const { registration, inputs, lines } = await register();
    expect([registration.versionText, inputs]).toEqual(['unknown', [ALL]]);
    expect(lines.map(({ level }) => level)).toEqual(['warn']);
  });

  it('stops with a bad token', async () => {
    endpoint.answer(failure('AUTH_REQUIRED', 'You must be logged in to do this.'));
    await expect(register()).rejects.toMatchObject({ kind: 'configuration', code: 'AUTH_REQUIRED' });
    expect(endpoint.calls).toHaveLength(1);
  });

  it('names what is missing in an incomplete answer', async () => {
    platform('6.8.9', registered({ config: { ...REGISTERED.config, listen: null } }));
    await expect(register()).rejects.toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('without listen;') as string,
    });
  });
});
