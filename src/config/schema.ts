import convict from 'convict';
import { identity, operation, otherKinds } from './options/connector.js';
import { listening, mq, s3, sending } from './options/delivery.js';
import { network, state } from './options/environment.js';
import { library } from './options/library.js';
import { opencti } from './options/opencti.js';
import { virustotal } from './options/virustotal.js';
import type { Option, OptionGroup } from './option.js';

/**
 * Every option of the connector, once, by its YAML path. Variables, `config.yml.sample`, the documentation and the
 * JSON Schema are made from it. Adding an option is adding one record to one of the groups.
 */
export const schema = {
  opencti,
  connector: { ...identity, ...operation, ...listening, ...sending, ...otherKinds },
  virustotal,
  mq,
  state,
  network,
  s3,
  library,
};

/** What each section of the file is about. */
export const sections: Readonly<
  Record<keyof typeof schema, { readonly title: string; readonly note?: string }>
> = {
  opencti: { title: 'OpenCTI' },
  connector: { title: 'Connector' },
  virustotal: { title: 'VirusTotal' },
  mq: { title: 'RabbitMQ', note: 'What is not set here comes from the platform at registration.' },
  state: { title: 'State' },
  network: { title: 'Network', note: 'For every HTTP connection of this process.' },
  s3: { title: 'S3', note: 'What is not set here comes from the platform at registration.' },
  library: {
    title: 'IOC library',
    note: 'For the command library alone, which needs no OpenCTI platform.',
  },
};

/** Names that are accepted, whatever their value, and mean nothing here. A `*` stands for any ending. */
export const namesWithoutEffect: readonly {
  readonly env: string;
  readonly path: string;
  /** Why nothing comes of it. */
  readonly reason: string;
}[] = [
  {
    env: 'CONNECTOR_CONFIDENCE_LEVEL',
    path: 'connector.confidence_level',
    reason: 'since OpenCTI 6.0 the confidence level is that of the platform user',
  },
  {
    env: 'CONNECTOR_UPDATE_EXISTING_DATA',
    path: 'connector.update_existing_data',
    reason: 'the platform always updates existing entities',
  },
  {
    env: 'CONNECTOR_LIVE_STREAM_*',
    path: 'connector.live_stream_*',
    reason: 'only stream connectors use it',
  },
];

/** One declared option and where it stands. */
export interface DeclaredOption {
  /** `section.key` of the YAML file. */
  readonly path: string;
  readonly section: keyof typeof schema;
  readonly key: string;
  readonly option: Option;
}

/** All options in the order of their declaration. */
export const declaredOptions: readonly DeclaredOption[] = Object.entries(schema).flatMap(
  ([section, options]) =>
    Object.entries(options as OptionGroup).map(([key, option]) => ({
      path: `${section}.${key}`,
      section: section as keyof typeof schema,
      key,
      option,
    })),
);

/**
 * A convict instance that holds the defaults. Neither its environment nor its command line is read: convict stops at
 * the first bad value, while an operator wants to see all of them, so `loadConfig` feeds it one value at a time.
 */
export function createSettings(): convict.Config<Record<string, unknown>> {
  return convict(schema as unknown as convict.Schema<Record<string, unknown>>, { env: {}, args: [] });
}

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type ValueOf<O> = O extends Option<infer T, infer P> ? (P extends 'optional' ? T | undefined : T) : never;

/**
 * The configuration: `config.virustotal.maxTlp` is the option at `virustotal.max_tlp`. Frozen through and through.
 */
export type Config = {
  readonly [Section in keyof typeof schema]: {
    readonly [Key in keyof (typeof schema)[Section] as CamelCase<Key & string>]: ValueOf<
      (typeof schema)[Section][Key]
    >;
  };
};

/** `max_tlp` → `maxTlp`. */
export function camelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
