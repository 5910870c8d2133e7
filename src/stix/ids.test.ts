import serialize from 'canonicalize';
import fc from 'fast-check';
import { v5 as uuidV5 } from 'uuid';
import { describe, expect, it } from 'vitest';
import {
  artifactId,
  deterministicId,
  externalReferenceId,
  fileId,
  noteId,
  OPENCTI_NAMESPACE,
  valueObservableId,
  x509CertificateId,
} from './ids.js';

const SUBJECT = 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4';

describe('deterministic ids', () => {
  it('do not depend on the order of properties, nor on undefined ones', () => {
    expect(deterministicId('thing', { a: 1, b: 'x', c: undefined })).toBe(
      deterministicId('thing', { b: 'x', a: 1 }),
    );
  });

  it('are made for any text, even for half a surrogate pair', () => {
    expect(valueObservableId('url', 'https://example.com/\ud800')).toBe(
      valueObservableId('url', 'https://example.com/\ufffd'),
    );
  });

  it('are version 5 UUIDs whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(valueObservableId('url', value)).toMatch(
          /^url--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  it('are those of canonical JSON, also where a shorter way leads there', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), value), (properties) => {
        const written = Object.entries(properties).map(([name, one]): [string, unknown] => [
          name,
          typeof one === 'string' ? one.replace(/\p{Cs}/gu, '\ufffd') : one,
        ]);
        const canonical = serialize(Object.fromEntries(written)) ?? '{}';
        expect(deterministicId('thing', properties)).toBe(`thing--${uuidV5(canonical, OPENCTI_NAMESPACE)}`);
      }),
    );
  });

  it('refuse a number that JSON cannot hold', () => {
    expect(() => deterministicId('thing', { number: Number.NaN })).toThrow(Error);
  });
});

describe('ids of Notes', () => {
  it('differ by subject and by kind only', () => {
    const ids = new Set([
      noteId(SUBJECT, 'report'),
      noteId(SUBJECT, 'report'),
      noteId(SUBJECT, 'verdicts'),
      noteId('url--be22e93a-5e33-5678-b19f-8b4ea06df0bd', 'report'),
    ]);
    expect(ids.size).toBe(3);
  });
});

describe('ids of files', () => {
  it('skip hashes that are empty', () => {
    expect(fileId({ MD5: '', 'SHA-1': 'da39a3ee5e6b4b0d3255bfef95601890afd80709' })).toBe(
      'file--fa6e66a5-f019-51f9-8ab5-812023e58c6e',
    );
  });

  it('fall back to a hash of another algorithm before the name', () => {
    expect(fileId({ SSDEEP: '3:a:a' }, 'empty.bin')).toBe(
      deterministicId('file', { hashes: { SSDEEP: '3:a:a' } }),
    );
  });

  it('are refused when nothing identifies the object', () => {
    expect(() => fileId({})).toThrow(TypeError);
    expect(() => artifactId({})).toThrow(TypeError);
    expect(() => x509CertificateId({})).toThrow(TypeError);
  });
});

describe('ids of external references', () => {
  it.each([
    ['neither URL nor external id', { source_name: 'VirusTotal' }],
    ['an external id without a source', { external_id: 'T1059' }],
    ['empty texts', { source_name: '', url: '', external_id: '' }],
    ['a URL that is no text', { source_name: 'VirusTotal', url: 7 }],
  ])('do not exist for %s', (_what, reference) => {
    expect(externalReferenceId(reference)).toBeUndefined();
  });
});
