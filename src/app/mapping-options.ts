import type { Config } from '../config/schema.js';
import { compileExclusions } from '../enrichment/exclusions.js';
import type { GateOptions } from '../enrichment/gate.js';
import type { MappingOptions } from '../mapping/context.js';

/** The options of the configuration that change what a report becomes. */
export function mappingOptions({ virustotal }: Config): MappingOptions {
  return {
    replaceWithLowerScore: virustotal.replaceWithLowerScore,
    includeAttributesInNote: virustotal.includeAttributesInNote,
    file: {
      fullReportNote: virustotal.fileCreateNoteFullReport,
      importYara: virustotal.fileImportYara,
      indicator: {
        createPositives: virustotal.fileIndicatorCreatePositives,
        validMinutes: virustotal.fileIndicatorValidMinutes,
        detect: virustotal.fileIndicatorDetect,
      },
    },
    ip: {
      addRelationships: virustotal.ipAddRelationships,
      indicator: {
        createPositives: virustotal.ipIndicatorCreatePositives,
        validMinutes: virustotal.ipIndicatorValidMinutes,
        detect: virustotal.ipIndicatorDetect,
      },
    },
    domain: {
      addRelationships: virustotal.domainAddRelationships,
      indicator: {
        createPositives: virustotal.domainIndicatorCreatePositives,
        validMinutes: virustotal.domainIndicatorValidMinutes,
        detect: virustotal.domainIndicatorDetect,
      },
    },
    url: {
      indicator: {
        createPositives: virustotal.urlIndicatorCreatePositives,
        validMinutes: virustotal.urlIndicatorValidMinutes,
        detect: virustotal.urlIndicatorDetect,
      },
    },
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
