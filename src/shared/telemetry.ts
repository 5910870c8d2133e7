/** What the rooms tell about themselves while they work; `observability/metrics.ts` turns it into Prometheus series. */
export interface Telemetry {
  /** A request was taken. */
  runStarted(): void;
  /** A request was settled. */
  runFinished(): void;
  /** Bundle messages were published, or one bundle was pushed over the API. */
  bundlesSent(count: number): void;
  /** Objects of a bundle were sent. */
  recordsSent(count: number): void;
  /** A heartbeat was answered (`true`) or failed. */
  ping(ok: boolean): void;
  /** A request failed, or a publication did. */
  error(): void;
  /** A call to VirusTotal failed. */
  clientError(): void;
}

const nothing = (): void => undefined;

/** Telemetry that nobody reads. */
export const noTelemetry: Telemetry = {
  runStarted: nothing,
  runFinished: nothing,
  bundlesSent: nothing,
  recordsSent: nothing,
  ping: nothing,
  error: nothing,
  clientError: nothing,
};
