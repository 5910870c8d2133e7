/**
 * Every GraphQL document that this product sends (protocol reference §2, §3, §5, §9 and §10). Each one selects only
 * what is used, because a platform rejects the whole operation for one unknown field.
 */

/** A document, and how it may be sent. */
export interface Operation {
  /** For messages and logs. */
  readonly name: string;
  readonly document: string;
  /** Whether executing it twice does no harm; otherwise it is repeated only when it surely was not executed. */
  readonly repeatable: boolean;
  /** Instead of the client's usual timeout. */
  readonly timeoutMs?: number;
}

export const ABOUT: Operation = {
  name: 'about',
  document: 'query About { about { version } }',
  repeatable: true,
};

/** @param withJwks - API listen mode on 7.260224.0 and later. */
export function registerConnectorOperation(withJwks: boolean): Operation {
  return {
    name: 'registerConnector',
    document: `mutation RegisterConnector($input: RegisterConnectorInput) {
  registerConnector(input: $input) {
    id
    connector_state
    connector_user_id
    config {
      connection { host vhost use_ssl port user pass }
      listen listen_routing listen_exchange
      push push_routing push_exchange
    }${withJwks ? '\n    jwks' : ''}
  }
}`,
    repeatable: true,
  };
}

/** The platform answers these at once; a request waits for them, and others behind it. */
const WORK_TIMEOUT_MS = 30_000;

/** A ping that hangs must not keep the next one back: after 5 minutes without any the connector counts as dead. */
const PING_TIMEOUT_MS = 30_000;

/** 6.2.12 and later. */
export const PING_WITH_INFO: Operation = {
  name: 'pingConnector',
  document: `mutation PingConnector($id: ID!, $state: String, $connectorInfo: ConnectorInfoInput) {
  pingConnector(id: $id, state: $state, connectorInfo: $connectorInfo) {
    id
    connector_state
  }
}`,
  repeatable: true,
  timeoutMs: PING_TIMEOUT_MS,
};

/** Before 6.2.12. */
export const PING: Operation = {
  name: 'pingConnector',
  document: `mutation PingConnector($id: ID!, $state: String) {
  pingConnector(id: $id, state: $state) {
    id
    connector_state
  }
}`,
  repeatable: true,
  timeoutMs: PING_TIMEOUT_MS,
};

export const STIX: Operation = {
  name: 'stix',
  document: 'query StixQuery($id: String!) { stix(id: $id) }',
  repeatable: true,
};

export const IMPORT_FILES: Operation = {
  name: 'importFiles',
  document:
    'query ImportFiles($id: String!) { stixCyberObservable(id: $id) { importFiles { edges { node { id name size } } } } }',
  repeatable: true,
};

/** Opens a work of the connector's own. Executed twice, one of them stays empty. */
export const WORK_ADD: Operation = {
  name: 'workAdd',
  document:
    'mutation workAdd($connectorId: String!, $friendlyName: String) { workAdd(connectorId: $connectorId, friendlyName: $friendlyName) { id } }',
  repeatable: false,
  timeoutMs: WORK_TIMEOUT_MS,
};

export const WORK_TO_RECEIVED: Operation = {
  name: 'toReceived',
  document:
    'mutation workToReceived($id: ID!, $message: String) { workEdit(id: $id) { toReceived(message: $message) } }',
  repeatable: true,
  timeoutMs: WORK_TIMEOUT_MS,
};

/** Repeating it shows the message twice at worst. */
export const WORK_TO_PROCESSED: Operation = {
  name: 'toProcessed',
  document:
    'mutation workToProcessed($id: ID!, $message: String, $inError: Boolean) { workEdit(id: $id) { toProcessed(message: $message, inError: $inError) } }',
  repeatable: true,
  timeoutMs: WORK_TIMEOUT_MS,
};

/** A sign of life of a work that takes long. */
export const WORK_PING: Operation = {
  name: 'pingWork',
  document: 'mutation pingWork($id: ID!) { workEdit(id: $id) { ping } }',
  repeatable: true,
  timeoutMs: WORK_TIMEOUT_MS,
};

/** 6.8.7 and later; needs the capability MODULES. */
export const WORK_IS_ALIVE: Operation = {
  name: 'isWorkAlive',
  document: 'query isWorkAlive($id: ID!) { isWorkAlive(id: $id) }',
  repeatable: true,
  timeoutMs: WORK_TIMEOUT_MS,
};

/** Counts up: executed twice, the work never completes. */
export const WORK_ADD_EXPECTATIONS: Operation = {
  name: 'addExpectations',
  document:
    'mutation addExpectations($id: ID!, $expectations: Int) { workEdit(id: $id) { addExpectations(expectations: $expectations) } }',
  repeatable: false,
  timeoutMs: WORK_TIMEOUT_MS,
};

/** Counts up: executed twice, the work completes before its last object is imported. */
export const WORK_REPORT_EXPECTATION: Operation = {
  name: 'reportExpectation',
  document:
    'mutation reportExpectation($id: ID!, $error: WorkErrorInput) { workEdit(id: $id) { reportExpectation(error: $error) } }',
  repeatable: false,
  timeoutMs: WORK_TIMEOUT_MS,
};

/** The platform runs every following internal step before it answers; its own request timeout is 20 minutes. */
const PLAYBOOK_TIMEOUT_MS = 20 * 60_000;

/** 6.1.0 and later. */
export const PLAYBOOK_STEP_EXECUTION: Operation = {
  name: 'playbookStepExecution',
  document:
    'mutation PlaybookStepExecution($execution_id: ID!, $event_id: ID!, $execution_start: DateTime!, $data_instance_id: ID!, $playbook_id: ID!, $previous_step_id: ID!, $step_id: ID!, $previous_bundle: String!, $bundle: String!) { playbookStepExecution(execution_id: $execution_id, event_id: $event_id, execution_start: $execution_start, data_instance_id: $data_instance_id, playbook_id: $playbook_id, previous_step_id: $previous_step_id, step_id: $step_id, previous_bundle: $previous_bundle, bundle: $bundle) }',
  repeatable: false,
  timeoutMs: PLAYBOOK_TIMEOUT_MS,
};

/** Before 6.1.0. */
export const PLAYBOOK_STEP_EXECUTION_WITHOUT_EVENT: Operation = {
  name: 'playbookStepExecution',
  document:
    'mutation PlaybookStepExecution($execution_id: ID!, $execution_start: DateTime!, $data_instance_id: ID!, $playbook_id: ID!, $previous_step_id: ID!, $step_id: ID!, $previous_bundle: String!, $bundle: String!) { playbookStepExecution(execution_id: $execution_id, execution_start: $execution_start, data_instance_id: $data_instance_id, playbook_id: $playbook_id, previous_step_id: $previous_step_id, step_id: $step_id, previous_bundle: $previous_bundle, bundle: $bundle) }',
  repeatable: false,
  timeoutMs: PLAYBOOK_TIMEOUT_MS,
};

/** 6.5.7 and later. */
export const STIX_BUNDLE_PUSH: Operation = {
  name: 'stixBundlePush',
  document:
    'mutation StixBundlePush($connectorId: String!, $bundle: String!, $work_id: String) { stixBundlePush(connectorId: $connectorId, bundle: $bundle, work_id: $work_id) }',
  repeatable: false,
};

/** 6.2.6 to 6.5.6: the platform creates a work of its own. */
export const STIX_BUNDLE_PUSH_WITHOUT_WORK: Operation = {
  name: 'stixBundlePush',
  document:
    'mutation StixBundlePush($connectorId: String!, $bundle: String!) { stixBundlePush(connectorId: $connectorId, bundle: $bundle) }',
  repeatable: false,
};

/** Labels are asked for while a request waits. */
const LABEL_TIMEOUT_MS = 10_000;

export const LABEL: Operation = {
  name: 'label',
  document: 'query Label($id: String!) { label(id: $id) { id } }',
  repeatable: true,
  timeoutMs: LABEL_TIMEOUT_MS,
};

/** Needs the capability SETTINGS_SETLABELS. A label that exists is given back. */
export const LABEL_ADD: Operation = {
  name: 'labelAdd',
  document: 'mutation LabelAdd($input: LabelAddInput!) { labelAdd(input: $input) { id } }',
  repeatable: true,
  timeoutMs: LABEL_TIMEOUT_MS,
};

/** Internal ids of an object's markings, by which the platform guards files. */
export const MARKING_IDS: Operation = {
  name: 'stixCoreObject',
  document: 'query MarkingIds($id: String!) { stixCoreObject(id: $id) { objectMarking { id } } }',
  repeatable: true,
};

/** 6.5.2 and later. A file of the same name is replaced. */
export const UPLOAD_PENDING: Operation = {
  name: 'uploadPending',
  document:
    'mutation UploadPending($file: Upload!, $entityId: String, $file_markings: [String!]) { uploadPending(file: $file, entityId: $entityId, file_markings: $file_markings) { id name } }',
  repeatable: true,
};

/** Before 6.5.2. */
export const UPLOAD_PENDING_WITHOUT_MARKINGS: Operation = {
  name: 'uploadPending',
  document:
    'mutation UploadPending($file: Upload!, $entityId: String) { uploadPending(file: $file, entityId: $entityId) { id name } }',
  repeatable: true,
};

/** 6.4.0 and later. */
export const DRAFT_WORKSPACE_ADD: Operation = {
  name: 'draftWorkspaceAdd',
  document:
    'mutation draftWorkspaceAdd($input: DraftWorkspaceAddInput!) { draftWorkspaceAdd(input: $input) { id } }',
  repeatable: false,
};

/** 6.5.0 and later. */
export const WORK_ADD_DRAFT_CONTEXT: Operation = {
  name: 'addDraftContext',
  document:
    'mutation addDraftContext($id: ID!, $draftContext: String) { workEdit(id: $id) { addDraftContext(draftContext: $draftContext) } }',
  repeatable: true,
  timeoutMs: WORK_TIMEOUT_MS,
};
