import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { intelligenceDefaults } from '../../test/helpers/intelligence-defaults.js';
import { loadConfig } from './load.js';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'config-'));
});

afterEach(() => {
  rmSync(cwd, { recursive: true });
});

describe('the environment of an existing Python container', () => {
  const PEM = '-----BEGIN CERTIFICATE-----\nTk9UIEEgQ0VSVElGSUNBVEU=\n-----END CERTIFICATE-----';
  const container: Record<string, string> = {
    OPENCTI_URL: 'http://opencti:8080/',
    OPENCTI_TOKEN: 'flgrn_octi_tkn_example',
    OPENCTI_SSL_VERIFY: 'True',
    OPENCTI_JSON_LOGGING: 'False',
    OPENCTI_CUSTOM_HEADERS: 'X-Tenant:lab;X-Trace: a:b',
    CONNECTOR_ID: '3f0cbb1e-0a53-4d5c-9c56-0d9d6b2f3a11',
    CONNECTOR_TYPE: 'INTERNAL_ENRICHMENT',
    CONNECTOR_NAME: 'VirusTotal (lab)',
    CONNECTOR_SCOPE: 'StixFile, Artifact ,ipv4-addr,Domain-Name,Url,Hostname',
    CONNECTOR_AUTO: 'yes',
    CONNECTOR_AUTO_UPDATE: 'no',
    CONNECTOR_ENRICHMENT_RESOLUTION: 'none',
    CONNECTOR_ONLY_CONTEXTUAL: 'false',
    CONNECTOR_CONFIDENCE_LEVEL: '80',
    CONNECTOR_LOG_LEVEL: 'WARNING',
    CONNECTOR_RUN_AND_TERMINATE: 'false',
    CONNECTOR_DURATION_PERIOD: '',
    CONNECTOR_QUEUE_THRESHOLD: '500',
    CONNECTOR_VALIDATE_BEFORE_IMPORT: 'false',
    CONNECTOR_EXPOSE_METRICS: '1',
    CONNECTOR_METRICS_PORT: '9113',
    CONNECTOR_METRICS_NAMESPACE: 'opencti',
    CONNECTOR_METRICS_SUBSYSTEM: 'virustotal',
    CONNECTOR_SEND_TO_QUEUE: 'true',
    CONNECTOR_SEND_TO_DIRECTORY: 'false',
    CONNECTOR_SEND_TO_DIRECTORY_PATH: '',
    CONNECTOR_SEND_TO_DIRECTORY_RETENTION: '7',
    CONNECTOR_SEND_TO_S3: 'false',
    CONNECTOR_SEND_TO_S3_BUCKET: '',
    CONNECTOR_SEND_TO_S3_FOLDER: 'connectors',
    CONNECTOR_SEND_TO_S3_RETENTION: '7',
    CONNECTOR_QUEUE_PROTOCOL: 'API',
    CONNECTOR_LISTEN_PROTOCOL: 'api',
    CONNECTOR_LISTEN_PROTOCOL_API_PORT: '7443',
    CONNECTOR_LISTEN_PROTOCOL_API_PATH: '/callback',
    CONNECTOR_LISTEN_PROTOCOL_API_SSL: 'on',
    CONNECTOR_LISTEN_PROTOCOL_API_URI: 'https://connector.example.com:7443',
    LISTEN_PROTOCOL_API_SSL_KEY: PEM.replaceAll('CERTIFICATE', 'PRIVATE KEY'),
    LISTEN_PROTOCOL_API_SSL_CERT: PEM,
    LISTEN_PROTOCOL_API_SSL_PASSPHRASE: 'open sesame',
    MQ_HOST: 'rabbitmq',
    MQ_PORT: '5671',
    MQ_VHOST: '/',
    MQ_USER: 'opencti',
    MQ_PASS: 'broker-password',
    MQ_USE_SSL: 'true',
    MQ_USE_SSL_CA: PEM,
    MQ_USE_SSL_CERT: PEM,
    MQ_USE_SSL_KEY: PEM.replaceAll('CERTIFICATE', 'PRIVATE KEY'),
    MQ_USE_SSL_PASSPHRASE: 'open barley',
    MQ_USE_SSL_REJECT_UNAUTHORIZED: 'True',
    CONNECTOR_AUTO_CREATE_SERVICE_ACCOUNT: 'false',
    CONNECTOR_AUTO_CREATE_SERVICE_ACCOUNT_CONFIDENCE_LEVEL: '50',
    HTTPS_CA_CERTIFICATES: PEM,
    HTTP_PROXY: 'proxy.example.com:3128',
    https_proxy: 'http://user:proxy-password@proxy.example.com:3128',
    NO_PROXY: 'opencti,rabbitmq',
    VIRUSTOTAL_TOKEN: '0000000000000000000000000000000000000000000000000000000000000000',
    VIRUSTOTAL_MAX_TLP: 'TLP:AMBER+STRICT',
    VIRUSTOTAL_REPLACE_WITH_LOWER_SCORE: 'false',
    VIRUSTOTAL_FILE_CREATE_NOTE_FULL_REPORT: 'FALSE',
    VIRUSTOTAL_FILE_UPLOAD_UNSEEN_ARTIFACTS: 'true',
    VIRUSTOTAL_FILE_INDICATOR_CREATE_POSITIVES: '5',
    VIRUSTOTAL_FILE_INDICATOR_VALID_MINUTES: '1440',
    VIRUSTOTAL_FILE_INDICATOR_DETECT: '0',
    VIRUSTOTAL_FILE_IMPORT_YARA: 'off',
    VIRUSTOTAL_IP_ADD_RELATIONSHIPS: 'On',
    VIRUSTOTAL_IP_INDICATOR_CREATE_POSITIVES: '6',
    VIRUSTOTAL_IP_INDICATOR_VALID_MINUTES: '60',
    VIRUSTOTAL_IP_INDICATOR_DETECT: 'false',
    VIRUSTOTAL_DOMAIN_ADD_RELATIONSHIPS: 'YES',
    VIRUSTOTAL_DOMAIN_INDICATOR_CREATE_POSITIVES: '7',
    VIRUSTOTAL_DOMAIN_INDICATOR_VALID_MINUTES: '120',
    VIRUSTOTAL_DOMAIN_INDICATOR_DETECT: 'no',
    VIRUSTOTAL_URL_UPLOAD_UNSEEN: 'false',
    VIRUSTOTAL_URL_INDICATOR_CREATE_POSITIVES: '0',
    VIRUSTOTAL_URL_INDICATOR_VALID_MINUTES: '180',
    VIRUSTOTAL_URL_INDICATOR_DETECT: 'False',
    VIRUSTOTAL_INCLUDE_ATTRIBUTES_IN_NOTE: 'true',
    PATH: '/usr/bin',
  };

  it('loads unchanged, with every value as it was meant', () => {
    const { config } = loadConfig({ env: container, cwd });
    expect(config.opencti).toEqual({
      url: 'http://opencti:8080',
      token: 'flgrn_octi_tkn_example',
      sslVerify: true,
      jsonLogging: false,
      customHeaders: [
        ['X-Tenant', 'lab'],
        ['X-Trace', 'a:b'],
      ],
    });
    expect(config.connector).toMatchObject({
      id: '3f0cbb1e-0a53-4d5c-9c56-0d9d6b2f3a11',
      name: 'VirusTotal (lab)',
      scope: ['StixFile', 'Artifact', 'IPv4-Addr', 'Domain-Name', 'Url', 'Hostname'],
      auto: true,
      autoUpdate: false,
      logLevel: 'warn',
      exposeMetrics: true,
      metricsPort: 9113,
      metricsNamespace: 'opencti',
      metricsSubsystem: 'virustotal',
      queueProtocol: 'api',
      listenProtocol: 'API',
      listenProtocolApiPort: 7443,
      listenProtocolApiPath: '/callback',
      listenProtocolApiSsl: true,
      listenProtocolApiUri: 'https://connector.example.com:7443',
      listenProtocolApiSslCert: PEM,
      listenProtocolApiSslPassphrase: 'open sesame',
    });
    expect(config.mq).toMatchObject({
      host: 'rabbitmq',
      port: 5671,
      vhost: '/',
      user: 'opencti',
      pass: 'broker-password',
      useSsl: true,
      useSslCa: PEM,
      useSslPassphrase: 'open barley',
      useSslRejectUnauthorized: true,
    });
    expect(config.network).toEqual({
      httpsCaCertificates: PEM,
      httpProxy: 'http://proxy.example.com:3128',
      httpsProxy: 'http://user:proxy-password@proxy.example.com:3128',
      noProxy: 'opencti,rabbitmq',
    });
    expect(config.virustotal).toEqual({
      ...intelligenceDefaults,
      token: '0000000000000000000000000000000000000000000000000000000000000000',
      apiUrl: 'https://www.virustotal.com/api/v3',
      quotaPerMinute: 4,
      quotaPerDay: 500,
      quotaPerMonth: 15_500,
      cacheTtlMinutes: 1440,
      cacheUnknownTtlMinutes: 60,
      quotaReserveManualPercent: 0,
      manualMaxAgeMinutes: 60,
      reanalyseAfterDays: 0,
      analysisPollSeconds: 30,
      uploadMaxTlp: 'TLP:CLEAR',
      exclude: [],
      fileUploadMaxMb: 32,
      maxTlp: 'TLP:AMBER+STRICT',
      replaceWithLowerScore: false,
      includeAttributesInNote: true,
      fileCreateNoteFullReport: false,
      fileUploadUnseenArtifacts: true,
      fileImportYara: false,
      fileIndicatorCreatePositives: 5,
      fileIndicatorValidMinutes: 1440,
      fileIndicatorDetect: false,
      ipAddRelationships: true,
      ipIndicatorCreatePositives: 6,
      ipIndicatorValidMinutes: 60,
      ipIndicatorDetect: false,
      domainAddRelationships: true,
      domainIndicatorCreatePositives: 7,
      domainIndicatorValidMinutes: 120,
      domainIndicatorDetect: false,
      urlUploadUnseen: false,
      urlIndicatorCreatePositives: 0,
      urlIndicatorValidMinutes: 180,
      urlIndicatorDetect: false,
    });
  });

  it('gives no more than a notice about the confidence level', () => {
    expect(loadConfig({ env: container, cwd }).warnings).toEqual([
      {
        level: 'info',
        message:
          'CONNECTOR_CONFIDENCE_LEVEL in the environment has no effect: since OpenCTI 6.0 the confidence level is that of the platform user.',
      },
    ]);
  });

  it('loads with S3 and stream options too, and says that they do nothing', () => {
    const { config, warnings } = loadConfig({
      cwd,
      env: {
        OPENCTI_URL: 'https://opencti.example.com',
        OPENCTI_TOKEN: '11111111-2222-4333-8444-555555555555',
        VIRUSTOTAL_TOKEN: 'not-a-real-virustotal-key',
        S3_ENDPOINT: 'minio',
        S3_PORT: '9000',
        S3_ACCESS_KEY: 'access-key',
        S3_SECRET_KEY: 'secret-key',
        S3_USE_SSL: 'no',
        S3_BUCKET_REGION: 'eu-west-1',
        CONNECTOR_LIVE_STREAM_ID: 'live',
        CONNECTOR_LIVE_STREAM_LISTEN_DELETE: 'true',
        CONNECTOR_XTM_ONE_INTENT: 'intent',
      },
    });
    expect(config.s3).toEqual({
      endpoint: 'minio',
      port: 9000,
      accessKey: 'access-key',
      secretKey: 'secret-key',
      useSsl: false,
      bucketRegion: 'eu-west-1',
    });
    const messages = warnings.map(({ message }) => message);
    expect(messages).toContain(
      's3.endpoint (S3_ENDPOINT) is set, but has no effect in this version of the connector.',
    );
    expect(messages).toContain(
      'connector.xtm_one_intent (CONNECTOR_XTM_ONE_INTENT) is set, but has no effect in this connector.',
    );
    expect(messages).toContain(
      'CONNECTOR_LIVE_STREAM_ID in the environment has no effect: only stream connectors use it.',
    );
    expect(messages.filter((message) => message.startsWith('Unknown'))).toEqual([]);
  });
});
