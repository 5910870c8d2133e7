import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { requestOf } from '../../test/helpers/enrichment-requests.js';
import { fixedClock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import { noTelemetry } from '../shared/telemetry.js';
import { Attempts, type Attempt } from './attempts.js';
import { outOfOrder } from './commit-order.js';
import type { EnrichmentOutcome } from './outcome.js';
import { HandBackError } from './platform-call.js';
import type { DeliveryAddress, EnrichmentRequest } from './request.js';
import { createSettle } from './settle.js';

const WORK = 'work_vt_2026-01-02T03:04:00.000Z';
const request = requestOf({ key: 'a', workId: WORK, redelivered: true });
const away = new ConnectorError('platform down', 'transient', { untouched: true });
const answerLost = new ConnectorError('no answer in time', 'transient');
const refused = new ConnectorError('no such work', 'invalid');

const enriched: EnrichmentOutcome = {
  status: 'enriched',
  entity: { type: 'ipv4-addr', id: 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4' },
  leanEntity: { type: 'ipv4-addr', id: 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4' },
  objects: [{ type: 'note', id: 'note--4058e6cc-4426-5da6-8a84-7df60bc1195c' }],
  message: 'found',
};
const unknown: EnrichmentOutcome = { status: 'unknown', message: 'no report' };

interface Options {
  readonly drops?: boolean;
  readonly alive?: boolean | undefined;
  readonly now?: string;
  /** What the announcement ends with. */
  readonly announcing?: Error;
}

/** Settles, and says in short what was told to whom, in order; `intent` is what went into the state. */
async function settled(
  outcome: EnrichmentOutcome,
  attempt: Partial<Attempt> = {},
  options: Options & { readonly request?: EnrichmentRequest } = {},
): Promise<string[]> {
  const told: string[] = [];
  const tell = (line: string, of: DeliveryAddress): Promise<void> => {
    if (of.workId !== undefined) told.push(line);
    return Promise.resolve();
  };
  const settle = createSettle({
    works: {
      received: (of) => tell('received', of),
      addExpectations: (of, count) =>
        options.announcing === undefined ? tell(`expect ${count}`, of) : Promise.reject(options.announcing),
      reportExpectation: (of) => tell('report', of),
      processed: (of, message) => tell(`processed: ${message}`, of),
    },
    sink: {
      prepare: (of, { objects }) => ({
        expectations: objects.length,
        send: () => {
          told.push(of.workId === undefined ? 'send without work' : 'send');
          return { delivered: Promise.resolve({ undelivered: [] }) };
        },
      }),
    },
    playbooks: { reply: (of) => tell('reply', of) },
    telemetry: noTelemetry,
    logger: pino({ level: 'silent' }),
    dropsOvertakenBundles: options.drops ?? false,
    emptyWorks: { by: 'report' },
    liveness: {
      isAlive: () => {
        told.push('alive?');
        return Promise.resolve(options.alive);
      },
    },
    attempts: {
      commit: (_key, { announced, isCertain }) => {
        told.push(`intent ${announced}${isCertain ? ' for certain' : ''}`);
        return Promise.resolve();
      },
      progress: () => undefined,
    },
    clock: fixedClock(options.now ?? '2026-01-02T03:04:01Z'),
  });
  const whole = Object.assign(new Attempts().begin('a'), attempt);
  try {
    await settle(options.request ?? request, outcome, outOfOrder, whole);
  } catch (error) {
    if (!(error instanceof HandBackError)) throw error;
    told.push(`handed back with ${whole.announced} announced`);
  }
  return told;
}

describe('settle of a request that was delivered before', () => {
  const found = 'processed: found';
  const none = 'processed: no report';
  const announced = (count: number, isCertain = false): Partial<Attempt> => ({ announced: count, isCertain });

  it.each<[string, EnrichmentOutcome, Partial<Attempt>, string[]]>([
    ['nothing', enriched, {}, ['intent 2', 'expect 2', 'send', found]],
    ['an intent', enriched, announced(2), ['send', found]],
    ['an announcement', enriched, announced(2, true), ['send', found]],
    ['results with the broker', enriched, { ...announced(2, true), handedOver: true }, [found]],
    ['results of another length', enriched, { ...announced(1, true), handedOver: true }, [found]],
    ['an intent for less', enriched, announced(1), ['intent 2', 'expect 1', 'send', found]],
    ['an intent for more', enriched, announced(4), ['send', 'report', 'report', found]],
    ['nothing, and no report now', unknown, {}, ['intent 1', 'expect 1', 'report', none]],
    ['an intent, and no report now', unknown, announced(1), ['report', none]],
    ['an intent for results, and no report now', unknown, announced(3), ['report', 'report', 'report', none]],
    ['results that have no expectations', unknown, { handedOver: true }, [none]],
  ])(
    'announces nothing twice, and leaves nothing open: it finds %s',
    async (_, outcome, attempt, expected) => {
      expect(await settled(outcome, attempt)).toEqual(expected);
    },
  );

  // A work without expectations ends with its `toProcessed`, and workers then throw its results away (reference §10).
  it.each<[string, EnrichmentOutcome, Partial<Attempt>, string[]]>([
    ['an intent', enriched, announced(2), ['send without work', 'report', 'report', found]],
    ['an announcement', enriched, announced(2, true), ['send', found]],
    ['an intent, and no report now', unknown, announced(2), ['report', 'report', none]],
  ])(
    'risks no results where the platform throws those of complete works away: it finds %s',
    async (_, outcome, attempt, expected) => {
      expect(await settled(outcome, attempt, { drops: true, alive: true })).toEqual(expected);
    },
  );

  it.each<[string, Error, boolean, string[]]>([
    ['lost', answerLost, false, ['intent 2', 'send', found]],
    ['lost', answerLost, true, ['alive?', 'intent 2', 'send without work', 'report', 'report', found]],
    ['a refusal', refused, false, ['intent 2', 'send without work']],
    ['sure not to have been asked for', away, false, ['intent 2', 'handed back with 0 announced']],
  ])(
    'goes on when the answer to the announcement is %s, also where overtaken bundles are dropped: %o %s',
    async (_, announcing, drops, expected) => {
      expect(await settled(enriched, {}, { announcing, drops })).toEqual(expected);
    },
  );
});

describe('settle of a work that the platform may have closed', () => {
  const fresh = { ...request, redelivered: false };
  const normally = ['intent 2', 'expect 2', 'send', 'processed: found'];
  const withoutWork = ['send without work', 'report', 'processed: found'];
  const late = '2026-01-02T03:04:31Z';

  it.each<[string, Options & { readonly request: EnrichmentRequest }, string[]]>([
    ['came at once', { drops: true, alive: false, request: fresh }, normally],
    [
      'waited, and is dead',
      { drops: true, alive: false, request: fresh, now: late },
      ['alive?', ...withoutWork],
    ],
    [
      'waited, and is alive',
      { drops: true, alive: true, request: fresh, now: late },
      ['alive?', ...normally],
    ],
    ['waited, and nobody says', { drops: true, request: fresh, now: late }, ['alive?', ...normally]],
    ['came again, and is dead', { drops: true, alive: false, request }, ['alive?', ...withoutWork]],
    ['waited where nothing is dropped', { drops: false, alive: false, request: fresh, now: late }, normally],
    [
      'waited, and has no time in its id',
      { drops: true, alive: false, request: { ...fresh, workId: 'w', receivedAt: new Date(0) } },
      ['alive?', ...withoutWork],
    ],
  ])('asks the platform about one that %s', async (_, options, expected) => {
    expect(await settled(enriched, {}, options)).toEqual(expected);
  });
});
