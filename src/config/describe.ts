import { camelCase, declaredOptions, type Config, type DeclaredOption } from './schema.js';

/** What stands for a secret that is set. */
const HIDDEN = '[secret]';

function valueOf(config: Config, { section, key }: DeclaredOption): unknown {
  return (config[section] as Readonly<Record<string, unknown>>)[camelCase(key)];
}

/**
 * The configuration for a log or a screen: YAML path to value as text, options that are not set left out, secrets and
 * passwords in URLs hidden.
 */
export function describeConfig(config: Config): Record<string, string> {
  const lines = declaredOptions.flatMap((declared): [string, string][] => {
    const value = valueOf(config, declared);
    if (value === undefined) return [];
    return [[declared.path, declared.option.secret === true ? HIDDEN : declared.option.type.mask(value)]];
  });
  return Object.fromEntries(lines);
}

/** Every text that must not appear in a log: what a redacting logger is told at start. */
export function configSecrets(config: Config): string[] {
  return declaredOptions.flatMap((declared) => {
    const value = valueOf(config, declared);
    if (value === undefined) return [];
    const { type, secret } = declared.option;
    return [...(type.secrets?.(value) ?? (secret === true ? [type.show(value)] : []))];
  });
}
