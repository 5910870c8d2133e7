import type { Config } from '../config/schema.js';
import {
  DEFAULT_RETRY_POLICY,
  PlatformClient,
  type PlatformClientOptions,
} from '../platform/graphql/client.js';
import type { BrokerConnection, BrokerTls } from '../platform/amqp/broker-connection.js';
import type { CallbackListenerOptions } from '../platform/inbound/callback-listener.js';
import type { ConnectorDescription } from '../platform/registration.js';
import { sleep } from '../shared/backoff.js';
import { createDispatcher } from '../shared/http-dispatcher.js';
import { noTelemetry } from '../shared/telemetry.js';
import { userAgent } from './product.js';

/** As the Python client does: the platform may run a whole playbook before it answers. */
const PLATFORM_TIMEOUT_MS = 300_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** What the platform's client is given beside the configuration. */
export type ClientServices = Pick<PlatformClientOptions, 'logger' | 'stop' | 'onFailure'> &
  Partial<Pick<PlatformClientOptions, 'retry' | 'telemetry' | 'timeoutMs'>>;

/** The client of the platform's GraphQL API. */
export function createPlatformClient(
  config: Config,
  {
    retry = DEFAULT_RETRY_POLICY,
    telemetry = noTelemetry,
    timeoutMs = PLATFORM_TIMEOUT_MS,
    ...services
  }: ClientServices,
): PlatformClient {
  return new PlatformClient({
    url: config.opencti.url,
    token: config.opencti.token,
    userAgent,
    customHeaders: Object.fromEntries(config.opencti.customHeaders ?? []),
    dispatcher: createDispatcher({
      verify: config.opencti.sslVerify,
      extraCa: config.network.httpsCaCertificates,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      proxies: proxiesOf(config),
    }),
    timeoutMs,
    ...services,
    telemetry,
    retry,
    sleep,
  });
}

/** The proxies that the configuration names. */
export function proxiesOf({ network }: Config): {
  http: string | undefined;
  https: string | undefined;
  none: string | undefined;
} {
  return { http: network.httpProxy, https: network.httpsProxy, none: network.noProxy };
}

/** What the connector tells the platform about itself. */
export function connectorDescription({ connector }: Config): ConnectorDescription {
  return {
    id: connector.id,
    name: connector.name,
    type: 'INTERNAL_ENRICHMENT',
    scope: connector.scope,
    auto: connector.auto,
    autoUpdate: connector.autoUpdate,
    enrichmentResolution: connector.enrichmentResolution,
    onlyContextual: connector.onlyContextual,
    playbookCompatible: true,
    listenCallbackUri:
      connector.listenProtocol === 'API'
        ? `${connector.listenProtocolApiUri}${connector.listenProtocolApiPath}`
        : undefined,
  };
}

/** Where the broker is: what the platform handed out, with the operator's overrides. */
export function brokerConnection({ mq }: Config, registered: BrokerConnection): BrokerConnection {
  return {
    host: mq.host ?? registered.host,
    port: mq.port ?? registered.port,
    vhost: mq.vhost ?? registered.vhost,
    useSsl: mq.useSsl ?? registered.useSsl,
    user: mq.user ?? registered.user,
    pass: mq.pass ?? registered.pass,
  };
}

/** TLS towards the broker. */
export function brokerTls({ mq }: Config): BrokerTls {
  return {
    ca: mq.useSslCa,
    cert: mq.useSslCert,
    key: mq.useSslKey,
    passphrase: mq.useSslPassphrase,
    rejectUnauthorized: mq.useSslRejectUnauthorized,
  };
}

/** Whether anything must travel over RabbitMQ. */
export function needsBroker({ connector }: Config): boolean {
  return connector.listenProtocol !== 'API' || (connector.sendToQueue && connector.queueProtocol !== 'api');
}

/** TLS of the callback server; `undefined` for plain HTTP. */
export function callbackTls({ connector }: Config): CallbackListenerOptions['tls'] {
  const { listenProtocolApiSslKey: key, listenProtocolApiSslCert: cert } = connector;
  if (!connector.listenProtocolApiSsl || key === undefined || cert === undefined) return undefined;
  return { key, cert, passphrase: connector.listenProtocolApiSslPassphrase };
}
