import type { JsonObject } from '../src/shared/json.js';
import { sampleBehaviourTrees } from '../src/simulators/virustotal/samples/behaviours.js';
import { hostileText } from '../src/simulators/virustotal/samples/hostile-reports.js';
import type { VtObject } from '../src/virustotal/schema.js';
import { bodyWithRelated } from '../test/conformance/related-reports.js';
import { eicar } from '../src/simulators/virustotal/samples/demo-values.js';

/** A report that is as bad as can be in one respect, and whole in every other. */
export interface HostileCase {
  readonly name: string;
  readonly kind: VtObject['kind'];
  readonly body: JsonObject;
  /** By the name of the question, or by path. */
  readonly extras: Readonly<Record<string, JsonObject>>;
  readonly rulesets: Readonly<Record<string, string>>;
}

const objects = {
  file: { kind: 'file', hash: eicar.sha256 },
  ip_address: { kind: 'ip_address', address: '1.2.3.4' },
  domain: { kind: 'domain', name: 'evil.example.com' },
  url: { kind: 'url', url: 'http://evil.example.com/payload' },
} as const;

const MEGABYTE = 1_000_000;
/** Markdown, HTML, right to left, null bytes, a broken surrogate. */
const NASTY = `${hostileText}\u0000\u202e\ud800<img src=x onerror=alert(1)>`;
const nasty = (bytes: number): string => NASTY.repeat(Math.ceil(bytes / NASTY.length)).slice(0, bytes);
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const digest = (index: number): string => index.toString(16).padStart(64, '0');

function hostile(
  name: string,
  kind: HostileCase['kind'],
  attributes: JsonObject,
  more: Partial<Pick<HostileCase, 'extras' | 'rulesets'>> = {},
): HostileCase {
  const data = bodyWithRelated(objects[kind]).data as JsonObject;
  const body = { data: { ...data, attributes: { ...(data.attributes as JsonObject), ...attributes } } };
  return { name, kind, body, extras: {}, rulesets: {}, ...more };
}

/** Reports with thousands of names, 100 YARA hits, 5 MB of JSON, and hostile text wherever there is text. */
export function hostileCases(): readonly HostileCase[] {
  return [
    hostile('a file with 20 of each relationship', 'file', {}),
    hostile('a file with 10,000 names', 'file', {
      meaningful_name: undefined,
      names: many(10_000, (index) => `C:\\Users\\demo\\${index}\\name-${index}.exe`),
    }),
    yaraHits(),
    rules(),
    hostile('a file of 5 MB of JSON', 'file', {
      exiftool: Object.fromEntries(many(20_000, (index) => [`Key${index}`, 'v'.repeat(170)])),
      pe_info: {
        import_list: many(1_000, (index) => ({
          library_name: `demo-${index}.dll`,
          imported_functions: many(100, (number) => `Function${number}`),
        })),
      },
      last_analysis_results: Object.fromEntries(
        many(1_000, (index) => [
          `Engine${index}`,
          { engine_name: `Engine${index}`, category: 'malicious', result: `Trojan.Demo.${index % 300}` },
        ]),
      ),
    }),
    hostile('a file whose every text is hostile', 'file', hostileFile()),
    hostile(
      'a file with hostile answers beyond the report',
      'file',
      {},
      {
        extras: { comments: hostileComments(), behaviour_techniques: behaviour(), associations: threats() },
      },
    ),
    hostile('an address with 1 MB of hostile WHOIS', 'ip_address', { ...hostileHost(), whois: whois() }),
    hostile('a domain with 1 MB of hostile WHOIS', 'domain', { ...hostileHost(), whois: whois() }),
    hostile('a domain with 1 MB of WHOIS in one line', 'domain', { whois: `Registrar: ${nasty(MEGABYTE)}` }),
    hostile('a domain with 5,000 DNS records', 'domain', {
      last_dns_records: many(5_000, (index) => ({
        type: 'A',
        value: `1.${index % 250}.${Math.floor(index / 250)}.7`,
      })),
    }),
    hostile('a URL whose every text is hostile', 'url', {
      ...hostileHost(),
      title: nasty(MEGABYTE),
      threat_names: many(500, (index) => `${index}${NASTY}`),
    }),
    hostile(
      'a URL with hostile answers beyond the report',
      'url',
      {},
      {
        extras: { comments: hostileComments(), associations: threats() },
      },
    ),
  ];
}

/** A hundred hits in twenty rulesets. */
function yaraHits(): HostileCase {
  const ruleset = (index: number): string => `${index % 20}`.padStart(10, '0');
  const text = (number: number): string =>
    many(30, (index) => {
      const strings = many(20, (line) => `    $s${line} = "demo ${index} ${line} { not a brace }"`).join(
        '\n',
      );
      return `rule demo_${number}_${index} {\n  meta:\n    author = "Example"\n  strings:\n${strings}\n  condition:\n    any of them\n}\n`;
    }).join('\n');
  return hostile(
    'a file with 100 YARA hits',
    'file',
    {
      crowdsourced_yara_results: many(100, (index) => ({
        rule_name: `demo_${index % 20}_${Math.floor(index / 20)}`,
        ruleset_id: ruleset(index),
        ruleset_name: 'demo',
        source: 'https://github.com/example/demo-rules',
        description: nasty(2_000),
      })),
    },
    { rulesets: Object.fromEntries(many(20, (number) => [ruleset(number), text(number)])) },
  );
}

/** Twenty Sigma rules and fifty of Suricata. */
function rules(): HostileCase {
  const detection = {
    condition: 'selection',
    details: { selection: JSON.stringify({ CommandLine: many(200, (index) => `*demo-${index}*`) }) },
  };
  const rule = (id: string): JsonObject => ({
    data: {
      id,
      attributes: { title: `Demo ${id.slice(-4)}`, log_source: { product: 'windows' }, detection },
    },
  });
  return hostile(
    'a file with 20 Sigma and 100 Suricata rules',
    'file',
    {
      sigma_analysis_results: many(20, (index) => ({ rule_id: digest(index), rule_title: NASTY })),
      crowdsourced_ids_results: many(100, (index) => ({
        rule_id: `1:${index}`,
        rule_msg: NASTY,
        rule_source: 'Example Open Rules',
        rule_raw: `alert tcp any any -> any any (msg:"Demo ${index}"; content:"${'x'.repeat(500)}"; sid:${index + 1}; rev:1;)`,
      })),
    },
    {
      extras: Object.fromEntries(many(20, (index) => [`/sigma_rules/${digest(index)}`, rule(digest(index))])),
    },
  );
}

function hostileFile(): JsonObject {
  return {
    names: many(3_000, (index) => `${NASTY}${index}`),
    meaningful_name: nasty(MEGABYTE / 2),
    type_description: nasty(MEGABYTE / 2),
    magic: nasty(MEGABYTE / 2),
    tags: many(1_000, (index) => `${index}${NASTY}`),
    popular_threat_classification: {
      suggested_threat_label: nasty(MEGABYTE / 2),
      popular_threat_name: many(100, (index) => ({ value: `family${index}${NASTY}`, count: index })),
    },
    last_analysis_results: Object.fromEntries(
      many(100, (index) => [
        `${index}`,
        { engine_name: `${index}${NASTY}`, category: 'malicious', result: nasty(1_000) },
      ]),
    ),
    sandbox_verdicts: Object.fromEntries(
      many(200, (index) => [
        `${index}`,
        { sandbox_name: `${index}${NASTY}`, category: 'malicious', malware_names: many(50, () => NASTY) },
      ]),
    ),
    gti_assessment: { verdict: { value: NASTY }, description: nasty(MEGABYTE / 2) },
  };
}

function hostileHost(): JsonObject {
  const name = { CN: nasty(100_000), O: many(100, () => NASTY) };
  return {
    jarm: nasty(MEGABYTE),
    favicon: { raw_md5: '7'.repeat(32), dhash: nasty(100_000) },
    categories: Object.fromEntries(many(500, (index) => [`${index}${NASTY}`, NASTY])),
    last_https_certificate: {
      thumbprint: '7'.repeat(40),
      thumbprint_sha256: '8'.repeat(64),
      serial_number: nasty(100_000),
      subject: name,
      issuer: name,
      extensions: { subject_alternative_name: many(5_000, (index) => `n${index}.example.com`) },
    },
  };
}

function whois(): string {
  const keys = [
    'Registrant Organization',
    'Registrant Email',
    'Name Server',
    'OrgName',
    'Country',
    'Remarks',
  ];
  const block = keys.map((key) => `${key}: ${NASTY.replace(/\s/g, ' ')} evil.example.org\n`).join('');
  return block.repeat(Math.ceil(MEGABYTE / block.length)).slice(0, MEGABYTE);
}

function hostileComments(): JsonObject {
  return {
    data: many(40, (index) => ({
      type: 'comment',
      id: `f-${index}`,
      attributes: { text: nasty(50_000), date: 1_750_000_000 + index, tags: [NASTY] },
    })),
  };
}

function behaviour(): JsonObject {
  const techniques = many(900, (index) => ({
    id: `T${1000 + index}`,
    name: NASTY,
    signatures: many(5, (number) => ({ severity: 'HIGH', description: `${number}${nasty(200)}` })),
  }));
  return {
    data: { Demo: { tactics: [{ id: 'TA0005', name: NASTY, techniques }] }, ...sampleBehaviourTrees() },
  };
}

function threats(): JsonObject {
  const types = ['threat-actor', 'campaign', 'malware-family', 'software-toolkit', 'report'];
  return {
    data: many(40, (index) => ({
      type: 'collection',
      id: `collection--${index}`,
      attributes: {
        collection_type: types[index % types.length],
        name: `${index}${NASTY}`,
        description: nasty(100_000),
        creation_date: 1_700_000_000,
        alt_names_details: many(100, (number) => ({
          value: `${index} ${number} ${NASTY}`,
          confidence: 'confirmed',
        })),
      },
    })),
  };
}
