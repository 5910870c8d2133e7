import { TLP_IDS } from '../../../stix/markings.js';
import {
  artifactId,
  fileId,
  indicatorId,
  valueObservableId,
  type ValueObservableType,
} from '../../../stix/ids.js';
import type { JsonObject } from '../../../shared/json.js';
import {
  maliciousDomain,
  maliciousIp,
  maliciousUrl,
} from '../../../simulators/virustotal/samples/demo-values.js';
import { loader, maliciousIpv6 } from '../../../simulators/virustotal/samples/intelligence-catalog.js';

/** Something that is enriched: its type on the platform, and the entity as the platform hands it over. */
export interface ExampleSubject {
  readonly entityType: string;
  readonly entity: JsonObject;
}

const OPENCTI = 'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba';
const CREATED_AT = '2025-06-02T08:00:00.000Z';

function entity(entityType: string, type: string, id: string, more: JsonObject): ExampleSubject {
  const extension = { extension_type: 'property-extension', type: entityType, created_at: CREATED_AT };
  return {
    entityType,
    entity: {
      type,
      id,
      spec_version: '2.1',
      object_marking_refs: [TLP_IDS['TLP:GREEN']],
      ...more,
      extensions: { [OPENCTI]: extension },
    },
  };
}

function withValue(entityType: string, type: ValueObservableType, value: string): ExampleSubject {
  return entity(entityType, type, valueObservableId(type, value), { value });
}

const hashes = { 'SHA-256': loader.sha256 };
const pattern = `[ipv4-addr:value = '${maliciousIp}'] OR [domain-name:value = '${maliciousDomain}']`;

/** One of each type that can be enriched, marked with TLP:GREEN. */
export const exampleSubjects: readonly ExampleSubject[] = [
  entity('StixFile', 'file', fileId(hashes), { hashes }),
  entity('Artifact', 'artifact', artifactId(hashes), { hashes, mime_type: 'application/x-dosexec' }),
  withValue('IPv4-Addr', 'ipv4-addr', maliciousIp),
  withValue('IPv6-Addr', 'ipv6-addr', maliciousIpv6),
  withValue('Domain-Name', 'domain-name', maliciousDomain),
  withValue('Hostname', 'hostname', maliciousDomain),
  withValue('Url', 'url', maliciousUrl),
  entity('Indicator', 'indicator', indicatorId(pattern), {
    created: CREATED_AT,
    modified: CREATED_AT,
    name: 'Demonstration: control server',
    pattern,
    pattern_type: 'stix',
    valid_from: CREATED_AT,
  }),
];
