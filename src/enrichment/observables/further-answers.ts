import type { ReportExtras } from '../../mapping/contribution.js';
import type { MappingOptions } from '../../mapping/options.js';
import type { ExtraName, SigmaRule } from '../../virustotal/schema-extras.js';
import type { Report } from '../../virustotal/schema.js';
import type { ExtrasContext } from './definition.js';

/** Each costs a look-up, once a week. Rules of further matches count as left out. */
const MAX_SIGMA_RULES = 20;

/** A question about the object itself that an option may want answered; each costs a look-up. */
interface Wish {
  readonly name: Exclude<ExtraName, 'sigma_rule'>;
  readonly kinds: readonly Report['kind'][];
  /** How the log calls it. */
  readonly what: string;
  readonly isWanted: (options: MappingOptions, kind: Report['kind']) => boolean;
  /** Whether it is asked for the values of an Indicator as well, which may be many. */
  readonly forIndicators: boolean;
}

const everyKind = ['file', 'ip_address', 'domain', 'url'] as const;

const wishes: readonly Wish[] = [
  {
    name: 'behaviour_techniques',
    kinds: ['file'],
    what: 'the ATT&CK techniques',
    isWanted: ({ file }) => file.attackTechniques,
    forIndicators: true,
  },
  {
    name: 'associations',
    kinds: everyKind,
    what: 'the associations of Google Threat Intelligence',
    isWanted: ({ gti }) => gti.length > 0,
    forIndicators: true,
  },
  {
    name: 'resolutions',
    kinds: ['ip_address', 'domain'],
    what: 'the dates of the resolutions',
    isWanted: ({ related, ip, domain }, kind) =>
      related.resolutionDates && (kind === 'domain' ? domain : ip).related.some(isResolutions),
    forIndicators: false,
  },
  {
    name: 'comments',
    kinds: everyKind,
    what: 'the comments',
    isWanted: ({ community }) => community.comments > 0,
    forIndicators: false,
  },
];

function isResolutions(name: string): boolean {
  return name === 'resolutions';
}

/**
 * Asks what the options want beyond the report, side by side; what cannot be had costs the rest nothing.
 *
 * @throws what `onLoss` throws.
 */
export async function furtherAnswers(
  report: Report,
  context: ExtrasContext,
): Promise<Pick<ReportExtras, 'answers' | 'sigmaRules'>> {
  const wanted = wishes.filter(
    ({ kinds, isWanted, forIndicators }) =>
      kinds.includes(report.kind) &&
      (forIndicators || !context.subjectIsIndicator) &&
      isWanted(context.options, report.kind),
  );
  const [answers, sigmaRules] = await Promise.all([
    Promise.all(
      wanted.map(async ({ name, what }) => [name, await ask(name, report, what, context)] as const),
    ),
    askSigmaRules(report, context),
  ]);
  return {
    answers: Object.fromEntries(answers.filter(([, answer]) => answer !== undefined)),
    sigmaRules,
  };
}

/** No Indicator is made of an Indicator, so it needs no rules. */
async function askSigmaRules(
  report: Report,
  context: ExtrasContext,
): Promise<ReadonlyMap<string, SigmaRule>> {
  if (report.kind !== 'file' || !context.options.file.sigma || context.subjectIsIndicator) return new Map();
  const ids = report.sigmaMatches.map(({ ruleId }) => ruleId).slice(0, MAX_SIGMA_RULES);
  const askRule = async (id: string): Promise<readonly [string, SigmaRule] | undefined> => {
    const rule = await ask('sigma_rule', { kind: 'sigma_rule', id }, `the Sigma rule ${id}`, context);
    return rule === undefined ? undefined : [id, rule];
  };
  const rules = await Promise.all(ids.map(askRule));
  return new Map(rules.filter((entry) => entry !== undefined));
}

async function ask<Name extends ExtraName>(
  name: Name,
  { kind, id }: { readonly kind: Report['kind'] | 'sigma_rule'; readonly id: string },
  what: string,
  { virusTotal, asker, onLoss }: ExtrasContext,
): ReturnType<typeof virusTotal.extra<Name>> {
  try {
    return await virusTotal.extra(name, { kind, id }, asker);
  } catch (error) {
    onLoss(what, error);
    return undefined;
  }
}
