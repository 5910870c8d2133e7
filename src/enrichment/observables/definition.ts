import type { JsonObject } from '../../shared/json.js';
import type { Observable, ObservableType } from '../../mapping/context.js';
import type { ReportExtras } from '../../mapping/contribution.js';
import type { MappingOptions } from '../../mapping/options.js';
import type { Asker, Report, VirusTotal } from '../../virustotal/schema.js';

/** What identifies an observable: one value, or the hashes of a file. */
export interface ObservableIdentity {
  readonly type: ObservableType;
  readonly value?: string | undefined;
  readonly hashes?: Readonly<Record<string, string>> | undefined;
}

/** What this product knows of one type of observable. A new type is one such record and one line in the registry. */
export interface ObservableDefinition {
  /** OpenCTI type. */
  readonly type: ObservableType;
  /** The identifying properties of an entity of this type in the platform's STIX form; undefined when it has none. */
  identify(entity: JsonObject): ObservableIdentity | undefined;
  /**
   * What mapping needs beyond the report itself and this type alone has, asked only when the options want it; what several
   * types have is in `further-answers.ts`. Costs are the options' own.
   */
  extras(report: Report, observable: Observable, context: ExtrasContext): Promise<ReportExtras>;
}

export interface ExtrasContext {
  readonly virusTotal: VirusTotal;
  /** For whom. */
  readonly asker: Asker;
  readonly options: MappingOptions;
  /** Whether the enriched object is an Indicator, from which no further Indicator is made. */
  readonly subjectIsIndicator: boolean;
  /** Told when an extra could not be had; the report still maps, unless this throws. */
  readonly onLoss: (what: string, error: unknown) => void;
}
