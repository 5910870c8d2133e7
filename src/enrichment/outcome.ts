import type { StixId, StixObject } from '../stix/objects.js';

/**
 * What came of a request. A handler returns one; only `settle` acts on it.
 *
 * - `enriched`: objects to hand to the platform.
 * - `unknown`: VirusTotal has no report. That is a result, not an error.
 * - `skipped`: nothing was asked, on purpose (scope, TLP ceiling, private address, bad value, excluded value).
 * - `failed`: it was tried and did not work; `message` tells a person what to do.
 * - `postponed`: VirusTotal is analysing it. The request is parked in the state and comes again by itself.
 */
export type EnrichmentOutcome =
  EnrichedOutcome | UnknownOutcome | SkippedOutcome | FailedOutcome | PostponedOutcome;

interface Outcome {
  /** One sentence for the person who reads the work in OpenCTI. */
  readonly message: string;
}

export interface EnrichedOutcome extends Outcome {
  readonly status: 'enriched';
  /** The enriched entity, whole, with what changed; the same id as in the request. */
  readonly entity: StixObject;
  /** The enriched entity reduced to id, type, identifying properties and what changed. */
  readonly leanEntity: StixObject;
  /** Everything derived: author, notes, indicators, observables, relationships. */
  readonly objects: readonly StixObject[];
  /** Ids of those that the platform holds already, shared as they are: what changes on them is for nobody else. */
  readonly sharedAlready?: readonly StixId[];
}

export interface UnknownOutcome extends Outcome {
  readonly status: 'unknown';
}

export interface SkippedOutcome extends Outcome {
  readonly status: 'skipped';
  /** `refused` is shown as an error in the work (TLP above the ceiling); the others as plain messages. */
  readonly reason: 'out-of-scope' | 'refused' | 'invalid-value' | 'excluded' | 'nothing-to-look-up';
}

export interface FailedOutcome extends Outcome {
  readonly status: 'failed';
  readonly error: unknown;
}

export interface PostponedOutcome extends Outcome {
  readonly status: 'postponed';
}
