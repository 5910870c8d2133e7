import { ConnectorError, describeError } from '../../shared/connector-error.js';

/** What the codes of failed TLS mean, and which option mends it; the first that fits counts. */
const TLS_FAILURES: readonly (readonly [code: RegExp, message: string])[] = [
  [
    /ALTNAME/,
    'The certificate of RabbitMQ is for another host; check MQ_HOST, or set MQ_USE_SSL_REJECT_UNAUTHORIZED=false',
  ],
  [
    /^CERT_|SELF_SIGNED|^UNABLE_TO_/,
    'The certificate of RabbitMQ is not trusted; give its authority in MQ_USE_SSL_CA',
  ],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE|UNSUPPORTED_CERT|HANDSHAKE)|ALERT_CERTIFICATE_REQUIRED/,
    'RabbitMQ wants a client certificate that it trusts; check MQ_USE_SSL_CERT and MQ_USE_SSL_KEY',
  ],
  [
    /BAD_DECRYPT|PASSPHRASE|INTERRUPTED_OR_CANCELLED|KEY_VALUES_MISMATCH|NO_START_LINE|^ERR_OSSL/,
    'The client certificate for RabbitMQ cannot be used; check that MQ_USE_SSL_CERT, MQ_USE_SSL_KEY and MQ_USE_SSL_PASSPHRASE fit together, and that MQ_USE_SSL_CA is PEM',
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/,
    'The port of RabbitMQ does not speak TLS; check MQ_PORT, or set MQ_USE_SSL=false',
  ],
  [/^ERR_SSL|^ERR_TLS/, 'TLS with RabbitMQ failed; check MQ_USE_SSL and the MQ_USE_SSL_* options'],
];

/**
 * RabbitMQ said no to the user or to the vhost. The platform hands both out and may replace them, and a RabbitMQ that is
 * starting does not have them yet.
 */
export class BrokerRefusal extends ConnectorError {
  /** @param message - What is refused, and where it comes from. */
  constructor(message: string, cause: unknown) {
    super(message, 'configuration', { cause });
  }
}

/** Why a connection to RabbitMQ did not come about, for the person who can change it. */
export function asConnectFailure(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const text = describeError(error);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const configuration = (message: string): ConnectorError =>
    new ConnectorError(message, 'configuration', { cause: error });

  if (/ACCESS[-_]REFUSED/.test(text)) {
    return new BrokerRefusal(
      'RabbitMQ refuses the user or its password; check what the platform hands out at registration, or MQ_USER and MQ_PASS.',
      error,
    );
  }
  // amqplib does not hand on why the broker closed the connection at this point; it is about the vhost.
  if (text.includes('Expected ConnectionOpenOk')) {
    return new BrokerRefusal(
      'RabbitMQ does not open the vhost; check MQ_VHOST and the permissions of its user.',
      error,
    );
  }
  const tls = TLS_FAILURES.find(([pattern]) => pattern.test(code));
  if (tls !== undefined) return configuration(`${tls[1]} (${code}).`);
  return new ConnectorError(`RabbitMQ cannot be reached: ${text === '' ? code : text}.`, 'transient', {
    cause: error,
  });
}
