import type { KillChainPhase } from '../stix/objects.js';
import type { FileReport, Report } from '../virustotal/schema.js';
import type { ReportExtras } from './contribution.js';
import type { MappingOptions } from './options.js';
import { tacticOf } from './parts/attack-knowledge.js';
import { agreedValues } from './votes.js';

/** Tactics that an object serves by what it is; a category that may serve any of them has none. */
const CATEGORY_TACTICS: Readonly<Record<string, string>> = {
  backdoor: 'TA0011',
  banker: 'TA0006',
  bootkit: 'TA0003',
  bot: 'TA0011',
  botnet: 'TA0011',
  coinminer: 'TA0040',
  ddos: 'TA0040',
  downloader: 'TA0011',
  exploit: 'TA0002',
  infostealer: 'TA0009',
  keylogger: 'TA0009',
  miner: 'TA0040',
  phishing: 'TA0001',
  ransomware: 'TA0040',
  rat: 'TA0011',
  rootkit: 'TA0005',
  spyware: 'TA0009',
  stealer: 'TA0009',
  webshell: 'TA0003',
  wiper: 'TA0040',
  worm: 'TA0008',
};

/** What vendors and engines write of addresses, names and URLs. */
const WORDINGS: readonly (readonly [wording: RegExp, tactic: string])[] = [
  [/phish/iu, 'TA0001'],
  [/command[ _-](?:and|&)[ _-]control|\bc2\b|\bc&c\b|\bbot[ _-]?net(?:work)?s?\b/iu, 'TA0011'],
];

/** One vendor or engine alone may be wrong. */
const LEAST_VOICES = 2;
/** Real ones are some words. */
const MAX_WORDING_LENGTH = 200;

/** What benign programs do as well. */
const NO_SIGN = 'INFO';

/**
 * The phases of ATT&CK's kill chain that a report knows of, in the order of the matrix: the tactics of the techniques
 * that sandboxes saw (where these are imported), and what the categories of the threat stand for.
 */
export function killChainPhases(
  report: Report,
  { indicators }: MappingOptions,
  { answers }: ReportExtras,
): readonly KillChainPhase[] {
  if (!indicators.killChain) return [];
  const behaviour = (answers.behaviour_techniques ?? [])
    .filter(({ severity }) => severity !== NO_SIGN)
    .flatMap(({ tactics }) => tactics.map(({ id }) => id.toUpperCase()));
  const said = report.kind === 'file' ? fileTactics(report) : wordedTactics(report);
  return [...new Set([...behaviour, ...said])]
    .map((id) => tacticOf(id))
    .filter((tactic) => tactic !== undefined)
    .sort((a, b) => a.rank - b.rank)
    .map(({ phase }) => phase);
}

function fileTactics({ threatCategories }: FileReport): readonly string[] {
  return agreedValues(threatCategories, LEAST_VOICES).flatMap((category) => {
    const key = category.trim().toLowerCase();
    return Object.hasOwn(CATEGORY_TACTICS, key) ? (CATEGORY_TACTICS[key] ?? []) : [];
  });
}

function wordedTactics(report: Exclude<Report, FileReport>): readonly string[] {
  const engines = report.results
    .filter(({ category }) => category === 'malicious')
    .map(({ engine, result }) => [engine, result ?? ''] as const);
  const vendors =
    report.kind === 'ip_address'
      ? []
      : report.categories.map(({ vendor, category }) => [vendor, category] as const);
  // Nobody signs a name of the threat, and all of them may come from one vendor: together they are one voice.
  const names = report.kind === 'url' ? report.threatNames.map((name) => ['', name] as const) : [];
  const voices = [...engines, ...vendors, ...names];
  return WORDINGS.flatMap(([wording, tactic]) => {
    const agreeing = voices.filter(([, said]) => wording.test(said.slice(0, MAX_WORDING_LENGTH)));
    return new Set(agreeing.map(([who]) => who.toLowerCase())).size < LEAST_VOICES ? [] : [tactic];
  });
}
