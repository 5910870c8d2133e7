/**
 * By what the log lines of one request are found. It travels by hand wherever somebody may have to log something about
 * the request (ADR 22).
 */
export interface RequestFacts {
  /** `EnrichmentRequest.key`. */
  readonly key: string;
  /** Absent in playbooks. */
  readonly workId: string | undefined;
  /** STIX id of the entity. */
  readonly entityId: string;
}
