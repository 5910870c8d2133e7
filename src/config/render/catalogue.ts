import { readFileSync } from 'node:fs';
import { asText, isJsonObject, type JsonObject } from '../../shared/json.js';
import type { Option } from '../option.js';
import { SUPPORTED_SCOPE } from '../options/connector.js';
import { declaredOptions } from '../schema.js';

/**
 * Left out, as in OpenCTI's own files: each connector that the manager starts has an id of its own. The address of the
 * platform, the token and the kind of connector are there, and the platform leaves them out of its form.
 */
export const SET_BY_MANAGER: readonly string[] = ['CONNECTOR_ID'];

/** What the image sets (Dockerfile): the manager starts it, and the platform writes every default into its environment. */
export const SET_BY_IMAGE: Readonly<Record<string, unknown>> = {
  CONNECTOR_HEALTH_PORT: 9096,
  STATE_PATH: '/var/lib/connector/state.sqlite',
};

const SLUG = 'virustotal-enrichment';

/**
 * The entry of OpenCTI's catalogue of connectors, in the form of the files `__metadata__/connector_manifest.json` of
 * OpenCTI's own connectors: who the connector is, and which image the manager starts.
 */
export function renderManifest(): string {
  const { name, version } = packageFacts();
  return json({
    title: 'VirusTotal',
    slug: SLUG,
    description: `Looks up files, IP addresses, domain names, hostnames and URLs at VirusTotal, and the observables behind Indicators. Scores, labels, notes, relationships, Indicators and YARA rules come back as STIX 2.1; unknown files and URLs can be submitted.\n\nQuota is counted and never exceeded, answers are kept and used again, manual requests go first, and nothing above the configured TLP leaves the platform. Types: ${SUPPORTED_SCOPE.join(', ')}.`,
    short_description:
      'Enriches files, addresses, domains, URLs and Indicators with VirusTotal, within the quota of the key.',
    // The catalogue has a default for what it does not know.
    logo: null,
    use_cases: ['Infrastructure & Attack Surface Visibility'],
    solution_categories: ['Enrichment & Reputation', 'Malware Analysis & Sandbox'],
    license_type: 'Free',
    contact: null,
    verified: false,
    last_verified_date: null,
    playbook_supported: true,
    // Since OpenCTI 6.0 the confidence level is that of the connector's user.
    max_confidence_level: 100,
    support_version: '>=6.0.6',
    subscription_link: 'https://www.virustotal.com',
    source_code: null,
    manager_supported: true,
    container_version: version,
    container_image: name,
    container_type: 'INTERNAL_ENRICHMENT',
  });
}

/**
 * The environment of the connector as JSON Schema (2020-12), in the form of the files
 * `__metadata__/connector_config_schema.json` of OpenCTI's own connectors. From it the platform makes the form in which
 * a managed connector is configured: one plain type for each variable, and secrets as passwords, which it encrypts.
 */
export function renderVariableSchema(): string {
  const options = declaredOptions
    // What the platform starts is the connector.
    .filter(({ section }) => section !== 'library')
    .map(({ option }) => option)
    // What the Python connector accepts without effect stays accepted, but nobody should be asked for it in a form.
    .filter(({ env, effect }) => effect === undefined && !SET_BY_MANAGER.includes(env));
  return json({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${SLUG}_config.schema.json`,
    type: 'object',
    properties: Object.fromEntries(options.map((option) => [option.env, property(option)])),
    required: options.filter(({ presence }) => presence === 'required').map(({ env }) => env),
    additionalProperties: true,
  });
}

function property(option: Option): JsonObject {
  const { doc: description, type, secret } = option;
  const value = defaultOf(option);
  return {
    ...(value === undefined ? {} : { default: value }),
    description,
    ...type.variableSchema,
    ...(secret === true ? { format: 'password', writeOnly: true } : {}),
  };
}

/** As the type of the variable wants it: what may be a number or a word is a text. */
function defaultOf({ default: declared, env, type }: Option): unknown {
  const value = SET_BY_IMAGE[env] ?? declared;
  if (value === undefined || type.variableSchema.type !== 'string') return value;
  return type.show(value);
}

function packageFacts(): { readonly name: string; readonly version: string } {
  const file = new URL('../../../package.json', import.meta.url);
  const facts: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const name = isJsonObject(facts) ? asText(facts.name) : undefined;
  const version = isJsonObject(facts) ? asText(facts.version) : undefined;
  if (name === undefined || version === undefined) throw new Error('package.json has no name or no version');
  return { name, version };
}

function json(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
