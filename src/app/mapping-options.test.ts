import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { plainOptions } from '../../test/helpers/mapping-samples.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { askedRelationships, mappingOptions } from './mapping-options.js';

function configOf(env: Readonly<Record<string, string>>): Config {
  const needed = { OPENCTI_URL: 'http://opencti:8080', OPENCTI_TOKEN: 'a', VIRUSTOTAL_TOKEN: 'b' };
  return loadConfig({ env: { ...needed, ...env }, cwd: tmpdir() }).config;
}

describe('the options of the mapping', () => {
  it('are off by default where the Python connector has no such part, but for the reason of the verdict', () => {
    const { ip, domain, ...rest } = plainOptions;
    expect(mappingOptions(configOf({}))).toEqual({
      ...rest,
      replaceWithLowerScore: true,
      includeAttributesInNote: false,
      explainVerdict: true,
      ip: { ...ip, addRelationships: false },
      domain: { ...domain, addRelationships: false },
    });
  });
});

describe('the relationships that come with a report', () => {
  it('are none by default', () => {
    expect(askedRelationships(configOf({}))).toEqual({ file: [], ip_address: [], domain: [], url: [] });
  });

  it('are those that the options name, each once', () => {
    const config = configOf({
      VIRUSTOTAL_FILE_RELATED: 'dropped_files, contacted_domains',
      VIRUSTOTAL_IP_RELATED: 'resolutions',
      VIRUSTOTAL_DOMAIN_RELATED: 'Subdomains',
      VIRUSTOTAL_URL_RELATED: 'last_serving_ip_address,redirects_to',
      VIRUSTOTAL_INCLUDE_ATTRIBUTES_IN_NOTE: 'true',
    });
    expect(askedRelationships(config)).toEqual({
      file: ['contacted_domains', 'dropped_files'],
      ip_address: ['resolutions'],
      domain: ['subdomains'],
      url: ['last_serving_ip_address', 'redirects_to'],
    });
  });
});
