import { domainObject, optional, stixTimestamp, type Provenance } from './create.js';
import { attackPatternId, malwareAnalysisId, namedObjectId } from './ids.js';
import type { ExternalReference, KillChainPhase, StixId, StixObject, StixTimestamp } from './objects.js';

/** Knowledge about threats: what STIX has for malware, techniques and analyses. */

/** Types of malware (STIX 2.1 §10.17) that categories of VirusTotal can mean. */
export type MalwareType =
  | 'adware'
  | 'backdoor'
  | 'bootkit'
  | 'bot'
  | 'ddos'
  | 'downloader'
  | 'dropper'
  | 'exploit-kit'
  | 'keylogger'
  | 'ransomware'
  | 'remote-access-trojan'
  | 'resource-exploitation'
  | 'rogue-security-software'
  | 'rootkit'
  | 'screen-capture'
  | 'spyware'
  | 'trojan'
  | 'virus'
  | 'webshell'
  | 'wiper'
  | 'worm';

/** STIX 2.1 §4.11. */
export interface Malware extends StixObject {
  readonly type: 'malware';
  readonly name: string;
  readonly is_family: true;
  readonly malware_types?: readonly MalwareType[];
}

/** STIX 2.1 §4.1. `x_mitre_id` is the property of ATT&CK by which OpenCTI recognises a technique. */
export interface AttackPattern extends StixObject {
  readonly type: 'attack-pattern';
  readonly name: string;
  readonly x_mitre_id: string;
  readonly kill_chain_phases?: readonly KillChainPhase[];
}

/** STIX 2.1 §10.16. */
export type AnalysisResult = 'malicious' | 'suspicious' | 'benign' | 'unknown';

/** STIX 2.1 §4.12; OpenCTI wants the name of the result too. */
export interface MalwareAnalysis extends StixObject {
  readonly type: 'malware-analysis';
  readonly product: string;
  readonly result_name: string;
  readonly result: AnalysisResult;
  readonly submitted?: StixTimestamp;
  readonly sample_ref: StixId;
}

/** A family of malware, recognised by its name without regard to case. */
export function createMalwareFamily(
  name: string,
  types: readonly MalwareType[],
  provenance: Provenance,
): Malware {
  return {
    type: 'malware',
    id: namedObjectId('malware', name),
    ...domainObject(provenance),
    name,
    is_family: true,
    ...optional('malware_types', types),
  };
}

export interface AttackPatternInput {
  readonly name: string;
  /** `T1055.012`, upper-case. */
  readonly mitreId: string;
  readonly phases: readonly KillChainPhase[];
}

/** A technique of ATT&CK with the reference that MITRE itself gives it. */
export function createAttackPattern(
  { name, mitreId, phases }: AttackPatternInput,
  provenance: Provenance,
): AttackPattern {
  const reference: ExternalReference = {
    source_name: 'mitre-attack',
    url: `https://attack.mitre.org/techniques/${mitreId.replace('.', '/')}`,
    external_id: mitreId,
  };
  return {
    type: 'attack-pattern',
    id: attackPatternId(name, mitreId),
    ...domainObject(provenance),
    name,
    x_mitre_id: mitreId,
    ...optional('kill_chain_phases', phases),
    external_references: [reference],
  };
}

export interface MalwareAnalysisInput {
  /** What analysed, e.g. the name of a sandbox. */
  readonly product: string;
  /** In lower case; with the product it tells analyses apart, so it names the sample. */
  readonly resultName: string;
  readonly result: AnalysisResult;
  /** When the sample was first submitted. */
  readonly submitted: Date | undefined;
  readonly sampleId: StixId;
}

/**
 * An analysis of one sample by one product.
 *
 * @throws RangeError when a date is invalid.
 */
export function createMalwareAnalysis(
  { product, resultName, result, submitted, sampleId }: MalwareAnalysisInput,
  provenance: Provenance,
): MalwareAnalysis {
  const submittedAt = submitted === undefined ? undefined : stixTimestamp(submitted);
  return {
    type: 'malware-analysis',
    id: malwareAnalysisId(product, resultName, submittedAt),
    ...domainObject(provenance),
    product,
    result_name: resultName,
    result,
    ...optional('submitted', submittedAt),
    sample_ref: sampleId,
  };
}
