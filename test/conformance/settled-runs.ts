import { pino } from 'pino';
import { createEnrich } from '../../src/enrichment/enrich.js';
import { compileExclusions } from '../../src/enrichment/exclusions.js';
import { createRequestHandler, type HandleRequest } from '../../src/enrichment/handle-request.js';
import type { BundleSink } from '../../src/enrichment/ports.js';
import type { EnrichmentRequest } from '../../src/enrichment/request.js';
import { createSettle } from '../../src/enrichment/settle.js';
import { bundleMessages } from '../../src/platform/outbound/bundle-message.js';
import { fixedClock } from '../../src/shared/clock.js';
import { isJsonObject } from '../../src/shared/json.js';
import { noTelemetry } from '../../src/shared/telemetry.js';
import { everyOption, NOW, virusTotalThatAnswers, type Answers } from './enrichment-runs.js';

/** What the platform was told of one request. */
interface Told {
  expected: number;
  /** Objects in messages that a worker can read, and expectations that were reported. */
  met: number;
  processed: number;
  replies: number;
}

/** Takes requests from the decoded message to the last word to the platform, with all that lies between. */
export class SettledRuns {
  /** What VirusTotal answers next. */
  answers: Answers = { bodyFor: () => undefined };
  readonly #handle: HandleRequest;
  #told: Told = nothing();

  constructor() {
    const logger = pino({ level: 'silent' });
    const services = { clock: fixedClock(NOW), logger, telemetry: noTelemetry };
    const works = {
      received: () => Promise.resolve(),
      addExpectations: (_request: EnrichmentRequest, count: number) => {
        this.#told.expected += count;
        return Promise.resolve();
      },
      reportExpectation: () => {
        this.#told.met += 1;
        return Promise.resolve();
      },
      processed: () => {
        this.#told.processed += 1;
        return Promise.resolve();
      },
    };
    const playbooks = {
      reply: (_request: EnrichmentRequest, bundle: unknown) => {
        // What cannot be written as JSON cannot be sent.
        JSON.stringify(bundle);
        this.#told.replies += 1;
        return Promise.resolve();
      },
    };
    const answered = virusTotalThatAnswers({ bodyFor: (object) => this.answers.bodyFor(object) });
    this.#handle = createRequestHandler({
      startedAt: new Date(NOW),
      enrich: createEnrich({
        entities: { readEntity: () => Promise.resolve(undefined) },
        virusTotal: answered,
        ...services,
        gate: { scope: [], maxTlp: 'TLP:RED', exclusions: compileExclusions([]) },
        mapping: everyOption,
      }),
      settle: createSettle({
        works,
        sink: this.#sink(),
        playbooks,
        dropsOvertakenBundles: false,
        emptyWorks: { by: 'report' },
        ...services,
      }),
      works,
      ...services,
    });
  }

  /** Handles a request; says how it was not settled as it should be. */
  async faultsOf(request: EnrichmentRequest): Promise<string[]> {
    this.#told = nothing();
    await this.#handle(request);
    const { expected, met, processed, replies } = this.#told;
    if (request.playbook !== undefined) {
      const isRight = replies === 1 && expected + met + processed === 0;
      return isRight ? [] : [`${replies} answers to the step, ${processed} times processed`];
    }
    const faults = processed === 1 && replies === 0 ? [] : [`${processed} times processed`];
    return expected > 0 && met === expected ? faults : [...faults, `${met} of ${expected} expectations met`];
  }

  #sink(): BundleSink {
    const context = { connectorUserId: undefined, drafts: true, wholeBundles: true };
    return {
      prepare: (request, bundle) => {
        const messages = bundleMessages(request, bundle, context);
        return {
          expectations: messages.reduce((sum, { objects }) => sum + objects.length, 0),
          send: () => {
            for (const { body } of messages) this.#told.met += objectsIn(body);
            return { delivered: Promise.resolve({ undelivered: [] }) };
          },
        };
      },
    };
  }
}

function nothing(): Told {
  return { expected: 0, met: 0, processed: 0, replies: 0 };
}

/** As a worker reads a message. */
function objectsIn(body: Buffer): number {
  const message: unknown = JSON.parse(body.toString('utf8'));
  if (!isJsonObject(message) || typeof message.content !== 'string') return 0;
  const bundle: unknown = JSON.parse(Buffer.from(message.content, 'base64').toString('utf8'));
  return isJsonObject(bundle) && Array.isArray(bundle.objects) ? bundle.objects.length : 0;
}
