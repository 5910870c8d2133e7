/** Names of everything the broker holds for one connector. */
export interface QueueNames {
  listenExchange: string;
  listenQueue: string;
  listenRouting: string;
  pushExchange: string;
  pushQueue: string;
  pushRouting: string;
  deadLetterRouting: string;
}

/** The names the platform derives from a connector's id and its own `queue_prefix` (empty when it has none). */
export function queueNames(queuePrefix: string, connectorId: string): QueueNames {
  const prefix = queuePrefix === '' ? '' : `${queuePrefix}_`;
  return {
    listenExchange: `${prefix}amqp.connector.exchange`,
    listenQueue: `${prefix}listen_${connectorId}`,
    listenRouting: `${prefix}listen_routing_${connectorId}`,
    pushExchange: `${prefix}amqp.worker.exchange`,
    pushQueue: `${prefix}push_${connectorId}`,
    pushRouting: `${prefix}push_routing_${connectorId}`,
    deadLetterRouting: `${prefix}dead_letter_routing`,
  };
}

/** What identifies a connector in the arguments of its queues. */
export interface QueueOwner {
  id: string;
  name: string;
  type: string;
  scope: string[];
  queues: QueueNames;
}

/** How the broker is reached; told to connectors at registration. */
export interface QueueConnection {
  host: string;
  vhost: string;
  use_ssl: boolean;
  port: number;
  user: string;
  pass: string;
}

/** One message of a queue. */
export interface QueueDelivery {
  body: Buffer;
  /** AMQP properties as they came (deliveryMode, contentEncoding, headers…); empty for an in-memory queue. */
  properties: Readonly<Record<string, unknown>>;
  redelivered: boolean;
}

/** Takes one message at a time; its answer settles the message. */
export type QueueHandler = (delivery: QueueDelivery) => Promise<'ack' | 'requeue'>;

/** Which of a connector's two queues. */
export type QueueKind = 'listen' | 'push';

/** The platform's side of the message queues. */
export interface MessageQueues {
  readonly connection: QueueConnection;
  /** Declares exchanges, queues and bindings; repeating it is harmless. */
  declare(owner: QueueOwner): Promise<void>;
  /** Publishes to the connector's queue and waits until the broker has it. */
  publish(names: QueueNames, kind: QueueKind, body: string): Promise<void>;
  /** Consumes the queue, one message at a time, until the returned function is called. */
  consume(names: QueueNames, kind: QueueKind, handler: QueueHandler): Promise<() => Promise<void>>;
  /** Messages that wait in the queue. */
  depth(names: QueueNames, kind: QueueKind): Promise<number>;
  purge(names: QueueNames): Promise<void>;
  /** Removes the connector's queues. */
  remove(names: QueueNames): Promise<void>;
  /** Removes everything that was declared and lets the broker go. */
  close(): Promise<void>;
}
