import { asText, isJsonObject } from '../../shared/json.js';
import { noExtras } from '../../mapping/contribution.js';
import type { YaraRuleset } from '../../virustotal/schema.js';
import type { ObservableDefinition } from './definition.js';

/** Each costs a look-up. Rules of further rulesets count as left out. */
const MAX_RULESETS = 20;

function fileDefinition(type: 'StixFile' | 'Artifact'): ObservableDefinition {
  return {
    type,
    identify: (entity) => {
      const hashes = isJsonObject(entity.hashes) ? textValues(entity.hashes) : {};
      return Object.keys(hashes).length === 0 ? undefined : { type, hashes };
    },
    extras: async (report, _observable, context) => {
      if (report.kind !== 'file' || !context.options.file.importYara || context.subjectIsIndicator)
        return noExtras;
      const ids = [...new Set(report.yaraMatches.map((match) => match.rulesetId))].slice(0, MAX_RULESETS);
      const rulesets = await Promise.all(
        ids.map(async (id): Promise<[string, YaraRuleset] | undefined> => {
          try {
            const ruleset = await context.virusTotal.yaraRuleset(id, context.asker);
            return ruleset === undefined ? undefined : [id, ruleset];
          } catch (error) {
            context.onLoss(`the YARA ruleset ${id}`, error);
            return undefined;
          }
        }),
      );
      return { ...noExtras, rulesets: new Map(rulesets.filter((entry) => entry !== undefined)) };
    },
  };
}

function textValues(record: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(record).flatMap(([key, value]): [string, string][] => {
    const text = asText(value);
    return text === undefined ? [] : [[key, text]];
  });
  return Object.fromEntries(entries);
}

export const stixFile: ObservableDefinition = fileDefinition('StixFile');
export const artifact: ObservableDefinition = fileDefinition('Artifact');
