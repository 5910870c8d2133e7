import { buildSchema, type GraphQLSchema } from 'graphql';
import { entityTypes } from './schema-entities.js';
import type { Since } from './version.js';

/**
 * The GraphQL schema of one platform version, cut down to the operations a connector uses. A field, argument or input
 * key is there exactly from the release on that brought it, so that an operation is refused where the real platform
 * would refuse it.
 */
export function platformSchema(since: Since): GraphQLSchema {
  return buildSchema([platformTypes(since), entityTypes(since)].join('\n'));
}

function platformTypes(since: Since): string {
  const from = (release: string, line: string): string => (since(release) ? line : '');
  return `
scalar DateTime
scalar Upload

type Query {
  about: AppInfo
  me: MeUser
  connector(id: String!): Connector
  work(id: ID!): Work
  ${from('6.8.7', 'isWorkAlive(id: ID!): Boolean')}
  label(id: String): Label
  stix(id: String!): String
  stixCyberObservable(id: String!): StixCyberObservable
  indicator(id: String!): Indicator
  stixCoreObject(id: String!): StixCoreObject
}

type Mutation {
  registerConnector(input: RegisterConnectorInput): Connector
  pingConnector(id: ID!, state: String${from('6.2.12', ', connectorInfo: ConnectorInfoInput')}): Connector
  deleteConnector(id: ID!): ID
  workAdd(connectorId: String!, friendlyName: String): Work!
  workEdit(id: ID!): WorkEditMutations
  labelAdd(input: LabelAddInput!): Label
  playbookStepExecution(
    execution_id: ID!
    ${from('6.1.0', 'event_id: ID!')}
    execution_start: DateTime!
    data_instance_id: ID!
    playbook_id: ID!
    previous_step_id: ID!
    step_id: ID!
    previous_bundle: String!
    bundle: String!
  ): Boolean
  ${from('6.2.6', `stixBundlePush(connectorId: String!, bundle: String!${from('6.5.7', ', work_id: String')}): Boolean`)}
  uploadPending(file: Upload!, entityId: String${from('6.5.2', ', file_markings: [String!]')}): File
  ${from('6.4.0', 'draftWorkspaceAdd(input: DraftWorkspaceAddInput!): DraftWorkspace')}
}

input LabelAddInput { value: String! color: String }

type AppInfo { version: String! }

type Capability { name: String! }
type MeUser { id: ID! name: String! user_email: String! capabilities: [Capability!]! }

enum ConnectorType {
  EXTERNAL_IMPORT
  INTERNAL_IMPORT_FILE
  INTERNAL_ENRICHMENT
  INTERNAL_ANALYSIS
  INTERNAL_EXPORT_FILE
  STREAM
}

input RegisterConnectorInput {
  id: ID!
  name: String!
  type: ConnectorType!
  scope: [String!]
  auto: Boolean
  only_contextual: Boolean
  playbook_compatible: Boolean
  ${from('6.5.7', 'listen_callback_uri: String')}
  ${from('6.8.9', 'auto_update: Boolean')}
  ${from('6.8.9', 'enrichment_resolution: String')}
  ${from('7.260527.0', 'xtm_one_intent: String')}
}

type Connector {
  id: ID!
  name: String!
  active: Boolean
  auto: Boolean
  only_contextual: Boolean
  playbook_compatible: Boolean
  connector_type: String
  connector_scope: [String!]
  connector_state: String
  connector_user_id: ID
  updated_at: DateTime
  config: ConnectorConfig
  ${from('6.1.12', 'connector_queue_details: ConnectorQueueDetails!')}
  ${from('6.2.12', 'connector_info: ConnectorInfo')}
  ${from('6.8.9', 'auto_update: Boolean')}
  ${from('6.8.9', 'enrichment_resolution: String')}
  ${from('7.260224.0', 'jwks: String!')}
}

${from('6.1.12', 'type ConnectorQueueDetails { messages_number: Int! messages_size: Float! }')}

type ConnectorConfig {
  connection: RabbitMQConnection!
  listen: String!
  listen_routing: String!
  listen_exchange: String!
  push: String!
  push_routing: String!
  push_exchange: String!
  ${from('6.5.7', 'listen_callback_uri: String')}
  ${from('6.8.7', 'dead_letter_routing: String!')}
  ${from('6.9.10', 's3: S3Connection')}
}

type RabbitMQConnection {
  host: String!
  vhost: String!
  use_ssl: Boolean!
  port: Int!
  user: String!
  pass: String!
}

${from(
  '6.9.10',
  `type S3Connection {
  endpoint: String!
  port: Int!
  use_ssl: Boolean!
  bucket_name: String!
  bucket_region: String!
  access_key: String!
  secret_key: String!
}`,
)}

${from('6.2.12', connectorInfo('input ConnectorInfoInput'))}
${from('6.2.12', connectorInfo('type ConnectorInfo'))}

type WorkEditMutations {
  delete: ID
  ping: ID
  toReceived(message: String): ID
  toProcessed(message: String, inError: Boolean): ID
  addExpectations(expectations: Int): ID
  reportExpectation(error: WorkErrorInput): ID
  ${from('6.5.0', 'addDraftContext(draftContext: String): ID')}
}

input WorkErrorInput { error: String source: String }

enum State { wait progress complete timeout }

type Work {
  id: ID!
  name: String
  timestamp: DateTime!
  status: State!
  received_time: DateTime
  processed_time: DateTime
  completed_time: DateTime
  tracking: WorkTracking
  messages: [WorkMessage]
  errors: [WorkMessage]
  ${from('6.5.0', 'draft_context: String')}
}

type WorkTracking { import_expected_number: Int import_processed_number: Int }
type WorkMessage { timestamp: DateTime message: String sequence: Int source: String }

${from(
  '6.4.0',
  `input DraftWorkspaceAddInput { name: String! entity_id: String }
type DraftWorkspace { id: ID! name: String! entity_id: String }`,
)}
`;
}

function connectorInfo(head: string): string {
  return `${head} {
  run_and_terminate: Boolean!
  buffering: Boolean!
  queue_threshold: Float!
  queue_messages_size: Float!
  next_run_datetime: DateTime
  last_run_datetime: DateTime
}`;
}
