import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../shared/json.js';
import { loadConfig } from '../load.js';
import { declaredOptions } from '../schema.js';
import { renderManifest, renderVariableSchema, SET_BY_IMAGE, SET_BY_MANAGER } from './catalogue.js';

interface Property extends JsonObject {
  readonly type: string;
  readonly description: string;
  readonly default?: unknown;
}
const schema = JSON.parse(renderVariableSchema()) as {
  readonly type: string;
  readonly properties: Readonly<Record<string, Property>>;
  readonly required: readonly string[];
  readonly additionalProperties: boolean;
};

const NEEDED = {
  OPENCTI_URL: 'http://opencti:8080',
  OPENCTI_TOKEN: 'not-a-token',
  VIRUSTOTAL_TOKEN: 'not-a-key',
};

/** As the platform compiles and uses it: with these formats, and with values as texts. */
function validator(): (environment: object) => boolean {
  const ajv = new Ajv({ coerceTypes: true });
  formats.default(ajv, ['password', 'uri', 'duration', 'email', 'date-time', 'date']);
  const { type, properties, required, additionalProperties } = schema;
  const validate = ajv.compile({ type, properties, required, additionalProperties });
  return (environment) => validate({ ...environment });
}

/** The text that the platform writes into the environment for a default. */
const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));

describe('the configuration schema of the catalogue', () => {
  it('has every option of the connector that does something, but for what the manager sets itself', () => {
    const expected = declaredOptions
      .filter(({ section, option }) => section !== 'library' && option.effect === undefined)
      .map(({ option }) => option.env)
      .filter((name) => !SET_BY_MANAGER.includes(name));
    expect(Object.keys(schema.properties)).toEqual(expected);
    expect(SET_BY_MANAGER).toEqual(['CONNECTOR_ID']);
  });

  it('has one plain type and a description for each', () => {
    const types = new Set(Object.values(schema.properties).map(({ type }) => type));
    expect([...types].toSorted()).toEqual(['array', 'boolean', 'integer', 'string']);
    expect(Object.values(schema.properties).every(({ description }) => description.length > 5)).toBe(true);
  });

  it('requires what the connector requires', () => {
    expect(schema.required).toEqual(['OPENCTI_URL', 'OPENCTI_TOKEN', 'VIRUSTOTAL_TOKEN']);
  });

  it('marks every secret, and nothing else, as a password', () => {
    const marked = Object.entries(schema.properties).filter(([, { format }]) => format === 'password');
    const secret = declaredOptions.filter(
      ({ section, option }) => section !== 'library' && option.secret === true && option.effect === undefined,
    );
    expect(marked.map(([name]) => name)).toEqual(secret.map(({ option }) => option.env));
    expect(
      marked.every(([, { writeOnly, default: value }]) => writeOnly === true && value === undefined),
    ).toBe(true);
  });

  it('accepts what the connector needs, and every type of value', () => {
    const accepts = validator();
    expect(accepts(NEEDED)).toBe(true);
    const more = {
      CONNECTOR_SCOPE: ['StixFile', 'Url'],
      CONNECTOR_AUTO: 'true',
      CONNECTOR_CONCURRENCY: '16',
      CONNECTOR_LOG_LEVEL: 'debug',
      VIRUSTOTAL_MAX_TLP: 'TLP:AMBER+STRICT',
      VIRUSTOTAL_QUOTA_PER_DAY: 'auto',
      NODE_OPTIONS: '--max-semi-space-size=4',
    };
    expect(accepts({ ...NEEDED, ...more })).toBe(true);
  });

  it.each([
    { OPENCTI_URL: 'opencti' },
    { CONNECTOR_AUTO: 'perhaps' },
    { CONNECTOR_CONCURRENCY: '0' },
    { CONNECTOR_LOG_LEVEL: 'loud' },
    { VIRUSTOTAL_MAX_TLP: 'TLP:PURPLE' },
    { VIRUSTOTAL_QUOTA_PER_DAY: 'some' },
    { VIRUSTOTAL_TOKEN: undefined },
  ])('refuses %j', (change) => {
    expect(validator()({ ...NEEDED, ...change })).toBe(false);
  });

  it('has defaults that conform to it and change nothing when the platform writes them all', () => {
    const written = Object.entries(schema.properties).filter(([, { default: value }]) => value !== undefined);
    const image = Object.fromEntries(
      Object.entries(SET_BY_IMAGE).map(([name, value]) => [name, String(value)]),
    );
    const defaults = Object.fromEntries(written.map(([name, { default: value }]) => [name, value]));
    expect(validator()({ ...NEEDED, ...defaults })).toBe(true);
    const env = Object.fromEntries(written.map(([name, { default: value }]) => [name, textOf(value)]));
    const cwd = '/nonexistent';
    expect(loadConfig({ env: { ...env, ...NEEDED }, cwd })).toEqual(
      loadConfig({ env: { ...image, ...NEEDED }, cwd }),
    );
  });
});

describe('what the image sets', () => {
  const dockerfile = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');
  const names = declaredOptions
    .filter(({ section }) => section !== 'library')
    .map(({ option }) => option.env);
  const set = [...dockerfile.matchAll(/(\w+)=(\S+)/g)].filter(([, name = '']) => names.includes(name));

  it('is the default for the manager, which starts the image', () => {
    expect(Object.fromEntries(set.map(([, name = '', value]) => [name, value]))).toEqual(
      Object.fromEntries(Object.entries(SET_BY_IMAGE).map(([name, value]) => [name, String(value)])),
    );
    expect(schema.properties.STATE_PATH?.default).toBe('/var/lib/connector/state.sqlite');
    expect(schema.properties.CONNECTOR_HEALTH_PORT?.default).toBe(9096);
  });
});

describe('the manifest of the catalogue', () => {
  const manifest = JSON.parse(renderManifest()) as Readonly<Record<string, unknown>>;

  it('has what the platform reads of a connector that its manager can start', () => {
    expect(manifest).toMatchObject({
      title: 'VirusTotal',
      container_image: 'opencti-virustotal-connector',
      container_type: 'INTERNAL_ENRICHMENT',
      container_version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
      manager_supported: true,
      playbook_supported: true,
      support_version: '>=6.0.6',
    });
    expect(manifest.slug).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    expect(String(manifest.short_description).length).toBeLessThanOrEqual(200);
  });
});
