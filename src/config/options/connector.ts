import {
  metricNamePart,
  oneOf,
  port,
  text,
  textOfAtLeast,
  wholeNumber,
  wordList,
  yesOrNo,
} from '../formats.js';
import { group, option, optional } from '../option.js';

/** OpenCTI types that this connector can look up at VirusTotal. */
export const SUPPORTED_SCOPE = [
  'StixFile',
  'Artifact',
  'IPv4-Addr',
  'IPv6-Addr',
  'Domain-Name',
  'Hostname',
  'Url',
  'Indicator',
] as const;

/** Who the connector is and what it takes (protocol reference §2.2, §14, §15). */
export const identity = group('Identity and triggers', {
  id: option({
    doc: 'Id of the connector on the platform: any text without an underscore, unique among connectors. Replicas share one id.',
    env: 'CONNECTOR_ID',
    type: text,
    default: 'virustotal--9b7842f4-078f-4cec-8550-1c586d075a77',
  }),
  name: option({
    doc: 'Name under which the platform lists the connector.',
    env: 'CONNECTOR_NAME',
    type: textOfAtLeast(2),
    default: 'VirusTotal',
  }),
  type: option({
    doc: 'Kind of connector. There is no choice; the option is accepted so that existing configurations work.',
    env: 'CONNECTOR_TYPE',
    type: oneOf(['INTERNAL_ENRICHMENT']),
    default: 'INTERNAL_ENRICHMENT',
  }),
  scope: option({
    doc: `Entity types to enrich. Supported: ${SUPPORTED_SCOPE.join(', ')}. IPv6-Addr is not in the default, which is that of the Python connector; add it to have IPv6 addresses enriched.`,
    env: 'CONNECTOR_SCOPE',
    type: wordList(SUPPORTED_SCOPE),
    default: ['StixFile', 'Artifact', 'IPv4-Addr', 'Domain-Name', 'Url', 'Hostname', 'Indicator'],
  }),
  auto: option({
    doc: 'Enrich entities as soon as they are created, beside manual and playbook requests.',
    env: 'CONNECTOR_AUTO',
    type: yesOrNo,
    default: false,
  }),
  auto_update: option({
    doc: 'Enrich entities also whenever they are updated (platform 6.8.9 and later).',
    env: 'CONNECTOR_AUTO_UPDATE',
    type: yesOrNo,
    default: false,
  }),
  enrichment_resolution: option({
    doc: 'How much of an entity the platform sends along with a request (platform 6.8.9 and later): none is enough here.',
    env: 'CONNECTOR_ENRICHMENT_RESOLUTION',
    type: text,
    default: 'none',
  }),
  concurrency: option({
    doc: 'Requests enriched at the same time.',
    env: 'CONNECTOR_CONCURRENCY',
    type: wholeNumber(1, 256),
    default: 8,
  }),
});

/** What operators see of the process. */
export const operation = group('Logs, metrics, health', {
  log_level: option({
    doc: 'Least severe messages to log: debug, info, warn (or warning), error.',
    env: 'CONNECTOR_LOG_LEVEL',
    type: oneOf(['debug', 'info', 'warn', 'error'], { warning: 'warn', critical: 'error', fatal: 'error' }),
    default: 'error',
  }),
  expose_metrics: option({
    doc: 'Serve Prometheus metrics on the metrics port.',
    env: 'CONNECTOR_EXPOSE_METRICS',
    type: yesOrNo,
    default: false,
  }),
  metrics_port: option({
    doc: 'Port of the Prometheus metrics.',
    env: 'CONNECTOR_METRICS_PORT',
    type: port,
    default: 9095,
  }),
  metrics_namespace: option({
    doc: 'First part of the names of metrics.',
    env: 'CONNECTOR_METRICS_NAMESPACE',
    type: metricNamePart,
    default: '',
  }),
  metrics_subsystem: option({
    doc: 'Second part of the names of metrics.',
    env: 'CONNECTOR_METRICS_SUBSYSTEM',
    type: metricNamePart,
    default: '',
  }),
  health_port: option({
    doc: 'Port of the health endpoint for probes; 0 switches it off.',
    env: 'CONNECTOR_HEALTH_PORT',
    type: wholeNumber(0, 65535),
    default: 0,
  }),
});

/** Options of the client library that only other kinds of connectors use. */
export const otherKinds = group('Without effect in an enrichment connector', {
  only_contextual: option({
    doc: 'For import connectors.',
    env: 'CONNECTOR_ONLY_CONTEXTUAL',
    type: yesOrNo,
    default: false,
    effect: 'none',
  }),
  run_and_terminate: option({
    doc: 'For import connectors.',
    env: 'CONNECTOR_RUN_AND_TERMINATE',
    type: yesOrNo,
    default: false,
    effect: 'none',
  }),
  duration_period: optional({
    doc: 'For import connectors.',
    env: 'CONNECTOR_DURATION_PERIOD',
    type: text,
    effect: 'none',
    example: 'PT1H',
  }),
  queue_threshold: option({
    doc: 'For import connectors.',
    env: 'CONNECTOR_QUEUE_THRESHOLD',
    type: text,
    default: '500',
    effect: 'none',
  }),
  xtm_one_intent: optional({
    doc: 'For import connectors that use an AI agent.',
    env: 'CONNECTOR_XTM_ONE_INTENT',
    type: text,
    effect: 'none',
    example: 'text',
  }),
  auto_create_service_account: option({
    doc: 'Not supported: create the user of the connector on the platform and give its token.',
    env: 'CONNECTOR_AUTO_CREATE_SERVICE_ACCOUNT',
    type: yesOrNo,
    default: false,
    effect: 'none',
  }),
  auto_create_service_account_confidence_level: option({
    doc: 'Belongs to auto_create_service_account.',
    env: 'CONNECTOR_AUTO_CREATE_SERVICE_ACCOUNT_CONFIDENCE_LEVEL',
    type: text,
    default: '50',
    effect: 'none',
  }),
});
