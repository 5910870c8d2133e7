import { connect, type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { request } from 'undici';

/** What registration answers with; only what the mini connector uses. */
export interface Registration {
  connector_user_id: string;
  config: {
    connection: { host: string; port: number; vhost: string; user: string; pass: string };
    listen: string;
    push_exchange: string;
    push_routing: string;
  };
}

/** One GraphQL answer, errors and all. */
export interface GraphqlAnswer {
  status: number;
  body: {
    data?: Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- any operation's result
    errors?: { name?: string; message: string; extensions?: { code: string } }[];
  };
}

/** Sends one GraphQL operation, as plainly as can be. */
export async function graphql(
  platform: { url: string; token: string },
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<GraphqlAnswer> {
  const response = await request(`${platform.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${platform.token}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.statusCode, body: (await response.body.json()) as GraphqlAnswer['body'] };
}

/** The registration every version understands. */
export const REGISTER = `mutation RegisterConnector($input: RegisterConnectorInput) {
  registerConnector(input: $input) {
    id connector_state connector_user_id
    config {
      connection { host vhost use_ssl port user pass }
      listen listen_routing listen_exchange push push_routing push_exchange
    }
  }
}`;

/** Registers an enrichment connector. */
export async function register(
  platform: { url: string; token: string },
  id: string,
  more: Record<string, unknown> = {},
): Promise<Registration> {
  const input = { id, name: 'Mini connector', type: 'INTERNAL_ENRICHMENT', scope: ['IPv4-Addr'], ...more };
  const { body } = await graphql(platform, REGISTER, { input });
  if (body.errors !== undefined) throw new Error(body.errors.map((error) => error.message).join('; '));
  return body.data?.registerConnector as Registration;
}

/** The smallest thing that can stand in for a connector: takes messages, publishes bundles. */
export class MiniConnector {
  readonly registration: Registration;
  readonly #connection: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #received: unknown[] = [];
  #wanted: ((message: unknown) => void) | undefined;

  private constructor(registration: Registration, connection: ChannelModel, channel: ConfirmChannel) {
    this.registration = registration;
    this.#connection = connection;
    this.#channel = channel;
  }

  /** Connects to the broker named by a registration and consumes its listen queue. */
  static async start(registration: Registration): Promise<MiniConnector> {
    const { host, port, vhost, user, pass } = registration.config.connection;
    const connection = await connect({ hostname: host, port, vhost, username: user, password: pass });
    const channel = await connection.createConfirmChannel();
    const connector = new MiniConnector(registration, connection, channel);
    await channel.consume(registration.config.listen, (message) => {
      if (message === null) return;
      channel.ack(message);
      connector.#take(JSON.parse(message.content.toString('utf8')));
    });
    return connector;
  }

  /** The next message of the listen queue. */
  async next(): Promise<any> /* oxlint-disable-line typescript/no-explicit-any -- any message */ {
    const waiting = this.#received.shift();
    if (waiting !== undefined) return waiting;
    return new Promise((resolve) => (this.#wanted = resolve));
  }

  /** Publishes one bundle message and waits for the broker's confirmation. */
  async publish(objects: unknown[], fields: Record<string, unknown>): Promise<void> {
    const bundle = { type: 'bundle', id: 'bundle--00000000-0000-4000-8000-000000000001', objects };
    const content = Buffer.from(JSON.stringify(bundle), 'utf8').toString('base64');
    await this.publishBody(JSON.stringify({ content, entities_types: [], update: false, ...fields }));
  }

  /** Publishes any text to the push queue. */
  async publishBody(body: string): Promise<void> {
    const { push_exchange: exchange, push_routing: routing } = this.registration.config;
    const options = { deliveryMode: 2, contentEncoding: 'utf-8' };
    this.#channel.publish(exchange, routing, Buffer.from(body, 'utf8'), options);
    await this.#channel.waitForConfirms();
  }

  /** A further channel on the same connection. */
  async openChannel(): Promise<Channel> {
    const channel = await this.#connection.createChannel();
    channel.on('error', () => undefined);
    return channel;
  }

  async stop(): Promise<void> {
    await this.#connection.close();
  }

  #take(message: unknown): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) this.#received.push(message);
    else wanted(message);
  }
}
