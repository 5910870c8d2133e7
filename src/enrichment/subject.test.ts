import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../shared/json.js';
import { compileExclusions } from './exclusions.js';
import { targetsOf, unknownMessage, type Targets } from './subject.js';

const nothing = compileExclusions([]);

function targets(entity: JsonObject, entityType: string, ...exclude: string[]): Targets {
  const answer = targetsOf(entity, entityType, compileExclusions(exclude));
  if ('skipped' in answer) throw new Error(answer.skipped.message);
  return answer;
}

function indicator(pattern: string): JsonObject {
  return { type: 'indicator', id: 'indicator--1', pattern, pattern_type: 'stix' };
}

const twoNames = indicator(
  "[domain-name:value = 'evil.example.com'] OR [domain-name:value = 'intranet.example.net']",
);

describe('targetsOf', () => {
  it('leaves out and names the excluded values of an Indicator, and keeps the others', () => {
    const { valid, notAsked } = targets(twoNames, 'Indicator', 'example.net');
    expect(valid.map(({ observable }) => observable.value)).toEqual(['evil.example.com']);
    expect(notAsked).toEqual(['intranet.example.net is excluded from look-ups (VIRUSTOTAL_EXCLUDE).']);
  });

  it('skips an object that is excluded, without telling what else is', () => {
    const exclusions = compileExclusions(['secret.example.org', 'example.net']);
    const entity = { type: 'domain-name', id: 'domain-name--1', value: 'Intranet.Example.NET' };
    expect(targetsOf(entity, 'Domain-Name', exclusions)).toEqual({
      skipped: {
        status: 'skipped',
        reason: 'excluded',
        message:
          'VirusTotal: intranet.example.net is excluded from look-ups (VIRUSTOTAL_EXCLUDE). Nothing was asked.',
      },
    });
  });

  it('skips an Indicator of which all that could be asked for is excluded', () => {
    const pattern = "[domain-name:value = 'intranet.example.net'] OR [ipv4-addr:value = '192.168.0.1']";
    const answer = targetsOf(indicator(pattern), 'Indicator', compileExclusions(['example.net']));
    expect(answer).toEqual({
      skipped: {
        status: 'skipped',
        reason: 'excluded',
        message:
          'VirusTotal: intranet.example.net is excluded from look-ups (VIRUSTOTAL_EXCLUDE). "192.168.0.1" is a private address. Nothing was asked.',
      },
    });
  });

  it('excludes a file by any of its hashes, though another is asked for', () => {
    const entity = {
      type: 'file',
      id: 'file--1',
      hashes: { MD5: '44D88612FEA8A8F36DE82E1278ABB02F', 'SHA-256': 'a'.repeat(64) },
    };
    expect(targets(entity, 'StixFile').valid[0]?.object).toEqual({ kind: 'file', hash: 'a'.repeat(64) });
    expect(
      targetsOf(entity, 'StixFile', compileExclusions(['44d88612fea8a8f36de82e1278abb02f'])),
    ).toMatchObject({ skipped: { reason: 'excluded' } });
  });

  it('does not count excluded values among those that are looked up', () => {
    const names = Array.from(
      { length: 60 },
      (_unused, index) => `[domain-name:value = 'h${index}.example.com']`,
    );
    const pattern = [...names, "[domain-name:value = 'a.example.net']"].join(' OR ');
    const exclude = Array.from({ length: 20 }, (_unused, index) => `h${index}.example.com`);
    const { valid, notAsked, leftOut } = targets(indicator(pattern), 'Indicator', ...exclude);
    expect(valid).toHaveLength(41);
    expect(notAsked).toHaveLength(20);
    expect(leftOut).toBe(0);
  });

  it('says of a value that is private that it is, whether excluded or not', () => {
    const entity = { type: 'ipv4-addr', id: 'ipv4-addr--1', value: '10.0.0.1' };
    for (const exclusions of [nothing, compileExclusions(['10.0.0.0/8'])]) {
      expect(targetsOf(entity, 'IPv4-Addr', exclusions)).toMatchObject({
        skipped: { reason: 'invalid-value' },
      });
    }
  });
});

describe('the hashes of one file in an Indicator', () => {
  const hashes = { MD5: '44d88612fea8a8f36de82e1278abb02f', 'SHA-256': 'a'.repeat(64) };
  const pattern = `[file:hashes.MD5 = '${hashes.MD5}' OR file:hashes.'SHA-256' = '${hashes['SHA-256']}']`;
  const listing = (text: string, values: readonly JsonObject[]) => ({
    ...indicator(text),
    extensions: {
      'extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba': { observable_values: values },
    },
  });
  const listed = [
    { type: 'StixFile', hashes: { MD5: hashes.MD5.toUpperCase() } },
    { type: 'StixFile', hashes: { 'SHA-256': hashes['SHA-256'] } },
  ];
  const asked = (entity: JsonObject) =>
    targets(entity, 'Indicator').valid.map(({ observable }) => observable.value);

  it('are looked up once, though the platform lists each as a value', () => {
    expect(asked(listing(pattern, listed))).toEqual([hashes['SHA-256']]);
  });

  it('stay several files where the pattern says so', () => {
    const two = `[file:hashes.MD5 = '${hashes.MD5}'] OR [file:hashes.'SHA-256' = '${hashes['SHA-256']}']`;
    expect(asked(listing(two, listed))).toEqual([hashes.MD5, hashes['SHA-256']]);
  });
});

describe('unknownMessage', () => {
  it('names what was not asked beside what is not known', () => {
    expect(unknownMessage(targets(twoNames, 'Indicator', 'example.net'))).toBe(
      'VirusTotal has no report on evil.example.com. intranet.example.net is excluded from look-ups (VIRUSTOTAL_EXCLUDE).',
    );
    expect(unknownMessage(targets(twoNames, 'Indicator'))).toBe(
      'VirusTotal has no report on any of these 2 values: evil.example.com, intranet.example.net.',
    );
  });

  it('names a few of many values that were not asked', () => {
    const pattern = ['evil.net', ...Array.from({ length: 12 }, (_unused, index) => `h${index}.example.com`)]
      .map((name) => `[domain-name:value = '${name}']`)
      .join(' OR ');
    const message = unknownMessage(targets(indicator(pattern), 'Indicator', 'example.com'));
    expect(message.match(/is excluded/g)).toHaveLength(10);
    expect(message).toMatch(/ And 2 more like these\.$/);
  });
});
