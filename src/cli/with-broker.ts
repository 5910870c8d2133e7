import { pino, type Logger } from 'pino';
import { brokerConnection, brokerTls } from '../app/platform-options.js';
import type { Config } from '../config/schema.js';
import { AmqpLink } from '../platform/amqp/amqp-link.js';
import type { Registration } from '../platform/registration.js';
import { ConnectorError } from '../shared/connector-error.js';

/** A broker that does not answer in this time is reported as unreachable. */
const BROKER_TIMEOUT_S = 10;

/** The broker's address for messages. */
export function brokerAddress(config: Config, registration: Registration): string {
  const { host, port } = brokerConnection(config, registration.connection);
  return `${host}:${port}`;
}

/**
 * Runs something over one connection to the broker, for somebody who waits for it.
 *
 * @throws ConnectorError with the first reason why the broker cannot be reached, or when it is silent for 10 seconds;
 *   whatever `use` throws.
 */
export async function withBroker<T>(
  config: Config,
  registration: Registration,
  use: (link: AmqpLink) => Promise<T>,
): Promise<T> {
  let giveUp: (reason: string) => void = () => undefined;
  const unreachable = new Promise<never>((_resolve, reject) => {
    giveUp = (reason) => {
      const remedy = 'Check MQ_HOST and MQ_PORT, or the address that the platform hands out.';
      reject(new ConnectorError(`${reason} ${remedy}`, 'transient'));
    };
  });
  const timer = setTimeout(() => {
    giveUp(`${brokerAddress(config, registration)} does not answer within ${BROKER_TIMEOUT_S} seconds.`);
  }, BROKER_TIMEOUT_S * 1_000);
  const link = new AmqpLink({
    connection: () => brokerConnection(config, registration.connection),
    tls: brokerTls(config),
    connectionName: `${config.connector.name} command`,
    logger: reasonReader((reason) => {
      giveUp(reason);
    }),
  });
  try {
    return await Promise.race([link.start().then(() => use(link)), unreachable]);
  } finally {
    clearTimeout(timer);
    await link.close();
  }
}

/**
 * The link tries for ever and tells only its log why; somebody who waits for an answer wants the first reason.
 */
function reasonReader(read: (reason: string) => void): Logger {
  const write = (line: string): void => {
    const { reason } = JSON.parse(line) as { readonly reason?: unknown };
    if (typeof reason === 'string') read(reason);
  };
  return pino({ level: 'warn' }, { write });
}
