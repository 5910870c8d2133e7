import { describe, expect, it } from 'vitest';
import { entityFromValue } from './observable-argument.js';

describe('entityFromValue', () => {
  it.each([
    ['44D88612FEA8A8F36DE82E1278ABB02F', 'StixFile', { hashes: { MD5: '44d88612fea8a8f36de82e1278abb02f' } }],
    [
      '3395856ce81f2b7382dee72602f798b642f14140',
      'StixFile',
      { hashes: { 'SHA-1': '3395856ce81f2b7382dee72602f798b642f14140' } },
    ],
    [
      '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
      'StixFile',
      { hashes: { 'SHA-256': '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f' } },
    ],
    ['1.1.1.1', 'IPv4-Addr', { value: '1.1.1.1', id: 'ipv4-addr--cbd67181-b9f8-595b-8bc3-3971e34fa1cc' }],
    ['2606:4700::1111', 'IPv6-Addr', { value: '2606:4700::1111' }],
    [
      'Example.com',
      'Domain-Name',
      { value: 'example.com', id: 'domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7' },
    ],
    [
      'https://example.com/',
      'Url',
      { value: 'https://example.com/', id: 'url--be22e93a-5e33-5678-b19f-8b4ea06df0bd' },
    ],
    [' hxxps://evil[.]example[dot]com/a ', 'Url', { value: 'https://evil.example.com/a' }],
    ['evil(.)example.com', 'Domain-Name', { value: 'evil.example.com' }],
  ])('recognises %s as %s', (value, entityType, properties) => {
    expect(entityFromValue(value)).toMatchObject({ entityType, entity: properties });
  });

  it.each(['', 'hello', 'abcdef', 'a b.c'])('refuses %j and names what it accepts', (value) => {
    expect(() => entityFromValue(value)).toThrow(/file hash \(MD5, SHA-1, SHA-256\)/);
  });
});
