import type { PlatformSimulator } from '../../src/simulators/platform/simulator.js';
import { eicar, maliciousUrl } from '../../src/simulators/virustotal/samples/demo-values.js';
import { identityOf, sampleFile } from '../../src/simulators/virustotal/samples/reports.js';
import type { ConnectorWorld } from './connector-world.js';
import { workSettled } from './enrichment-results.js';

/** A file beside those of the demonstration: half of the engines detect it. */
export const sample = identityOf('test: an artifact that many engines detect', 'sample.bin');
/** Where external references lead. */
export const guiUrl = 'https://www.virustotal.com/gui';
/** One kind of request, and what must come of it with all relationships switched on. */
export interface Kind {
  /** OpenCTI type. */
  readonly type: string;
  readonly add: (platform: PlatformSimulator) => { readonly standardId: string };
  /** What a person reads in the work. */
  readonly message: string;
  readonly score: number;
  readonly reference: string;
  /** STIX types of what comes back, without the relationships. */
  readonly objectTypes: readonly string[];
}

const observable =
  (type: string, attributes: Record<string, unknown>) =>
  (platform: PlatformSimulator): { readonly standardId: string } =>
    platform.addObservable(type, attributes);

/** One request of each kind. Scores are the percentage of `malicious` among malicious, harmless and undetected of the sample reports. */
export const kinds: readonly Kind[] = [
  {
    type: 'StixFile',
    add: observable('StixFile', { hashes: { 'SHA-256': eicar.sha256 } }),
    message:
      'VirusTotal: 64 of 68 engines call this malicious; Indicator created; 3 YARA rules imported, 1 left out',
    score: 94,
    reference: `${guiUrl}/file/${eicar.sha256}`,
    objectTypes: ['file', 'identity', ...Array<string>(4).fill('indicator'), 'note'],
  },
  {
    type: 'Artifact',
    add: observable('Artifact', { hashes: { MD5: sample.md5 } }),
    message: 'VirusTotal: 37 of 74 engines call this malicious; Indicator created',
    score: 50,
    reference: `${guiUrl}/file/${sample.sha256}`,
    objectTypes: ['artifact', 'identity', 'indicator', 'note'],
  },
  {
    type: 'IPv4-Addr',
    add: observable('IPv4-Addr', { value: '1.2.3.4' }),
    message: 'VirusTotal: 14 of 97 engines call this malicious; Indicator created',
    score: 15,
    reference: `${guiUrl}/ip-address/1.2.3.4`,
    objectTypes: ['ipv4-addr', 'identity', 'indicator', 'autonomous-system', 'location', 'note'],
  },
  {
    type: 'IPv6-Addr',
    add: observable('IPv6-Addr', { value: '2001:4860:4860::8888' }),
    message: 'VirusTotal: none of 97 engines call this malicious',
    score: 0,
    reference: `${guiUrl}/ip-address/2001:4860:4860::8888`,
    objectTypes: ['ipv6-addr', 'identity', 'autonomous-system', 'location', 'note'],
  },
  {
    type: 'Domain-Name',
    add: observable('Domain-Name', { value: 'evil.example.com' }),
    message: 'VirusTotal: 13 of 97 engines call this malicious; Indicator created',
    score: 14,
    reference: `${guiUrl}/domain/evil.example.com`,
    objectTypes: ['domain-name', 'identity', 'indicator', 'ipv4-addr', 'ipv6-addr', 'note', 'note'],
  },
  {
    type: 'Hostname',
    add: observable('Hostname', { value: 'c2.evil.example.com' }),
    message: 'VirusTotal: 17 of 97 engines call this malicious; Indicator created',
    score: 18,
    reference: `${guiUrl}/domain/c2.evil.example.com`,
    objectTypes: ['hostname', 'identity', 'indicator', 'note', 'note'],
  },
  {
    type: 'Url',
    add: observable('Url', { value: maliciousUrl }),
    message: 'VirusTotal: 12 of 97 engines call this malicious; Indicator created',
    score: 13,
    // SHA-256 of the URL, which is canonical already.
    reference: `${guiUrl}/url/cc5bc5b58f46dd58ac02947c28f16c59652392d028055a57e5950b39b54a08d0`,
    objectTypes: ['url', 'identity', 'indicator', 'note', 'note'],
  },
  {
    type: 'Indicator',
    add: (platform) =>
      platform.addIndicator({
        name: 'Campaign',
        pattern: `[file:hashes.MD5 = '${eicar.md5}'] OR [ipv4-addr:value = '8.8.8.8']`,
      }),
    message:
      `VirusTotal: 64 of 68 engines call ${eicar.md5} malicious` +
      ' | none of 97 engines call 8.8.8.8 malicious',
    score: 94,
    reference: `${guiUrl}/file/${eicar.sha256}`,
    objectTypes: ['indicator', 'identity', 'ipv4-addr', 'autonomous-system', 'location', 'note', 'note'],
  },
];

/** What the connector must be told for the results that {@link kinds} expect. */
export const KIND_VARIABLES = {
  VIRUSTOTAL_IP_ADD_RELATIONSHIPS: 'true',
  VIRUSTOTAL_DOMAIN_ADD_RELATIONSHIPS: 'true',
};

/** The requests that were sent, by kind. */
export interface KindRequests {
  entityIdOf(type: string): string;
  workIdOf(type: string): string;
}

/** Sends one request of each kind and waits until the platform has everything that comes of them. */
export async function requestEveryKind({ platform, virusTotal }: ConnectorWorld): Promise<KindRequests> {
  virusTotal.catalog.addFile(sampleFile(sample, { verdicts: { malicious: 37 } }));
  const entityIds = new Map<string, string>();
  const workIds = new Map<string, string>();
  for (const kind of kinds) {
    const entityId = kind.add(platform).standardId;
    entityIds.set(kind.type, entityId);
    workIds.set(kind.type, await platform.requestEnrichment({ entityId }));
  }
  for (const workId of workIds.values()) await workSettled(platform, workId, 30_000);
  return {
    entityIdOf: (type) => entityIds.get(type) ?? '',
    workIdOf: (type) => workIds.get(type) ?? '',
  };
}
