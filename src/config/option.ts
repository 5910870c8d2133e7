import type { Format } from './format.js';
import type { LookUps } from './look-ups.js';

/** Whether the value must be given, may be left unset, or is replaced by a default. */
export type Presence = 'required' | 'optional' | 'defaulted';

/** The record that declares one option. */
export interface OptionRecord<T> {
  /** What it does, in sentences for an operator. */
  readonly doc: string;
  /** Name of the environment variable. */
  readonly env: string;
  readonly type: Format<T>;
  /** Other names of the variable, read when `env` is not set; a deprecated one gives a notice. */
  readonly otherEnv?: readonly { readonly name: string; readonly deprecated: boolean }[];
  /** The value never appears in a log or in a message. */
  readonly secret?: boolean;
  /** A value for the sample, where there is no default to show. */
  readonly example?: string;
  /**
   * - `none`: known to OpenCTI's client library, but without meaning for an enrichment connector.
   * - `later`: accepted already, but this version does not act on it yet.
   * - absent: it works.
   */
  readonly effect?: 'none' | 'later';
  /** What it costs beyond the look-up for the report; absent: nothing. */
  readonly lookUps?: LookUps;
}

/** A declared option: an entry of the convict schema with metadata of our own. */
export interface Option<T = unknown, P extends Presence = Presence> extends OptionRecord<T> {
  readonly presence: P;
  /** For convict: the registered name of the format. */
  readonly format: string;
  /** For convict: `undefined` when there is no default. */
  readonly default: T | undefined;
  /** For convict: masks the value in its own output. */
  readonly sensitive: boolean;
  /** A default that depends on other options. `get` takes a path such as `connector.auto`. */
  readonly defaultFrom?: (get: (path: string) => unknown) => T;
  /** How the documentation words that default. */
  readonly defaultText?: string;
  /** Heading under which the documentation lists the option within its section. */
  readonly group?: string;
}

function declare<T, P extends Presence>(
  presence: P,
  record: OptionRecord<T>,
  value: T | undefined,
): Option<T, P> {
  return { ...record, presence, format: record.type.key, default: value, sensitive: record.secret === true };
}

/** An option without which the connector cannot start. */
export function required<T>(record: OptionRecord<T>): Option<T, 'required'> {
  return declare('required', record, undefined);
}

/** An option that may be left unset. */
export function optional<T>(record: OptionRecord<T>): Option<T, 'optional'> {
  return declare('optional', record, undefined);
}

/** An option with a default. */
export function option<T>(
  record: OptionRecord<T> & { readonly default: NoInfer<T> },
): Option<T, 'defaulted'> {
  return declare('defaulted', record, record.default);
}

/** An option whose default depends on other options. */
export function derived<T>(
  record: OptionRecord<T> & Required<Pick<Option<T>, 'defaultFrom' | 'defaultText'>>,
): Option<T, 'defaulted'> {
  const { defaultFrom, defaultText } = record;
  return { ...declare('defaulted', record, undefined), defaultFrom, defaultText };
}

/** Options of one section by their YAML key. */
export type OptionGroup = Readonly<Record<string, Option>>;

/** Puts options under one heading of the documentation. */
export function group<G extends OptionGroup>(heading: string, options: G): G {
  return Object.fromEntries(
    Object.entries(options).map(([key, one]) => [key, { ...one, group: heading }]),
  ) as unknown as G;
}
