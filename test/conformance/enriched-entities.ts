import type { JsonObject } from '../../src/shared/json.js';
import { TLP_IDS } from '../../src/stix/markings.js';
import { eicar } from '../../src/simulators/virustotal/samples/demo-values.js';

/** Entities as the platform hands them over (protocol reference §6.1), of every type that can be enriched. */

const OCTI = 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba';
const OCTI_SCO = 'extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82';
const MARKINGS = [TLP_IDS['TLP:AMBER'], 'marking-definition--89484dde-e3d2-547f-a6c6-d14824429eb1'];

const OF_PLATFORM = { created_at: '2025-01-02T03:04:05.678Z', id: '3f0bfc4f-4a4b-4a7e-8b62-5a3c7f6c1d10' };

/** An entity, and the kind of report that VirusTotal has on it. */
export interface EnrichedEntity {
  readonly about: string;
  readonly kind: 'file' | 'ip_address' | 'domain' | 'url';
  readonly entity: JsonObject;
}

function observable(
  type: string,
  entityType: string,
  uuid: string,
  identity: JsonObject,
  known: JsonObject = {},
): JsonObject {
  return {
    id: `${type}--${uuid}`,
    type,
    spec_version: '2.1',
    ...identity,
    extensions: {
      [OCTI]: { extension_type: 'property-extension', type: entityType, ...OF_PLATFORM },
      [OCTI_SCO]: { extension_type: 'property-extension', ...known },
    },
  };
}

function indicator(uuid: string, pattern: string, mainObservableType: string): JsonObject {
  return {
    id: `indicator--${uuid}`,
    type: 'indicator',
    spec_version: '2.1',
    created: '2025-01-02T03:04:05.678Z',
    modified: '2025-01-02T03:04:05.678Z',
    name: 'demo',
    pattern,
    pattern_type: 'stix',
    valid_from: '2025-01-02T03:04:05.678Z',
    labels: ['present'],
    extensions: {
      [OCTI]: {
        extension_type: 'property-extension',
        type: 'Indicator',
        score: 50,
        main_observable_type: mainObservableType,
        ...OF_PLATFORM,
      },
    },
  };
}

const address = '1.2.3.4';
const sixAddress = '2606:4700::1111';
const domain = 'evil.example.com';
const url = "http://evil.example.com/payload?a='1";
const known = { score: 60, labels: ['present'] };

export const enrichedEntities: readonly EnrichedEntity[] = [
  {
    about: 'StixFile',
    kind: 'file',
    entity: observable(
      'file',
      'StixFile',
      '5a0c55a1-48a3-5003-9776-42946d1054cb',
      { hashes: { 'SHA-256': eicar.sha256 } },
      known,
    ),
  },
  {
    about: 'Artifact',
    kind: 'file',
    entity: observable('artifact', 'Artifact', '02fff920-f614-527c-81d1-6353633a6d21', {
      hashes: { MD5: eicar.md5 },
      mime_type: 'text/plain',
    }),
  },
  {
    about: 'IPv4-Addr',
    kind: 'ip_address',
    entity: observable(
      'ipv4-addr',
      'IPv4-Addr',
      '28bb3599-77cd-5a82-a950-b5bc3caf07c4',
      { value: address },
      known,
    ),
  },
  {
    about: 'IPv6-Addr',
    kind: 'ip_address',
    entity: observable('ipv6-addr', 'IPv6-Addr', '6469e3a9-b053-5e34-a025-9396ae051d26', {
      value: sixAddress,
    }),
  },
  {
    about: 'Domain-Name',
    kind: 'domain',
    entity: observable(
      'domain-name',
      'Domain-Name',
      'bedb4899-d24b-5401-bc86-8f6b4cc18ec7',
      { value: domain },
      known,
    ),
  },
  {
    about: 'Hostname',
    kind: 'domain',
    entity: {
      id: 'hostname--3b96539c-807f-59c9-b4df-fe1865757b1e',
      type: 'hostname',
      spec_version: '2.1',
      value: domain,
      score: 60,
      extensions: {
        [OCTI]: { extension_type: 'property-extension', type: 'Hostname', ...OF_PLATFORM },
        [OCTI_SCO]: { extension_type: 'new-sco' },
      },
    },
  },
  {
    about: 'Url',
    kind: 'url',
    entity: observable('url', 'Url', 'be22e93a-5e33-5678-b19f-8b4ea06df0bd', { value: url }, known),
  },
  {
    about: 'Indicator on a file',
    kind: 'file',
    entity: indicator(
      '8d30e978-c6dd-5439-9ed0-bd61238915c3',
      `[file:hashes.MD5 = '${eicar.md5}']`,
      'StixFile',
    ),
  },
  {
    about: 'Indicator on addresses',
    kind: 'ip_address',
    entity: indicator(
      'e49c6d75-277b-528f-8f47-40f2a7557c51',
      `[ipv4-addr:value = '${address}' OR ipv6-addr:value = '${sixAddress}']`,
      'IPv4-Addr',
    ),
  },
  {
    about: 'Indicator on names',
    kind: 'domain',
    entity: indicator(
      '7a77fc31-d147-5d72-a862-2102ca88d002',
      `[domain-name:value = '${domain}' OR hostname:value = '${domain}']`,
      'Domain-Name',
    ),
  },
  {
    about: 'Indicator on a URL',
    kind: 'url',
    entity: indicator(
      'df312ff9-95d2-5608-9e9a-379efc588b9d',
      "[url:value = 'http://evil.example.com/payload?a=\\'1']",
      'Url',
    ),
  },
];

/** The same with the markings that everything derived from it inherits. */
export function marked({ about, kind, entity }: EnrichedEntity): EnrichedEntity {
  return { about: `${about}, marked`, kind, entity: { ...entity, object_marking_refs: MARKINGS } };
}
