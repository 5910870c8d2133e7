import { describe, expect, it } from 'vitest';
import { bundleOf, requestOf } from '../../../test/helpers/enrichment-requests.js';
import type { BundleSink } from '../../enrichment/ports.js';
import type { EnrichmentRequest } from '../../enrichment/request.js';
import { ConnectorError } from '../../shared/connector-error.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
import { ApiQueue } from './api-queue.js';
import { OnDemandBroker } from './on-demand-broker.js';

const sinkTo = (log: string[], name: string): BundleSink => ({
  prepare: () => {
    log.push(name);
    return { expectations: 0, send: () => ({ delivered: Promise.resolve({ undelivered: [] }) }) };
  },
});

/** A link that can be reached or not. */
class FakeLink {
  connected = false;
  closed = 0;
  started = 0;
  readonly health = { ok: false, detail: 'RabbitMQ refuses the user.' };
  constructor(readonly outcome: 'connects' | 'hangs' | 'is refused') {}
  start(): Promise<void> {
    this.started += 1;
    if (this.outcome === 'hangs') return new Promise(() => undefined);
    if (this.outcome === 'is refused')
      return Promise.reject(new ConnectorError('RabbitMQ refuses the user.', 'configuration'));
    this.connected = true;
    return Promise.resolve();
  }
  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }
}

function setUp(links: FakeLink[], existing?: FakeLink) {
  const log: string[] = [];
  const asLink = (link: FakeLink): AmqpLink => link as unknown as AmqpLink;
  const broker = new OnDemandBroker({
    link: existing === undefined ? undefined : asLink(existing),
    createLink: () => asLink(links.shift() ?? new FakeLink('hangs')),
    createPublisher: () => ({
      ...sinkTo(log, 'broker'),
      start: () => log.push('publisher started'),
      close: () => Promise.resolve(),
    }),
    sleep: () => Promise.resolve(),
  });
  const queue = new ApiQueue({ api: sinkTo(log, 'api'), broker, connectorUserId: 'user-7' });
  const prepare = async (changes: Partial<EnrichmentRequest>) =>
    queue.prepare(requestOf(changes), bundleOf(1));
  return { log, prepare, broker };
}

describe('ApiQueue', () => {
  it('pushes what belongs to no draft over the API, without looking for a broker', async () => {
    const link = new FakeLink('connects');
    const { log, prepare } = setUp([link]);
    await prepare({});
    await prepare({ applicantId: 'user-7' });
    expect(log).toEqual(['api', 'api']);
    expect(link.started).toBe(0);
  });

  it('connects to the broker for the first draft, and stays connected', async () => {
    const link = new FakeLink('connects');
    const { log, prepare, broker } = setUp([link]);
    await Promise.all([prepare({ draftId: 'd' }), prepare({ draftId: 'd' })]);
    await prepare({ draftId: 'd' });
    expect(log).toEqual(['publisher started', 'broker', 'broker', 'broker']);
    expect(link.started).toBe(1);
    await broker.close();
    expect(link.closed).toBe(1);
  });

  it.each([
    ['hangs', 'RabbitMQ cannot be reached within 5 s: RabbitMQ refuses the user.'],
    ['is refused', 'RabbitMQ refuses the user.'],
  ] as const)(
    'refuses a draft when the broker %s, and tries again with the next',
    async (outcome, reason) => {
      const first = new FakeLink(outcome);
      const { log, prepare } = setUp([first, new FakeLink('connects')]);
      await expect(prepare({ draftId: 'd' })).rejects.toMatchObject({
        kind: 'configuration',
        message: `OpenCTI cannot take results for a draft over its API (CONNECTOR_QUEUE_PROTOCOL=api), and RabbitMQ is not there either: ${reason} Let the connector reach RabbitMQ, or enrich outside of the draft.`,
      });
      expect(first.closed).toBe(1);
      expect(log).toEqual([]);
      await prepare({ draftId: 'd' });
      expect(log).toEqual(['publisher started', 'broker']);
    },
  );

  it('refuses a draft while the connection by which requests arrive is broken', async () => {
    const existing = new FakeLink('connects');
    const { log, prepare, broker } = setUp([], existing);
    await expect(prepare({ draftId: 'd' })).rejects.toThrow('is broken at the moment');
    existing.connected = true;
    await prepare({ draftId: 'd' });
    expect(log).toEqual(['publisher started', 'broker']);
    await broker.close();
    expect(existing.closed).toBe(0);
  });

  it('imports in the name of another user where RabbitMQ is connected, and else in its own', async () => {
    const existing = new FakeLink('connects');
    const { log, prepare } = setUp([], existing);
    await prepare({ applicantId: 'user-9' });
    existing.connected = true;
    await prepare({ applicantId: 'user-9' });
    expect(log).toEqual(['api', 'publisher started', 'broker']);
  });
});
