import type { Bundle } from '../../stix/objects.js';

/** An OpenCTI platform that takes IOCs; implemented in `app`, with the delivery of the connector. */
export interface Platform {
  /** Where it is, for people: `opencti.example.com`. */
  readonly name: string;
  /** Of a bundle as JSON. Longer ones are taken too, but travel less well. */
  readonly maxCharacters: number;
  /**
   * Announces the library to the platform and opens the way for bundles. Whoever else sends is waited for.
   *
   * @throws ConnectorError when the platform or its broker refuses or is away.
   */
  connect(): Promise<PlatformConnection>;
}

/** The way to the platform for one sending. */
export interface PlatformConnection {
  /**
   * Resolves when the whole bundle was taken, to be imported by the platform's workers.
   *
   * @param title - What people read of it on the platform.
   * @throws ConnectorError when it was not, or when that is not certain.
   */
  deliver(title: string, bundle: Bundle): Promise<void>;
  close(): Promise<void>;
}
