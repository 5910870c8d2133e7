import type { ConfirmChannel, Message } from 'amqplib';
import { ConnectorError, describeError } from '../../shared/connector-error.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
import type { Registration } from '../registration.js';

/**
 * Puts messages into the connector's own listen queue again, by the exchange of the platform (protocol reference §2.5),
 * so that they take the way of any request.
 *
 * @param bodies - As they came.
 * @param confirmed - Called after each that the broker has for sure.
 * @throws ConnectorError (`transient`) at the first that the broker does not take.
 */
export async function publishRequests(
  link: AmqpLink,
  listen: Registration['listen'],
  bodies: readonly Buffer[],
  confirmed: (index: number) => Promise<void>,
): Promise<void> {
  let kept: { close(): Promise<void> } | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      kept = link.keepConfirmChannel({
        name: `requests for ${listen.queue}`,
        setUp: (channel) => {
          publishAll(channel, listen, bodies, confirmed).then(resolve, reject);
          return Promise.resolve();
        },
        lost: (reason) => {
          reject(notTaken(reason));
        },
      });
    });
  } finally {
    await kept?.close();
  }
}

async function publishAll(
  channel: ConfirmChannel,
  { exchange, routingKey, queue }: Registration['listen'],
  bodies: readonly Buffer[],
  confirmed: (index: number) => Promise<void>,
): Promise<void> {
  const returned = new Set<string>();
  channel.on('return', ({ properties }: Message) => {
    returned.add(String(properties.messageId));
  });
  for (const [index, body] of bodies.entries()) {
    const messageId = `virustotal-replay-${index}`;
    await new Promise<void>((resolve, reject) => {
      // Without `mandatory` the broker confirms and forgets what no queue is bound for.
      const properties = { persistent: true, mandatory: true, messageId };
      channel.publish(exchange, routingKey, body, properties, (error: unknown) => {
        if (error == null) resolve();
        else reject(notTaken(describeError(error)));
      });
    });
    if (returned.has(messageId)) throw notTaken(`no queue ${queue} is there`);
    await confirmed(index);
  }
}

function notTaken(reason: string): ConnectorError {
  return new ConnectorError(`RabbitMQ did not take the message: ${reason}.`, 'transient');
}
