import { DOMAIN_OBJECT_TYPES, IDENTITY_CLASSES, OBSERVABLE_TYPES } from './stix-types.js';
import type { Since } from './version.js';

/** Fields of an object, as SDL; hashes are pairs everywhere. */
const OBSERVABLE_FIELDS: Record<string, string> = {
  'Autonomous-System': 'number: Int! name: String rir: String',
  StixFile: `name: String size: Int mime_type: String x_opencti_additional_names: [String] hashes: [Hash]
    ctime: DateTime mtime: DateTime`,
  Artifact: `mime_type: String payload_bin: String url: String encryption_algorithm: String decryption_key: String
    x_opencti_additional_names: [String] hashes: [Hash]`,
  'X509-Certificate': 'serial_number: String subject: String issuer: String hashes: [Hash]',
};

const COMMON_FIELDS = `
  id: ID!
  standard_id: String!
  entity_type: String!
  parent_types: [String!]!
  created_at: DateTime!
  updated_at: DateTime!
  x_opencti_stix_ids: [String]
  createdBy: Identity
  objectMarking: [MarkingDefinition!]
  objectLabel: [Label!]
  objectOrganization: [Organization!]
  externalReferences(first: Int): ExternalReferenceConnection
  importFiles(first: Int): FileConnection`;

const OBSERVABLE_COMMON = `${COMMON_FIELDS}
  observable_value: String!
  x_opencti_description: String
  x_opencti_score: Int`;

/** The types of everything that can be read, at one platform version. */
export function entityTypes(since: Since): string {
  const from = (release: string, line: string): string => (since(release) ? line : '');
  const otherDomainObjects = DOMAIN_OBJECT_TYPES.filter((type) => type !== 'Indicator');
  return [
    `interface StixCoreObject {${COMMON_FIELDS}\n}`,
    `interface StixCyberObservable {${OBSERVABLE_COMMON}\n}`,
    `interface Identity {${COMMON_FIELDS}\n  name: String!\n  identity_class: String!\n  description: String\n}`,
    ...OBSERVABLE_TYPES.map(
      (type) =>
        `type ${graphqlName(type)} implements StixCoreObject & StixCyberObservable {${OBSERVABLE_COMMON}
  ${OBSERVABLE_FIELDS[type] ?? 'value: String!'}\n}`,
    ),
    `type Indicator implements StixCoreObject {${COMMON_FIELDS}
  name: String!
  description: String
  pattern: String
  pattern_type: String
  valid_from: DateTime
  valid_until: DateTime
  confidence: Int
  revoked: Boolean!
  x_opencti_score: Int
  x_opencti_detection: Boolean
  x_opencti_main_observable_type: String
  ${from('6.4.0', 'x_opencti_observable_values: [IndicatorObservableValue!]')}
}`,
    from(
      '6.4.0',
      `type IndicatorObservableValue { type: String! value: String ${from('6.5.11', 'hashes: [Hash!]')} }`,
    ),
    ...otherDomainObjects.map((type) =>
      type in IDENTITY_CLASSES
        ? `type ${graphqlName(type)} implements StixCoreObject & Identity {${COMMON_FIELDS}
  name: String!\n  identity_class: String!\n  description: String\n}`
        : `type ${graphqlName(type)} implements StixCoreObject {${COMMON_FIELDS}
  name: String\n  description: String\n}`,
    ),
    `type Hash { algorithm: String! hash: String }
type Label { id: ID! value: String color: String }
type MarkingDefinition {
  id: ID!
  standard_id: String!
  definition_type: String
  definition: String
  created: DateTime
  x_opencti_order: Int!
  x_opencti_color: String
}
type ExternalReference {
  id: ID!
  standard_id: String!
  source_name: String!
  description: String
  url: String
  hash: String
  external_id: String
}
type ExternalReferenceEdge { node: ExternalReference! }
type ExternalReferenceConnection { edges: [ExternalReferenceEdge!]! }
type FileMetadata { version: String mimetype: String }
type File { id: ID! name: String! size: Int metaData: FileMetadata }
type FileEdge { node: File! }
type FileConnection { edges: [FileEdge!]! }`,
  ].join('\n');
}

/** The GraphQL name of a platform type: `IPv4-Addr` → `IPv4Addr`. */
export function graphqlName(entityType: string): string {
  return entityType.replaceAll('-', '');
}
