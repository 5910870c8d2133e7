import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

describe('rules across options', () => {
  const messages = (env: Record<string, string>): string[] =>
    load(env).warnings.map(({ message }) => message);

  it('warns of entity types that cannot be enriched and suggests the right ones', () => {
    expect(messages({ CONNECTOR_SCOPE: 'Url,IPv6-Adr,Case-Incident' })).toEqual([
      'connector.scope (CONNECTOR_SCOPE) names "IPv6-Adr", which this connector cannot enrich. Did you mean IPv6-Addr?',
      'connector.scope (CONNECTOR_SCOPE) names "Case-Incident", which this connector cannot enrich. Supported are StixFile, Artifact, IPv4-Addr, IPv6-Addr, Domain-Name, Hostname, Url, Indicator.',
    ]);
  });

  it('warns of an id that the platform would cut, or that is a placeholder', () => {
    expect(messages({ CONNECTOR_ID: 'virus_total' })[0]).toContain('holds an underscore');
    expect(messages({ CONNECTOR_ID: 'ChangeMe' })[0]).toContain('is the placeholder of the sample');
  });

  it('warns when the API key would travel in the clear', () => {
    expect(messages({ VIRUSTOTAL_API_URL: 'http://virustotal.example.com/api/v3' })).toEqual([
      'virustotal.api_url (VIRUSTOTAL_API_URL) is not https: the API key travels in the clear.',
    ]);
  });

  it('does not warn of an API key that stays on this machine', () => {
    expect(messages({ VIRUSTOTAL_API_URL: 'http://127.0.0.1:8081/api/v3' })).toEqual([]);
    expect(messages({ VIRUSTOTAL_API_URL: 'http://localhost.example.com/api/v3' })).toHaveLength(1);
  });

  it('warns of an upload ceiling above the ceiling of look-ups', () => {
    expect(messages({ VIRUSTOTAL_UPLOAD_MAX_TLP: 'TLP:RED' })).toEqual([
      'virustotal.upload_max_tlp (VIRUSTOTAL_UPLOAD_MAX_TLP) is TLP:RED, above virustotal.max_tlp (TLP:AMBER): VirusTotal is not asked about such objects at all, so nothing above TLP:AMBER is uploaded.',
    ]);
    expect(messages({ VIRUSTOTAL_UPLOAD_MAX_TLP: 'TLP:AMBER' })).toEqual([]);
    expect(messages({ VIRUSTOTAL_MAX_TLP: 'TLP:CLEAR' })).toEqual([]);
  });

  it('warns of a reserve for manual requests that leaves nothing to the others', () => {
    expect(messages({ VIRUSTOTAL_QUOTA_RESERVE_MANUAL_PERCENT: '100' })).toEqual([
      'virustotal.quota_reserve_manual_percent (VIRUSTOTAL_QUOTA_RESERVE_MANUAL_PERCENT) is 100: automatic requests and playbooks wait for ever.',
    ]);
    expect(messages({ VIRUSTOTAL_QUOTA_RESERVE_MANUAL_PERCENT: '99' })).toEqual([]);
  });

  it('derives the callback URL from port and TLS, and says that only this machine reaches it', () => {
    writeFileSync(join(cwd, 'key.pem'), 'not a key');
    const { config, warnings } = load({
      CONNECTOR_LISTEN_PROTOCOL: 'API',
      CONNECTOR_LISTEN_PROTOCOL_API_SSL: 'true',
      CONNECTOR_LISTEN_PROTOCOL_API_PORT: '7443',
      LISTEN_PROTOCOL_API_SSL_KEY: 'key.pem',
      LISTEN_PROTOCOL_API_SSL_CERT: 'key.pem',
    });
    expect(config.connector.listenProtocolApiUri).toBe('https://127.0.0.1:7443');
    expect(warnings[0]?.message).toContain(
      'https://127.0.0.1:7443, which only workers on this machine can reach',
    );
  });

  it('refuses a callback over TLS without key and certificate', () => {
    const { faults } = refusal({
      ...NEEDED,
      CONNECTOR_LISTEN_PROTOCOL: 'API',
      CONNECTOR_LISTEN_PROTOCOL_API_SSL: 'true',
    });
    expect(faults.map(({ variable }) => variable)).toEqual([
      'LISTEN_PROTOCOL_API_SSL_KEY',
      'LISTEN_PROTOCOL_API_SSL_CERT',
    ]);
  });

  it('refuses two listeners on one port', () => {
    const { faults } = refusal({
      ...NEEDED,
      CONNECTOR_EXPOSE_METRICS: 'true',
      CONNECTOR_HEALTH_PORT: '9095',
    });
    expect(faults).toEqual([
      {
        path: 'connector.health_port',
        variable: 'CONNECTOR_HEALTH_PORT',
        source: 'the environment',
        problem: 'is 9095, the port of connector.metrics_port',
        remedy: 'Choose another port.',
      },
    ]);
  });

  it('refuses a client certificate without its key', () => {
    writeFileSync(join(cwd, 'cert.pem'), 'not a certificate');
    const { faults } = refusal({ ...NEEDED, MQ_USE_SSL_CERT: 'cert.pem' });
    expect(faults.map(({ path }) => path)).toEqual(['mq.use_ssl_key']);
  });

  it('refuses certificate files that cannot be read, and accepts relative paths', () => {
    writeFileSync(join(cwd, 'ca.pem'), 'not a certificate');
    expect(load({ OPENCTI_SSL_VERIFY: 'ca.pem' }).config.opencti.sslVerify).toBe('ca.pem');
    const { faults } = refusal({
      ...NEEDED,
      MQ_USE_SSL_CA: './other.pem',
      HTTPS_CA_CERTIFICATES: '/nowhere/ca.pem',
    });
    expect(faults.map(({ path }) => path)).toEqual(['network.https_ca_certificates', 'mq.use_ssl_ca']);
  });

  it('does not judge by a default in place of a faulty value', () => {
    const { faults } = refusal({
      ...NEEDED,
      CONNECTOR_EXPOSE_METRICS: 'true',
      CONNECTOR_METRICS_PORT: 'x',
      CONNECTOR_HEALTH_PORT: '9095',
    });
    expect(faults.map(({ path }) => path)).toEqual(['connector.metrics_port']);
  });
});
