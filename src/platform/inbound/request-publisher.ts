import { ConnectorError } from '../../shared/connector-error.js';
import type { AmqpLink } from '../amqp/amqp-link.js';
import { ConfirmedChannel, publishAndWait } from '../amqp/confirmed-channel.js';
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
          publishAll(new ConfirmedChannel(channel), listen, bodies, confirmed).then(resolve, reject);
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
  channel: ConfirmedChannel,
  { exchange, routingKey, queue }: Registration['listen'],
  bodies: readonly Buffer[],
  confirmed: (index: number) => Promise<void>,
): Promise<void> {
  for (const [index, body] of bodies.entries()) {
    const properties = { persistent: true, messageId: `virustotal-replay-${index}` };
    const outcome = await publishAndWait(channel, { exchange, routingKey }, body, properties);
    if (outcome.kind === 'returned') throw notTaken(`no queue ${queue} is there`);
    if (outcome.kind !== 'taken') throw notTaken(outcome.reason);
    await confirmed(index);
  }
}

function notTaken(reason: string): ConnectorError {
  return new ConnectorError(`RabbitMQ did not take the message: ${reason}.`, 'transient');
}
