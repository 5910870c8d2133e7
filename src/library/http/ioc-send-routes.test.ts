import { afterEach, describe, expect, it } from 'vitest';
import { SetClock } from '../../../test/helpers/library-contract/world.js';
import { IocServer } from '../../../test/helpers/library-iocs.js';
import { stixFaults } from '../../../test/helpers/stix-validity.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { Bundle } from '../../stix/objects.js';
import type { Platform } from '../sending/platform-port.js';
import type { Problem } from '../web/api.js';

let server: IocServer;
afterEach(() => server.close());

/** A platform that takes bundles, or fails with an error. */
function platformWith(failure?: Error): { platform: Platform; taken: Bundle[] } {
  const taken: Bundle[] = [];
  const platform: Platform = {
    name: 'opencti.example.com',
    maxCharacters: 1_000_000,
    connect: () =>
      Promise.resolve({
        deliver: (_title, bundle) => {
          if (failure !== undefined) return Promise.reject(failure);
          taken.push(bundle);
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      }),
  };
  return { platform, taken };
}

async function start(platform?: Platform): Promise<string[]> {
  server = await IocServer.start(new SetClock(), platform);
  const ids = [await server.add('domain', 'evil.com'), await server.add('ipv4', '198.51.100.7')];
  await server.add('domain', 'secret-of-others.com', server.other);
  return ids;
}

const send = (body: object) => server.send('writing', 'POST', '/api/iocs/send', body);

async function refusal(body: object): Promise<Partial<Problem>> {
  const { status, code, detail, field, retryAfterSeconds } = (await send(body)).json<Problem>();
  return JSON.parse(JSON.stringify({ status, code, detail, field, retryAfterSeconds })) as Partial<Problem>;
}

describe('POST /api/iocs/send', () => {
  it.each([
    ['one of them', (ids: string[]) => ({ ids: ids.slice(0, 1) }), ['evil.com']],
    ['what a filter lets through', () => ({ filter: { type: ['ipv4'] } }), ['198.51.100.7']],
    ['all, but none of another organisation', () => ({ filter: {} }), ['198.51.100.7', 'evil.com']],
  ])('sends %s', async (_, body, values) => {
    const { platform, taken } = platformWith();
    const response = await start(platform).then((ids) => send(body(ids)));
    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({ sent: values.length, bundles: 1 });
    const objects = taken.flatMap((bundle) => bundle.objects);
    expect(objects.flatMap(({ value }) => (value === undefined ? [] : [value])).sort()).toEqual(values);
    expect(objects.find(({ type }) => type === 'identity')).toMatchObject({ name: 'Blue Team' });
    expect(taken.flatMap((bundle) => stixFaults(bundle))).toEqual([]);
    expect(await server.audited()).toMatchObject([
      { action: 'ioc.send', subject: 'opencti.example.com', details: { sent: values.length, bundles: 1 } },
    ]);
  });

  it('sends nothing of another organisation, also when it is named', async () => {
    const { platform, taken } = platformWith();
    await start(platform);
    const id = await server.add('domain', 'more-of-others.com', server.other);
    expect((await send({ ids: [id] })).json()).toEqual({ sent: 0, bundles: 0 });
    expect(taken).toEqual([]);
  });

  it('says what to do where no platform is configured', async () => {
    const ids = await start();
    expect(await refusal({ ids })).toEqual({
      status: 409,
      code: 'not-configured',
      detail:
        'No OpenCTI platform is configured. Set OPENCTI_URL and OPENCTI_TOKEN for the library, and start it again.',
    });
  });

  it.each([
    [
      new ConnectorError('OpenCTI does not answer.', 'transient'),
      {
        status: 503,
        code: 'platform-away',
        detail: 'Nothing was sent: OpenCTI does not answer.',
        retryAfterSeconds: 30,
      },
    ],
    [
      new ConnectorError('The token is refused; check OPENCTI_TOKEN.', 'configuration'),
      {
        status: 502,
        code: 'sending-refused',
        detail: 'Nothing was sent: The token is refused; check OPENCTI_TOKEN.',
      },
    ],
    [
      new TypeError('internals'),
      {
        status: 500,
        code: 'sending-failed',
        detail: 'Nothing was sent: the library failed; its log says why.',
      },
    ],
  ])('says why nothing was sent: %s', async (failure, problem) => {
    const ids = await start(platformWith(failure).platform);
    expect(await refusal({ ids })).toEqual(problem);
    expect(await server.audited()).toMatchObject([
      { action: 'ioc.send', details: { ids: 2, sent: 0, fault: problem.detail } },
    ]);
  });

  it('sends ten thousand at once at most', async () => {
    await start(platformWith().platform);
    const items = Array.from({ length: 10_000 }, (_, number) => ({
      type: 'domain' as const,
      value: `n${number}.example`,
    }));
    await server.iocs.import(server.own, items);
    const detail =
      'These are 10002 IOCs, and 10000 can be sent at once. Send them in parts, by type or by tag for example.';
    expect(await refusal({ filter: {} })).toMatchObject({ status: 400, field: 'filter', detail });
    expect(await server.audited()).toEqual([]);
  });

  it.each(['viewer', 'reading'] as const)('is refused to %s', async (person) => {
    const ids = await start(platformWith().platform);
    expect((await server.send(person, 'POST', '/api/iocs/send', { ids })).statusCode).toBe(403);
  });
});
