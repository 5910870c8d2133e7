import type { Logger } from 'pino';
import { ConnectorError } from '../shared/connector-error.js';
import { asNumber, asText, isJsonObject } from '../shared/json.js';
import {
  capabilitiesOf,
  parsePlatformVersion,
  type Capabilities,
  type PlatformVersion,
} from './graphql/capabilities.js';
import type { CallContext, PlatformClient } from './graphql/client.js';
import { PlatformError } from './graphql/errors.js';
import { ABOUT, registerConnectorOperation } from './graphql/operations.js';
import type { BrokerConnection } from './amqp/broker-connection.js';

/** What the connector tells about itself. */
export interface ConnectorDescription {
  /** Any text; used in queue names. Avoid `_`, at which the platform splits the ids of works. */
  readonly id: string;
  readonly name: string;
  /** As what the platform lists it: only those that enrich are asked for anything. */
  readonly type: 'INTERNAL_ENRICHMENT' | 'EXTERNAL_IMPORT';
  /** OpenCTI types. */
  readonly scope: readonly string[];
  /** Enrich on creation. */
  readonly auto: boolean;
  /** Enrich on update, too. */
  readonly autoUpdate: boolean;
  readonly enrichmentResolution: string;
  readonly onlyContextual: boolean;
  readonly playbookCompatible: boolean;
  /** API listen mode: where the workers call back. */
  readonly listenCallbackUri?: string | undefined;
}

export interface Registration {
  readonly connectorId: string;
  /** As the platform says it, for logs. */
  readonly versionText: string;
  /** Undefined when the text cannot be read. */
  readonly version: PlatformVersion | undefined;
  readonly capabilities: Capabilities;
  /** The user of the token, whom workers impersonate when they import results. */
  readonly connectorUserId: string | undefined;
  readonly connection: BrokerConnection;
  readonly listen: { readonly queue: string; readonly exchange: string; readonly routingKey: string };
  readonly push: { readonly queue: string; readonly exchange: string; readonly routingKey: string };
  /** JSON text of the key set that signs callbacks; undefined outside API listen mode and before 7.260224.0. */
  readonly jwks: string | undefined;
}

/** How the connector is announced. */
export interface RegistrationContext extends CallContext {
  /** What the last registration said: what is not new is not logged again. */
  readonly before?: Registration | undefined;
}

/**
 * Announces the connector (protocol reference §2). Registering an id again updates it, so this may be called at any
 * time. Fields that the platform's version does not know are left out; should the platform reject the rest all the
 * same, the fields of 6.0 are tried once. A platform that does not say its version is offered the newest fields first.
 *
 * @throws PlatformError when the platform refuses or cannot be reached, or lacks what was asked for.
 */
export async function registerConnector(
  client: PlatformClient,
  description: ConnectorDescription,
  logger: Logger,
  context: RegistrationContext = {},
): Promise<Registration> {
  const { before, ...callContext } = context;
  const versionText = await readVersion(client, callContext);
  const version = parsePlatformVersion(versionText);
  const isNews = before?.versionText !== versionText;
  if (version === undefined && isNews) {
    logger.warn(
      { platformVersion: versionText },
      'version of OpenCTI is not known; the connector does only what is safe with every version',
    );
  }
  const isApi = description.listenCallbackUri !== undefined;
  const levels = levelsOf(capabilitiesOf(version), { isApi, isKnown: version !== undefined });
  if (levels.length === 0) {
    throw new PlatformError(
      `OpenCTI ${versionText} cannot call connectors over HTTP; set CONNECTOR_LISTEN_PROTOCOL=AMQP or upgrade to 6.5.7.`,
      { kind: 'configuration', code: 'UNSUPPORTED_VERSION' },
    );
  }
  for (const [index, capabilities] of levels.entries()) {
    try {
      const answer = await register(client, description, capabilities, callContext);
      return parseRegistration(answer, description.id, { versionText, version, capabilities });
    } catch (error) {
      const isLast = index === levels.length - 1;
      if (!(error instanceof PlatformError) || !error.isVersionMismatch || isLast) throw error;
      // Where the version is not known, this is how it is found out.
      logger[isNews && version !== undefined ? 'warn' : 'debug'](
        { platformVersion: versionText, code: error.code, reason: error.message },
        'registration was rejected; it is repeated with fewer fields',
      );
    }
  }
  throw new ConnectorError('The connector could not be registered.', 'defect');
}

/**
 * What is tried in turn, until the platform does not reject it. Without its callback address a connector in API listen mode
 * would never hear anything, so there it is on each level. Empty when such a connector cannot be served.
 */
function levelsOf(
  best: Capabilities,
  { isApi, isKnown }: { readonly isApi: boolean; readonly isKnown: boolean },
): readonly Capabilities[] {
  if (isApi) {
    if (!best.callback) return [];
    const callbackOnly = new Set(['listen_callback_uri'] as const);
    // From 7.260224.0, from 6.8.9, from 6.5.7 on.
    return isKnown
      ? [best]
      : [best, { ...best, jwks: false }, { ...best, jwks: false, registrationFields: callbackOnly }];
  }
  const least = { ...best, registrationFields: new Set<never>(), jwks: false, callback: false };
  return [best, least];
}

/** Answers that a platform gives which is there and takes our token, but does not say its version. */
const SAYS_NO = new Set([
  'FORBIDDEN_ACCESS',
  'GRAPHQL_VALIDATION_FAILED',
  'FUNCTIONAL_ERROR',
  'UNSUPPORTED_ERROR',
]);

/** @throws PlatformError when the platform is away, or does not take the token. */
async function readVersion(client: PlatformClient, context: CallContext): Promise<string> {
  let data: unknown;
  try {
    data = await client.execute<unknown>(ABOUT, {}, context);
  } catch (error) {
    if (error instanceof PlatformError && SAYS_NO.has(error.code)) return 'unknown';
    throw error;
  }
  const about = isJsonObject(data) ? data.about : undefined;
  return (isJsonObject(about) ? asText(about.version) : undefined) ?? 'unknown';
}

async function register(
  client: PlatformClient,
  description: ConnectorDescription,
  capabilities: Capabilities,
  context: CallContext,
): Promise<unknown> {
  const withJwks = capabilities.jwks && description.listenCallbackUri !== undefined;
  const input = registrationInput(description, capabilities);
  return client.execute<unknown>(registerConnectorOperation(withJwks), { input }, context);
}

/** A key that the platform does not know, even with null, makes it reject the whole mutation. */
function registrationInput(description: ConnectorDescription, capabilities: Capabilities): object {
  const young = {
    listen_callback_uri: description.listenCallbackUri,
    auto_update: description.autoUpdate,
    enrichment_resolution: description.enrichmentResolution,
  };
  const known = Object.entries(young).filter(
    ([field, value]) =>
      value !== undefined && capabilities.registrationFields.has(field as keyof typeof young),
  );
  return {
    id: description.id,
    name: description.name,
    type: description.type,
    scope: description.scope,
    auto: description.auto,
    only_contextual: description.onlyContextual,
    playbook_compatible: description.playbookCompatible,
    ...Object.fromEntries(known),
  };
}

function parseRegistration(
  data: unknown,
  connectorId: string,
  platform: Pick<Registration, 'versionText' | 'version' | 'capabilities'>,
): Registration {
  const connector = objectAt(data, 'registerConnector');
  const config = objectAt(connector, 'config');
  const connection = objectAt(config, 'connection');
  const listenQueue = textAt(config, 'listen');
  const pushQueue = textAt(config, 'push');
  return {
    ...platform,
    connectorId,
    connectorUserId: asText(connector.connector_user_id),
    connection: {
      host: textAt(connection, 'host'),
      port: asNumber(connection.port) ?? missing('config.connection.port'),
      vhost: textAt(connection, 'vhost'),
      useSsl: connection.use_ssl === true,
      user: textAt(connection, 'user'),
      pass: typeof connection.pass === 'string' ? connection.pass : missing('config.connection.pass'),
    },
    listen: {
      queue: listenQueue,
      exchange: textAt(config, 'listen_exchange'),
      routingKey: textAt(config, 'listen_routing'),
    },
    push: {
      queue: pushQueue,
      exchange: textAt(config, 'push_exchange'),
      routingKey: textAt(config, 'push_routing'),
    },
    jwks: asText(connector.jwks),
  };
}

function objectAt(parent: unknown, field: string): Record<string, unknown> {
  const value = isJsonObject(parent) ? parent[field] : undefined;
  return isJsonObject(value) ? value : missing(field);
}

function textAt(parent: Record<string, unknown>, field: string): string {
  return asText(parent[field]) ?? missing(field);
}

function missing(field: string): never {
  throw new PlatformError(
    `OpenCTI answered the registration without ${field}; check that OPENCTI_URL is an OpenCTI platform and that its user has the capability CONNECTORAPI.`,
    { kind: 'configuration', code: 'INCOMPLETE_REGISTRATION' },
  );
}
