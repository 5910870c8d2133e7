import { asText } from '../../shared/json.js';
import type { ConnectorInfo, RegisterConnectorInput, RegisteredConnector } from './connectors.js';
import type { StoredEntity } from './entity.js';
import { entityView } from './entity-view.js';
import { forbidden, functionalError } from './errors.js';
import type { PlatformState } from './platform-state.js';
import type { PlaybookStepArguments } from './playbooks.js';
import { requireCapability, requireUser, type Capability, type RequestContext } from './request-context.js';
import { OBSERVABLE_TYPES } from './stix-types.js';
import type { Work } from './works.js';

type Resolver<Arguments> = (args: Arguments, context: RequestContext) => unknown;

/** The root of the schema: what each operation does, with the capability it needs. */
export function rootResolvers(state: PlatformState): Record<string, Resolver<never>> {
  return { ...connectorResolvers(state), ...workResolvers(state), ...knowledgeResolvers(state) };
}

function connectorResolvers(state: PlatformState): Record<string, Resolver<never>> {
  const about: Resolver<never> = (_args, context) => {
    if (state.since('6.1.0')) requireUser(context);
    if (state.hidesVersion === 'refused') throw forbidden();
    return { version: state.hidesVersion === 'unreadable' ? 'rolling' : state.version };
  };
  const me: Resolver<never> = (_args, context) => {
    const user = requireUser(context);
    const capabilities = user.capabilities.map((name) => ({ name }));
    return { id: user.id, name: user.name, user_email: 'connector@example.com', capabilities };
  };
  const registerConnector: Resolver<{ input: RegisterConnectorInput | null }> = async (args, context) => {
    const user = requireCapability(context, 'CONNECTORAPI');
    if (args.input == null) throw functionalError('No connector was given');
    return connectorView(state, await state.register({ ...args.input }, user.id));
  };
  const pingConnector: Resolver<{
    id: string;
    state?: string | null;
    connectorInfo?: ConnectorInfo | null;
  }> = async (args, context) => {
    requireCapability(context, 'CONNECTORAPI');
    return connectorView(state, await state.ping(args.id, args.state ?? null, args.connectorInfo ?? null));
  };
  const deleteConnector: Resolver<{ id: string }> = async (args, context) => {
    requireCapability(context, 'MODULES_MODMANAGE');
    await state.deleteConnector(args.id);
    return args.id;
  };
  const connector: Resolver<{ id: string }> = (args, context) => {
    requireCapability(context, 'MODULES');
    const found = state.connectors.find(args.id);
    return found === undefined ? null : connectorView(state, found);
  };
  return { about, me, registerConnector, pingConnector, deleteConnector, connector };
}

function workResolvers(state: PlatformState): Record<string, Resolver<never>> {
  const { works, since } = state;
  const work: Resolver<{ id: string }> = (args, context) => {
    requireCapability(context, 'MODULES');
    const found = works.find(args.id);
    return found === undefined ? null : workView(found);
  };
  const workAdd: Resolver<{ connectorId: string; friendlyName?: string | null }> = (args, context) => {
    requireCapability(context, 'CONNECTORAPI');
    const found = state.connectors.find(args.connectorId);
    // As of a platform that reads the id of what it did not find.
    if (found === undefined) throw new TypeError("Cannot read properties of undefined (reading 'id')");
    return workView(works.open(found.id, args.friendlyName ?? null));
  };
  const isWorkAlive: Resolver<{ id: string }> = (args, context) => {
    requireCapability(context, 'MODULES');
    return works.isAlive(args.id);
  };
  const workEdit: Resolver<{ id: string }> = ({ id }, context) => {
    const needed: Capability[] = since('6.0.9')
      ? ['CONNECTORAPI', 'MODULES_MODMANAGE']
      : ['KNOWLEDGE_KNASKIMPORT', 'KNOWLEDGE_KNGETEXPORT_KNASKEXPORT'];
    requireCapability(context, ...needed);
    const answeringId =
      <Arguments>(change: (args: Arguments) => void) =>
      (args: Arguments): string => {
        change(args);
        return id;
      };
    return {
      delete: answeringId(() => {
        works.delete(id);
      }),
      ping: answeringId(() => {
        works.ping(id);
      }),
      toReceived: answeringId((args: { message?: string | null }) => {
        works.toReceived(id, args.message ?? null);
      }),
      toProcessed: answeringId((args: { message?: string | null; inError?: boolean | null }) => {
        works.toProcessed(id, args.message ?? null, args.inError === true);
      }),
      addExpectations: answeringId((args: { expectations?: number | null }) => {
        works.addExpectations(id, args.expectations ?? 0);
      }),
      reportExpectation: answeringId((args: { error?: { error?: string; source?: string } | null }) => {
        works.reportExpectation(id, args.error ?? null);
      }),
      addDraftContext: answeringId((args: { draftContext?: string | null }) => {
        works.addDraftContext(id, args.draftContext ?? null);
      }),
    };
  };
  return { work, isWorkAlive, workAdd, workEdit };
}

function workView(work: Work): Record<string, unknown> {
  return {
    ...work,
    received_time: work.receivedTime,
    processed_time: work.processedTime,
    completed_time: work.completedTime,
    draft_context: work.draftContext,
    tracking: { import_expected_number: work.expected, import_processed_number: work.processed },
  };
}

function knowledgeResolvers(state: PlatformState): Record<string, Resolver<never>> {
  const visible = (id: string, context: RequestContext): StoredEntity | undefined => {
    requireCapability(context, 'KNOWLEDGE');
    const entity = state.storeFor(context.draftId).find(id);
    return entity === undefined || entity.hidden ? undefined : entity;
  };
  const view =
    (accepts: (entity: StoredEntity) => boolean): Resolver<{ id: string }> =>
    (args, context) => {
      const entity = visible(args.id, context);
      if (entity === undefined || !accepts(entity)) return null;
      return entityView(entity, state.storeFor(context.draftId));
    };
  const stix: Resolver<{ id: string }> = (args, context) => {
    const entity = visible(args.id, context);
    return entity === undefined ? null : JSON.stringify(state.stixOf(entity, context.draftId));
  };
  const playbookStepExecution: Resolver<PlaybookStepArguments> = (args, context) => {
    requireCapability(context, 'CONNECTORAPI');
    return state.playbooks.receive(args);
  };
  const stixBundlePush: Resolver<{ connectorId: string; bundle: string; work_id?: string | null }> = async (
    args,
    context,
  ) => {
    const user = requireCapability(context, 'CONNECTORAPI');
    await state.pushBundle(args.connectorId, args.bundle, args.work_id ?? undefined, user.id);
    return true;
  };
  const uploadPending: Resolver<{
    file: unknown;
    entityId?: string | null;
    file_markings?: string[] | null;
  }> = (args, context) => {
    requireCapability(context, 'KNOWLEDGE_KNASKIMPORT');
    if (context.draftId !== null) throw functionalError('Cannot create a workbench in draft');
    const upload = context.uploads.get(asText(args.file) ?? '');
    if (upload === undefined) throw functionalError('No file was uploaded');
    const pending = state.addPendingFile(upload, args.entityId ?? null, args.file_markings ?? []);
    const { content, mimeType } = upload;
    return { id: pending.id, name: pending.name, size: content.length, metaData: { mimetype: mimeType } };
  };
  const draftWorkspaceAdd: Resolver<{ input: { name: string; entity_id?: string | null } }> = (
    args,
    context,
  ) => {
    requireCapability(context, state.since('7.260506.0') ? 'KNOWLEDGE_KNUPDATE' : 'KNOWLEDGE');
    const { name, entity_id: entityId = null } = args.input;
    return { id: state.drafts.create(name, entityId).id, name, entity_id: entityId };
  };
  const label: Resolver<{ id?: string | null }> = (args, context) => {
    requireCapability(context, 'KNOWLEDGE');
    return state.live.labels.find(args.id ?? '') ?? null;
  };
  const labelAdd: Resolver<{ input: { value: string; color?: string | null } }> = ({ input }, context) => {
    requireCapability(context, 'SETTINGS_SETLABELS');
    return state.live.labels.add(input.value, input.color ?? undefined);
  };
  return {
    label,
    labelAdd,
    stix,
    stixCyberObservable: view((entity) => OBSERVABLE_TYPES.includes(entity.entityType)),
    indicator: view((entity) => entity.entityType === 'Indicator'),
    stixCoreObject: view((entity) => entity.stixType !== 'relationship' && entity.stixType !== 'sighting'),
    playbookStepExecution,
    stixBundlePush,
    uploadPending,
    draftWorkspaceAdd,
  };
}

function connectorView(state: PlatformState, connector: RegisteredConnector): Record<string, unknown> {
  const { input, queues, info } = connector;
  return {
    id: connector.id,
    name: input.name,
    active: state.connectors.isActive(connector),
    auto: input.auto ?? false,
    only_contextual: input.only_contextual ?? false,
    playbook_compatible: input.playbook_compatible ?? false,
    connector_type: input.type,
    connector_scope: input.scope ?? [],
    connector_state: connector.state,
    connector_user_id: connector.userId,
    updated_at: connector.updatedAt.toISOString(),
    auto_update: input.auto_update ?? false,
    enrichment_resolution: input.enrichment_resolution ?? 'stix_bundle',
    connector_info: info,
    connector_queue_details: async () => ({
      messages_number: await state.queues.depth(queues, 'push'),
      messages_size: 0,
    }),
    jwks: () => state.callbackKey.jwks(),
    config: (_args: unknown, context: RequestContext) => {
      requireCapability(context, 'CONNECTORAPI');
      return {
        connection: state.queues.connection,
        listen: queues.listenQueue,
        listen_routing: queues.listenRouting,
        listen_exchange: queues.listenExchange,
        push: queues.pushQueue,
        push_routing: queues.pushRouting,
        push_exchange: queues.pushExchange,
        listen_callback_uri: input.listen_callback_uri ?? null,
        dead_letter_routing: queues.deadLetterRouting,
        s3: S3_CONNECTION,
      };
    },
  };
}

/** A bucket that does not exist. */
const S3_CONNECTION = {
  endpoint: 's3.invalid',
  port: 9000,
  use_ssl: false,
  bucket_name: 'opencti-bucket',
  bucket_region: 'us-east-1',
  access_key: 'simulated-access-key',
  secret_key: 'simulated-secret-key',
};
