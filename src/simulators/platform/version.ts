/** A platform version as a numeric triple: 6.x is semantic, 7.x is `7.YYMMDD.N`. */
export type Version = readonly [major: number, minor: number, patch: number];

/**
 * Reads a version; a suffix such as `-SNAPSHOT` is ignored.
 *
 * @throws {RangeError} when the text is no version, or one older than the first supported, 6.0.6.
 */
export function parseVersion(text: string): Version {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a platform version`);
  const version: Version = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (compare(version, [6, 0, 6]) < 0) throw new RangeError(`platform ${text} is older than 6.0.6`);
  return version;
}

/** Tells whether the simulated platform is the given release or a later one, as in `since('6.5.7')`. */
export type Since = (release: string) => boolean;

/** The gate of one version; everything that differs between platforms asks it. */
export function gateOf(version: string): Since {
  const own = parseVersion(version);
  return (release) => {
    const [major, minor, patch] = release.split('.').map(Number);
    return compare(own, [major ?? 0, minor ?? 0, patch ?? 0]) >= 0;
  };
}

function compare(left: Version, right: Version): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
