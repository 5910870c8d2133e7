import type { Config } from '../config/schema.js';
import { compileExclusions } from '../enrichment/exclusions.js';
import type { GateOptions } from '../enrichment/gate.js';
import type { MappingOptions } from '../mapping/options.js';
import type { AskedRelationships } from '../virustotal/schema.js';

/** The options of the configuration that change what a report becomes. */
export function mappingOptions({ virustotal }: Config): MappingOptions {
  return {
    replaceWithLowerScore: virustotal.replaceWithLowerScore,
    includeAttributesInNote: virustotal.includeAttributesInNote,
    explainVerdict: virustotal.explainVerdict,
    trustedEngines: virustotal.trustedEngines,
    labels: {
      threat: virustotal.labelThreat,
      verdict: virustotal.labelVerdict,
      prefix: virustotal.labelPrefix ?? '',
      allow: virustotal.labelAllow,
      deny: virustotal.labelDeny,
    },
    related: {
      max: virustotal.relatedMax,
      excludeBenign: virustotal.relatedExcludeBenign,
      resolutionDates: virustotal.relatedResolutionDates,
    },
    network: {
      certificates: virustotal.importCertificates,
      whois: virustotal.importWhois,
      fingerprints: virustotal.importFingerprints,
    },
    community: {
      comments: virustotal.importComments ? virustotal.commentsMax : 0,
      votes: virustotal.importVotes,
    },
    gti: virustotal.importGti,
    indicators: {
      allHashes: virustotal.indicatorAllHashes,
      killChain: virustotal.indicatorKillChain,
      followVerdict: virustotal.indicatorFollowVerdict,
    },
    file: {
      fullReportNote: virustotal.fileCreateNoteFullReport,
      importYara: virustotal.fileImportYara,
      labelTags: virustotal.fileLabelTags,
      related: virustotal.fileRelated,
      malware: virustotal.fileImportMalware,
      attackTechniques: virustotal.fileImportAttackTechniques,
      sandboxVerdicts: virustotal.fileImportSandboxVerdicts,
      sigma: virustotal.fileImportSigma,
      ids: virustotal.fileImportIds,
      indicator: {
        createPositives: virustotal.fileIndicatorCreatePositives,
        validMinutes: virustotal.fileIndicatorValidMinutes,
        detect: virustotal.fileIndicatorDetect,
        countSuspicious: virustotal.fileIndicatorCountSuspicious,
        trustedPositives: virustotal.fileIndicatorTrustedPositives,
      },
    },
    ip: {
      addRelationships: virustotal.ipAddRelationships,
      addNetwork: virustotal.ipAddNetwork,
      labelTags: virustotal.ipLabelTags,
      related: virustotal.ipRelated,
      indicator: {
        createPositives: virustotal.ipIndicatorCreatePositives,
        validMinutes: virustotal.ipIndicatorValidMinutes,
        detect: virustotal.ipIndicatorDetect,
        countSuspicious: virustotal.ipIndicatorCountSuspicious,
        trustedPositives: virustotal.ipIndicatorTrustedPositives,
      },
    },
    domain: {
      addRelationships: virustotal.domainAddRelationships,
      labelTags: virustotal.domainLabelTags,
      related: virustotal.domainRelated,
      indicator: {
        createPositives: virustotal.domainIndicatorCreatePositives,
        validMinutes: virustotal.domainIndicatorValidMinutes,
        detect: virustotal.domainIndicatorDetect,
        countSuspicious: virustotal.domainIndicatorCountSuspicious,
        trustedPositives: virustotal.domainIndicatorTrustedPositives,
      },
    },
    url: {
      labelTags: virustotal.urlLabelTags,
      related: virustotal.urlRelated,
      indicator: {
        createPositives: virustotal.urlIndicatorCreatePositives,
        validMinutes: virustotal.urlIndicatorValidMinutes,
        detect: virustotal.urlIndicatorDetect,
        countSuspicious: virustotal.urlIndicatorCountSuspicious,
        trustedPositives: virustotal.urlIndicatorTrustedPositives,
      },
    },
  };
}

/** What is asked for inside the call for a report, because the options want it; it costs nothing there. */
export function askedRelationships({ virustotal }: Config): AskedRelationships {
  const server = virustotal.includeAttributesInNote ? ['last_serving_ip_address'] : [];
  return {
    file: virustotal.fileRelated,
    ip_address: virustotal.ipRelated,
    domain: virustotal.domainRelated,
    url: [...new Set([...server, ...virustotal.urlRelated])],
  };
}

/** What may be looked up at all. */
export function gateOptions({ connector, virustotal }: Config): GateOptions {
  return {
    scope: connector.scope,
    maxTlp: virustotal.maxTlp,
    exclusions: compileExclusions(virustotal.exclude),
  };
}
