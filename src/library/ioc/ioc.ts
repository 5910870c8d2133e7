/** The types of IOC that the library keeps, in the order in which people see them. */
export const IOC_TYPES = ['md5', 'sha1', 'sha256', 'domain', 'hostname', 'url', 'ipv4', 'ipv6'] as const;

export type IocType = (typeof IOC_TYPES)[number];

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
