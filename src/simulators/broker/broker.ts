import { connect } from 'amqplib';

/** A RabbitMQ one can connect to, whoever started it. */
export interface Broker {
  /** `amqp://user:password@host:port/vhost`, with the virtual host percent-encoded. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Plain name of the virtual host, `/` by default. */
  readonly vhost: string;
  /** Where it comes from, for a log line; never holds the password. */
  readonly origin: string;
  /** Present when the broker is ours alone and may be stopped and started at will. */
  readonly control?: BrokerControl;
  /** Ends a broker that was started here and removes its data; does nothing to one that was found running. */
  stop(): Promise<void>;
}

/** What chaos tests do to a broker of their own. */
export interface BrokerControl {
  /** Ends the broker at once, as a power cut would; durable queues and persistent messages survive. */
  kill(): Promise<void>;
  /** Stops the broker if it runs, starts it on the same port with the same data, and waits until it answers. */
  restart(): Promise<void>;
  /**
   * Runs `rabbitmqctl` on it, for example to raise an alarm or to change a password.
   *
   * @throws {Error} with what it printed when it fails.
   */
  command(...args: readonly string[]): Promise<string>;
}

/** Takes the lines that tell how a broker was looked for. */
export type BrokerLog = (message: string) => void;

/** Address and credentials of a broker. */
export interface BrokerCoordinates {
  host: string;
  port: number;
  user: string;
  password: string;
  vhost: string;
}

/** The AMQP URI of the coordinates (RabbitMQ URI specification: the virtual host is one encoded segment). */
export function brokerUrl(coordinates: BrokerCoordinates): string {
  const { host, port, user, password, vhost } = coordinates;
  const address = host.includes(':') ? `[${host}]` : host;
  return `amqp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${address}:${port}/${encodeURIComponent(vhost)}`;
}

/**
 * The coordinates an AMQP URI holds; what it leaves out has RabbitMQ's defaults (`guest`, port 5672, vhost `/`).
 *
 * @throws {TypeError} when the text is no URI.
 */
export function parseBrokerUrl(url: string): BrokerCoordinates {
  const parsed = new URL(url);
  const path = decodeURIComponent(parsed.pathname.slice(1));
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? 5672 : Number(parsed.port),
    user: parsed.username === '' ? 'guest' : decodeURIComponent(parsed.username),
    password: parsed.password === '' ? 'guest' : decodeURIComponent(parsed.password),
    vhost: path === '' ? '/' : path,
  };
}

/** Whether a broker accepts these coordinates right now: the whole AMQP handshake, not only the TCP port. */
export async function answers(url: string): Promise<boolean> {
  try {
    const connection = await connect(url, { timeout: 5_000 });
    connection.on('error', () => undefined);
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

/**
 * Waits until the broker accepts a connection.
 *
 * @param gaveUp - Tells why waiting is pointless (the process ended), or `undefined` to go on.
 * @throws {Error} with that reason, or when `timeoutMs` have passed.
 */
export async function untilItAnswers(
  url: string,
  timeoutMs: number,
  gaveUp: () => string | undefined,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await answers(url)) return;
    const reason = gaveUp();
    if (reason !== undefined) throw new Error(reason);
    if (Date.now() > deadline) throw new Error(`the broker did not answer within ${timeoutMs} ms`);
    // A refused connection fails at once; without a pause this would spin.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
