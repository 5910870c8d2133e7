import { createHash } from 'node:crypto';
import type { JsonObject } from '../../shared/json.js';

/** Names of engines for files, as reports spell them. */
export const fileEngines: readonly string[] = [
  ...['Acronis', 'AhnLab-V3', 'Alibaba', 'ALYac', 'Antiy-AVL', 'APEX', 'Arcabit', 'Avast', 'Avast-Mobile'],
  ...['AVG', 'Avira', 'Baidu', 'BitDefender', 'BitDefenderFalx', 'Bkav', 'CAT-QuickHeal', 'ClamAV', 'CMC'],
  ...['CrowdStrike', 'CTX', 'Cylance', 'Cynet', 'DeepInstinct', 'DrWeb', 'Elastic', 'Emsisoft', 'ESET-NOD32'],
  ...[
    'F-Secure',
    'Fortinet',
    'GData',
    'Google',
    'Gridinsoft',
    'huorong',
    'Ikarus',
    'Jiangmin',
    'K7AntiVirus',
  ],
  ...['K7GW', 'Kaspersky', 'Kingsoft', 'Lionic', 'Malwarebytes', 'MaxSecure', 'McAfeeD', 'MicroWorld-eScan'],
  ...['Microsoft', 'NANO-Antivirus', 'Paloalto', 'Panda', 'Rising', 'Sangfor', 'SentinelOne', 'Skyhigh'],
  ...['Sophos', 'SUPERAntiSpyware', 'Symantec', 'SymantecMobileInsight', 'TACHYON', 'tehtris', 'Tencent'],
  ...['Trapmine', 'TrendMicro', 'TrendMicro-HouseCall', 'Trustlook', 'Varist', 'VBA32', 'VIPRE', 'VirIT'],
  ...['ViRobot', 'Webroot', 'Xcitium', 'Yandex', 'Zillya', 'ZoneAlarm', 'Zoner'],
];

/** Names of engines for URLs, domains and addresses, as reports spell them. */
export const netEngines: readonly string[] = [
  ...['0xSI_f33d', 'Abusix', 'Acronis', 'ADMINUSLabs', 'AICC (MONITORAPP)', 'AILabs (MONITORAPP)'],
  ...['AlienVault', 'alphaMountain.ai', 'AlphaSOC', 'Antiy-AVL', 'ArcSight Threat Intelligence'],
  ...['Artists Against 419', 'AutoShun', 'Axur', 'benkow.cc', 'Bfore.Ai PreCrime', 'BitDefender', 'Bkav'],
  ...['Blueliv', 'Certego', 'Chong Lua Dao', 'CINS Army', 'Cluster25', 'CMC Threat Intelligence', 'CRDF'],
  ...['Criminal IP', 'CSIS Security Group', 'Cyan', 'Cyble', 'CyRadar', 'desenmascara.me', 'DNS8', 'Dr.Web'],
  ...['EmergingThreats', 'Emsisoft', 'Ermes', 'ESET', 'ESTsecurity', 'Forcepoint ThreatSeeker', 'Fortinet'],
  ...['G-Data', 'GCP Abuse Intelligence', 'Google Safebrowsing', 'GreenSnow', 'Gridinsoft'],
  ...['Heimdal Security', 'Hunt.io Intelligence', 'IPsum', 'Juniper Networks', 'K7AntiVirus', 'Kaspersky'],
  ...['Lionic', 'Lumu', 'Malwared', 'MalwarePatrol', 'malwares.com URL checker', 'MalwareURL', 'Mimecast'],
  ...['Netcraft', 'OpenPhish', 'Phishing Database', 'PhishFort', 'PhishLabs', 'Phishtank', 'PREBYTES'],
  ...['PrecisionSec', 'Quick Heal', 'Quttera', 'Rising', 'Sangfor', 'Sansec eComscan', 'Scantitan'],
  ...['SCUMWARE.org', 'Seclookup', 'SecureBrain', 'Snort IP sample list', 'SOCRadar', 'Sophos', 'Spam404'],
  ...['StopForumSpam', 'Sucuri SiteCheck', 'ThreatHive', 'Threatsourcing', 'Trustwave', 'Underworld'],
  ...['URLhaus', 'URLQuery', 'Viettel Threat Intelligence', 'VIPRE', 'ViriBack', 'VX Vault', 'Webroot'],
  ...['Xcitium Verdict Cloud', 'Yandex Safebrowsing', 'ZeroCERT', 'ZeroFox', 'zvelo'],
];

const categories = [
  'malicious',
  'suspicious',
  'harmless',
  'timeout',
  'confirmed-timeout',
  'failure',
  'type-unsupported',
] as const;

/** How many engines answered what; engines that are left over found nothing (`undetected`). */
export type VerdictCounts = Partial<Record<(typeof categories)[number], number>>;

/** The two attributes every analysed object carries. */
export interface EngineVerdicts {
  readonly last_analysis_stats: Readonly<Record<string, number>>;
  readonly last_analysis_results: JsonObject;
}

/** Verdicts of file engines. `detections` are the signature names the detecting engines report, taken in turn. */
export function fileVerdicts(
  seed: string,
  counts: VerdictCounts,
  detections: readonly string[] = ['Demo.Generic'],
): EngineVerdicts {
  const results = distribute(fileEngines, seed, counts).map(({ engine, category }, index) => ({
    method: 'blacklist',
    engine_name: engine,
    engine_version: `${1 + (index % 9)}.${index}`,
    engine_update: '20250531',
    category,
    result:
      category === 'malicious' || category === 'suspicious'
        ? (detections[index % detections.length] ?? null)
        : null,
  }));
  return summarise(results, [...categories, 'undetected']);
}

/** What net engines answer in words, by category; several words are taken in turn. */
const netResults: Readonly<Record<string, readonly (string | null)[]>> = {
  malicious: ['malicious', 'malware', 'phishing'],
  suspicious: ['suspicious'],
  harmless: ['clean'],
  undetected: ['unrated'],
  timeout: [null],
};

/** Verdicts of the engines for URLs, domains and addresses: no engine version, fewer counters. */
export function netVerdicts(seed: string, counts: VerdictCounts): EngineVerdicts {
  const results = distribute(netEngines, seed, counts).map(({ engine, category }, index) => {
    const words = netResults[category] ?? [null];
    return {
      method: 'blacklist',
      engine_name: engine,
      category,
      result: words[index % words.length] ?? null,
    };
  });
  return summarise(results, ['malicious', 'suspicious', 'undetected', 'harmless', 'timeout']);
}

/** Gives each engine a category; which engine gets which depends on the seed only. */
function distribute(
  engines: readonly string[],
  seed: string,
  counts: VerdictCounts,
): { engine: string; category: string }[] {
  const rank = (engine: string): string => createHash('sha256').update(`${seed}/${engine}`).digest('hex');
  const shuffled = engines
    .map((engine) => ({ engine, rank: rank(engine) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const verdicts = categories.flatMap((category) => Array<string>(counts[category] ?? 0).fill(category));
  return shuffled.map(({ engine }, index) => ({ engine, category: verdicts[index] ?? 'undetected' }));
}

function summarise(
  results: readonly { engine_name: string; category: string }[],
  counters: readonly string[],
): EngineVerdicts {
  const stats: Record<string, number> = Object.fromEntries(counters.map((counter) => [counter, 0]));
  for (const { category } of results) stats[category] = (stats[category] ?? 0) + 1;
  return {
    last_analysis_stats: stats,
    last_analysis_results: Object.fromEntries(results.map((result) => [result.engine_name, result])),
  };
}
