import type { Clock } from '../shared/clock.js';
import { asText, isJsonObject, type JsonObject } from '../shared/json.js';
import { ForbiddenError, TransportError } from './errors.js';
import { EmbeddedRelationships } from './embedded-relationships.js';
import { extraEndpoint, extraPath, extraQuestions } from './extra-questions.js';
import { encodePathSegment } from './gui-link.js';
import { asciiName } from './domain-name.js';
import { canonicalAddress } from './ip-address.js';
import { objectPath } from './object-id.js';
import { parseReport } from './parse-report.js';
import { asObject } from './report-fields.js';
import type {
  AskedRelationships,
  Asker,
  KeyQuota,
  LookUp,
  Report,
  VirusTotal,
  VtObject,
  YaraRuleset,
} from './schema.js';
import type { ExtraAnswers, ExtraName, ExtraSubject } from './schema-extras.js';
import type { VirusTotalTransport } from './http/transport.js';

/** What is asked beyond reports. */
export interface ClientOptions {
  /** Asked for inside the call for a report, at no further cost, unless VirusTotal refuses it. */
  readonly relationships?: AskedRelationships | undefined;
  /** Whether a report comes with the answer that it was read from. */
  readonly keepRaw?: boolean | undefined;
}

/** What enrichment asks of VirusTotal, as calls of its API. */
export class VirusTotalClient implements VirusTotal {
  private readonly relationships: EmbeddedRelationships;
  private readonly keepRaw: boolean;

  constructor(
    private readonly transport: VirusTotalTransport,
    private readonly clock: Clock,
    { relationships = {}, keepRaw = false }: ClientOptions = {},
  ) {
    this.keepRaw = keepRaw;
    this.relationships = new EmbeddedRelationships(relationships, transport.privileges);
  }

  async lookUp(object: VtObject, asker: Asker): Promise<LookUp> {
    let raw: JsonObject | undefined;
    const report = await this.relationships.ask(object.kind, (query, privilege) =>
      this.transport.call(
        { operation: `look up ${object.kind}`, path: objectPath(object) + query, asker, privilege },
        (json) => {
          const parsed = parseReport(object.kind, json);
          if (parsed !== undefined) requireSameObject(object, parsed);
          raw = json;
          return parsed;
        },
      ),
    );
    const fetchedAt = this.clock.now();
    if (report === undefined) return { found: false, fetchedAt };
    return { found: true, report, fetchedAt, ...(this.keepRaw ? { raw } : {}) };
  }

  async yaraRuleset(id: string, asker: Asker): Promise<YaraRuleset | undefined> {
    // Such ids come from reports; one that is none would only cost a look-up.
    if (!/^[\w-]{1,128}$/.test(id)) return undefined;
    try {
      const path = `/yara_rulesets/${encodePathSegment(id)}`;
      const privilege = this.transport.privileges.of('yara_rulesets');
      const call = { operation: 'read YARA ruleset', path, asker, privilege };
      const ruleset = await this.transport.call(call, (json) => rulesetOf(id, json));
      return ruleset === undefined || ruleset.rules === '' ? undefined : ruleset;
    } catch (error) {
      if (error instanceof ForbiddenError) return undefined;
      throw error;
    }
  }

  async extra<Name extends ExtraName>(
    name: Name,
    subject: ExtraSubject,
    asker: Asker,
  ): Promise<ExtraAnswers[Name] | undefined> {
    const path = extraPath(name, subject);
    if (path === undefined) return undefined;
    const privilege = this.transport.privileges.of(extraEndpoint(name, subject));
    try {
      const operation = `read ${name.replaceAll('_', ' ')}`;
      return await this.transport.call({ operation, path, asker, privilege }, extraQuestions[name].parse);
    } catch (error) {
      if (error instanceof ForbiddenError) return undefined;
      throw error;
    }
  }

  quota(): Promise<KeyQuota> {
    return this.transport.keyQuota();
  }
}

/**
 * A cache in between that mixes answers up must not put the verdict on one object on another.
 *
 * @throws TransportError when the answer is about another object.
 */
function requireSameObject(object: VtObject, report: Report): void {
  if (isAbout(object, report)) return;
  throw new TransportError(
    'The answer is about another object than was asked; check the proxy.',
    {},
    'defect',
  );
}

/** As far as that can be told: a URL comes back under the hash of a form that only VirusTotal knows. */
function isAbout(object: VtObject, report: Report): boolean {
  switch (object.kind) {
    case 'file': {
      // Asked for by any of its hashes and answered under its SHA-256.
      if (report.kind !== 'file') return false;
      const digests = { 32: report.md5, 40: report.sha1, 64: report.sha256 };
      const digest = digests[object.hash.length as keyof typeof digests];
      return digest === undefined || digest === object.hash;
    }
    case 'ip_address':
      return canonicalAddress(report.id) === canonicalAddress(object.address);
    case 'domain':
      return asciiName(report.id) === asciiName(object.name);
    case 'url':
      return true;
  }
}

function rulesetOf(id: string, json: JsonObject): YaraRuleset | undefined {
  if (!isJsonObject(json.data)) return undefined;
  const attributes = asObject(json.data.attributes);
  return {
    id,
    name: asText(attributes.name),
    source: asText(attributes.source),
    rules: asText(attributes.rules) ?? '',
  };
}
