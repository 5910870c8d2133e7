import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { intelligenceDefaults } from '../../test/helpers/intelligence-defaults.js';
import { ConfigError } from './findings.js';
import { loadConfig, type LoadedConfig } from './load.js';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'config-'));
});

afterEach(() => {
  rmSync(cwd, { recursive: true });
});

const NEEDED = {
  OPENCTI_URL: 'https://opencti.example.com',
  OPENCTI_TOKEN: '11111111-2222-4333-8444-555555555555',
  VIRUSTOTAL_TOKEN: 'not-a-real-virustotal-key',
};

function load(env: Record<string, string> = {}): LoadedConfig {
  return loadConfig({ env: { ...NEEDED, ...env }, cwd });
}

function refusal(env: Record<string, string>, file?: string): ConfigError {
  try {
    loadConfig({ env, cwd, file });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('loadConfig with the least environment', () => {
  it('has the defaults of the Python connector', () => {
    const { config, warnings } = load();
    expect(config.connector).toEqual({
      id: 'virustotal--9b7842f4-078f-4cec-8550-1c586d075a77',
      name: 'VirusTotal',
      type: 'INTERNAL_ENRICHMENT',
      scope: ['StixFile', 'Artifact', 'IPv4-Addr', 'Domain-Name', 'Url', 'Hostname', 'Indicator'],
      auto: false,
      autoUpdate: false,
      enrichmentResolution: 'none',
      concurrency: 8,
      logLevel: 'error',
      exposeMetrics: false,
      metricsPort: 9095,
      maxAttempts: 5,
      maxHoldMinutes: 10,
      metricsNamespace: '',
      metricsSubsystem: '',
      healthPort: 0,
      listenProtocol: 'AMQP',
      listenProtocolApiPort: 7070,
      listenProtocolApiPath: '/api/callback',
      listenProtocolApiSsl: false,
      listenProtocolApiUri: 'http://127.0.0.1:7070',
      listenProtocolApiSslKey: undefined,
      listenProtocolApiSslCert: undefined,
      listenProtocolApiSslPassphrase: undefined,
      queueProtocol: 'amqp',
      validateBeforeImport: false,
      sendToQueue: true,
      sendToDirectory: false,
      sendToDirectoryPath: undefined,
      sendToDirectoryRetention: 7,
      sendToS3: false,
      sendToS3Bucket: undefined,
      sendToS3Folder: 'connectors',
      sendToS3Retention: 7,
      onlyContextual: false,
      runAndTerminate: false,
      durationPeriod: undefined,
      queueThreshold: '500',
      xtmOneIntent: undefined,
      autoCreateServiceAccount: false,
      autoCreateServiceAccountConfidenceLevel: '50',
    });
    expect(config.virustotal).toEqual({
      ...intelligenceDefaults,
      token: 'not-a-real-virustotal-key',
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
      maxTlp: 'TLP:AMBER',
      uploadMaxTlp: 'TLP:CLEAR',
      exclude: [],
      replaceWithLowerScore: true,
      includeAttributesInNote: false,
      fileCreateNoteFullReport: true,
      fileUploadUnseenArtifacts: true,
      fileUploadMaxMb: 32,
      fileImportYara: true,
      fileIndicatorCreatePositives: 10,
      fileIndicatorValidMinutes: 2880,
      fileIndicatorDetect: true,
      ipAddRelationships: false,
      ipIndicatorCreatePositives: 10,
      ipIndicatorValidMinutes: 2880,
      ipIndicatorDetect: true,
      domainAddRelationships: false,
      domainIndicatorCreatePositives: 10,
      domainIndicatorValidMinutes: 2880,
      domainIndicatorDetect: true,
      urlUploadUnseen: true,
      urlIndicatorCreatePositives: 10,
      urlIndicatorValidMinutes: 2880,
      urlIndicatorDetect: true,
    });
    expect(config.opencti).toEqual({
      url: 'https://opencti.example.com',
      token: '11111111-2222-4333-8444-555555555555',
      sslVerify: false,
      jsonLogging: true,
      customHeaders: undefined,
    });
    expect(config.mq.useSslRejectUnauthorized).toBe(false);
    expect(config.mq.port).toBeUndefined();
    expect(config.state.path).toBe('state/connector.sqlite');
    expect(warnings).toEqual([]);
  });

  it('takes an empty variable for one that is not set', () => {
    const { config } = load({
      CONNECTOR_NAME: '',
      CONNECTOR_AUTO: '  ',
      MQ_HOST: '',
      VIRUSTOTAL_MAX_TLP: '',
    });
    expect(config.connector.name).toBe('VirusTotal');
    expect(config.connector.auto).toBe(false);
    expect(config.mq.host).toBeUndefined();
    expect(config.virustotal.maxTlp).toBe('TLP:AMBER');
  });

  it('is frozen through and through', () => {
    const { config } = load({ OPENCTI_CUSTOM_HEADERS: 'X-One:a' });
    for (const part of [
      config,
      config.connector,
      config.connector.scope,
      config.opencti.customHeaders?.[0],
    ]) {
      expect(part).toBeDefined();
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe('sources', () => {
  it('prefers the environment to .env, .env to the file and the file to the default', () => {
    writeFileSync(
      join(cwd, 'config.yml'),
      'connector:\n  name: from file\n  log_level: info\n  metrics_port: 1111\n  auto: true\n',
    );
    writeFileSync(join(cwd, '.env'), 'CONNECTOR_NAME="from .env"\nCONNECTOR_LOG_LEVEL=warn # why not\n');
    const { config } = load({ CONNECTOR_NAME: 'from environment', CONNECTOR_LOG_LEVEL: '' });
    expect(config.connector.name).toBe('from environment');
    expect(config.connector.logLevel).toBe('warn');
    expect(config.connector.metricsPort).toBe(1111);
    expect(config.connector.auto).toBe(true);
    expect(config.connector.concurrency).toBe(8);
  });

  it('reads the nested file that the Python connector reads', () => {
    writeFileSync(
      join(cwd, 'config.yml'),
      [
        'opencti:',
        "  url: 'http://opencti:8080'",
        "  token: '22222222-2222-4222-8222-222222222222'",
        'connector:',
        "  scope: ['StixFile', 'IPv6-Addr']",
        '  expose_metrics: no',
        '  concurrency: 2',
        'virustotal:',
        '  token: 12345678901234567890123456789012',
        '  max_tlp: tlp:white',
        '  replace_with_lower_score: yes',
      ].join('\n'),
    );
    const { config, warnings } = loadConfig({ env: {}, cwd });
    expect(config.connector.scope).toEqual(['StixFile', 'IPv6-Addr']);
    expect(config.connector.exposeMetrics).toBe(false);
    expect(config.connector.concurrency).toBe(2);
    expect(config.virustotal.token).toBe('12345678901234567890123456789012');
    expect(config.virustotal.maxTlp).toBe('TLP:CLEAR');
    expect(config.virustotal.replaceWithLowerScore).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('reads the named file, before that of CONFIG_FILE, before config.yml', () => {
    for (const name of ['config', 'variable', 'argument']) {
      writeFileSync(join(cwd, `${name}.yml`), `connector:\n  name: ${name}\n`);
    }
    const env = { ...NEEDED, CONFIG_FILE: 'variable.yml' };
    expect(load().config.connector.name).toBe('config');
    expect(loadConfig({ env, cwd }).config.connector.name).toBe('variable');
    expect(loadConfig({ env, cwd, file: 'argument.yml' }).config.connector.name).toBe('argument');
  });

  it('refuses to start without the file that was named', () => {
    expect(refusal(NEEDED, 'missing.yml').message).toBe(
      'The configuration has one fault:\n- missing.yml: does not exist. Give the path of a readable YAML file.',
    );
  });

  it('explains a directory in place of the file', () => {
    mkdirSync(join(cwd, 'config.yml'));
    expect(refusal(NEEDED).message).toContain('config.yml: is a directory (Docker makes one');
  });

  it('refuses a .env that is no file', () => {
    mkdirSync(join(cwd, '.env'));
    expect(refusal(NEEDED).message).toContain('.env: cannot be read (EISDIR)');
  });

  it('reads the old name of the queue protocol and asks for the new one', () => {
    const { config, warnings } = load({ QUEUE_PROTOCOL: 'api' });
    expect(config.connector.queueProtocol).toBe('api');
    expect(warnings).toEqual([
      { level: 'info', message: 'QUEUE_PROTOCOL is deprecated; set CONNECTOR_QUEUE_PROTOCOL instead.' },
    ]);
  });

  it('prefers the new name of the queue protocol to the old one', () => {
    const { config, warnings } = load({ QUEUE_PROTOCOL: 'api', CONNECTOR_QUEUE_PROTOCOL: 'amqp' });
    expect(config.connector.queueProtocol).toBe('amqp');
    expect(warnings).toEqual([]);
  });
});

describe('faults', () => {
  it('lists every fault and every warning at once, each with its path and remedy', () => {
    writeFileSync(
      join(cwd, 'config.yml'),
      'virustotal:\n  tokn: abcdefgh\n  file_indicator_valid_minutes: soon\nconnector:\n  metrics_port: 70000\n',
    );
    const error = refusal({
      OPENCTI_URL: 'opencti:8080',
      OPENCTI_TOKEN: 'ChangeMe',
      CONNECTOR_AUTO: 'maybe',
      CONNECTOR_TYPE: 'EXTERNAL_IMPORT',
      VIRUSTOTAL_MAX_TPL: 'TLP:RED',
    });
    expect(error.kind).toBe('configuration');
    expect(error.message.split('\n')).toEqual([
      'The configuration has 7 faults:',
      '- opencti.url (OPENCTI_URL), in the environment: "opencti:8080" is not an http or https URL. Write the whole URL, beginning with http:// or https://.',
      '- opencti.token (OPENCTI_TOKEN), in the environment: the value (not shown, it is a secret) is the placeholder of the sample. Replace it with the real token.',
      '- connector.type (CONNECTOR_TYPE), in the environment: "EXTERNAL_IMPORT" is not one of INTERNAL_ENRICHMENT. Write one of INTERNAL_ENRICHMENT.',
      '- connector.auto (CONNECTOR_AUTO), in the environment: "maybe" is neither yes nor no. Write true or false (also yes/no, on/off, y/n, t/f, 1/0).',
      '- connector.metrics_port (CONNECTOR_METRICS_PORT), in config.yml line 5: "70000" is not between 1 and 65535. Write a whole number from 1 to 65535.',
      '- virustotal.token (VIRUSTOTAL_TOKEN): is missing. Set the variable VIRUSTOTAL_TOKEN, or virustotal.token in the file: VirusTotal API key.',
      '- virustotal.file_indicator_valid_minutes (VIRUSTOTAL_FILE_INDICATOR_VALID_MINUTES), in config.yml line 3: "soon" is not a whole number. Write a whole number from 1 to 52560000.',
      'Also noticed:',
      '- Unknown variable VIRUSTOTAL_MAX_TPL in the environment. Did you mean VIRUSTOTAL_MAX_TLP?',
      '- Unknown key virustotal.tokn in config.yml line 2. Did you mean virustotal.token?',
    ]);
  });

  it.each([
    ['OPENCTI_URL', 'ChangeMe', 'opencti.url'],
    ['OPENCTI_SSL_VERIFY', 'perhaps', 'opencti.ssl_verify'],
    ['OPENCTI_JSON_LOGGING', '2', 'opencti.json_logging'],
    ['OPENCTI_URL', 'https://me:hunter22@opencti.example.com', 'opencti.url'],
    ['CONNECTOR_NAME', 'V', 'connector.name'],
    ['CONNECTOR_SCOPE', ',', 'connector.scope'],
    ['CONNECTOR_LOG_LEVEL', 'loud', 'connector.log_level'],
    ['CONNECTOR_CONCURRENCY', '0', 'connector.concurrency'],
    ['CONNECTOR_CONCURRENCY', '257', 'connector.concurrency'],
    ['CONNECTOR_HEALTH_PORT', '-1', 'connector.health_port'],
    ['CONNECTOR_METRICS_NAMESPACE', 'a-b', 'connector.metrics_namespace'],
    ['CONNECTOR_LISTEN_PROTOCOL', 'HTTP', 'connector.listen_protocol'],
    ['CONNECTOR_LISTEN_PROTOCOL_API_PATH', 'callback', 'connector.listen_protocol_api_path'],
    ['CONNECTOR_LISTEN_PROTOCOL_API_URI', 'callback', 'connector.listen_protocol_api_uri'],
    ['CONNECTOR_QUEUE_PROTOCOL', 'http', 'connector.queue_protocol'],
    ['MQ_PORT', 'tcp://192.0.2.1:5672', 'mq.port'],
    ['MQ_USE_SSL', 'x', 'mq.use_ssl'],
    ['VIRUSTOTAL_TOKEN', 'changeme', 'virustotal.token'],
    ['VIRUSTOTAL_API_URL', 'https://www.virustotal.com/api/v3?x', 'virustotal.api_url'],
    ['VIRUSTOTAL_API_URL', 'https://me@www.virustotal.com/api/v3', 'virustotal.api_url'],
    ['VIRUSTOTAL_MAX_TLP', 'TLP:PURPLE', 'virustotal.max_tlp'],
    ['VIRUSTOTAL_UPLOAD_MAX_TLP', 'none', 'virustotal.upload_max_tlp'],
    ['VIRUSTOTAL_QUOTA_RESERVE_MANUAL_PERCENT', '101', 'virustotal.quota_reserve_manual_percent'],
    ['VIRUSTOTAL_QUOTA_RESERVE_MANUAL_PERCENT', '10%', 'virustotal.quota_reserve_manual_percent'],
    ['VIRUSTOTAL_MANUAL_MAX_AGE_MINUTES', '-1', 'virustotal.manual_max_age_minutes'],
    ['VIRUSTOTAL_REANALYSE_AFTER_DAYS', 'never', 'virustotal.reanalyse_after_days'],
    ['VIRUSTOTAL_FILE_UPLOAD_MAX_MB', '0', 'virustotal.file_upload_max_mb'],
    ['VIRUSTOTAL_FILE_UPLOAD_MAX_MB', '651', 'virustotal.file_upload_max_mb'],
    ['VIRUSTOTAL_EXCLUDE', 'example.com,10.0.0.0/33', 'virustotal.exclude'],
    ['CONNECTOR_SEND_TO_QUEUE', 'no', 'connector.send_to_queue'],
    ['VIRUSTOTAL_IP_INDICATOR_VALID_MINUTES', '0', 'virustotal.ip_indicator_valid_minutes'],
    ['VIRUSTOTAL_URL_INDICATOR_CREATE_POSITIVES', '-1', 'virustotal.url_indicator_create_positives'],
  ])('refuses %s=%s with path, variable, source and remedy', (variable, value, path) => {
    const { faults } = refusal({ ...NEEDED, [variable]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ path, variable, source: 'the environment' });
    expect(faults[0]?.remedy).toMatch(/^[A-Z].*[.?]$/);
  });

  it('never shows a secret, not even a bad one', () => {
    const { message } = refusal({
      ...NEEDED,
      OPENCTI_TOKEN: 'hunter22 with spaces',
      OPENCTI_CUSTOM_HEADERS: 'hunter22;X-One:hunter22\x07',
      VIRUSTOTAL_API_URL: 'https://me:hunter22@example.com/?x',
      HTTPS_PROXY: 'ftp://me:hunter22@proxy.example.com',
    });
    expect(message).toContain('The configuration has 3 faults');
    expect(message).not.toContain('hunter22');
  });

  it('shows a long value in part and on one line', () => {
    const { faults } = refusal({ ...NEEDED, CONNECTOR_LOG_LEVEL: `a\nb${'c'.repeat(100)}` });
    expect(faults[0]?.problem.startsWith(`"a\\nb${'c'.repeat(57)}…" is not one of`)).toBe(true);
  });

  it('refuses a list where one value is wanted', () => {
    writeFileSync(join(cwd, 'config.yml'), 'connector:\n  name: [a, b]\n');
    expect(refusal(NEEDED).faults).toEqual([
      {
        path: 'connector.name',
        variable: 'CONNECTOR_NAME',
        source: 'config.yml line 2',
        problem: '"a,b" is a list',
        remedy: 'Write one value.',
      },
    ]);
  });

  it('does not call missing what a file may hold that cannot be read', () => {
    writeFileSync(join(cwd, 'config.yml'), 'opencti: {\n');
    const env = { CONNECTOR_AUTO: 'maybe', MQ_USE_SSL_CERT: '/nowhere/cert.pem' };
    expect(refusal(env).faults.map(({ path }) => path)).toEqual(['config.yml', 'connector.auto']);
    expect(refusal({}, 'missing.yml').faults.map(({ path }) => path)).toEqual(['missing.yml']);
  });

  it('does not call missing what a section may hold that has a wrong shape', () => {
    writeFileSync(join(cwd, 'config.yml'), 'opencti:\n  - url: https://opencti.example.com\nconnector: []\n');
    expect(refusal({}).faults).toEqual([
      {
        path: 'opencti',
        source: 'config.yml line 2',
        problem: 'is not a mapping',
        remedy: 'Write its options indented below it.',
      },
      {
        path: 'connector',
        source: 'config.yml line 3',
        problem: 'is not a mapping',
        remedy: 'Write its options indented below it.',
      },
      {
        path: 'virustotal.token',
        variable: 'VIRUSTOTAL_TOKEN',
        problem: 'is missing',
        remedy: 'Set the variable VIRUSTOTAL_TOKEN, or virustotal.token in the file: VirusTotal API key.',
      },
    ]);
  });

  it('refuses to let results go nowhere', () => {
    const { faults } = refusal({ ...NEEDED, CONNECTOR_SEND_TO_QUEUE: 'false' });
    expect(faults).toEqual([
      {
        path: 'connector.send_to_queue',
        variable: 'CONNECTOR_SEND_TO_QUEUE',
        source: 'the environment',
        problem: 'is false, and results would go nowhere',
        remedy:
          'Set connector.send_to_directory to true and give connector.send_to_directory_path, or set connector.send_to_queue to true.',
      },
    ]);
  });

  it.each([
    ['is missing, but bundles are to be written to a directory', {}],
    ['is no directory that can be written', { CONNECTOR_SEND_TO_DIRECTORY_PATH: '/nowhere/at/all' }],
    ['is no directory that can be written', { CONNECTOR_SEND_TO_DIRECTORY_PATH: import.meta.filename }],
  ])('refuses a directory for bundles that %s', (problem, path) => {
    const { faults } = refusal({ ...NEEDED, CONNECTOR_SEND_TO_DIRECTORY: 'true', ...path });
    expect(faults.map((fault) => [fault.path, fault.problem])).toEqual([
      ['connector.send_to_directory_path', problem],
    ]);
  });

  it.each([
    { CONNECTOR_VALIDATE_BEFORE_IMPORT: 'true' },
    { CONNECTOR_VALIDATE_BEFORE_IMPORT: 'true', CONNECTOR_SEND_TO_QUEUE: 'false' },
    {
      CONNECTOR_SEND_TO_DIRECTORY: 'true',
      CONNECTOR_SEND_TO_DIRECTORY_PATH: import.meta.dirname,
      CONNECTOR_SEND_TO_QUEUE: 'false',
    },
  ])('takes %j', (env) => {
    expect(load(env).warnings).toEqual([]);
  });
});

describe('warnings', () => {
  const messages = (env: Record<string, string>): string[] =>
    load(env).warnings.map(({ message }) => message);

  it('says which effective-looking options do nothing in this version', () => {
    expect(messages({ CONNECTOR_SEND_TO_S3: 'true' })).toEqual([
      'connector.send_to_s3 (CONNECTOR_SEND_TO_S3) is set, but has no effect in this version of the connector.',
    ]);
  });

  it('ignores a malformed header and names its position, but never what it holds', () => {
    const { config, warnings } = load({
      OPENCTI_CUSTOM_HEADERS: 'X-One:a;hunter22;X-Two:b;bad name:hunter22',
    });
    expect(config.opencti.customHeaders).toEqual([
      ['X-One', 'a'],
      ['X-Two', 'b'],
    ]);
    expect(warnings).toEqual([
      {
        level: 'warning',
        message:
          'opencti.custom_headers (OPENCTI_CUSTOM_HEADERS), in the environment: header 2 is not of the form name:value and is ignored.',
      },
      {
        level: 'warning',
        message:
          'opencti.custom_headers (OPENCTI_CUSTOM_HEADERS), in the environment: header 4 is not of the form name:value and is ignored.',
      },
    ]);
  });

  it('finds misspelt variables with our prefixes and near misses with others', () => {
    expect(
      messages({
        CONNECTOR_LOGLEVEL: 'info',
        VIRUSTOTAL_COLOUR: 'blue',
        OPENCTI_TOKENS: 'x',
        OPENCTI_PORT: '8080',
      }),
    ).toEqual([
      'Unknown variable CONNECTOR_LOGLEVEL in the environment. Did you mean CONNECTOR_LOG_LEVEL?',
      'Unknown variable VIRUSTOTAL_COLOUR in the environment. It is ignored.',
      'Unknown variable OPENCTI_TOKENS in the environment. Did you mean OPENCTI_TOKEN?',
    ]);
  });

  it('finds a name below another beginning, and a key without its section', () => {
    writeFileSync(join(cwd, 'config.yml'), 'log_level: info\nopencti:\n  max_tlp: TLP:RED\n');
    expect(messages({ CONNECTOR_MAX_TLP: 'TLP:RED' })).toEqual([
      'Unknown variable CONNECTOR_MAX_TLP in the environment. Did you mean VIRUSTOTAL_MAX_TLP?',
      'Unknown key log_level in config.yml line 1. Did you mean connector.log_level?',
      'Unknown key opencti.max_tlp in config.yml line 3. Did you mean virustotal.max_tlp?',
    ]);
  });

  it('is silent about the variables that Kubernetes injects for services', () => {
    expect(
      messages({
        CONNECTOR_VIRUSTOTAL_SERVICE_HOST: '192.0.2.1',
        CONNECTOR_VIRUSTOTAL_SERVICE_PORT_HTTP: '7070',
        CONNECTOR_VIRUSTOTAL_PORT: 'tcp://192.0.2.1:7070',
        CONNECTOR_VIRUSTOTAL_PORT_7070_TCP_ADDR: '192.0.2.1',
      }),
    ).toEqual([]);
  });

  it('explains that the file wants sections when it has names of variables', () => {
    writeFileSync(
      join(cwd, 'config.yml'),
      'VIRUSTOTAL_TOKEN: x\nlogging:\n  level: info\nvirustotal:\n  extra:\n    deep: 1\n',
    );
    expect(messages({})).toEqual([
      'Unknown key VIRUSTOTAL_TOKEN in config.yml line 1. Did you mean virustotal.token?',
      'Unknown key logging.level in config.yml line 3. It is ignored.',
      'Unknown key virustotal.extra.deep in config.yml line 6. It is ignored.',
    ]);
  });

  it('accepts in the file what other connectors need', () => {
    writeFileSync(join(cwd, 'config.yml'), 'connector:\n  confidence_level: 50\n  live_stream_id: live\n');
    expect(load().warnings.map(({ level }) => level)).toEqual(['info', 'info']);
  });
});
