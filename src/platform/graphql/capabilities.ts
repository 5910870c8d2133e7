/** A version of the platform as a triple: semver up to 6.9, `7.YYMMDD.N` since. */
export type PlatformVersion = readonly [major: number, minor: number, patch: number];

/** Fields of `RegisterConnectorInput` that are younger than 6.0. */
export type YoungRegistrationField = 'listen_callback_uri' | 'auto_update' | 'enrichment_resolution';

/** How the platform takes bundles over GraphQL. */
export type BundlePushSupport = 'unavailable' | 'without-work' | 'with-work';

/** Where a person validates results before they become live knowledge. */
export type ValidationMode = 'draft' | 'workbench';

/** What a platform can do. The only place that knows versions; everything else asks here. */
export interface Capabilities {
  readonly registrationFields: ReadonlySet<YoungRegistrationField>;
  /** `registerConnector` returns the key set that signs callbacks. */
  readonly jwks: boolean;
  /** API listen mode: the workers call back over HTTP. */
  readonly callback: boolean;
  /** `pingConnector` takes `connectorInfo`. */
  readonly connectorInfo: boolean;
  /** Workers read `draft_id`; without it they write into the active draft of the user they impersonate. */
  readonly drafts: boolean;
  /** Workers import a message of several objects as a whole when it says so (`no_split`, reference §9.3). */
  readonly wholeBundles: boolean;
  readonly bundlePush: BundlePushSupport;
  /** `isWorkAlive` says whether the results of a work are still imported (reference §10). */
  readonly workLiveness: boolean;
  /** Calls about a deleted work are answered, or refused with a reason; older platforms fail over them (reference §10). */
  readonly toleratesDeletedWorks: boolean;
  /** `uploadPending` takes the markings of the file. */
  readonly pendingFileMarkings: boolean;
  /** A work can be told the draft that its results are in (`addDraftContext`). */
  readonly draftContext: boolean;
  /** Where results are validated when the request does not say (reference §9.5). */
  readonly validationMode: ValidationMode;
  /** Works overtaken by a newer one are closed and their bundles thrown away (reference §10, force-close hazard). */
  readonly dropsOvertakenBundles: boolean;
  /** A work for which nothing was announced completes when it is told of its end (reference §10). */
  readonly completesUnannounced: boolean;
}

/**
 * The version in a text such as `6.4.0`, `7.260224.0` or `6.5.1-SNAPSHOT`; `undefined` when there is none.
 */
export function parsePlatformVersion(text: string): PlatformVersion | undefined {
  const match = /^\s*v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])/i.exec(text);
  if (match === null) return undefined;
  const version = [Number(match[1]), Number(match[2]), Number(match[3] ?? '0')] as const;
  return version.every(Number.isSafeInteger) ? version : undefined;
}

/**
 * What holds for a platform that does not say its version: of each capability the value that does no harm on any. What is
 * offered without need is ignored or refused, and left out from then on; what is left out without need loses results, or
 * lets them end up where they do not belong.
 */
export const UNKNOWN_VERSION: Capabilities = {
  // Probed at registration, from here downwards.
  registrationFields: new Set(['listen_callback_uri', 'auto_update', 'enrichment_resolution']),
  jwks: true,
  callback: true,
  connectorInfo: true,
  // Workers that do not know `draft_id` ignore it (protocol reference §9.1).
  drafts: true,
  // One object per message is right everywhere.
  wholeBundles: false,
  bundlePush: 'without-work',
  workLiveness: true,
  // Then pings find out.
  toleratesDeletedWorks: false,
  pendingFileMarkings: true,
  // For show only, and refused for each draft where it is unknown.
  draftContext: false,
  // Every platform has it.
  validationMode: 'workbench',
  dropsOvertakenBundles: true,
  completesUnannounced: false,
};

/** What the given version can do. */
export function capabilitiesOf(version: PlatformVersion | undefined): Capabilities {
  if (version === undefined) return UNKNOWN_VERSION;
  const since = (...first: PlatformVersion): boolean => !isBefore(version, first);
  const between = (first: PlatformVersion, last: PlatformVersion): boolean =>
    since(...first) && !isBefore(last, version);

  const registrationFields = new Set<YoungRegistrationField>();
  if (since(6, 5, 7)) registrationFields.add('listen_callback_uri');
  if (since(6, 8, 9)) registrationFields.add('auto_update').add('enrichment_resolution');

  return {
    registrationFields,
    jwks: since(7, 260224, 0),
    callback: since(6, 5, 7),
    connectorInfo: since(6, 2, 12),
    drafts: since(6, 4, 0),
    wholeBundles: since(6, 7, 0),
    bundlePush: bundlePushOf(since, between),
    workLiveness: since(6, 8, 7),
    toleratesDeletedWorks: since(6, 8, 7),
    pendingFileMarkings: since(6, 5, 2),
    draftContext: since(6, 5, 0),
    validationMode: since(7, 260728, 0) ? 'draft' : 'workbench',
    dropsOvertakenBundles: between([6, 8, 7], [7, 260507, LAST]),
    // Those from 7.260615 on do so too, but there nothing is gained by it.
    completesUnannounced: !since(7, 260428, 0),
  };
}

/** Any patch of a version. */
const LAST = Number.MAX_SAFE_INTEGER;

function bundlePushOf(
  since: (...first: PlatformVersion) => boolean,
  between: (first: PlatformVersion, last: PlatformVersion) => boolean,
): BundlePushSupport {
  if (!since(6, 2, 6)) return 'unavailable';
  // The workers of these throw away what comes for a work that was reported as processed without expectations, and those
  // of a pushed bundle are added only when a worker takes it (reference §9.6, §10).
  if (!since(6, 5, 7) || between([6, 8, 7], [7, 260427, LAST])) return 'without-work';
  return 'with-work';
}

function isBefore(left: PlatformVersion, right: PlatformVersion): boolean {
  for (const index of [0, 1, 2] as const) {
    if (left[index] !== right[index]) return left[index] < right[index];
  }
  return false;
}
