import { oneOf, path, port, text, wholeNumber, yesOrNo } from '../formats.js';
import { pem, urlPath, httpUrl } from '../network-formats.js';
import { derived, group, option, optional } from '../option.js';

const RETENTION_DAYS = wholeNumber(0, 36_500);

/** How requests come in (protocol reference §11), and how long they are kept trying. */
export const listening = group('Receiving requests', {
  max_attempts: option({
    doc: 'Deliveries of one request that may end with the connector crashing, or without an answer in time, before it is settled as failed; 0 means without limit. Waiting for quota, outages and stops do not count. Below 3, requests that were only in work beside the culprit may be given up with it.',
    env: 'CONNECTOR_MAX_ATTEMPTS',
    type: wholeNumber(0, 1_000),
    default: 5,
  }),
  max_hold_minutes: option({
    doc: 'Minutes for which a request is held without being worked on before it goes back to RabbitMQ. Keep it well below the consumer timeout of RabbitMQ, which is 30 minutes unless an operator changed it.',
    env: 'CONNECTOR_MAX_HOLD_MINUTES',
    type: wholeNumber(1, 20),
    default: 10,
  }),
  listen_protocol: option({
    doc: 'How requests arrive: AMQP (from RabbitMQ) or API (HTTP callback from a worker, platform 6.5.7 and later).',
    env: 'CONNECTOR_LISTEN_PROTOCOL',
    type: oneOf(['AMQP', 'API']),
    default: 'AMQP',
  }),
  listen_protocol_api_port: option({
    doc: 'Port of the HTTP callback.',
    env: 'CONNECTOR_LISTEN_PROTOCOL_API_PORT',
    type: port,
    default: 7070,
  }),
  listen_protocol_api_path: option({
    doc: 'Path of the HTTP callback.',
    env: 'CONNECTOR_LISTEN_PROTOCOL_API_PATH',
    type: urlPath,
    default: '/api/callback',
  }),
  listen_protocol_api_ssl: option({
    doc: 'Serve the HTTP callback over TLS; needs a key and a certificate.',
    env: 'CONNECTOR_LISTEN_PROTOCOL_API_SSL',
    type: yesOrNo,
    default: false,
  }),
  listen_protocol_api_uri: derived({
    doc: 'URL, without the path, under which workers reach the HTTP callback.',
    env: 'CONNECTOR_LISTEN_PROTOCOL_API_URI',
    type: httpUrl,
    defaultFrom: (get) => {
      const scheme = get('connector.listen_protocol_api_ssl') === true ? 'https' : 'http';
      return `${scheme}://127.0.0.1:${String(get('connector.listen_protocol_api_port'))}`;
    },
    defaultText: 'http://127.0.0.1:7070 (https with TLS; the port is that of the callback)',
    example: 'http://connector-virustotal:7070',
  }),
  listen_protocol_api_ssl_key: optional({
    doc: 'Private key of the HTTP callback.',
    env: 'LISTEN_PROTOCOL_API_SSL_KEY',
    otherEnv: [{ name: 'CONNECTOR_LISTEN_PROTOCOL_API_SSL_KEY', deprecated: false }],
    type: pem,
    secret: true,
    example: '/run/secrets/callback-key.pem',
  }),
  listen_protocol_api_ssl_cert: optional({
    doc: 'Certificate of the HTTP callback.',
    env: 'LISTEN_PROTOCOL_API_SSL_CERT',
    otherEnv: [{ name: 'CONNECTOR_LISTEN_PROTOCOL_API_SSL_CERT', deprecated: false }],
    type: pem,
    example: '/run/secrets/callback-cert.pem',
  }),
  listen_protocol_api_ssl_passphrase: optional({
    doc: "Passphrase of the callback's private key.",
    env: 'LISTEN_PROTOCOL_API_SSL_PASSPHRASE',
    otherEnv: [{ name: 'CONNECTOR_LISTEN_PROTOCOL_API_SSL_PASSPHRASE', deprecated: false }],
    type: text,
    secret: true,
    example: 'passphrase',
  }),
});

/** How results go out (protocol reference §9). */
export const sending = group('Sending results', {
  queue_protocol: option({
    doc: 'How results are sent: amqp (to RabbitMQ) or api (by GraphQL, platform 6.2.6 and later). What belongs into a draft always goes over RabbitMQ.',
    env: 'CONNECTOR_QUEUE_PROTOCOL',
    otherEnv: [{ name: 'QUEUE_PROTOCOL', deprecated: true }],
    type: oneOf(['amqp', 'api']),
    default: 'amqp',
  }),
  validate_before_import: option({
    doc: 'Have a person validate results before they become live knowledge: in a draft of their own (platform 7.260728 and later) or in a workbench (before), unless the request says which. Playbooks and requests made in a draft are not concerned.',
    env: 'CONNECTOR_VALIDATE_BEFORE_IMPORT',
    type: yesOrNo,
    default: false,
  }),
  send_to_queue: option({
    doc: 'Send results to the platform. With false they are only written to the directory, or uploaded for validation in a workbench; works still end and playbooks still get their answer.',
    env: 'CONNECTOR_SEND_TO_QUEUE',
    type: yesOrNo,
    default: true,
  }),
  send_to_directory: option({
    doc: 'Write every bundle to a directory, except those of drafts, workbenches and playbooks.',
    env: 'CONNECTOR_SEND_TO_DIRECTORY',
    type: yesOrNo,
    default: false,
  }),
  send_to_directory_path: optional({
    doc: 'The directory for bundles; it must exist.',
    env: 'CONNECTOR_SEND_TO_DIRECTORY_PATH',
    type: path,
    example: '/var/lib/bundles',
  }),
  send_to_directory_retention: option({
    doc: 'Days to keep the bundles of this connector in the directory; 0 keeps them for ever.',
    env: 'CONNECTOR_SEND_TO_DIRECTORY_RETENTION',
    type: RETENTION_DAYS,
    default: 7,
  }),
  send_to_s3: option({
    doc: 'Write every bundle to an S3 bucket.',
    env: 'CONNECTOR_SEND_TO_S3',
    type: yesOrNo,
    default: false,
    effect: 'later',
  }),
  send_to_s3_bucket: optional({
    doc: "The bucket for bundles; unset means the platform's.",
    env: 'CONNECTOR_SEND_TO_S3_BUCKET',
    type: text,
    effect: 'later',
    example: 'bundles',
  }),
  send_to_s3_folder: option({
    doc: 'Folder in the bucket; a dot means its root.',
    env: 'CONNECTOR_SEND_TO_S3_FOLDER',
    type: text,
    default: 'connectors',
    effect: 'later',
  }),
  send_to_s3_retention: option({
    doc: 'Days to keep bundles in the bucket; 0 keeps them for ever.',
    env: 'CONNECTOR_SEND_TO_S3_RETENTION',
    type: RETENTION_DAYS,
    default: 7,
    effect: 'later',
  }),
});

/** Overrides of the broker's address, which registration gives otherwise (protocol reference §14). */
export const mq = {
  host: optional({ doc: 'Host of RabbitMQ.', env: 'MQ_HOST', type: text, example: 'rabbitmq' }),
  port: optional({ doc: 'Port of RabbitMQ.', env: 'MQ_PORT', type: port, example: '5672' }),
  vhost: optional({ doc: 'Virtual host of RabbitMQ.', env: 'MQ_VHOST', type: text, example: '/' }),
  user: optional({ doc: 'User of RabbitMQ.', env: 'MQ_USER', type: text, example: 'opencti' }),
  pass: optional({
    doc: 'Password of RabbitMQ.',
    env: 'MQ_PASS',
    type: text,
    secret: true,
    example: 'password',
  }),
  use_ssl: optional({ doc: 'Reach RabbitMQ over TLS.', env: 'MQ_USE_SSL', type: yesOrNo, example: 'true' }),
  use_ssl_ca: optional({
    doc: "Authority of RabbitMQ's certificate.",
    env: 'MQ_USE_SSL_CA',
    type: pem,
    example: '/run/secrets/rabbitmq-ca.pem',
  }),
  use_ssl_cert: optional({
    doc: 'Client certificate for RabbitMQ.',
    env: 'MQ_USE_SSL_CERT',
    type: pem,
    example: '/run/secrets/rabbitmq-cert.pem',
  }),
  use_ssl_key: optional({
    doc: 'Private key of the client certificate.',
    env: 'MQ_USE_SSL_KEY',
    type: pem,
    secret: true,
    example: '/run/secrets/rabbitmq-key.pem',
  }),
  use_ssl_passphrase: optional({
    doc: 'Passphrase of that private key.',
    env: 'MQ_USE_SSL_PASSPHRASE',
    type: text,
    secret: true,
    example: 'passphrase',
  }),
  use_ssl_reject_unauthorized: option({
    doc: "Check RabbitMQ's certificate.",
    env: 'MQ_USE_SSL_REJECT_UNAUTHORIZED',
    type: yesOrNo,
    default: false,
  }),
};

/** Overrides of the S3 address, which registration gives otherwise (protocol reference §9.7). */
export const s3 = {
  endpoint: optional({
    doc: 'Host of S3.',
    env: 'S3_ENDPOINT',
    type: text,
    effect: 'later',
    example: 'minio',
  }),
  port: optional({ doc: 'Port of S3.', env: 'S3_PORT', type: port, effect: 'later', example: '9000' }),
  access_key: optional({
    doc: 'Access key of S3.',
    env: 'S3_ACCESS_KEY',
    type: text,
    secret: true,
    effect: 'later',
    example: 'access-key',
  }),
  secret_key: optional({
    doc: 'Secret key of S3.',
    env: 'S3_SECRET_KEY',
    type: text,
    secret: true,
    effect: 'later',
    example: 'secret-key',
  }),
  use_ssl: optional({
    doc: 'Reach S3 over TLS.',
    env: 'S3_USE_SSL',
    type: yesOrNo,
    effect: 'later',
    example: 'true',
  }),
  bucket_region: optional({
    doc: 'Region of the bucket.',
    env: 'S3_BUCKET_REGION',
    type: text,
    effect: 'later',
    example: 'eu-west-1',
  }),
};
