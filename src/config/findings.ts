import { ConnectorError } from '../shared/connector-error.js';

/** Something that stops the start. */
export interface Fault {
  /** YAML path such as `virustotal.max_tlp`, or the file when it concerns the whole of it. */
  readonly path: string;
  /** The environment variable of the option. */
  readonly variable?: string;
  /** Where the bad value was read: `the environment`, `config.yml line 12`. */
  readonly source?: string;
  /** What is wrong, without a secret in it. */
  readonly problem: string;
  /** What to do about it, a sentence. */
  readonly remedy: string;
}

/** Something an operator should know and that does not stop the start. */
export interface Warning {
  /** `info`: nothing to worry about; `warning`: probably not what was meant. */
  readonly level: 'info' | 'warning';
  /** One or two sentences that name the option. */
  readonly message: string;
}

/** The configuration cannot be used. The message lists everything found, faults first. */
export class ConfigError extends ConnectorError {
  readonly faults: readonly Fault[];
  readonly warnings: readonly Warning[];

  constructor(faults: readonly Fault[], warnings: readonly Warning[]) {
    super(wordReport(faults, warnings), 'configuration');
    this.faults = faults;
    this.warnings = warnings;
  }
}

/** One line for a fault: `virustotal.max_tlp (VIRUSTOTAL_MAX_TLP), in the environment: "x" is not … Write …`. */
export function describeFault(fault: Fault): string {
  const variable = fault.variable === undefined ? '' : ` (${fault.variable})`;
  const source = fault.source === undefined ? '' : `, in ${fault.source}`;
  return `${fault.path}${variable}${source}: ${fault.problem}. ${fault.remedy}`;
}

function wordReport(faults: readonly Fault[], warnings: readonly Warning[]): string {
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
  const lines = [`The configuration has ${count}:`, ...faults.map((fault) => `- ${describeFault(fault)}`)];
  if (warnings.length > 0) lines.push('Also noticed:', ...warnings.map((warning) => `- ${warning.message}`));
  return lines.join('\n');
}
