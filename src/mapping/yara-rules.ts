import { scanYaraRuleset, type YaraRule } from './yara-parser.js';

/**
 * Cuts single rules out of YARA rulesets so that they compile on their own. OpenCTI compiles every YARA pattern with
 * libyara, without external variables, and refuses the whole Indicator when that fails: a rule that cannot stand alone
 * is better left out.
 */

/** One rule that stands on its own. */
export interface ExtractedYaraRule {
  /** Imports, the rules it depends on, the ruleset's global rules and the rule itself, in the ruleset's order. */
  readonly text: string;
  /** When the author says the rule was written (`date`, `created`, … in its meta section). */
  readonly date: Date | undefined;
}

/** A ruleset that was scanned once and gives any number of its rules. */
export interface YaraRulesetIndex {
  /** The rules that are whole, in their order; of duplicates the first. */
  readonly ruleNames: readonly string[];
  /**
   * - Rules that the condition names are taken along with their own dependencies, private or not, unchanged;
   *   `any of (Name*)` takes every earlier rule with that prefix.
   * - Global rules restrict every rule of a ruleset, so all are taken along. Leaving one out would widen the match.
   * - Modules are imported by their use: an included file may have done so in the ruleset.
   *
   * @returns `undefined` when the ruleset has no such rule, or when something that the rule needs is missing: a rule
   *   that is broken or included, an external variable (`filename`, `positives`, …), a module that not every libyara has.
   */
  extract(ruleName: string): ExtractedYaraRule | undefined;
}

/** {@link YaraRulesetIndex.extract} for a ruleset of which only one rule is wanted. */
export function extractYaraRule(rulesetText: string, ruleName: string): ExtractedYaraRule | undefined {
  return parseYaraRuleset(rulesetText).extract(ruleName);
}

/** Scans a ruleset once. Never throws; what is broken is left out. */
export function parseYaraRuleset(rulesetText: string): YaraRulesetIndex {
  const scanned = scanYaraRuleset(rulesetText);
  const byName = new Map<string, YaraRule>();
  for (const rule of scanned.rules) if (!byName.has(rule.name)) byName.set(rule.name, rule);
  const sortedNames = [...byName.keys()].sort();
  const globals = [...byName.values()].filter((rule) => rule.isGlobal);
  const newline = rulesetText.includes('\r\n') ? '\r\n' : '\n';

  /** The rule and everything it needs, or `undefined` when something of it cannot be had. */
  function closure(wanted: YaraRule): Set<YaraRule> | undefined {
    const taken = new Set<YaraRule>([...globals, wanted]);
    // A Set yields what is added while it is walked: no recursion, so a long chain cannot exhaust the stack.
    for (const rule of taken) {
      for (const identifier of rule.identifiers) {
        if (rule.structures.has(identifier) && commonModules.has(identifier)) continue;
        const dependency = byName.get(identifier);
        if (dependency === undefined) return undefined;
        taken.add(dependency);
      }
      for (const prefix of rule.wildcards) {
        const matching = earlierRules(prefix, rule.position);
        if (matching.length === 0) return undefined;
        for (const dependency of matching) taken.add(dependency);
      }
    }
    return taken;
  }

  function earlierRules(prefix: string, position: number): YaraRule[] {
    const matching: YaraRule[] = [];
    for (let index = firstNotBefore(sortedNames, prefix); index < sortedNames.length; index += 1) {
      const name = sortedNames[index];
      if (name?.startsWith(prefix) !== true) break;
      const rule = byName.get(name);
      if (rule !== undefined && rule.position < position) matching.push(rule);
    }
    return matching;
  }

  return {
    ruleNames: [...byName.keys()],
    extract(ruleName) {
      const wanted = byName.get(ruleName);
      if (wanted === undefined || scanned.hasBrokenGlobal) return undefined;
      const taken = closure(wanted);
      if (taken === undefined) return undefined;
      const rules = [...taken].sort((a, b) => a.position - b.position);
      const modules = new Set(
        rules.flatMap((rule) => [...rule.structures]).filter((name) => commonModules.has(name)),
      );
      const imports = [...modules].sort().map((module) => `import "${module}"${newline}`);
      const texts = rules.map((rule) => rulesetText.slice(rule.start, rule.end) + newline);
      const parts = imports.length === 0 ? texts : [imports.join(''), ...texts];
      return { text: parts.join(newline), date: wanted.date };
    },
  };
}

/** Index of the first name that does not sort before the given one. */
function firstNotBefore(sortedNames: readonly string[], name: string): number {
  let low = 0;
  let high = sortedNames.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sortedNames[middle] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The modules that a stock libyara has, as it comes with yara-python; others are compiled in on demand or are YARA-X's. */
const commonModules: ReadonlySet<string> = new Set([
  'console',
  'dotnet',
  'elf',
  'hash',
  'math',
  'pe',
  'string',
  'time',
]);
