import type { KillChainPhase } from '../../stix/objects.js';

/** What of ATT&CK is needed to make sense of the ids that sandboxes report. */

const ENTERPRISE = 'mitre-attack';
const MOBILE = 'mitre-mobile-attack';

/** Tactics in the order of their matrix: the id, the kill chain and the name of the phase, as MITRE's own STIX has them. */
const TACTICS: readonly (readonly [id: string, killChain: string, phase: string])[] = [
  ['TA0043', ENTERPRISE, 'reconnaissance'],
  ['TA0042', ENTERPRISE, 'resource-development'],
  ['TA0001', ENTERPRISE, 'initial-access'],
  ['TA0002', ENTERPRISE, 'execution'],
  ['TA0003', ENTERPRISE, 'persistence'],
  ['TA0004', ENTERPRISE, 'privilege-escalation'],
  ['TA0005', ENTERPRISE, 'defense-evasion'],
  ['TA0006', ENTERPRISE, 'credential-access'],
  ['TA0007', ENTERPRISE, 'discovery'],
  ['TA0008', ENTERPRISE, 'lateral-movement'],
  ['TA0009', ENTERPRISE, 'collection'],
  ['TA0011', ENTERPRISE, 'command-and-control'],
  ['TA0010', ENTERPRISE, 'exfiltration'],
  ['TA0040', ENTERPRISE, 'impact'],
  ['TA0027', MOBILE, 'initial-access'],
  ['TA0041', MOBILE, 'execution'],
  ['TA0028', MOBILE, 'persistence'],
  ['TA0029', MOBILE, 'privilege-escalation'],
  ['TA0030', MOBILE, 'defense-evasion'],
  ['TA0031', MOBILE, 'credential-access'],
  ['TA0032', MOBILE, 'discovery'],
  ['TA0033', MOBILE, 'lateral-movement'],
  ['TA0035', MOBILE, 'collection'],
  ['TA0037', MOBILE, 'command-and-control'],
  ['TA0036', MOBILE, 'exfiltration'],
  ['TA0034', MOBILE, 'impact'],
];

interface Tactic {
  /** Place in the matrix. */
  readonly rank: number;
  readonly phase: KillChainPhase;
}

const tacticsById: ReadonlyMap<string, Tactic> = new Map(
  TACTICS.map(([id, killChain, phase], rank) => [
    id,
    { rank, phase: { kill_chain_name: killChain, phase_name: phase } },
  ]),
);

/** The tactic of an id such as `TA0005`; `undefined` for what is none of ATT&CK's. */
export function tacticOf(id: string): Tactic | undefined {
  return tacticsById.get(id.toUpperCase());
}

/**
 * Techniques that were revoked when ATT&CK got sub-techniques (July 2020), those that sandboxes still report: what
 * revoked them, with its name. OpenCTI's connector for ATT&CK leaves revoked objects out, so the old id would be a
 * technique that nobody else knows.
 */
const REVOKED: Readonly<Record<string, readonly [id: string, name: string]>> = {
  T1002: ['T1560', 'Archive Collected Data'],
  T1004: ['T1547.004', 'Winlogon Helper DLL'],
  T1013: ['T1547.010', 'Port Monitors'],
  T1015: ['T1546.008', 'Accessibility Features'],
  T1022: ['T1560', 'Archive Collected Data'],
  T1023: ['T1547.009', 'Shortcut Modification'],
  T1024: ['T1573', 'Encrypted Channel'],
  T1028: ['T1021.006', 'Windows Remote Management'],
  T1031: ['T1543.003', 'Windows Service'],
  T1032: ['T1573', 'Encrypted Channel'],
  T1035: ['T1569.002', 'Service Execution'],
  T1042: ['T1546.001', 'Change Default File Association'],
  T1045: ['T1027.002', 'Software Packing'],
  T1050: ['T1543.003', 'Windows Service'],
  T1060: ['T1547.001', 'Registry Run Keys / Startup Folder'],
  T1063: ['T1518.001', 'Security Software Discovery'],
  T1065: ['T1571', 'Non-Standard Port'],
  T1076: ['T1021.001', 'Remote Desktop Protocol'],
  T1077: ['T1021.002', 'SMB/Windows Admin Shares'],
  T1081: ['T1552.001', 'Credentials In Files'],
  T1084: ['T1546.003', 'Windows Management Instrumentation Event Subscription'],
  T1085: ['T1218.011', 'Rundll32'],
  T1086: ['T1059.001', 'PowerShell'],
  T1088: ['T1548.002', 'Bypass User Account Control'],
  T1089: ['T1562.001', 'Disable or Modify Tools'],
  T1093: ['T1055.012', 'Process Hollowing'],
  T1094: ['T1095', 'Non-Application Layer Protocol'],
  T1096: ['T1564.004', 'NTFS File Attributes'],
  T1099: ['T1070.006', 'Timestomp'],
  T1103: ['T1546.010', 'AppInit DLLs'],
  T1107: ['T1070.004', 'File Deletion'],
  T1116: ['T1553.002', 'Code Signing'],
  T1117: ['T1218.010', 'Regsvr32'],
  T1118: ['T1218.004', 'InstallUtil'],
  T1121: ['T1218.009', 'Regsvcs/Regasm'],
  T1122: ['T1546.015', 'Component Object Model Hijacking'],
  T1130: ['T1553.004', 'Install Root Certificate'],
  T1138: ['T1546.011', 'Application Shimming'],
  T1143: ['T1564.003', 'Hidden Window'],
  T1158: ['T1564.001', 'Hidden Files and Directories'],
  T1168: ['T1053', 'Scheduled Task/Job'],
  T1170: ['T1218.005', 'Mshta'],
  T1179: ['T1056.004', 'Credential API Hooking'],
  T1183: ['T1546.012', 'Image File Execution Options Injection'],
  T1191: ['T1218.003', 'CMSTP'],
  T1192: ['T1566.002', 'Spearphishing Link'],
  T1193: ['T1566.001', 'Spearphishing Attachment'],
  T1214: ['T1552.002', 'Credentials in Registry'],
  T1223: ['T1218.001', 'Compiled HTML File'],
  T1483: ['T1568.002', 'Domain Generation Algorithms'],
  T1503: ['T1555.003', 'Credentials from Web Browsers'],
};

/** What stands for a technique now, when its id is a revoked one that is known here. */
export function replacementOf(id: string): { readonly id: string; readonly name: string } | undefined {
  const replacement = Object.hasOwn(REVOKED, id) ? REVOKED[id] : undefined;
  return replacement && { id: replacement[0], name: replacement[1] };
}
