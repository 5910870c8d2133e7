import { describe, expect, it } from 'vitest';
import { readNoProxy } from './no-proxy.js';

describe('NO_PROXY', () => {
  it.each([
    ['opencti', 'http://opencti:8080'],
    ['opencti', 'http://OpenCTI'],
    ['OPENCTI.example.com', 'https://opencti.example.com'],
    ['example.com', 'https://opencti.example.com'],
    ['.example.com', 'https://opencti.example.com'],
    ['.example.com', 'https://example.com'],
    ['*.example.com', 'https://opencti.example.com'],
    ['example.com.', 'https://opencti.example.com'],
    ['example.com', 'https://opencti.example.com.'],
    ['localhost, example.com ', 'https://opencti.example.com'],
    ['localhost example.com', 'https://opencti.example.com'],
    ['opencti:8080', 'http://opencti:8080'],
    ['opencti:80', 'http://opencti'],
    ['opencti:443', 'https://opencti'],
    ['*', 'https://www.virustotal.com'],
    ['localhost,*', 'https://www.virustotal.com'],
    ['10.1.2.3', 'http://10.1.2.3:4000'],
    ['10.1.2.3:4000', 'http://10.1.2.3:4000'],
    ['10.0.0.0/8', 'http://10.1.2.3:4000'],
    ['10.9.9.9/8', 'http://10.1.2.3'],
    ['0.0.0.0/0', 'http://192.0.2.1'],
    ['::1', 'http://[::1]:4000'],
    ['[::1]', 'http://[::1]'],
    ['[::1]:4000', 'http://[::1]:4000'],
    ['fd00::/8', 'http://[fd00:1::2]'],
    ['::ffff:10.0.0.0/104', 'http://10.1.2.3'],
  ])('%j reaches %s directly', (list, url) => {
    expect(readNoProxy(list)(new URL(url))).toBe(true);
  });

  it.each([
    ['', 'https://www.virustotal.com'],
    [' , ,', 'https://www.virustotal.com'],
    [undefined, 'https://www.virustotal.com'],
    ['example.com', 'https://notexample.com'],
    ['example.com', 'https://example.com.evil.org'],
    ['opencti.example.com', 'https://example.com'],
    ['opencti:8080', 'http://opencti:4000'],
    ['opencti:80', 'https://opencti'],
    [':8080', 'http://opencti:8080'],
    ['.', 'https://www.virustotal.com'],
    ['10.1.2.3:80', 'http://10.1.2.3:4000'],
    ['10.0.0.0/8', 'http://11.1.2.3'],
    ['10.0.0.0/8', 'http://10.example.com'],
    ['10.0.0.0/99', 'http://10.1.2.3'],
    ['0.0.0.0/0', 'http://[fd00::1]'],
    ['1.2.3', 'http://10.1.2.3'],
    ['fd00::/8', 'http://[fe00::1]'],
  ])('%j leaves %s to the proxy', (list, url) => {
    expect(readNoProxy(list)(new URL(url))).toBe(false);
  });
});
