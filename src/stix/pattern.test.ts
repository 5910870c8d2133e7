import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyHashPattern,
  asksForObservablesOnly,
  comparisonPattern,
  observablePattern,
  patternObservables,
} from './pattern.js';

const MD5 = '44d88612fea8a8f36de82e1278abb02f';
const SHA1 = '3395856ce81f2b7382dee72602f798b642f14140';
const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

describe('comparisonPattern', () => {
  it('escapes quotes and backslashes, and nothing else', () => {
    expect(comparisonPattern('url:value', String.raw`https://example.com/it's\"`)).toBe(
      String.raw`[url:value = 'https://example.com/it\'s\\"']`,
    );
  });
});

describe('observablePattern', () => {
  it.each([
    ['IPv4-Addr', '198.51.100.3', "[ipv4-addr:value = '198.51.100.3']"],
    ['IPv6-Addr', '2001:db8::1', "[ipv6-addr:value = '2001:db8::1']"],
    ['Domain-Name', 'example.com', "[domain-name:value = 'example.com']"],
    ['Domain-Name', 'Example.COM', "[domain-name:value = 'example.com']"],
    ['Hostname', 'www.example.com', "[hostname:value = 'www.example.com']"],
    ['Url', 'https://example.com/', "[url:value = 'https://example.com/']"],
  ] as const)('seeks %s by value', (type, value, pattern) => {
    expect(observablePattern(type, value)).toBe(pattern);
  });

  it('seeks files by their strongest common hash', () => {
    expect(observablePattern('StixFile', { MD5, 'SHA-1': SHA1, 'SHA-256': SHA256 })).toBe(
      `[file:hashes.'SHA-256' = '${SHA256}']`,
    );
    expect(observablePattern('StixFile', { MD5, 'SHA-1': SHA1 })).toBe(`[file:hashes.'SHA-1' = '${SHA1}']`);
    expect(observablePattern('StixFile', { MD5 })).toBe(`[file:hashes.MD5 = '${MD5}']`);
  });

  it('seeks Artifacts as files, as the platform does', () => {
    expect(observablePattern('Artifact', { 'SHA-256': SHA256 })).toBe(
      `[file:hashes.'SHA-256' = '${SHA256}']`,
    );
  });

  it('is refused when the identity does not suit the type', () => {
    expect(() => observablePattern('StixFile', SHA256)).toThrow(TypeError);
    expect(() => observablePattern('Url', { MD5 })).toThrow(TypeError);
    expect(() => observablePattern('StixFile', { SSDEEP: '3:a:a' })).toThrow(TypeError);
  });
});

describe('patternObservables', () => {
  it('finds every type that can be looked up', () => {
    expect(
      patternObservables(
        [
          "[ipv4-addr:value = '198.51.100.3']",
          "[ipv6-addr:value = '2001:db8::1']",
          "[domain-name:value = 'example.com']",
          "[hostname:value = 'www.example.com']",
          "[url:value = 'https://example.com/?a=[1]&b=it\\'s']",
          `[artifact:hashes.MD5 = '${MD5}']`,
        ].join(' OR '),
      ),
    ).toEqual([
      { type: 'IPv4-Addr', value: '198.51.100.3' },
      { type: 'IPv6-Addr', value: '2001:db8::1' },
      { type: 'Domain-Name', value: 'example.com' },
      { type: 'Hostname', value: 'www.example.com' },
      { type: 'Url', value: "https://example.com/?a=[1]&b=it's" },
      { type: 'Artifact', hashes: { MD5 } },
    ]);
  });

  it.each([
    `[file:hashes.'SHA-256' = '${SHA256}']`,
    `[file:hashes.SHA-256='${SHA256}']`,
    `[file:hashes.'sha256' == '${SHA256}']`,
    `[file:hashes."SHA-256" = '${SHA256}']`,
    `[ FILE:hashes.SHA256 IN ( '${SHA256}' ) ]`,
    `/* seen */ ([file:hashes.'SHA-256' = '${SHA256}'] // twice\n) REPEATS 2 TIMES WITHIN 60 SECONDS`,
    `[file:hashes.'SHA-256' = '${SHA256}'`,
  ])('finds the hash in %s', (pattern) => {
    expect(patternObservables(pattern)).toEqual([{ type: 'StixFile', hashes: { 'SHA-256': SHA256 } }]);
  });

  it('takes hashes of different algorithms in one observation for one file', () => {
    expect(
      patternObservables(
        `[file:hashes.MD5 = '${MD5}' OR file:hashes.'SHA-1' = '${SHA1}' AND file:name = 'eicar.com']`,
      ),
    ).toEqual([{ type: 'StixFile', hashes: { MD5, 'SHA-1': SHA1 } }]);
  });

  it('takes hashes of one algorithm, or of different observations, for different files', () => {
    const other = 'd41d8cd98f00b204e9800998ecf8427e';
    expect(patternObservables(`[file:hashes.MD5 IN ('${MD5}', '${other}')]`)).toEqual([
      { type: 'StixFile', hashes: { MD5 } },
      { type: 'StixFile', hashes: { MD5: other } },
    ]);
    expect(
      patternObservables(`[file:hashes.MD5 = '${other}'] FOLLOWEDBY [file:hashes.'SHA-1' = '${SHA1}']`),
    ).toEqual([
      { type: 'StixFile', hashes: { MD5: other } },
      { type: 'StixFile', hashes: { 'SHA-1': SHA1 } },
    ]);
  });

  it('names each observable once', () => {
    expect(
      patternObservables("[url:value = 'https://example.com/'] AND [url:value = 'https://example.com/']"),
    ).toEqual([{ type: 'Url', value: 'https://example.com/' }]);
  });

  it('goes on behind times of qualifiers', () => {
    expect(
      patternObservables(
        "[url:value = 'https://example.com/a'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z' AND [url:value = 'https://example.com/b']",
      ).map((observable) => observable.value),
    ).toEqual(['https://example.com/a', 'https://example.com/b']);
  });

  it.each([
    "[ipv4-addr:value != '198.51.100.3']",
    "[ipv4-addr:value <> '198.51.100.3']",
    "[ipv4-addr:value NOT = '198.51.100.3']",
    "[NOT ipv4-addr:value = '198.51.100.3']",
    "[ipv4-addr:value NOT IN ('198.51.100.3')]",
    "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
    "[url:value MATCHES '^https']",
    "[domain-name:value LIKE '%.example.com']",
    "[email-addr:value = 'someone@example.com']",
    "[ipv4-addr:resolves_to_refs[*].value = '00:00:5e:00:53:00']",
    "[network-traffic:dst_ref.value = '198.51.100.3']",
    "[file:name = 'eicar.com']",
    "[file:hashes.SSDEEP = '3:a:a']",
    '[url:value = 7]',
    "[url:value = b'aGVsbG8=']",
    "ipv4-addr:value = '198.51.100.3'",
    "// [url:value = 'https://example.com/']",
    "/* [url:value = 'https://example.com/']",
    "[constructor:value = 'x' OR __proto__:hashes.MD5 = 'y']",
    "[url:value = 'https://example.com/",
    '',
  ])('finds nothing in %j', (pattern) => {
    expect(patternObservables(pattern)).toEqual([]);
  });

  it('gives back any value that a pattern was made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(patternObservables(observablePattern('Url', value))).toEqual([{ type: 'Url', value }]);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '\\', '[', ']', '"', 'a', '\n') }), (value) => {
        expect(patternObservables(observablePattern('Hostname', value))).toEqual([
          { type: 'Hostname', value },
        ]);
      }),
    );
  });

  it('never throws, whatever the text', () => {
    const piece = fc.constantFrom(
      ...['[', ']', '(', ')', "'", '"', '\\', ',', '.', ':', '=', 'NOT', 'IN', ' ', '/*', '//', '\n'],
      ...['url:value', 'file:hashes', "'SHA-256'", '[0]', '[*]', 'é', '\ud800'],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          expect(Array.isArray(patternObservables(text))).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each(['[', '/*', "a:'", 'a:"\\', "url:value = '", 'a', 'a-', '\\', 'a[0]', "[url:value IN ('a',"])(
    'reads a long text of %j in time',
    (piece) => {
      const started = performance.now();
      patternObservables(piece.repeat(50_000));
      // Half a second at most where time grows with the length; minutes where it grows with its square.
      expect(performance.now() - started).toBeLessThan(15_000);
    },
    30_000,
  );
});

describe('anyHashPattern', () => {
  const hashes = {
    'SHA-256': '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
    MD5: '44d88612fea8a8f36de82e1278abb02f',
    'SHA-1': '3395856ce81f2b7382dee72602f798b642f14140',
  };

  it('compares every hash, in one order, and is read as one file again', () => {
    const pattern = anyHashPattern(hashes);
    expect(pattern).toBe(
      "[file:hashes.MD5 = '44d88612fea8a8f36de82e1278abb02f'" +
        " OR file:hashes.'SHA-1' = '3395856ce81f2b7382dee72602f798b642f14140'" +
        " OR file:hashes.'SHA-256' = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f']",
    );
    expect(patternObservables(pattern)).toEqual([{ type: 'StixFile', hashes }]);
  });

  it('is the plain pattern for one hash, and none without any', () => {
    const one = { MD5: hashes.MD5 };
    expect(anyHashPattern(one)).toBe(observablePattern('StixFile', one));
    expect(() => anyHashPattern({})).toThrow(TypeError);
  });
});

describe('asksForObservablesOnly', () => {
  it.each([
    [true, "[ipv4-addr:value = '1.1.1.1'] OR [domain-name:value IN ('a.example', 'b.example')]"],
    [true, `[file:hashes.MD5 = '${MD5}' OR file:hashes.'SHA-1' = '${SHA1}']`],
    [true, ''],
    [false, "[ipv4-addr:value = '1.1.1.1'] OR [email-addr:value = 'bad@evil.example']"],
    [false, `[file:hashes.MD5 = '${MD5}' AND file:name = 'eicar.com']`],
    [false, `[file:hashes.MD5 = '${MD5}' OR file:hashes.SSDEEP = '3:a:a']`],
    [false, "[ipv4-addr:value = '1.1.1.1' OR ipv4-addr:value ISSUBSET '198.51.100.0/24']"],
    [false, "[ipv4-addr:value = '1.1.1.1' AND NOT domain-name:value = 'good.example']"],
  ])('is %s of %s', (expected, pattern) => {
    expect(asksForObservablesOnly(pattern)).toBe(expected);
  });
});
