import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BadValue } from './format.js';
import { exclusionList } from './exclusion-format.js';
import { loadConfig } from './load.js';

function refusal(text: string): BadValue {
  try {
    exclusionList.parse(text);
  } catch (error) {
    if (error instanceof BadValue) return error;
    throw error;
  }
  throw new Error('the list was accepted');
}

describe('a list of exclusions', () => {
  it('is separated by commas, with blanks and repetitions as they come', () => {
    expect(
      exclusionList.parse('10.0.0.0/8, *.example.com,,https://intranet.example.com/x,10.0.0.0/8'),
    ).toEqual(['10.0.0.0/8', '*.example.com', 'https://intranet.example.com/x']);
  });

  it('may be empty', () => {
    expect(exclusionList.parse('')).toEqual([]);
    expect(exclusionList.show([])).toBe('');
  });

  it('names each bad entry and what to write instead', () => {
    const fault = refusal('example.com,10.0.0.0/33,intranet');
    expect(fault.message).toBe(
      'has "10.0.0.0/33", which is not a network; "intranet", which is a single name, neither a domain nor a whole hash',
    );
    expect(fault.remedy).toBe(
      'Write a network as 10.0.0.0/8 or 2001:db8::/32. Write *.intranet for every name that ends so; single names are never sent.',
    );
  });

  it('names a few of many bad entries and counts the others', () => {
    const { message } = refusal(Array.from({ length: 8 }, (_unused, index) => `ftp://${index}/`).join(','));
    expect(message.match(/is not an http or https URL/g)).toHaveLength(5);
    expect(message).toMatch(/; 3 more bad entries$/);
  });

  it('never shows a password', () => {
    expect(refusal('https://me:hunter22@example.com/').message).toBe(
      'has "https://***@example.com/", which holds a user name or a password',
    );
  });

  it('is a list in the file as well', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'config-'));
    try {
      const env = {
        OPENCTI_URL: 'https://opencti.example.com',
        OPENCTI_TOKEN: '11111111-2222-4333-8444-555555555555',
        VIRUSTOTAL_TOKEN: 'not-a-real-virustotal-key',
      };
      writeFileSync(
        join(cwd, 'config.yml'),
        'virustotal:\n  exclude:\n    - 2001:db8::/32\n    - example.com\n',
      );
      expect(loadConfig({ env, cwd }).config.virustotal.exclude).toEqual(['2001:db8::/32', 'example.com']);
      writeFileSync(join(cwd, 'config.yml'), 'virustotal:\n  exclude: []\n');
      expect(loadConfig({ env, cwd }).config.virustotal.exclude).toEqual([]);
      writeFileSync(join(cwd, 'config.yml'), 'virustotal:\n  exclude:\n    - example.com\n    - 10.0.0\n');
      expect(() => loadConfig({ env, cwd })).toThrow(
        'virustotal.exclude (VIRUSTOTAL_EXCLUDE), in config.yml line 3: "example.com,10.0.0" has "10.0.0", which is no address',
      );
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});
