import { join } from 'node:path';
import { pino } from 'pino';
import { createPacedVirusTotal } from '../../../app/create-virustotal.js';
import { gateOptions, mappingOptions } from '../../../app/mapping-options.js';
import { loadConfig } from '../../../config/load.js';
import type { Config } from '../../../config/schema.js';
import { createEnrich } from '../../../enrichment/enrich.js';
import { fixedClock } from '../../../shared/clock.js';
import { noTelemetry } from '../../../shared/telemetry.js';
import { intelligenceCatalog } from '../../../simulators/virustotal/samples/intelligence-catalog.js';
import { startVirusTotalSimulator, type VirusTotalSimulator } from '../../../simulators/virustotal/server.js';
import { MemoryStore } from '../../../state/memory-store.js';
import { createBundle } from '../../../stix/bundle.js';
import { standAloneRequest } from '../../stand-alone-request.js';
import { everyOptionOn } from './every-option.js';
import { exampleSubjects, type ExampleSubject } from './example-subjects.js';

/** Where the examples are, in the project. */
export const EXAMPLES_FOLDER = 'docs/mapping/examples';

/** Three days after everything was analysed. */
const NOW = '2025-06-04T09:30:00.000Z';
/** Keys of the right form that open nothing. */
const PUBLIC_KEY = 'a'.repeat(64);
const GTI_KEY = 'b'.repeat(64);

/** One enrichment as the documentation shows it. */
interface Example {
  readonly about: string;
  /** What differs from the defaults. */
  readonly variables: Readonly<Record<string, string>>;
  readonly lookUps: number;
  /** The paths that were asked, in the order of their names. */
  readonly asked: readonly string[];
  /** What a person reads in the work. */
  readonly message: string;
  readonly bundle: object;
}

const variants = [
  { name: 'defaults', about: 'the defaults and a public key', key: PUBLIC_KEY, variables: {} },
  {
    name: 'everything',
    about: 'every option on and a key of Google Threat Intelligence',
    key: GTI_KEY,
    variables: everyOptionOn(),
  },
] as const;

/**
 * What the sample reports become, with the defaults and with every option on: each type through the product's own path,
 * asked of the simulator of VirusTotal, at a fixed time. The same code gives the same text.
 *
 * @returns the text of each file, by its path in the project.
 */
export async function exampleFiles(): Promise<Record<string, string>> {
  const simulator = await startVirusTotalSimulator({
    catalog: intelligenceCatalog(),
    keys: { [PUBLIC_KEY]: { kind: 'public' }, [GTI_KEY]: { kind: 'gti' } },
  });
  try {
    const files: Record<string, string> = {};
    for (const subject of exampleSubjects) {
      for (const { name, about, key, variables } of variants) {
        const example = await enriched(subject, { about, key, variables }, simulator);
        const file = `${subject.entityType.toLowerCase()}-${name}.json`;
        files[`${EXAMPLES_FOLDER}/${file}`] = `${JSON.stringify(example, undefined, 2)}\n`;
      }
    }
    return files;
  } finally {
    await simulator.close();
  }
}

async function enriched(
  { entityType, entity }: ExampleSubject,
  {
    about,
    key,
    variables,
  }: { readonly about: string; readonly key: string; readonly variables: Readonly<Record<string, string>> },
  simulator: VirusTotalSimulator,
): Promise<Example> {
  const config = configOf({ VIRUSTOTAL_API_URL: simulator.url, VIRUSTOTAL_TOKEN: key, ...variables });
  const services = { logger: pino({ level: 'silent' }), clock: fixedClock(NOW), telemetry: noTelemetry };
  const store = new MemoryStore();
  const paced = createPacedVirusTotal(config, store, services);
  simulator.log.clear();
  try {
    const enrich = createEnrich({
      entities: { readEntity: () => Promise.resolve(undefined) },
      virusTotal: paced.virusTotal,
      ...services,
      gate: { ...gateOptions(config), scope: [] },
      mapping: mappingOptions(config),
    });
    const how = { mode: 'auto', receivedAt: new Date(NOW) } as const;
    const outcome = await enrich(standAloneRequest(entity, entityType, how));
    if (outcome.status !== 'enriched') throw new Error(`${entityType}: ${outcome.message}`);
    return {
      about: `${entityType}, with ${about}. Every name and number is invented.`,
      variables,
      lookUps: simulator.log.quotaUnits,
      asked: simulator.log.entries.map(({ path }) => path).sort(),
      message: outcome.message,
      bundle: createBundle([outcome.leanEntity, ...outcome.objects]),
    };
  } finally {
    await paced.close();
    await store.close();
  }
}

/** Of these variables alone: no file and no environment of whoever runs this has a say. */
function configOf(variables: Readonly<Record<string, string>>): Config {
  const env = {
    OPENCTI_URL: 'http://opencti:8080',
    OPENCTI_TOKEN: 'not-a-token',
    VIRUSTOTAL_QUOTA_PER_MINUTE: '0',
    VIRUSTOTAL_QUOTA_PER_DAY: '0',
    VIRUSTOTAL_QUOTA_PER_MONTH: '0',
    ...variables,
  };
  return loadConfig({ env, cwd: join('/', 'no-such-folder') }).config;
}
