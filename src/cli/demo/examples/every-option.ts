import { declaredOptions, type DeclaredOption } from '../../../config/schema.js';

/** Headings under which the documentation lists what becomes of a report. */
const GROUPS = ['Verdict', 'Labels', 'Related observables', 'Knowledge about files', 'Context'];

/** Options of other groups that say what becomes of a report as well. */
const OTHERS =
  /^(?:(?:file|ip|domain|url)_indicator_\w+|file_create_note_full_report|file_import_yara|(?:ip|domain)_add_relationships|replace_with_lower_score|include_attributes_in_note)$/;

/** The options that change what a report is mapped to. */
export const mappingOptionsDeclared: readonly DeclaredOption[] = declaredOptions.filter(
  ({ section, key, option }) =>
    section === 'virustotal' && (GROUPS.includes(option.group ?? '') || OTHERS.test(key)),
);

/** What is no switch needs a value to do something. */
const VALUES: Readonly<Record<string, string>> = {
  trusted_engines: 'Kaspersky,ESET-NOD32,BitDefender',
  file_indicator_trusted_positives: '2',
  ip_indicator_trusted_positives: '2',
  domain_indicator_trusted_positives: '2',
  url_indicator_trusted_positives: '2',
};

/** Variables that switch everything on that can become of a report. */
export function everyOptionOn(): Record<string, string> {
  const changed = mappingOptionsDeclared.flatMap(({ key, option }): [string, string][] => {
    const value = VALUES[key] ?? valueThatIsOn(option);
    return value === undefined ? [] : [[option.env, value]];
  });
  return Object.fromEntries(changed);
}

/** `undefined` where the default does already, or there is nothing to switch on. */
function valueThatIsOn({ default: byDefault, example, type }: DeclaredOption['option']): string | undefined {
  if (typeof byDefault === 'boolean') return byDefault ? undefined : 'true';
  const { items } = type.variableSchema as { items?: { enum?: readonly string[] } };
  if (Array.isArray(byDefault)) return items?.enum?.join(',');
  return byDefault === undefined ? example : undefined;
}
