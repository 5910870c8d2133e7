import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { fixedClock } from '../shared/clock.js';
import { ConnectorError } from '../shared/connector-error.js';
import { envelopeFailure, responseFailure } from '../platform/graphql/errors.js';
import { noTelemetry } from '../shared/telemetry.js';
import type { Bundle, StixObject } from '../stix/objects.js';
import { Attempts, type Attempt } from './attempts.js';
import { CommitOrder } from './commit-order.js';
import { HandBackError } from './platform-call.js';
import type { EnrichmentOutcome } from './outcome.js';
import type { BundleSink, DeliveryReport, PlaybookResponder, WorkReporter } from './ports.js';
import type { EnrichmentRequest } from './request.js';
import { createSettle } from './settle.js';
import type { EmptyWorkRule } from './work-end.js';

const address: StixObject = {
  type: 'ipv4-addr',
  id: 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc',
  value: '1.1.1.1',
};
const note: StixObject = { type: 'note', id: 'note--4058e6cc-4426-5da6-8a84-7df60bc1195c', content: 'new' };

const request: EnrichmentRequest = {
  key: 'work_vt_1',
  mode: 'manual',
  entityId: address.id,
  entityType: 'IPv4-Addr',
  workId: 'work_vt_1',
  draftId: undefined,
  applicantId: undefined,
  playbook: undefined,
  entity: undefined,
  validation: { mode: undefined, force: false },
  receivedAt: new Date(0),
};

const enriched: EnrichmentOutcome = {
  status: 'enriched',
  entity: { ...address, whole: true },
  leanEntity: address,
  objects: [note],
  message: 'VirusTotal: 1 of 2 engines call this malicious.',
};

const unknown: EnrichmentOutcome = { status: 'unknown', message: 'VirusTotal has no report.' };

const newAttempt = (): Attempt => new Attempts().begin('any');
const away = new ConnectorError('platform down', 'transient', { untouched: true });
const answerLost = new ConnectorError('no answer in time', 'transient');

/** A platform that writes down what it is told, in order. */
class RecordingPlatform implements WorkReporter, BundleSink, PlaybookResponder {
  readonly calls: unknown[][] = [];
  readonly bundles: Bundle[] = [];
  report: DeliveryReport = { undelivered: [] };
  /** Expectations of the next bundle; one for each object by default. */
  expectations: number | undefined;
  lostInDelivery: Error | undefined;
  failures = new Map<string, Error>();

  received(received: EnrichmentRequest, message: string): Promise<void> {
    return this.#work(received, 'received', message);
  }
  addExpectations(expecting: EnrichmentRequest, count: number): Promise<void> {
    return this.#work(expecting, 'addExpectations', count);
  }
  reportExpectation(reported: EnrichmentRequest, error?: { error: string; source: string }): Promise<void> {
    return this.#work(reported, 'reportExpectation', error);
  }
  processed(processed: EnrichmentRequest, message: string, inError: boolean): Promise<void> {
    return this.#work(processed, 'processed', message, inError);
  }
  reply(step: EnrichmentRequest, bundle: Bundle): Promise<void> {
    this.bundles.push(bundle);
    return this.#call('reply', step.key);
  }
  prepare(prepared: EnrichmentRequest, bundle: Bundle): ReturnType<BundleSink['prepare']> {
    const failure = this.failures.get('prepare');
    if (failure !== undefined) throw failure;
    return {
      expectations: this.expectations ?? bundle.objects.length,
      send: () => {
        this.calls.push(['send', prepared.workId]);
        this.bundles.push(bundle);
        const lost = this.lostInDelivery;
        return { delivered: lost === undefined ? Promise.resolve(this.report) : Promise.reject(lost) };
      },
    };
  }
  #work(of: EnrichmentRequest, name: string, ...details: unknown[]): Promise<void> {
    return of.workId === undefined ? Promise.resolve() : this.#call(name, of.workId, ...details);
  }
  #call(name: string, ...details: unknown[]): Promise<void> {
    const failure = this.failures.get(name);
    if (failure !== undefined) return Promise.reject(failure);
    this.calls.push([name, ...details.filter((detail) => detail !== undefined)]);
    return Promise.resolve();
  }
}

interface Rules {
  readonly dropsOvertakenBundles?: boolean;
  readonly emptyWorksBy?: EmptyWorkRule['by'];
}

function setUp({ dropsOvertakenBundles = false, emptyWorksBy = 'report' }: Rules = {}): {
  platform: RecordingPlatform;
  order: CommitOrder;
  settle: (r: EnrichmentRequest, o: EnrichmentOutcome, a?: Attempt) => Promise<void>;
} {
  const platform = new RecordingPlatform();
  const order = new CommitOrder(new Date(0));
  const settle = createSettle({
    works: platform,
    sink: platform,
    playbooks: platform,
    telemetry: noTelemetry,
    logger: pino({ level: 'silent' }),
    dropsOvertakenBundles,
    emptyWorks: { by: emptyWorksBy, queue: platform },
    clock: fixedClock(new Date(0)),
  });
  return {
    platform,
    order,
    settle: (settled, outcome, attempt = newAttempt()) =>
      settle(settled, outcome, order.take(settled), attempt),
  };
}

describe('settle', () => {
  it('announces the expectations, publishes, and then reports the work processed, each once', async () => {
    const { platform, settle } = setUp();
    await settle(request, enriched);
    expect(platform.calls).toEqual([
      ['addExpectations', 'work_vt_1', 2],
      ['send', 'work_vt_1'],
      ['processed', 'work_vt_1', 'VirusTotal: 1 of 2 engines call this malicious.', false],
    ]);
    expect(platform.bundles[0]?.objects).toEqual([address, note]);
  });

  it('shares what is derived like the entity, but for what was there before', async () => {
    const { platform, settle } = setUp();
    const organisation = 'identity--0f0f0f0f-1111-5222-8333-444444444444';
    const entity: StixObject = { ...address, x_opencti_granted_refs: [organisation] };
    const followed: StixObject = { type: 'indicator', id: 'indicator--1', revoked: true };
    const objects = [note, followed];
    await settle(request, {
      ...enriched,
      entity,
      leanEntity: entity,
      objects,
      sharedAlready: [followed.id],
    });
    expect(platform.bundles[0]?.objects).toEqual([
      entity,
      { ...note, x_opencti_granted_refs: [organisation] },
      followed,
    ]);
  });

  it('reports one failed expectation for each message that could not be delivered', async () => {
    const { platform, settle } = setUp();
    platform.report = { undelivered: [{ error: 'returned by the broker', source: 'note--x' }] };
    await settle(request, enriched);
    expect(platform.calls).toContainEqual([
      'reportExpectation',
      'work_vt_1',
      { error: 'returned by the broker', source: 'note--x' },
    ]);
    expect(platform.calls.at(-1)?.[0]).toBe('processed');
  });

  it('reports what nobody else will report, and says where the results are', async () => {
    const { platform, settle } = setUp();
    platform.report = { undelivered: [], isUnqueued: true, remark: 'they wait in a workbench' };
    await settle(request, enriched);
    expect(platform.calls).toEqual([
      ['addExpectations', 'work_vt_1', 2],
      ['send', 'work_vt_1'],
      ['reportExpectation', 'work_vt_1'],
      ['reportExpectation', 'work_vt_1'],
      [
        'processed',
        'work_vt_1',
        'VirusTotal: 1 of 2 engines call this malicious.; they wait in a workbench',
        false,
      ],
    ]);
  });

  it('fails a request whose results arrive nowhere, and leaves no expectation open', async () => {
    const { platform, settle } = setUp();
    platform.lostInDelivery = new ConnectorError('the disk is full', 'configuration');
    await settle(request, enriched);
    expect(platform.calls).toEqual([
      ['addExpectations', 'work_vt_1', 2],
      ['send', 'work_vt_1'],
      ['reportExpectation', 'work_vt_1'],
      ['reportExpectation', 'work_vt_1'],
      ['processed', 'work_vt_1', 'VirusTotal: the results cannot be handed over: the disk is full', true],
    ]);
  });

  it('does not send again, or look for a way, when only the end of the work is missing', async () => {
    const { platform, settle } = setUp();
    const attempt = newAttempt();
    platform.report = { undelivered: [], isUnqueued: true, remark: 'written' };
    platform.failures.set('processed', away);
    await expect(settle(request, enriched, attempt)).rejects.toThrow(HandBackError);
    platform.failures = new Map([['prepare', new ConnectorError('no way now', 'configuration')]]);
    platform.calls.length = 0;
    await settle(request, enriched, attempt);
    expect(platform.calls).toEqual([
      ['processed', 'work_vt_1', 'VirusTotal: 1 of 2 engines call this malicious.; written', false],
    ]);
  });

  it.each([
    [{ status: 'unknown', message: 'VirusTotal has no report.' }, false],
    [{ status: 'skipped', reason: 'out-of-scope', message: 'Not in scope.' }, false],
    [{ status: 'skipped', reason: 'invalid-value', message: 'A private address.' }, false],
    [{ status: 'skipped', reason: 'refused', message: 'Above the ceiling.' }, true],
    [{ status: 'failed', error: new Error('x'), message: 'It failed.' }, true],
  ] as const)(
    'completes a work without results by one expectation that it reports itself: %o',
    async (outcome, inError) => {
      const { platform, settle } = setUp();
      await settle(request, outcome);
      expect(platform.calls).toEqual([
        ['addExpectations', 'work_vt_1', 1],
        ['reportExpectation', 'work_vt_1'],
        ['processed', 'work_vt_1', outcome.message, inError],
      ]);
    },
  );

  it('completes a work without results by its end alone where that does, and waits for no older one', async () => {
    const { platform, settle, order } = setUp({ emptyWorksBy: 'end' });
    const older = order.take(request);
    await settle({ ...request, receivedAt: new Date(1) }, unknown);
    expect(platform.calls).toEqual([['processed', 'work_vt_1', unknown.message, false]]);
    expect(older.overtaken).toBe(false);
  });

  it('reports there what was announced for results that cannot be handed over', async () => {
    const { platform, settle } = setUp({ emptyWorksBy: 'end' });
    platform.lostInDelivery = new ConnectorError('the disk is full', 'configuration');
    await settle(request, enriched);
    expect(platform.calls.map(([name]) => name)).toEqual([
      'addExpectations',
      'send',
      'reportExpectation',
      'reportExpectation',
      'processed',
    ]);
  });

  it('announces and reports one expectation for results that wait elsewhere, once they do', async () => {
    const { platform, settle } = setUp();
    platform.expectations = 0;
    platform.report = { undelivered: [], isUnqueued: true, remark: 'they wait in a workbench' };
    await settle(request, enriched);
    expect(platform.calls.map(([name]) => name)).toEqual([
      'send',
      'addExpectations',
      'reportExpectation',
      'processed',
    ]);
  });

  it('ends there a work whose results wait elsewhere without any report', async () => {
    const { platform, settle } = setUp({ emptyWorksBy: 'end' });
    platform.expectations = 0;
    platform.report = { undelivered: [], isUnqueued: true, remark: 'they wait in a workbench' };
    await settle(request, enriched);
    expect(platform.calls.map(([name]) => name)).toEqual(['send', 'processed']);
  });

  describe('where a report would overtake results that wait in the queue', () => {
    it('completes a work without results by a message that goes behind them', async () => {
      const { platform, settle, order } = setUp({ emptyWorksBy: 'message' });
      const newer = order.take({ ...request, receivedAt: new Date(2) });
      const older = order.take(request);
      const settled = settle({ ...request, receivedAt: new Date(1) }, unknown);
      await vi.waitFor(() => {
        expect(platform.calls).toEqual([['addExpectations', 'work_vt_1', 1]]);
      });
      older.sent();
      await settled;
      expect(platform.calls.slice(1)).toEqual([
        ['send', 'work_vt_1'],
        ['processed', 'work_vt_1', unknown.message, false],
      ]);
      expect(platform.bundles.map(({ objects }) => objects.map(({ type }) => type))).toEqual([['identity']]);
      expect(newer.overtaken).toBe(false);
    });

    it.each(['prepare', 'delivery'])(
      'reports all the same when there is no such message: %s',
      async (what) => {
        const { platform, settle } = setUp({ emptyWorksBy: 'message' });
        const noWay = new ConnectorError('no way', 'configuration');
        if (what === 'prepare') platform.failures.set('prepare', noWay);
        else platform.lostInDelivery = noWay;
        await settle(request, unknown);
        expect(platform.calls.filter(([name]) => name !== 'send').map(([name]) => name)).toEqual([
          'addExpectations',
          'reportExpectation',
          'processed',
        ]);
      },
    );

    it('reports what became of a message that was lost', async () => {
      const { platform, settle } = setUp({ emptyWorksBy: 'message' });
      platform.report = { undelivered: [{ error: 'returned', source: 'identity--x' }] };
      await settle(request, unknown);
      expect(platform.calls.map(([name]) => name)).toEqual([
        'addExpectations',
        'send',
        'reportExpectation',
        'processed',
      ]);
    });

    it('reports what was announced when it is not sure that the message is there', async () => {
      const { platform, settle } = setUp({ emptyWorksBy: 'message' });
      const attempt = newAttempt();
      platform.lostInDelivery = new ConnectorError('stopped before the confirmation', 'transient');
      await expect(settle(request, unknown, attempt)).rejects.toThrow(HandBackError);
      platform.lostInDelivery = undefined;
      await settle(request, unknown, attempt);
      // Perhaps the message is there after all: one report too many does no harm.
      expect(platform.calls.map(([name]) => name)).toEqual([
        'addExpectations',
        'send',
        'reportExpectation',
        'processed',
      ]);
    });

    it('reports all the same when the message does not name the work', async () => {
      const { platform, settle } = setUp({ emptyWorksBy: 'message' });
      platform.expectations = 0;
      platform.report = { undelivered: [], isUnqueued: true };
      await settle(request, unknown);
      expect(platform.calls.map(([name]) => name)).toEqual([
        'send',
        'addExpectations',
        'reportExpectation',
        'processed',
      ]);
    });

    it('sends none for what has no work', async () => {
      const { platform, settle } = setUp({ emptyWorksBy: 'message' });
      await settle({ ...request, workId: undefined }, unknown);
      expect(platform.calls).toEqual([]);
    });
  });

  it('says in the work why a bundle cannot be sent at all', async () => {
    const { platform, settle } = setUp();
    platform.failures.set('prepare', new ConnectorError('drafts need AMQP', 'configuration'));
    await settle(request, enriched);
    expect(platform.calls.at(-1)).toEqual([
      'processed',
      'work_vt_1',
      'VirusTotal: the results cannot be handed over: drafts need AMQP',
      true,
    ]);
  });

  it('delivers the results without the work when the work is gone', async () => {
    const { platform, settle } = setUp();
    platform.failures.set('addExpectations', new ConnectorError('the work was deleted', 'invalid'));
    await settle(request, enriched);
    expect(platform.calls).toEqual([['send', undefined]]);
  });

  it('hands the request back when the platform cannot be reached, with nothing announced or sent', async () => {
    const { platform, settle } = setUp();
    platform.failures.set('addExpectations', away);
    await expect(settle(request, enriched)).rejects.toThrow(HandBackError);
    expect(platform.bundles).toEqual([]);
  });

  it.each(['HTTP 401', 'HTTP 404 of a proxy'])(
    'hands the request back when somebody has to act first: %s',
    async (reason) => {
      const { platform, settle } = setUp();
      platform.failures.set('addExpectations', new ConnectorError(reason, 'configuration'));
      await expect(settle(request, enriched)).rejects.toThrow(HandBackError);
    },
  );

  it('goes on where the last attempt stopped: nothing is announced or sent twice', async () => {
    const { platform, settle } = setUp();
    const attempt = newAttempt();
    platform.failures.set('processed', away);
    await expect(settle(request, enriched, attempt)).rejects.toThrow(HandBackError);
    platform.failures.clear();
    await settle(request, enriched, attempt);
    expect(platform.calls.map(([name]) => name)).toEqual(['addExpectations', 'send', 'processed']);
  });

  it('sends again what the broker did not confirm, without announcing it again', async () => {
    const { platform, settle } = setUp();
    const attempt = newAttempt();
    platform.lostInDelivery = new ConnectorError('stopped before the confirmation', 'transient');
    await expect(settle(request, enriched, attempt)).rejects.toThrow(HandBackError);
    platform.lostInDelivery = undefined;
    await settle(request, enriched, attempt);
    expect(platform.calls.map(([name]) => name)).toEqual(['addExpectations', 'send', 'send', 'processed']);
  });

  it('asks again to end the work when the answer was lost, which does no harm', async () => {
    const { platform, settle } = setUp();
    platform.failures.set('processed', answerLost);
    await expect(settle(request, enriched)).rejects.toThrow(HandBackError);
  });

  it('reports a lost object again when the answer was lost: one report too few leaves the work open', async () => {
    const { platform, settle } = setUp();
    platform.report = { undelivered: [{ error: 'returned', source: 'note--x' }] };
    platform.failures.set('reportExpectation', answerLost);
    await expect(settle(request, enriched)).rejects.toThrow(HandBackError);
  });

  it('goes on with the losses that it has not reported yet', async () => {
    const { platform, settle } = setUp();
    const attempt = newAttempt();
    platform.report = { undelivered: [{ error: 'returned', source: 'note--x' }] };
    platform.failures.set('reportExpectation', away);
    await expect(settle(request, enriched, attempt)).rejects.toThrow(HandBackError);
    platform.failures.clear();
    await settle(request, enriched, attempt);
    expect(platform.calls.map(([name]) => name)).toEqual([
      'addExpectations',
      'send',
      'reportExpectation',
      'processed',
    ]);
  });

  it('counts expectations as announced when the answer was lost: twice would leave the work open for ever', async () => {
    const { platform, settle } = setUp();
    platform.failures.set('addExpectations', answerLost);
    await settle(request, enriched);
    expect(platform.calls.map(([name]) => name)).toEqual(['send', 'processed']);
  });

  it('reports its own expectation again when the answer was lost: without any report the work stays open', async () => {
    const { platform, settle } = setUp();
    platform.failures.set('reportExpectation', answerLost);
    await expect(settle(request, { status: 'unknown', message: '' })).rejects.toThrow(HandBackError);
  });
});

describe('settle of a work that a newer one has overtaken', () => {
  const automatic: EnrichmentRequest = {
    ...request,
    mode: 'auto',
    workId: 'work_vt_2026-01-01T00:00:00.000Z',
  };
  const manual: EnrichmentRequest = { ...request, workId: 'work_vt_2026-01-01T00:00:01.000Z' };

  it('delivers its results without the work where the platform would throw them away, and ends the work', async () => {
    const { platform, settle, order } = setUp({ dropsOvertakenBundles: true });
    order.take(manual).sent();
    await settle(automatic, enriched);
    // Asking for an expectation of a work that the platform has closed would be refused.
    expect(platform.calls).toEqual([
      ['send', undefined],
      ['reportExpectation', 'work_vt_2026-01-01T00:00:00.000Z'],
      [
        'processed',
        'work_vt_2026-01-01T00:00:00.000Z',
        'VirusTotal: 1 of 2 engines call this malicious.',
        false,
      ],
    ]);
    expect(platform.bundles[0]?.objects).toEqual([address, note]);
  });

  it('ends the work by its end alone where that does', async () => {
    const { platform, settle, order } = setUp({ dropsOvertakenBundles: true, emptyWorksBy: 'end' });
    order.take(manual).sent();
    await settle(automatic, enriched);
    expect(platform.calls.map(([name]) => name)).toEqual(['send', 'processed']);
  });

  it('reports what was announced before it was overtaken: if nothing newer is reported, nobody else ends it', async () => {
    const { platform, settle, order } = setUp({ dropsOvertakenBundles: true });
    const older = order.take({ ...manual, workId: 'work_vt_2025-12-31T00:00:00.000Z' });
    const settled = settle(automatic, enriched);
    await vi.waitFor(() => {
      expect(platform.calls).toEqual([['addExpectations', 'work_vt_2026-01-01T00:00:00.000Z', 2]]);
    });
    order.take(manual).sent();
    older.release();
    await settled;
    expect(platform.calls.slice(1).map(([name, workId]) => [name, workId])).toEqual([
      ['send', undefined],
      ['reportExpectation', 'work_vt_2026-01-01T00:00:00.000Z'],
      ['reportExpectation', 'work_vt_2026-01-01T00:00:00.000Z'],
      ['processed', 'work_vt_2026-01-01T00:00:00.000Z'],
    ]);
  });

  it('says in the work why the results arrive nowhere, whatever their work', async () => {
    const { platform, settle, order } = setUp({ dropsOvertakenBundles: true, emptyWorksBy: 'end' });
    order.take(manual).sent();
    platform.failures.set('prepare', new ConnectorError('drafts need AMQP', 'configuration'));
    await settle(automatic, enriched);
    expect(platform.calls).toEqual([
      [
        'processed',
        'work_vt_2026-01-01T00:00:00.000Z',
        'VirusTotal: the results cannot be handed over: drafts need AMQP',
        true,
      ],
    ]);
  });

  it('does not send the results again when only the end of the work is missing', async () => {
    const { platform, settle, order } = setUp({ dropsOvertakenBundles: true });
    order.take(manual).sent();
    const attempt = newAttempt();
    platform.failures.set('reportExpectation', away);
    await expect(settle(automatic, enriched, attempt)).rejects.toThrow(HandBackError);
    platform.failures.clear();
    await settle(automatic, enriched, attempt);
    expect(platform.calls.map(([name]) => name)).toEqual(['send', 'reportExpectation', 'processed']);
  });

  it('delivers the results of a resumed request without its work there, which newer ones have overtaken', async () => {
    const { platform, settle } = setUp({ dropsOvertakenBundles: true });
    await settle({ ...automatic, resumed: true }, enriched);
    expect(platform.calls[0]).toEqual(['send', undefined]);
  });

  it('keeps the results with the work elsewhere', async () => {
    const { platform, settle, order } = setUp({ dropsOvertakenBundles: false });
    order.take(manual).sent();
    await settle({ ...automatic, resumed: true }, enriched);
    expect(platform.calls.map(([name, workId]) => [name, workId])).toEqual([
      ['addExpectations', 'work_vt_2026-01-01T00:00:00.000Z'],
      ['send', 'work_vt_2026-01-01T00:00:00.000Z'],
      ['processed', 'work_vt_2026-01-01T00:00:00.000Z'],
    ]);
  });

  it('overtakes nobody with results that travel without a work', async () => {
    const { settle, order } = setUp();
    const older = order.take(automatic);
    await settle({ ...manual, workId: undefined, receivedAt: new Date('2026-01-02T00:00:00Z') }, enriched);
    expect(older.overtaken).toBe(false);
  });
});

describe('settle of a playbook step', () => {
  const typed = (type: string): object => ({
    'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba': {
      extension_type: 'property-extension',
      type,
    },
  });
  const received = {
    id: 'bundle--1',
    type: 'bundle',
    x: 1,
    objects: [
      { ...address, extensions: {} },
      { type: 'note', id: note.id, content: 'old', kept: true },
    ],
  };
  const step: EnrichmentRequest = {
    ...request,
    workId: undefined,
    key: 'execution/step',
    mode: 'playbook',
    playbook: {
      executionId: 'execution',
      eventId: 'event',
      playbookId: 'playbook',
      dataInstanceId: address.id,
      stepId: 'step',
      previousStepId: 'previous',
      bundle: received,
    },
  };

  it('answers again when the answer to the answer was lost: a playbook that hears nothing ends there', async () => {
    const { platform, settle } = setUp();
    platform.failures.set('reply', answerLost);
    await expect(settle(step, enriched)).rejects.toThrow(HandBackError);
  });

  it('does not answer again when the platform has it and was not done in time', async () => {
    const { platform, settle } = setUp();
    const cause = new DOMException('no answer within 300000 ms', 'TimeoutError');
    platform.failures.set('reply', new ConnectorError('no answer in time', 'transient', { cause }));
    await expect(settle(step, enriched)).resolves.toBeUndefined();
  });

  it.each([504, 524])(
    'does not answer again when a proxy waited for the platform in vain: %s',
    async (status) => {
      const { platform, settle } = setUp();
      platform.failures.set('reply', responseFailure('playbookStepExecution', status));
      await expect(settle(step, enriched)).resolves.toBeUndefined();
    },
  );

  it.each([429, 502, 503])('answers again as often as a proxy says %s', async (status) => {
    const { platform, settle } = setUp();
    const attempt = newAttempt();
    platform.failures.set('reply', responseFailure('playbookStepExecution', status));
    for (let time = 0; time < 10; time += 1)
      await expect(settle(step, enriched, attempt)).rejects.toThrow(HandBackError);
  });

  it.each([
    ...['INTERNAL_SERVER_ERROR', 'UNKNOWN_ERROR', 'DATABASE_ERROR', 'LOCK_ERROR'].map((code) =>
      envelopeFailure('playbookStepExecution', { code, httpStatus: 500, text: 'no' }),
    ),
    ...[408, 500].map((status) => responseFailure('playbookStepExecution', status)),
  ])(
    'answers three times at most when the platform may have run the following steps: $code',
    async (failure) => {
      const { platform, settle } = setUp();
      const attempt = newAttempt();
      platform.failures.set('reply', failure);
      await expect(settle(step, enriched, attempt)).rejects.toThrow(HandBackError);
      await expect(settle(step, enriched, attempt)).rejects.toThrow(HandBackError);
      await expect(settle(step, enriched, attempt)).resolves.toBeUndefined();
      expect(platform.bundles).toHaveLength(3);
    },
  );

  it('is handed back when the platform surely did not get the answer', async () => {
    const { platform, settle } = setUp();
    platform.failures.set('reply', away);
    await expect(settle(step, enriched)).rejects.toThrow(HandBackError);
  });

  it('answers once, with all received objects updated and the new ones added, and touches no work', async () => {
    const { platform, settle } = setUp();
    const added: StixObject = { type: 'identity', id: 'identity--173c879a-bfb3-5dee-9f1f-3fffd76a8756' };
    await settle(step, { ...enriched, objects: [note, added] });
    expect(platform.calls).toEqual([['reply', 'execution/step']]);
    expect(platform.bundles).toEqual([
      {
        id: 'bundle--1',
        type: 'bundle',
        x: 1,
        objects: [
          { ...address, whole: true },
          { type: 'note', id: note.id, content: 'new', kept: true },
          { ...added, extensions: typed('Identity') },
        ],
      },
    ]);
  });

  it.each([
    { status: 'unknown', message: '' },
    { status: 'skipped', reason: 'refused', message: '' },
    { status: 'failed', error: new Error('x'), message: '' },
  ] as const)(
    'answers with the bundle as received when there is nothing to add: $status',
    async (outcome) => {
      const { platform, settle } = setUp();
      await settle(step, outcome);
      expect(platform.bundles).toEqual([received]);
    },
  );
});
