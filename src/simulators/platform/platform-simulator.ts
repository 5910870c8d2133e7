import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { CallbackDelivery } from './callback-worker.js';
import type { UntilOptions } from './change-signal.js';
import type { RegisteredConnector } from './connectors.js';
import type { Draft } from './drafts.js';
import type { StoredEntity } from './entity.js';
import type { Faults } from './faults.js';
import type { PlatformHttp } from './http.js';
import { enrichmentMessage, playbookMessage, type StixEntityForm } from './messages.js';
import type { RecordedOperation } from './operation-log.js';
import type { PendingFile, PlatformState } from './platform-state.js';
import type { PlaybookReply, PlaybookStep } from './playbooks.js';
import type { QueueConnection, QueueKind } from './queues.js';
import {
  addSample,
  addSampleIndicator,
  type SampleIndicator,
  type SampleOptions,
} from './sample-entities.js';
import type { StoredLabel } from './labels.js';
import { readStix } from './stix-reading.js';
import type { PushedMessage } from './worker.js';
import type { Work } from './works.js';

/** What {@link PlatformSimulator.requestEnrichment} sends. */
export interface EnrichmentRequestOptions {
  /** Any id of an entity the platform has. */
  entityId: string;
  /** `manual` by default. */
  mode?: 'manual' | 'auto';
  /** Of an automatic request: `create` by default. */
  trigger?: 'create' | 'update';
  /** The only registered connector by default. */
  connectorId?: string;
  draftId?: string;
  /** In whose name; the connector's own user by default. */
  applicantId?: string;
  /** Whether and where the results are to be validated; nothing is said by default. */
  validation?: { mode?: 'draft' | 'workbench'; force?: boolean };
  /** How the entity travels; as the version does by default. */
  stixEntity?: StixEntityForm;
}

/** What {@link PlatformSimulator.requestPlaybookStep} sends. */
export interface PlaybookRequestOptions {
  /** Any id of the entity the step is about. */
  entityId: string;
  connectorId?: string;
  /** Further objects of the bundle, in the platform's form. */
  objects?: JsonObject[];
}

/** A running platform, as `startPlatformSimulator` starts it. */
export class PlatformSimulator {
  /** URL of the platform without `/graphql`: what `OPENCTI_URL` holds. */
  readonly url: string;
  readonly token: string;
  readonly #state: PlatformState;
  readonly #http: PlatformHttp;

  constructor(state: PlatformState, http: PlatformHttp, url: string, token: string) {
    this.#state = state;
    this.#http = http;
    this.url = url;
    this.token = token;
  }

  get version(): string {
    return this.#state.version;
  }

  /** Every GraphQL request, in order. */
  get operations(): readonly RecordedOperation[] {
    return this.#state.operations;
  }

  /** Every message the worker took from the push queues. */
  get pushed(): readonly PushedMessage[] {
    return this.#state.worker.pushed;
  }

  /** Every answer to a playbook step. */
  get playbookReplies(): readonly PlaybookReply[] {
    return this.#state.playbooks.replies;
  }

  /** Every attempt to hand a message to a callback. */
  get callbackDeliveries(): readonly CallbackDelivery[] {
    return this.#state.callbackWorker.deliveries;
  }

  /** Every label, with its colour. */
  get labels(): readonly StoredLabel[] {
    return this.#state.live.labels.all();
  }

  /** Files uploaded for validation. */
  get pendingFiles(): readonly PendingFile[] {
    return this.#state.pendingFiles;
  }

  /** Ids of the files somebody asked for under `/storage/get/`. */
  get downloads(): readonly string[] {
    return this.#state.downloads;
  }

  /** Failures to inject. */
  get faults(): Faults {
    return this.#state.faults;
  }

  /** All connectors that registered. */
  get connectors(): readonly RegisteredConnector[] {
    return this.#state.connectors.all();
  }

  /** All works, oldest first. */
  get works(): readonly Work[] {
    return this.#state.works.all();
  }

  /** The worker that imports bundles. */
  get worker(): { start(): Promise<void>; stop(): Promise<void> } {
    return this.#state.worker;
  }

  /** The requests that called this field (`pingConnector`, `workEdit.toProcessed`, `toProcessed`) or have this name. */
  operationsOf(target: string): RecordedOperation[] {
    return this.operations.filter(
      ({ name, fields }) =>
        name === target || fields.some((field) => field === target || field.endsWith(`.${target}`)),
    );
  }

  /** A work by its id; `undefined` when it was deleted. */
  work(workId: string): Work | undefined {
    return this.#state.works.find(workId);
  }

  /** Deletes a work, as a person does in the interface. */
  deleteWork(workId: string): void {
    this.#state.works.delete(workId);
  }

  /** Runs the manager that closes works overtaken by newer ones, as a minute does; returns the ids of those it closed. */
  closeOvertakenWorks(): string[] {
    return this.#state.works.closeOvertaken();
  }

  /** Adds an observable or any other entity; see {@link addSample}. */
  addObservable(
    entityType: string,
    attributes: JsonObject,
    options: SampleOptions & { draftId?: string } = {},
  ): StoredEntity {
    return addSample(this.#state.storeFor(options.draftId ?? null), entityType, attributes, options);
  }

  /** Adds an indicator. */
  addIndicator(indicator: SampleIndicator, draftId?: string): StoredEntity {
    return addSampleIndicator(this.#state.storeFor(draftId ?? null), indicator);
  }

  /**
   * Adds an entity given in a STIX form, the platform's or the client's.
   *
   * @throws {PlatformError} for a type the platform does not know.
   */
  addEntity(stix: JsonObject, draftId?: string): StoredEntity {
    return this.#state.storeFor(draftId ?? null).upsert(readStix(stix)).entity;
  }

  /** What the platform holds under this id, live or in a draft. */
  entity(id: string, draftId?: string): StoredEntity | undefined {
    return this.#state.storeFor(draftId ?? null).find(id);
  }

  /** Everything the platform holds; of one entity type or STIX type when given. */
  entities(type?: string, draftId?: string): StoredEntity[] {
    return this.#state.storeFor(draftId ?? null).all(type);
  }

  /** An entity in the platform's own STIX form, as messages carry it. */
  stixOf(id: string, draftId?: string): JsonObject {
    return this.#state.stixOf(this.#entity(id, draftId), draftId ?? null);
  }

  /** Deletes an entity. */
  deleteEntity(id: string): void {
    this.#state.live.delete(this.#entity(id));
  }

  /** Opens a draft workspace. */
  createDraft(name: string, entityId?: string): Draft {
    return this.#state.drafts.create(name, entityId ?? null);
  }

  /** All drafts, those connectors opened included; lock one by setting `locked`. */
  get drafts(): readonly Draft[] {
    return this.#state.drafts.all();
  }

  /** Puts the connector's user into a draft of her own; requests without a draft header then work in it. */
  setActiveDraft(draftId: string | null): void {
    this.#state.drafts.activeDraftId = draftId;
  }

  /**
   * Asks a connector to enrich an entity.
   *
   * @returns id of the work.
   */
  async requestEnrichment(options: EnrichmentRequestOptions): Promise<string> {
    const {
      mode = 'manual',
      trigger = 'create',
      draftId = null,
      stixEntity,
      applicantId,
      validation,
    } = options;
    const connector = this.#state.connector(options.connectorId);
    const entity = this.#entity(options.entityId, options.draftId);
    const work = this.#state.works.create(connector.id);
    const message = enrichmentMessage(this.#state.since, {
      workId: work.id,
      standardId: entity.standardId,
      entityType: entity.entityType,
      stix: this.#state.stixOf(entity, draftId),
      mode,
      trigger,
      draftId,
      applicantId,
      validation,
      stixEntity,
    });
    await this.#publish(connector, JSON.stringify(message));
    return work.id;
  }

  /** Runs a playbook up to the connector's step; the execution id is in the answer. */
  async requestPlaybookStep(options: PlaybookRequestOptions): Promise<PlaybookStep> {
    const connector = this.#state.connector(options.connectorId);
    const entity = this.#entity(options.entityId);
    const step = this.#state.playbooks.begin(entity.standardId);
    const message = playbookMessage(this.#state.since, {
      step,
      entityType: entity.entityType,
      objects: [this.#state.stixOf(entity, null), ...(options.objects ?? [])],
    });
    await this.#publish(connector, JSON.stringify(message));
    return step;
  }

  /** Deletes a playbook, so that answers to its steps are refused. */
  deletePlaybook(playbookId: string): void {
    this.#state.playbooks.delete(playbookId);
  }

  /** Publishes anything to a connector's listen queue. */
  async publishRaw(body: string | JsonObject, connectorId?: string): Promise<void> {
    const text = isJsonObject(body) ? JSON.stringify(body) : body;
    await this.#publish(this.#state.connector(connectorId), text);
  }

  /** Empties a connector's state and queues, as "reset" in the interface does. */
  async resetConnectorState(connectorId?: string): Promise<void> {
    const connector = this.#state.connector(connectorId);
    this.#state.connectors.resetState(connector.id);
    await this.#state.queues.purge(connector.queues);
  }

  /** Deletes a connector and its queues, as a person does in the interface. */
  deleteConnector(connectorId?: string): Promise<void> {
    return this.#state.deleteConnector(this.#state.connector(connectorId).id);
  }

  /** From now on registration tells connectors of another way to the broker, or other credentials. */
  handOut(changes: Partial<QueueConnection>): void {
    Object.assign(this.#state.queues.connection, changes);
  }

  /** Messages that wait in one of a connector's queues. */
  queueDepth(kind: QueueKind, connectorId?: string): Promise<number> {
    return this.#state.queues.depth(this.#state.connector(connectorId).queues, kind);
  }

  /** A token for callbacks as the platform mints it, or a forged one. */
  mintCallbackToken(overrides: { claims?: JsonObject; header?: JsonObject } = {}): string {
    return this.#state.callbackKey.mint(overrides);
  }

  /** Replaces the key that signs callback tokens; connectors see the new one when they register again. */
  rotateCallbackKey(): void {
    this.#state.callbackKey.rotate();
  }

  /**
   * Waits, woken by what happens, until the condition holds.
   *
   * @throws {Error} naming what was waited for when the time is over.
   */
  until(condition: () => boolean, options?: UntilOptions): Promise<void> {
    return this.#state.signal.until(condition, options);
  }

  /** Waits until a work is complete and answers it; the error tells how far it came. */
  async workCompleted(workId: string, timeoutMs?: number): Promise<Work> {
    await this.until(() => this.work(workId)?.status === 'complete', {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      description: () => `completion of ${workId}: ${JSON.stringify(this.work(workId) ?? 'deleted')}`,
    });
    return this.#existing(workId);
  }

  /** Waits until the connector said it is done with a work, whether or not everything is imported. */
  async workProcessed(workId: string, timeoutMs?: number): Promise<Work> {
    await this.until(() => this.work(workId)?.processedTime != null, {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      description: () => `toProcessed of ${workId}: ${JSON.stringify(this.work(workId) ?? 'deleted')}`,
    });
    return this.#existing(workId);
  }

  /** Ends every wait, frees the port, and removes its queues and exchanges from the broker. */
  async close(): Promise<void> {
    await this.#http.close();
    await this.#state.close();
  }

  #entity(id: string, draftId?: string): StoredEntity {
    const entity = this.entity(id, draftId);
    if (entity === undefined) throw new Error(`the platform has no entity "${id}"`);
    return entity;
  }

  #existing(workId: string): Work {
    const work = this.work(workId);
    if (work === undefined) throw new Error(`the work ${workId} was deleted`);
    return work;
  }

  async #publish(connector: RegisteredConnector, body: string): Promise<void> {
    await this.#state.queues.publish(connector.queues, 'listen', body);
  }
}
