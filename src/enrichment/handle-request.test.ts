import { pino, type Logger } from 'pino';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import { noTelemetry } from '../shared/telemetry.js';
import { createRequestHandler, type HandleRequest } from './handle-request.js';
import type { EnrichmentOutcome } from './outcome.js';
import { HandBackError } from './platform-call.js';
import type { EnrichmentRequest, PlaybookStep } from './request.js';
import type { Settle } from './settle.js';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import { QuotaExhaustedError } from '../virustotal/quota/quota-exhausted-error.js';
import { StoppedError } from '../virustotal/stopped-error.js';

const outcome: EnrichmentOutcome = { status: 'unknown', message: 'VirusTotal has no report on it.' };

function requestOf(workId: string): EnrichmentRequest {
  return {
    key: workId,
    mode: 'auto',
    entityId: 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd',
    entityType: 'Url',
    workId,
    draftId: undefined,
    applicantId: undefined,
    playbook: undefined,
    entity: undefined,
    validation: { mode: undefined, force: false },
    receivedAt: new Date(0),
  };
}

const playbookStep: PlaybookStep = {
  executionId: 'execution',
  eventId: undefined,
  playbookId: 'playbook',
  dataInstanceId: 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd',
  stepId: 'step',
  previousStepId: 'previous',
  bundle: { objects: [] },
};

interface Doubles {
  signal: AbortSignal;
  enrich: (request: EnrichmentRequest) => Promise<EnrichmentOutcome>;
  received: (request: EnrichmentRequest, message: string) => Promise<void>;
  settle: Settle;
  logger: Logger;
  onError: () => void;
  isPlatformThere: () => Promise<boolean>;
}

function setUp(doubles: Partial<Doubles>): { handle: HandleRequest; settled: (string | undefined)[] } {
  const settled: (string | undefined)[] = [];
  const nothing = (): Promise<void> => Promise.resolve();
  const handle = createRequestHandler({
    enrich: doubles.enrich ?? (() => Promise.resolve(outcome)),
    settle:
      doubles.settle ??
      (async (request, _outcome, turn) => {
        await turn.wait();
        settled.push(request.workId);
      }),
    works: {
      received: doubles.received ?? nothing,
      addExpectations: nothing,
      reportExpectation: nothing,
      processed: nothing,
    },
    telemetry: { ...noTelemetry, error: doubles.onError ?? noTelemetry.error },
    startedAt: new Date('2026-01-01T00:00:00Z'),
    clock: fixedClock('2026-01-01T00:00:00Z'),
    logger: doubles.logger ?? pino({ level: 'silent' }),
    signal: doubles.signal,
    isPlatformThere: doubles.isPlatformThere,
  });
  return { handle, settled };
}

describe('the request handler', () => {
  it('looks requests up side by side and settles them in the order of arrival', async () => {
    const gates = new Map<string, () => void>();
    const { handle, settled } = setUp({
      enrich: (request) =>
        new Promise((resolve) => {
          gates.set(request.key, () => {
            resolve(outcome);
          });
        }),
    });
    const all = ['work_1', 'work_2', 'work_3'].map((id) => handle(requestOf(id)));
    expect([...gates.keys()]).toEqual(['work_1', 'work_2', 'work_3']);
    for (const id of ['work_3', 'work_1', 'work_2']) gates.get(id)?.();
    await Promise.all(all);
    expect(settled).toEqual(['work_1', 'work_2', 'work_3']);
  });

  it('settles a manual request before an older automatic one that still waits for its look-up', async () => {
    let finish: () => void = () => undefined;
    const { handle, settled } = setUp({
      enrich: ({ mode }) =>
        mode === 'manual'
          ? Promise.resolve(outcome)
          : new Promise((resolve) => {
              finish = () => {
                resolve(outcome);
              };
            }),
    });
    const automatic = handle(requestOf('work_vt_2026-01-01T00:00:00.000Z'));
    await handle({ ...requestOf('work_vt_2026-01-01T00:00:01.000Z'), mode: 'manual' });
    expect(settled).toEqual(['work_vt_2026-01-01T00:00:01.000Z']);
    finish();
    await automatic;
    expect(settled).toHaveLength(2);
  });

  it('does not let works wait for a playbook step, which has no work that could be overtaken', async () => {
    let finish: () => void = () => undefined;
    const { handle, settled } = setUp({
      enrich: (request) =>
        request.playbook === undefined
          ? Promise.resolve(outcome)
          : new Promise((resolve) => {
              finish = () => {
                resolve(outcome);
              };
            }),
    });
    const step = handle({ ...requestOf('step'), workId: undefined, playbook: playbookStep });
    await handle(requestOf('work_2'));
    expect(settled).toEqual(['work_2']);
    finish();
    await step;
    expect(settled).toEqual(['work_2', undefined]);
  });

  it('hands a request back when the platform cannot be reached, without holding up the next one', async () => {
    const { handle, settled } = setUp({
      received: (request) =>
        request.workId === 'work_1'
          ? Promise.reject(new ConnectorError('platform down', 'transient', { untouched: true }))
          : Promise.resolve(),
    });
    const results = await Promise.allSettled([handle(requestOf('work_1')), handle(requestOf('work_2'))]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
    expect(settled).toEqual(['work_2']);
  });

  describe('a playbook step', () => {
    const step: EnrichmentRequest = {
      ...requestOf('step'),
      mode: 'playbook',
      workId: undefined,
      playbook: playbookStep,
    };

    it('is not handed back by a stop from its answer on', async () => {
      const commitments: boolean[] = [];
      const { handle } = setUp({});
      await handle(step, (isCommitted) => commitments.push(isCommitted));
      expect(commitments).toEqual([true]);
    });

    it('may be handed back as soon as its answer has failed, and waits for nobody when the connector stops', async () => {
      const stop = new AbortController();
      let isCommitted = false;
      let asked: () => void = () => undefined;
      const isAsked = new Promise<void>((resolve) => (asked = resolve));
      const { handle } = setUp({
        signal: stop.signal,
        settle: () => Promise.reject(new HandBackError(new Error('answer lost'))),
        isPlatformThere: () => {
          asked();
          return new Promise(() => undefined);
        },
      });
      const handled = handle(step, (committed) => (isCommitted = committed));
      await isAsked;
      expect(isCommitted).toBe(false);
      stop.abort();
      await expect(handled).rejects.toThrow('answer lost');
    });
  });

  it('goes on without the work when the work is gone', async () => {
    const { handle, settled } = setUp({
      received: () => Promise.reject(new ConnectorError('no such work', 'invalid')),
    });
    await handle(requestOf('work_1'));
    expect(settled).toEqual([undefined]);
  });

  it('hands a request back when the connector stops, instead of reporting it as failed', async () => {
    const { handle, settled } = setUp({ signal: AbortSignal.abort() });
    await expect(handle(requestOf('work_1'))).rejects.toThrow('the connector is stopping');
    expect(settled).toEqual([]);
  });

  it('does not ask VirusTotal again for a request that comes again', async () => {
    let asked = 0;
    const outcomes: (EnrichmentOutcome | undefined)[] = [];
    const { handle } = setUp({
      enrich: () => {
        asked += 1;
        return Promise.resolve(outcome);
      },
      settle: (_request, settledOutcome) => {
        outcomes.push(settledOutcome);
        return outcomes.length === 1
          ? Promise.reject(new HandBackError(new Error('platform down')))
          : Promise.resolve();
      },
    });
    await expect(handle(requestOf('work_1'))).rejects.toThrow('platform down');
    await handle(requestOf('work_1'));
    expect([asked, outcomes]).toEqual([1, [outcome, outcome]]);
  });

  it('asks again after a failure, which may have passed', async () => {
    let asked = 0;
    const { handle } = setUp({
      enrich: () => {
        asked += 1;
        return Promise.resolve({ status: 'failed', error: new Error('x'), message: 'x' });
      },
      settle: () => (asked === 1 ? Promise.reject(new HandBackError(new Error('down'))) : Promise.resolve()),
    });
    await expect(handle(requestOf('work_1'))).rejects.toThrow('down');
    await handle(requestOf('work_1'));
    expect(asked).toBe(2);
  });

  it('hands a request back while the platform does not even take the begin of the work', async () => {
    const { handle, settled } = setUp({
      received: () => Promise.reject(new ConnectorError('502 of a proxy', 'transient')),
    });
    await expect(handle(requestOf('work_1'))).rejects.toThrow('502 of a proxy');
    expect(settled).toEqual([]);
  });

  it('tells the begin of a work once, however often the request comes', async () => {
    let received = 0;
    let settlements = 0;
    const { handle } = setUp({
      received: () => {
        received += 1;
        return Promise.resolve();
      },
      settle: () => {
        settlements += 1;
        return settlements === 1 ? Promise.reject(new HandBackError(new Error('down'))) : Promise.resolve();
      },
    });
    await expect(handle(requestOf('work_1'))).rejects.toThrow('down');
    await handle(requestOf('work_1'));
    expect([received, settlements]).toEqual([1, 2]);
  });

  const spent = new HandBackError(new QuotaExhaustedError(new Date('2026-01-02T00:00:00Z'), 'day'));

  it('says once in the work that the request waits for quota, however often it comes meanwhile', async () => {
    const told: string[] = [];
    const workId = 'work_vt_2026-01-01T00:00:01.000Z';
    let asked = 0;
    const { handle, settled } = setUp({
      enrich: () => {
        asked += 1;
        return asked <= 2 ? Promise.reject(spent) : Promise.resolve(outcome);
      },
      received: (_request, message) => {
        told.push(message);
        return told.length === 2
          ? Promise.reject(new ConnectorError('down', 'transient'))
          : Promise.resolve();
      },
    });
    await expect(handle(requestOf(workId))).rejects.toBe(spent);
    await expect(handle(requestOf(workId))).rejects.toBe(spent);
    await handle(requestOf(workId));
    expect(told).toEqual([
      'VirusTotal: looking it up',
      'The daily VirusTotal quota is used up; the request waits until 2026-01-02 00:00 UTC.',
    ]);
    expect(settled).toEqual([workId]);
  });

  it('says nothing of waiting where there is no work, or where it would open a work again', async () => {
    const told: string[] = [];
    const received = (_request: EnrichmentRequest, message: string): Promise<void> => {
      told.push(message);
      return Promise.resolve();
    };
    const { handle } = setUp({
      enrich: ({ mode }) => (mode === 'manual' ? Promise.resolve(outcome) : Promise.reject(spent)),
      settle: (_request, _outcome, turn) => {
        turn.sent();
        return Promise.resolve();
      },
      received,
    });
    await handle({ ...requestOf('work_vt_2026-01-01T00:00:02.000Z'), mode: 'manual' });
    await expect(handle(requestOf('work_vt_2026-01-01T00:00:01.000Z'))).rejects.toBe(spent);
    const step = { ...requestOf('step'), workId: undefined, playbook: playbookStep };
    await expect(handle({ ...step, mode: 'playbook' })).rejects.toBe(spent);
    expect(told).toEqual(['VirusTotal: looking it up', 'VirusTotal: looking it up']);
  });

  it('makes no noise about requests that a stop sends away, and does not say that they wait', async () => {
    const stop = new AbortController();
    const { logger, lines } = recordedLogger();
    const told: string[] = [];
    let errors = 0;
    const { handle } = setUp({
      enrich: ({ key }) =>
        key === 'work_1' ? Promise.reject(new HandBackError(new StoppedError())) : Promise.resolve(outcome),
      received: (_request, message) => {
        told.push(message);
        return Promise.resolve();
      },
      signal: stop.signal,
      onError: () => (errors += 1),
      logger,
    });
    await expect(handle(requestOf('work_1'))).rejects.toThrow('The connector stopped');
    stop.abort();
    await expect(handle(requestOf('work_2'))).rejects.toThrow('the connector is stopping');
    expect(lines.map(({ level, msg }) => `${level}: ${msg}`)).toEqual([
      'debug: request could not be settled and is handed back',
      'debug: request could not be settled and is handed back',
    ]);
    expect([errors, told]).toEqual([0, ['VirusTotal: looking it up', 'VirusTotal: looking it up']]);
  });

  it('remembers how far it came when even the report of a defect is handed back', async () => {
    const announced: number[] = [];
    const { handle } = setUp({
      settle: (_request, _outcome, _turn, attempt) => {
        announced.push(attempt.announced);
        attempt.announced = 1;
        if (announced.length === 1) return Promise.reject(new TypeError('defect'));
        return announced.length === 2
          ? Promise.reject(new HandBackError(new Error('down')))
          : Promise.resolve();
      },
    });
    await expect(handle(requestOf('work_1'))).rejects.toThrow('down');
    await handle(requestOf('work_1'));
    expect(announced).toEqual([0, 1, 1]);
  });

  it('stays with a failure that the platform was told of already, when only the end of the work is missing', async () => {
    let asked = 0;
    const failed: EnrichmentOutcome = { status: 'failed', error: new Error('x'), message: 'x' };
    const settledAs: string[] = [];
    const { handle } = setUp({
      enrich: () => {
        asked += 1;
        return Promise.resolve(asked === 1 ? failed : outcome);
      },
      settle: (_request, settledOutcome, _turn, attempt) => {
        attempt.handedOver = true;
        settledAs.push(settledOutcome.status);
        return settledAs.length === 1
          ? Promise.reject(new HandBackError(new Error('down')))
          : Promise.resolve();
      },
    });
    await expect(handle(requestOf('work_1'))).rejects.toThrow('down');
    await handle(requestOf('work_1'));
    expect(settledAs).toEqual(['failed', 'failed']);
  });

  it('reports a defect of ours in the work, instead of leaving it open', async () => {
    const settledAs: string[] = [];
    const { handle } = setUp({
      settle: (_request, settledOutcome) => {
        settledAs.push(`${settledOutcome.status}: ${settledOutcome.message}`);
        return settledAs.length === 1 ? Promise.reject(new TypeError('object is null')) : Promise.resolve();
      },
    });
    await handle(requestOf('work_1'));
    expect(settledAs[1]).toBe('failed: VirusTotal: unexpected failure (object is null); please report it.');
  });

  it('is done with a request whose settlement fails for good, so that it does not come again for ever', async () => {
    const { handle } = setUp({ enrich: () => Promise.reject(new Error('defect')) });
    await expect(handle(requestOf('work_1'))).resolves.toBeUndefined();
  });
});
