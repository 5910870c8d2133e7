/** Kinds of objects that VirusTotal has reports on. */
export type LookUpKind = 'file' | 'ip_address' | 'domain' | 'url';

/**
 * What an option costs beyond the look-up for the report, for the documentation of the mapping and for the test that
 * counts what is asked. An option without it costs nothing.
 */
export interface LookUps {
  /** What one is spent for: the object, or each rule or ruleset that matches it and is not in the cache. */
  readonly forEach: 'object' | 'sigma_rule' | 'yara_ruleset';
  /** Objects about which this is asked. */
  readonly kinds: readonly LookUpKind[];
  /** Whether it is asked for the values of an Indicator as well. */
  readonly ofIndicators: boolean;
}

const everyKind = ['file', 'ip_address', 'domain', 'url'] as const;

export const techniques: LookUps = { forEach: 'object', kinds: ['file'], ofIndicators: true };
export const associations: LookUps = { forEach: 'object', kinds: everyKind, ofIndicators: true };
export const resolutionDates: LookUps = {
  forEach: 'object',
  kinds: ['ip_address', 'domain'],
  ofIndicators: false,
};
export const comments: LookUps = { forEach: 'object', kinds: everyKind, ofIndicators: false };
export const sigmaRules: LookUps = { forEach: 'sigma_rule', kinds: ['file'], ofIndicators: false };
export const yaraRulesets: LookUps = { forEach: 'yara_ruleset', kinds: ['file'], ofIndicators: false };
