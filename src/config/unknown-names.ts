import { closest, editDistance } from './closest.js';
import { placeOf, type FileEntry } from './config-file.js';
import type { Variable } from './environment.js';
import type { Warning } from './findings.js';
import { declaredOptions, namesWithoutEffect } from './schema.js';

/** Variables with these beginnings are ours: an unknown one is a mistake. */
const OWN_PREFIXES = ['VIRUSTOTAL_', 'CONNECTOR_'];
/**
 * Others use these beginnings as well (Kubernetes makes OPENCTI_SERVICE_HOST, compilers read LIBRARY_PATH): only a near miss
 * is a mistake.
 */
const SHARED_PREFIXES = ['OPENCTI_', 'LIBRARY_'];
/** What Kubernetes and Docker inject for a service named like one of ours. */
const SERVICE_VARIABLE = /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/;

const optionByVariable = new Map(
  declaredOptions.flatMap(({ path, option }) =>
    [option.env, ...(option.otherEnv ?? []).map((other) => other.name)].map((name): [string, string] => [
      name,
      path,
    ]),
  ),
);
const variableNames = declaredOptions.map(({ option }) => option.env);
const paths = declaredOptions.map((declared) => declared.path);

/** Warnings for variables that look like ours but mean nothing. */
export function unknownVariables(variables: ReadonlyMap<string, Variable>): Warning[] {
  const warnings: Warning[] = [];
  for (const [name, { source }] of variables) {
    if (optionByVariable.has(name)) continue;
    const ignored = namesWithoutEffect.find(({ env }) => matches(env, name));
    if (ignored !== undefined) {
      warnings.push({ level: 'info', message: `${name} in ${source} has no effect: ${ignored.reason}.` });
    } else if (OWN_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      if (!SERVICE_VARIABLE.test(name))
        warnings.push(unknown(`variable ${name}`, source, suggestion(name, variableNames, '_')));
    } else if (SHARED_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      const near = variableNames.find((known) => editDistance(known, name) <= 2);
      if (near !== undefined) warnings.push(unknown(`variable ${name}`, source, near));
    }
  }
  return warnings;
}

/** Warnings for entries of the file that mean nothing. */
export function unknownEntries(entries: readonly FileEntry[], fileName: string): Warning[] {
  const warnings: Warning[] = [];
  for (const { path, line } of entries) {
    if (paths.includes(path)) continue;
    const place = placeOf(fileName, line);
    const ignored = namesWithoutEffect.find((one) => matches(one.path, path));
    if (ignored !== undefined) {
      warnings.push({ level: 'info', message: `${path} in ${place} has no effect: ${ignored.reason}.` });
    } else {
      // A variable's name in the file is a common mistake: the file wants sections.
      const near = optionByVariable.get(path.toUpperCase()) ?? suggestion(path, paths, '.');
      warnings.push(unknown(`key ${path}`, place, near));
    }
  }
  return warnings;
}

/**
 * The name that was probably meant: a similar one with the same beginning (a long common beginning alone is no
 * similarity), or the same one below another beginning or section.
 */
function suggestion(name: string, names: readonly string[], separator: string): string | undefined {
  const cut = name.indexOf(separator) + 1;
  const head = name.slice(0, cut);
  const tail = name.slice(cut);
  const siblings = names
    .filter((other) => cut > 0 && other.startsWith(head))
    .map((other) => other.slice(cut));
  const near = closest(tail, siblings);
  return near === undefined ? names.find((other) => other.endsWith(`${separator}${tail}`)) : `${head}${near}`;
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function unknown(what: string, place: string, near: string | undefined): Warning {
  const suggestion = near === undefined ? 'It is ignored.' : `Did you mean ${near}?`;
  return { level: 'warning', message: `Unknown ${what} in ${place}. ${suggestion}` };
}
