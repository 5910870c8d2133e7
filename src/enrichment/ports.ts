import type { JsonObject } from '../shared/json.js';
import type { Bundle, StixId } from '../stix/objects.js';
import type { FileContent } from '../virustotal/schema.js';
import type { DeliveryAddress, EnrichmentRequest } from './request.js';

/** What enrichment needs from the platform; implemented in `platform`, wired in `app`. */

/** Reads the entity of a request when the message did not carry it. */
export interface EntityReader {
  /**
   * The entity in the platform's STIX form, read in the request's draft; `undefined` when it is deleted or not
   * readable for the connector's user.
   *
   * @throws ConnectorError when the platform cannot be asked.
   */
  readEntity(request: EnrichmentRequest): Promise<JsonObject | undefined>;
}

/** Reads Indicators that may have been made of an earlier report. */
export interface IndicatorReader {
  /**
   * The Indicator in the platform's STIX form, read in the request's draft; `undefined` when there is none that the
   * connector's user may see.
   *
   * @throws ConnectorError when the platform cannot be asked.
   */
  readIndicator(id: StixId, request: EnrichmentRequest): Promise<JsonObject | undefined>;
}

/** The file of an Artifact, as it is attached in the platform. */
export interface ArtifactFile extends FileContent {
  /** Ids of its own markings; `undefined` when they cannot be read. */
  readonly markings: readonly string[] | undefined;
}

/** Finds the file that an Artifact stands for, so that its bytes can be uploaded. */
export interface ArtifactReader {
  /**
   * The file, in the request's draft; `undefined` when none is attached. Its bytes are read when it is opened, not
   * before, and never wholly into memory.
   *
   * @param entity - The Artifact in the platform's STIX form: as it is now, since it holds the markings of its files.
   * @throws ConnectorError when the platform cannot be asked, when the Artifact has no hash by which its file is known,
   *   or when the file is known to be larger than what may be uploaded; opening and reading the content throw it as
   *   well, and a file that turns out too large while it is read.
   */
  contentOf(request: EnrichmentRequest, entity: JsonObject): Promise<ArtifactFile | undefined>;
}

/**
 * Reports the life of a work (protocol reference §10). Every call names its work: nothing is remembered here. For a
 * request without a work every call does nothing.
 */
export interface WorkReporter {
  received(request: DeliveryAddress, message: string): Promise<void>;
  addExpectations(request: DeliveryAddress, count: number): Promise<void>;
  /** One expected message is done; with `error`, it is done because it failed. */
  reportExpectation(request: DeliveryAddress, error?: { error: string; source: string }): Promise<void>;
  processed(request: DeliveryAddress, message: string, inError: boolean): Promise<void>;
}

/** Tells works that the platform has closed from those that it imports results for. */
export interface WorkLiveness {
  /** `undefined` when the platform does not say, now or ever; never rejects. */
  isAlive(request: EnrichmentRequest): Promise<boolean | undefined>;
}

/** Keeps a work from counting as timed out while its request waits for an analysis. */
export interface WorkKeeper {
  /** A sign of life. @throws ConnectorError when the work is gone, or the platform cannot be told. */
  ping(request: EnrichmentRequest): Promise<void>;
}

/** Gives labels their colour, for which a bundle has no place. */
export interface LabelKeeper {
  /** Makes those that the platform does not know. Never rejects: without it the platform makes them, in its own colours. */
  prepare(labels: readonly string[], request: EnrichmentRequest): Promise<void>;
}

/** Answers playbook steps, exactly once per message. */
export interface PlaybookResponder {
  /** @param bundle - The result: all received objects (updated) plus the new ones. */
  reply(request: EnrichmentRequest, bundle: Bundle): Promise<void>;
}

/** Takes results to where they belong: to the platform's workers, to a person who validates them, to a directory. */
export interface BundleSink {
  /**
   * Arranges and encodes without sending.
   *
   * @throws ConnectorError, or rejects with it, when the bundle cannot be sent in this way (for example a draft over
   *   the API).
   */
  prepare(request: EnrichmentRequest, bundle: Bundle): PreparedBundle | Promise<PreparedBundle>;
}

/** Takes bundles to the platform's workers, whoever they are of. */
export interface BundleQueue {
  /** As {@link BundleSink.prepare}. */
  prepare(address: DeliveryAddress, bundle: Bundle): PreparedBundle | Promise<PreparedBundle>;
}

export interface PreparedBundle {
  /** Expectations to announce before sending; 0 when the platform adds them itself (API push), or nothing is queued. */
  readonly expectations: number;
  /**
   * Hands the messages over in order. Called once. It returns as soon as they are on their way, so that the next
   * work may follow; `delivered` says what became of them. It rejects with a ConnectorError when nothing arrived.
   */
  send(): { readonly delivered: Promise<DeliveryReport> };
}

export interface DeliveryReport {
  /** One entry for each object that could not be delivered. */
  readonly undelivered: readonly { readonly error: string; readonly source: string }[];
  /** Whether nothing was queued for the work, so that no worker has anything to report. */
  readonly isUnqueued?: boolean;
  /** For the person who reads the work: where the results are, when they are not simply imported. */
  readonly remark?: string;
}
