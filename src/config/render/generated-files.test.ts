import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeConfig } from '../describe.js';
import { loadConfig } from '../load.js';
import { declaredOptions } from '../schema.js';
import { staleFiles, writeGeneratedFiles } from './generated-files.js';
import { renderJsonSchema } from './json-schema.js';
import { renderMarkdown } from './markdown.js';
import { renderSample } from './sample.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'generated-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const validate = new Ajv({ allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(renderJsonSchema()) as object,
);

/** The sample with every option set. */
const uncommented = renderSample().replace(/^ {2}#(\w+:)/gm, '  $1');

const NEEDED = {
  OPENCTI_TOKEN: 'not-a-token',
  VIRUSTOTAL_TOKEN: 'not-a-key',
  OPENCTI_URL: 'http://opencti:8080',
};

describe('the sample', () => {
  it('conforms to the JSON Schema as it is, and with every option set', () => {
    expect(validate(parse(renderSample()))).toBe(true);
    validate(parse(uncommented));
    expect(validate.errors).toBeNull();
  });

  it('names every option', () => {
    const tree = parse(uncommented) as Record<string, Record<string, unknown>>;
    const paths = Object.entries(tree).flatMap(([section, keys]) =>
      Object.keys(keys).map((key) => `${section}.${key}`),
    );
    expect(paths).toEqual(declaredOptions.map(({ path }) => path));
  });

  it('changes nothing but the required options when it is copied as it is', () => {
    writeFileSync(join(root, 'config.yml'), renderSample());
    const copied = loadConfig({ env: NEEDED, cwd: root });
    const plain = loadConfig({ env: NEEDED, cwd: tmpdir(), file: undefined });
    expect(describeConfig(copied.config)).toEqual(describeConfig(plain.config));
    expect(copied.warnings).toEqual([]);
  });

  it('shows the defaults: setting them all changes nothing', () => {
    const defaults = declaredOptions.filter(({ option }) => option.default !== undefined);
    const tree = parse(uncommented) as Record<string, Record<string, unknown>>;
    const wrong = defaults.filter(({ section, key, option }) => {
      const value = String(tree[section]?.[key]);
      return value !== option.type.show(option.default);
    });
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  it.each([
    { opencti: { token: 12345, ssl_verify: 'False', url: 'https://opencti.example.com' } },
    { connector: { scope: ['StixFile'], auto: 'YES', concurrency: 256, metrics_port: '9095', name: null } },
    { virustotal: { max_tlp: 'tlp:amber+strict', file_import_yara: 1, ip_indicator_valid_minutes: 60 } },
    { virustotal: { exclude: ['10.0.0.0/8', 'example.com'], upload_max_tlp: 'TLP:WHITE' } },
    { virustotal: { exclude: '10.0.0.0/8,example.com', file_upload_max_mb: '650' } },
    { connector: { live_stream_id: 'x', confidence_level: 50, log_level: 'WARNING' } },
    { mq: null },
    null,
  ])('accepts %j', (document) => {
    expect(validate(document)).toBe(true);
  });

  it.each([
    { opencti: { url: 'opencti.example.com' } },
    { connector: { concurrency: 0 } },
    { connector: { concurrency: 'many' } },
    { connector: { auto: 'perhaps' } },
    { connector: { auto: 2 } },
    { virustotal: { max_tlp: 'TLP:PURPLE' } },
    { virustotal: { file_upload_max_mb: 651 } },
    { virustotal: { exclude: [10] } },
    { virustotal: { tokn: 'x' } },
    { mq: 'rabbitmq' },
    { unknown: {} },
  ])('refuses %j', (document) => {
    expect(validate(document)).toBe(false);
  });
});

describe('the documentation', () => {
  it('has a row for every option, with variable and path', () => {
    const text = renderMarkdown();
    const missing = declaredOptions.filter(
      ({ path, option }) => !text.includes(`| \`${path}\` |`) || !text.includes(`\`${option.env}\``),
    );
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it('says which options have no effect yet', () => {
    const row = renderMarkdown()
      .split('\n')
      .find((line) => line.includes('`connector.send_to_s3`'));
    expect(row).toContain('**No effect in this version yet.**');
  });

  it('keeps its tables whole', () => {
    const rows = renderMarkdown()
      .split('\n')
      .filter((line) => line.startsWith('| '));
    const cells = rows.map((line) => line.replaceAll('\\|', '').split('|').length - 2);
    expect([...new Set(cells)].sort()).toEqual([3, 5]);
  });
});

describe('generated files', () => {
  it('are all stale before they are written, and none afterwards', () => {
    expect(staleFiles(root)).toEqual([
      'config.yml.sample',
      'docs/configuration.md',
      'docs/mapping.md',
      'config/connector.schema.json',
      '__metadata__/connector_manifest.json',
      '__metadata__/connector_config_schema.json',
    ]);
    writeGeneratedFiles(root);
    expect(staleFiles(root)).toEqual([]);
  });

  it('are stale as soon as one is changed by hand', () => {
    writeGeneratedFiles(root);
    appendFileSync(join(root, 'docs/configuration.md'), 'more\n');
    expect(staleFiles(root)).toEqual(['docs/configuration.md']);
  });

  it('are not stale for the line ends of another system', () => {
    writeGeneratedFiles(root);
    const sample = join(root, 'config.yml.sample');
    writeFileSync(sample, readFileSync(sample, 'utf8').replaceAll('\n', '\r\n'));
    expect(staleFiles(root)).toEqual([]);
  });
});
