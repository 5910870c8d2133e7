import type { Clock } from '../../shared/clock.js';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import { CallbackKey } from './callback-key.js';
import { CallbackWorker, type CallbackOptions } from './callback-worker.js';
import { ChangeSignal } from './change-signal.js';
import {
  Connectors,
  type ConnectorInfo,
  type RegisterConnectorInput,
  type RegisteredConnector,
} from './connectors.js';
import { Drafts } from './drafts.js';
import type { StoredEntity } from './entity.js';
import { EntityStore } from './entity-store.js';
import { functionalError } from './errors.js';
import { Faults } from './faults.js';
import type { RecordedOperation } from './operation-log.js';
import { platformStix } from './platform-stix.js';
import { Playbooks } from './playbooks.js';
import type { MessageQueues } from './queues.js';
import type { ContextSource, PlatformUser, UploadedFile } from './request-context.js';
import { gateOf, type Since } from './version.js';
import { Worker } from './worker.js';
import type { DeadWorkAnswer } from './work-rules.js';
import { Works } from './works.js';

/** A file of a workbench: a bundle a person is to validate before it is imported. */
export interface PendingFile {
  id: string;
  name: string;
  mimeType: string;
  content: Buffer;
  entityId: string | null;
  markings: string[];
}

/** What a platform is made of. */
export interface PlatformStateOptions {
  version: string;
  token: string;
  workerToken: string;
  user: PlatformUser;
  otherUsers: readonly PlatformUser[];
  queuePrefix: string;
  queues: MessageQueues;
  clock: Clock;
  callback: CallbackOptions;
  /** Whether the worker consumes from the start. */
  workerRuns: boolean;
  /** Pause between two runs of the manager of works; 0: it runs only by hand. */
  workManagerIntervalMs: number;
  deadWorks: DeadWorkAnswer;
  /** How `about` keeps the version back, if it does. */
  hidesVersion: 'refused' | 'unreadable' | undefined;
}

/** Everything one simulated platform knows, and what it does with it whoever asks. */
export class PlatformState {
  readonly version: string;
  readonly hidesVersion: PlatformStateOptions['hidesVersion'];
  readonly since: Since;
  readonly clock: Clock;
  readonly signal = new ChangeSignal();
  readonly faults = new Faults();
  readonly operations: RecordedOperation[] = [];
  /** Ids of files somebody downloaded, or tried to. */
  readonly downloads: string[] = [];
  readonly pendingFiles: PendingFile[] = [];
  readonly queues: MessageQueues;
  readonly works: Works;
  readonly connectors: Connectors;
  readonly live: EntityStore;
  readonly drafts: Drafts;
  readonly playbooks: Playbooks;
  readonly callbackKey: CallbackKey;
  readonly worker: Worker;
  readonly callbackWorker: CallbackWorker;
  readonly #workManager: NodeJS.Timeout | undefined;
  readonly #options: PlatformStateOptions;

  constructor(options: PlatformStateOptions) {
    const { clock, queues } = options;
    const changed = (): void => {
      this.signal.changed();
    };
    this.#options = options;
    this.version = options.version;
    this.hidesVersion = options.hidesVersion;
    this.since = gateOf(options.version);
    this.clock = clock;
    this.queues = queues;
    this.works = new Works(this.since, clock, changed, options.deadWorks);
    this.connectors = new Connectors(this.since, clock, options.queuePrefix);
    this.live = new EntityStore(this.since, clock);
    this.drafts = new Drafts(this.live);
    this.playbooks = new Playbooks(this.since, changed);
    this.callbackKey = new CallbackKey(clock);
    this.worker = new Worker(
      {
        since: this.since,
        queues,
        works: this.works,
        // Without a draft in the message the applicant's own draft applies; an empty one means none.
        storeFor: (draftId) => this.drafts.openStore(draftId ?? this.drafts.activeDraftId),
        signal: this.signal,
      },
      options.workerRuns,
    );
    this.callbackWorker = new CallbackWorker({
      since: this.since,
      queues,
      key: this.callbackKey,
      token: options.token,
      workerToken: options.workerToken,
      options: options.callback,
      signal: this.signal,
    });
    if (options.workManagerIntervalMs > 0) {
      const run = (): void => {
        this.works.closeOvertaken();
      };
      this.#workManager = setInterval(run, options.workManagerIntervalMs).unref();
    }
  }

  /** Registers a connector, declares its queues and lets the workers discover it. */
  async register(input: RegisterConnectorInput, userId: string): Promise<RegisteredConnector> {
    const connector = this.connectors.register(input, userId);
    await this.#declareQueues(connector);
    await this.worker.discover(connector);
    await this.callbackWorker.discover(connector);
    this.signal.changed();
    return connector;
  }

  /** Takes a ping; every one declares the queues again. */
  async ping(id: string, state: string | null, info: ConnectorInfo | null): Promise<RegisteredConnector> {
    const connector = this.connectors.ping(id, state, info);
    await this.#declareQueues(connector);
    this.signal.changed();
    return connector;
  }

  async deleteConnector(id: string): Promise<void> {
    const connector = this.connectors.delete(id);
    if (connector === undefined) throw functionalError('No connector found with the specified ID', { id });
    await this.worker.forget(id);
    await this.callbackWorker.forget(id);
    await this.queues.remove(connector.queues);
    this.signal.changed();
  }

  /** The connector with this id; without an id the only one there is. */
  connector(id: string | undefined): RegisteredConnector {
    const all = this.connectors.all();
    const found = id === undefined ? (all.length === 1 ? all[0] : undefined) : this.connectors.find(id);
    if (found !== undefined) return found;
    throw new Error(
      id === undefined ? `name one of the ${all.length} connectors` : `no connector "${id}" is registered`,
    );
  }

  /** The knowledge of a draft, or the live knowledge. */
  storeFor(draftId: string | null): EntityStore {
    return this.drafts.storeOf(draftId);
  }

  /** An entity in the platform's own STIX form. */
  stixOf(entity: StoredEntity, draftId: string | null): JsonObject {
    const store = this.storeFor(draftId);
    return platformStix(entity, this.since, (id) => store.find(id)?.internalId);
  }

  /**
   * Takes a whole bundle over the API and queues it for the workers, in the caller's name, without a draft.
   *
   * @throws {PlatformError} when the bundle is no JSON object or the connector is unknown.
   */
  async pushBundle(
    connectorId: string,
    bundle: string,
    workId: string | undefined,
    userId: string,
  ): Promise<void> {
    const connector = this.connectors.find(connectorId);
    if (connector === undefined) throw functionalError('No connector found with the specified ID');
    if (!isJsonText(bundle)) throw functionalError('The bundle is not a JSON object');
    const message = {
      type: 'bundle',
      applicant_id: userId,
      content: Buffer.from(bundle, 'utf8').toString('base64'),
      work_id: workId ?? this.works.create(connectorId).id,
      update: true,
    };
    await this.queues.publish(connector.queues, 'push', JSON.stringify(message));
  }

  addPendingFile(upload: UploadedFile, entityId: string | null, markings: string[]): PendingFile {
    const { filename: name, mimeType, content } = upload;
    const file = { id: `import/pending/${name}`, name, mimeType, content, entityId, markings };
    this.pendingFiles.push(file);
    return file;
  }

  contextSource(): ContextSource {
    const { token, user, otherUsers } = this.#options;
    return {
      since: this.since,
      token,
      user,
      otherUsers,
      activeDraft: () => this.drafts.activeDraftId,
      draftState: (id) => {
        const draft = this.drafts.find(id);
        return draft === undefined ? 'unknown' : draft.locked ? 'locked' : 'open';
      },
      isWorkAlive: (id) => this.works.isAlive(id),
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#workManager);
    this.signal.close();
    await this.callbackWorker.close();
    await this.worker.stop();
    await this.queues.close();
  }

  async #declareQueues(connector: RegisteredConnector): Promise<void> {
    const { id, queues, input } = connector;
    const scope = (input.scope ?? []).filter((type) => type !== null);
    await this.queues.declare({ id, name: input.name, type: input.type, scope, queues });
  }
}

function isJsonText(text: string): boolean {
  try {
    return isJsonObject(JSON.parse(text));
  } catch {
    return false;
  }
}
