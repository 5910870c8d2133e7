/** The types of IOC that the library keeps, in the order in which people see them. */
export const IOC_TYPES = ['md5', 'sha1', 'sha256', 'domain', 'hostname', 'url', 'ipv4', 'ipv6'] as const;

export type IocType = (typeof IOC_TYPES)[number];

/**
 * Characters of the longest value that is kept: what browsers and proxies pass on of a URL, and what still fits into the
 * unique index over type and value of every database.
 */
export const MAX_VALUE_LENGTH = 2048;

/** An IOC by what makes it one: its type and its value in normal form (`normalise.ts`). */
export interface Ioc {
  readonly type: IocType;
  readonly value: string;
}

/** A text of which two IOCs have the same exactly when they are one. */
export function iocKey({ type, value }: Ioc): string {
  return `${type} ${value}`;
}

/** The type whatever its case; `undefined` for what is none. */
export function parseIocType(text: string): IocType | undefined {
  return IOC_TYPES.find((type) => type === text.toLowerCase());
}
