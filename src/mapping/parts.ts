import type { DomainReport, FileReport, IpAddressReport, UrlReport } from '../virustotal/schema.js';
import type { Part } from './contribution.js';
import { allHashes } from './parts/all-hashes.js';
import { community } from './parts/community.js';
import { explainedVerdict } from './parts/explained-verdict.js';
import { followVerdict } from './parts/follow-verdict.js';
import { killChain } from './parts/kill-chain.js';
import { labels } from './parts/labels.js';
import { attackTechniques } from './parts/attack-techniques.js';
import { idsIndicators } from './parts/ids-indicators.js';
import { malware } from './parts/malware.js';
import { sandboxVerdicts } from './parts/sandbox-verdicts.js';
import { sigmaIndicators } from './parts/sigma-indicators.js';
import { associations } from './parts/associations.js';
import { certificates } from './parts/certificates.js';
import { fingerprints } from './parts/fingerprints.js';
import { network } from './parts/network.js';
import { whois } from './parts/whois.js';
import { relatedToDomain, relatedToFile, relatedToIpAddress, relatedToUrl } from './parts/related.js';

/**
 * The parts of the mapping by kind of object, in the order in which they speak in the Note. A new part is a file in
 * `parts/` and a line here; one for every kind of object stands in `everyPart`.
 */
const everyPart: readonly Part[] = [
  explainedVerdict,
  labels,
  community,
  associations,
  followVerdict,
  killChain,
];

export const fileParts: readonly Part<FileReport>[] = [
  ...everyPart,
  allHashes,
  malware,
  attackTechniques,
  sandboxVerdicts,
  sigmaIndicators,
  idsIndicators,
  relatedToFile,
];

export const ipAddressParts: readonly Part<IpAddressReport>[] = [
  ...everyPart,
  network,
  certificates,
  fingerprints,
  whois,
  relatedToIpAddress,
];

export const domainParts: readonly Part<DomainReport>[] = [
  ...everyPart,
  certificates,
  fingerprints,
  whois,
  relatedToDomain,
];

export const urlParts: readonly Part<UrlReport>[] = [...everyPart, fingerprints, relatedToUrl];
