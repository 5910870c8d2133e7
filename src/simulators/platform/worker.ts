import type { JsonObject } from '../../shared/json.js';
import type { ChangeSignal } from './change-signal.js';
import type { RegisteredConnector } from './connectors.js';
import type { EntityStore } from './entity-store.js';
import { PlatformError } from './errors.js';
import { importObject, type ImportedObject } from './import-object.js';
import type { MessageQueues, QueueDelivery } from './queues.js';
import type { Since } from './version.js';
import { planImport, type PushMessage } from './worker-message.js';
import type { Works } from './works.js';

/** A message a worker took from a push queue, and what it did with it. */
export interface PushedMessage {
  connectorId: string;
  /** Text of the message as it came. */
  body: string;
  /** AMQP properties (deliveryMode, contentEncoding, headers…). */
  properties: Readonly<Record<string, unknown>>;
  redelivered: boolean;
  /** Fields beside `content`; absent when the message was malformed. */
  fields?: JsonObject;
  /** The decoded content; absent when the message was malformed. */
  bundle?: JsonObject;
  action: 'import' | 'split' | 'discard' | 'drop';
  /** Why it was dropped. */
  reason?: string;
  /** One entry per object that was imported or tried. */
  imported: ImportedObject[];
  /** Messages that were put back after a split. */
  splitInto: number;
}

/** What the worker needs of the platform. */
export interface WorkerDependencies {
  since: Since;
  queues: MessageQueues;
  works: Works;
  /** The store to write into: a draft's or the live one; throws for a draft that is not open. */
  storeFor: (draftId: string | undefined) => EntityStore;
  signal: ChangeSignal;
}

/** The worker that imports what connectors publish. */
export class Worker {
  /** Every message taken, in order. */
  readonly pushed: PushedMessage[] = [];
  readonly #dependencies: WorkerDependencies;
  readonly #connectors = new Map<string, RegisteredConnector>();
  readonly #consumptions = new Map<string, () => Promise<void>>();
  #running: boolean;

  constructor(dependencies: WorkerDependencies, running: boolean) {
    this.#dependencies = dependencies;
    this.#running = running;
  }

  /** Lets the worker know a connector, as its discovery does; a stopped worker remembers it. */
  async discover(connector: RegisteredConnector): Promise<void> {
    this.#connectors.set(connector.id, connector);
    if (this.#running) await this.#consume(connector);
  }

  /** Consumes the push queues of all connectors. */
  async start(): Promise<void> {
    this.#running = true;
    for (const connector of this.#connectors.values()) await this.#consume(connector);
  }

  /** Stops consuming; what is published meanwhile waits in the queues. */
  async stop(): Promise<void> {
    this.#running = false;
    const consumptions = [...this.#consumptions.values()];
    this.#consumptions.clear();
    await Promise.all(consumptions.map((cancel) => cancel()));
  }

  /** Forgets a deleted connector. */
  async forget(connectorId: string): Promise<void> {
    this.#connectors.delete(connectorId);
    const cancel = this.#consumptions.get(connectorId);
    this.#consumptions.delete(connectorId);
    await cancel?.();
  }

  async #consume(connector: RegisteredConnector): Promise<void> {
    if (this.#consumptions.has(connector.id)) return;
    // Reserved before the broker answers, so that two pings at once do not consume twice.
    this.#consumptions.set(connector.id, () => Promise.resolve());
    const cancel = await this.#dependencies.queues.consume(connector.queues, 'push', async (delivery) => {
      await this.#take(connector, delivery);
      return 'ack';
    });
    this.#consumptions.set(connector.id, cancel);
  }

  async #take(connector: RegisteredConnector, delivery: QueueDelivery): Promise<void> {
    const { since, works, queues, signal } = this.#dependencies;
    const plan = planImport(delivery.body, since, (workId) => works.isAlive(workId));
    const record: PushedMessage = {
      connectorId: connector.id,
      body: delivery.body.toString('utf8'),
      properties: delivery.properties,
      redelivered: delivery.redelivered,
      action: plan.action,
      imported: [],
      splitInto: 0,
      ...(plan.action === 'drop'
        ? { reason: plan.reason }
        : { fields: plan.message.fields, bundle: plan.message.bundle }),
    };
    this.pushed.push(record);
    if (plan.action === 'import') {
      this.#import(plan.message, plan.report, record);
    } else if (plan.action === 'split') {
      const { workId } = plan.message;
      if (workId !== undefined && plan.addExpectations > 0) {
        ignoringDeadWorks(() => {
          works.addExpectations(workId, plan.addExpectations);
        });
      }
      record.splitInto = plan.bodies.length;
      for (const body of plan.bodies) await queues.publish(connector.queues, 'push', JSON.stringify(body));
    }
    signal.changed();
  }

  #import(message: PushMessage, report: 'per-object' | 'per-message', record: PushedMessage): void {
    const { since, storeFor } = this.#dependencies;
    const openStore = (): EntityStore => storeFor(since('6.4.0') ? message.draftId : undefined);
    for (const object of message.objects) {
      if (!isWanted(object, message.entitiesTypes)) continue;
      const imported = importObject(object, openStore);
      record.imported.push(imported);
      if (report === 'per-object') this.#report(message.workId, [imported], object);
    }
    if (report === 'per-message') this.#report(message.workId, record.imported, message.bundle);
  }

  #report(workId: string | undefined, imported: readonly ImportedObject[], source: JsonObject): void {
    if (workId === undefined) return;
    const failure = imported.find((object) => object.error !== undefined)?.error;
    ignoringDeadWorks(() => {
      this.#dependencies.works.reportExpectation(
        workId,
        failure === undefined
          ? null
          : { error: `${failure.code}: ${failure.message}`, source: JSON.stringify(source) },
      );
    });
  }
}

function isWanted(object: JsonObject, types: readonly string[]): boolean {
  return types.length === 0 || types.includes(String(object.type));
}

/** A worker that meets a deleted or dead work logs it and goes on. */
function ignoringDeadWorks(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
  }
}
