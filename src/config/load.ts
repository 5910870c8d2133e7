import { resolve } from 'node:path';
import { placeOf, readConfigFile, type FileEntry } from './config-file.js';
import { readEnvironment, type Variable } from './environment.js';
import { ConfigError, type Fault, type Warning } from './findings.js';
import { BadValue } from './format.js';
import { withoutUserinfo } from './network-formats.js';
import type { Option } from './option.js';
import { rules } from './rules.js';
import {
  camelCase,
  createSettings,
  declaredOptions,
  schema,
  type Config,
  type DeclaredOption,
} from './schema.js';
import { unknownEntries, unknownVariables } from './unknown-names.js';

/** The file that is read when none is named. */
const DEFAULT_FILE = 'config.yml';
/** Names another file than `config.yml` of the working directory. */
export const CONFIG_FILE_VARIABLE = 'CONFIG_FILE';

export interface ConfigSources {
  /** Usually `process.env`. */
  readonly env: NodeJS.ProcessEnv;
  /** Path of the file, relative to `cwd`; before `CONFIG_FILE`, which is before `config.yml`. */
  readonly file?: string | undefined;
  /** The working directory. */
  readonly cwd: string;
  /** Sections that the command does not use: their required options may be missing, and are then `undefined`. */
  readonly unused?: readonly string[];
}

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly Warning[];
}

/** A value as it was written, and where. */
interface WrittenValue {
  readonly text: string;
  readonly list: boolean;
  readonly source: string;
}

/**
 * Loads the configuration: environment over `.env` over the file over defaults. Empty values mean the default.
 *
 * @throws ConfigError with every missing and every bad value, and the warnings, in one message.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const environment = readEnvironment(sources.env, sources.cwd);
  const named = sources.file ?? environment.variables.get(CONFIG_FILE_VARIABLE)?.value;
  const fileName = named ?? DEFAULT_FILE;
  const options = new Map(declaredOptions.map((declared) => [declared.path, declared]));
  const file = readConfigFile(resolve(sources.cwd, fileName), fileName, named !== undefined, {
    isSection: (name) => Object.hasOwn(schema, name),
    isOption: (path) => options.has(path),
  });
  const entries = new Map(file.entries.map((entry) => [entry.path, entry]));

  const faults: Fault[] = [...environment.faults, ...file.faults];
  const warnings: Warning[] = [
    ...unknownVariables(environment.variables),
    ...unknownEntries(file.entries, fileName),
  ];
  const settings = createSettings();
  const written = new Map<string, WrittenValue>();
  for (const declared of declaredOptions) {
    const { path, option } = declared;
    const value = findValue(declared, environment.variables, entries.get(path), fileName, warnings);
    if (value === undefined) {
      const known = file.readable && !faults.some((fault) => covers(fault, path));
      const unused = sources.unused?.includes(declared.section) === true;
      if (option.presence === 'required' && known && !unused) faults.push(missing(declared));
      continue;
    }
    written.set(path, value);
    try {
      if (value.list && !option.type.list) throw new BadValue('is a list', 'Write one value.');
      settings.set(path, value.text);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      faults.push(badValue(declared, value, error));
      continue;
    }
    warnings.push(...remarks(declared, value), ...ineffective(declared, settings.get(path)));
  }
  for (const { path, option } of declaredOptions) {
    if (option.defaultFrom !== undefined && settings.get(path) === undefined) {
      settings.set(
        path,
        option.defaultFrom((other) => settings.get(other)),
      );
    }
  }

  const config = toConfig(settings.getProperties());
  // Without the file the defaults that stand in for its values would be judged.
  for (const rule of file.readable ? rules : []) {
    if (faults.some((fault) => rule.concerns.some((path) => covers(fault, path)))) continue;
    const found = rule.check(config, sources.cwd);
    warnings.push(...(found.warnings ?? []));
    faults.push(...(found.faults ?? []).map((fault) => located(fault, options.get(fault.path), written)));
  }
  if (faults.length > 0) throw new ConfigError(faults, warnings);
  settings.validate({ allowed: 'strict' });
  return { config, warnings };
}

/** Whether the fault is about the option, or about the section that holds it. */
function covers(fault: Fault, path: string): boolean {
  return fault.path === path || path.startsWith(`${fault.path}.`);
}

/** The value of the strongest source that has one. */
function findValue(
  { option }: DeclaredOption,
  variables: ReadonlyMap<string, Variable>,
  entry: FileEntry | undefined,
  fileName: string,
  warnings: Warning[],
): WrittenValue | undefined {
  for (const { name, deprecated } of [{ name: option.env, deprecated: false }, ...(option.otherEnv ?? [])]) {
    const variable = variables.get(name);
    if (variable === undefined) continue;
    if (deprecated)
      warnings.push({ level: 'info', message: `${name} is deprecated; set ${option.env} instead.` });
    return { text: variable.value, list: false, source: variable.source };
  }
  if (entry === undefined) return undefined;
  const list = typeof entry.value !== 'string';
  const text = typeof entry.value === 'string' ? entry.value : entry.value.join(',');
  return text === '' ? undefined : { text, list, source: placeOf(fileName, entry.line) };
}

function missing({ path, option }: DeclaredOption): Fault {
  return {
    path,
    variable: option.env,
    problem: 'is missing',
    remedy: `Set the variable ${option.env}, or ${path} in the file: ${option.doc}`,
  };
}

function badValue({ path, option }: DeclaredOption, value: WrittenValue, error: BadValue): Fault {
  return {
    path,
    variable: option.env,
    source: value.source,
    problem: `${quote(option, value.text)} ${error.message}`,
    remedy: error.remedy,
  };
}

/** The value for a message: never a secret, never long, never more than one line. */
function quote(option: Option, text: string): string {
  if (option.secret === true) return 'the value (not shown, it is a secret)';
  const shown = withoutUserinfo(text);
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}…` : shown);
}

/** What was passed over in a value. */
function remarks({ path, option }: DeclaredOption, { text, source }: WrittenValue): Warning[] {
  return (option.type.remarks?.(text) ?? []).map((remark) => ({
    level: 'warning',
    message: `${path} (${option.env}), in ${source}: ${remark}.`,
  }));
}

/** That a value, which somebody wrote, is not what the connector acts on. */
function ineffective({ path, option }: DeclaredOption, value: unknown): Warning[] {
  if (option.effect === undefined) return [];
  const show = (known: unknown): string => option.type.show(known);
  if (option.default !== undefined && show(option.default) === show(value)) return [];
  const where = option.effect === 'none' ? 'in this connector' : 'in this version of the connector';
  return [{ level: 'warning', message: `${path} (${option.env}) is set, but has no effect ${where}.` }];
}

function located(
  fault: Fault,
  declared: DeclaredOption | undefined,
  written: ReadonlyMap<string, WrittenValue>,
): Fault {
  const source = written.get(fault.path)?.source;
  return {
    ...fault,
    ...(declared === undefined ? {} : { variable: declared.option.env }),
    ...(source === undefined ? {} : { source }),
  };
}

/** Turns convict's tree, which has the keys of the file, into the frozen configuration of the program. */
function toConfig(tree: Record<string, unknown>): Config {
  const sections = Object.entries(tree).map(([section, values]) => [
    section,
    Object.freeze(
      Object.fromEntries(
        Object.entries(values as Record<string, unknown>).map(([key, value]) => [
          camelCase(key),
          frozen(value),
        ]),
      ),
    ),
  ]);
  return Object.freeze(Object.fromEntries(sections)) as Config;
}

function frozen(value: unknown): unknown {
  if (Array.isArray(value)) for (const item of value) frozen(item);
  return Object.freeze(value);
}
