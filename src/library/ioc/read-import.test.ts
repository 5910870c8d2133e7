import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUrl } from '../../shared/parse-url.js';
import { iocKey } from './ioc.js';
import { normaliseIoc } from './normalise.js';
import { previewImport } from './preview.js';
import { detectFormat, readImport } from './read-import.js';

const MD5 = '44d88612fea8a8f36de82e1278abb02f';
const SHA1 = '3395856ce81f2b7382dee72602f798b642f14140';
const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

function keys(content: string, options: Parameters<typeof readImport>[1] = {}): string[] {
  return readImport(content, options).items.map(iocKey);
}

describe('a text', () => {
  it('gives lines, originals and repetitions', () => {
    const { format, items, faults, repeated } = readImport(
      'C2: evil[.]com\r\n\r\nnothing\nagain EVIL.com, 10.0.0.1\n10.0.0.0/8',
    );
    expect(format).toBe('text');
    expect(items).toEqual([
      { type: 'domain', value: 'evil.com', original: 'evil[.]com', line: 1, isRepeated: false },
      { type: 'domain', value: 'evil.com', original: 'EVIL.com', line: 4, isRepeated: true },
      {
        type: 'ipv4',
        value: '10.0.0.1',
        original: '10.0.0.1',
        line: 4,
        isRepeated: false,
        caveat: '"10.0.0.1" is a private address.',
      },
    ]);
    expect(faults).toEqual([{ line: 5, text: '10.0.0.0/8', reason: 'is a network, not one address' }]);
    expect(repeated).toBe(1);
  });

  it('is previewed against what the library holds', () => {
    const extraction = readImport('evil.com evil.com evil.net');
    expect(
      previewImport(extraction, new Set(['domain evil.net'])).items.map(({ value, state }) => [value, state]),
    ).toEqual([
      ['evil.com', 'new'],
      ['evil.com', 'duplicate'],
      ['evil.net', 'known'],
    ]);
  });

  it('takes a host in invalid punycode for a name, since the DNS answers it, and not for a URL, which has no such host', () => {
    const { items, faults } = readImport('xn--0[.]com\nhxxp://xn--0[.]com/');
    expect(items.map(iocKey)).toEqual(['domain xn--0.com']);
    expect(faults).toEqual([
      { line: 2, text: 'hxxp://xn--0[.]com/', reason: 'is not a URL, as its host is no valid punycode' },
    ]);
  });

  it('is refused above 5 MB, and cut at 20,000 IOCs', () => {
    expect(() => readImport('a'.repeat(5_000_001))).toThrow(
      'content has 5.0 MB; 5 MB at most are read at once. Split it.',
    );
    const many = Array.from({ length: 20_002 }, (_, index) => `n${index}.com`).join('\n');
    const { items, faults } = readImport(many);
    expect(items).toHaveLength(20_000);
    expect(faults).toEqual([
      {
        line: 20_001,
        text: 'n20000.com',
        reason:
          'and what follows is left out: 20000 different IOCs at most are taken at once; split the content',
      },
    ]);
  });

  it('lists a thousand repetitions and faults, and counts the others', () => {
    const repeated = readImport('evil.com\n'.repeat(3000));
    expect([repeated.items.length, repeated.repeated]).toEqual([1001, 2999]);
    const faulty = readImport(
      Array.from({ length: 3000 }, (_, index) => `300.1.${index % 250}.${(index / 250) | 0}`).join('\n'),
    );
    expect([faulty.faults.length, faulty.faultsLeftOut]).toEqual([1000, 2000]);
  });

  const defangings: readonly ((text: string) => string)[] = [
    (text) => text,
    (text) => text.replaceAll('.', '[.]'),
    (text) => text.replaceAll('.', '(dot)'),
    (text) => text.replaceAll('.', ' [.] '),
    (text) => text.replaceAll('.', '{.}').replace('http', 'hXXp'),
    (text) => text.replace('.', '[.').replace('://', '[:]//'),
    (text) => text.replaceAll('.', '[dot]').replace('http', 'hxxp').replace('://', '[://]'),
  ];
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
  const name = fc
    .tuple(
      fc.array(label, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('com', 'net', 'ru', 'co.uk', 'top', 'xn--p1ai'),
    )
    .map(([labels, end]) => [...labels, end].join('.'));
  const hash = fc
    .constantFrom(32, 40, 64)
    .chain((length) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)))
    .filter((text) => !/^(.)\1*$/.test(text));
  const value = fc.oneof(
    name,
    fc.ipV4(),
    hash,
    fc
      .tuple(name, fc.stringMatching(/^[\w/-]{0,20}$/))
      .map(([host, path]) => `http://${host}/${path}`)
      // Labels of invalid punycode: see the case above.
      .filter((url) => parseUrl(url) !== undefined),
  );

  it('gives up everything that was defanged, whatever stands around it', () => {
    const around = fc.constantFrom(
      ['', ''],
      ['see ', ' there'],
      ['"', '"'],
      ['(', ')'],
      ['| ', ' |'],
      ['ioc=', ','],
      ['`', '`'],
      ['- ', '.'],
      ['\t', '\t'],
      ['<', '>'],
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.constantFrom(...defangings), around), { minLength: 1, maxLength: 8 }),
        (parts) => {
          const text = parts
            .map(([one, defang, [before = '', behind = '']]) => before + defang(one) + behind)
            .join('\n');
          const expected = new Set(parts.map(([one]) => one));
          const found = new Set(keys(text, { format: 'text' }).map((key) => key.slice(key.indexOf(' ') + 1)));
          expect([...expected].filter((one) => !found.has(one))).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  const pieces = fc.constantFrom(
    ...[
      'http://',
      'hxxp',
      '://',
      '[.]',
      '(dot)',
      '.',
      '..',
      '/',
      ':',
      '@',
      '[',
      ']',
      '(',
      ')',
      '{',
      '<',
      '\\',
      '%',
      '|',
      ',',
      ';',
      '"',
      "'",
    ],
    ...[
      'evil',
      'com',
      'zip',
      'www',
      '1.2.3.4',
      '::',
      '2001:db8',
      MD5,
      'ü',
      '下',
      '。',
      '*',
      '-',
      '_',
      '\n',
      '\r\n',
      '\0',
      ' ',
      '\u200b',
      '\ud800',
      '&lt;',
      '{"type":"bundle","objects":[',
      '"a","b"',
    ],
  );
  const anything = fc.oneof(
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );

  it('is read without an exception in every format, and gives normal forms alone', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom('text', 'csv', 'stix', undefined), (content, format) => {
        for (const { type, value: kept } of readImport(content, format === undefined ? {} : { format }).items)
          expect(normaliseIoc(type, kept).ioc).toEqual({ type, value: kept });
      }),
      { numRuns: 3000 },
    );
  });

  it('gives the same again from what it gave, written as analysts do', () => {
    fc.assert(
      fc.property(anything, (content) => {
        const first = new Set(keys(content, { format: 'text' }));
        const written = [...first]
          .map((key) => {
            const [type = '', value = ''] = key.split(' ');
            return type === 'domain' || type === 'hostname' ? value.replaceAll('.', '[.]') : value;
          })
          .join('\n');
        expect([...new Set(keys(written, { format: 'text' }))]).toEqual([...first]);
      }),
      { numRuns: 3000 },
    );
  });

  it.each(
    [
      'a',
      '.',
      'a.',
      '1.',
      ':',
      'a:',
      '::1 ',
      '[.]',
      '[.',
      '(',
      '[',
      'hxxp',
      'http://',
      'http://a',
      '//',
      '@',
      'a@',
      'ab12',
      '*.',
      '%',
      ' [',
      '\\',
      '\\.',
      '下',
      '下a.',
      '-',
      '1-',
      '/',
      'a/',
      'a.com/',
      '&',
      '"',
      '",',
      ',',
      ';',
      '\n',
      '\0',
      '<',
      'h**p',
      '\u3002',
      'a\u3002',
      '1.2.3.4-',
      `${'a.com/?'.repeat(500)}[<(.)>] `,
      '{"',
      '[{',
      '[{"a":',
    ].map((piece) => [piece]),
  )(
    'of 200,000 characters of %j is read in time, in every format',
    (piece) => {
      const content = piece.repeat(Math.floor(200_000 / piece.length));
      for (const format of ['text', 'csv', 'stix'] as const) {
        const started = performance.now();
        readImport(content, { format });
        // A second at most where time grows with the length; minutes where it grows with its square.
        expect(performance.now() - started).toBeLessThan(10_000);
      }
    },
    60_000,
  );
});

describe('a CSV', () => {
  it('with a header gives up the columns of IOCs, and says which cells are none', () => {
    const content = `date,indicator,comment\n2025-01-01,evil[.]com,"seen on other.org, twice"\n2025-01-02,${MD5},x\n2025-01-03,n/a,x\n2025-01-04,hxxp://evil[.]com/a,x\n`;
    const { format, items, faults } = readImport(content);
    expect(format).toBe('csv');
    expect(items.map(({ value, line }) => [value, line])).toEqual([
      ['evil.com', 2],
      [MD5, 3],
      ['http://evil.com/a', 5],
    ]);
    expect(faults).toEqual([{ line: 4, text: 'n/a', reason: 'is no IOC' }]);
  });

  it.each<[string, string, string[]]>([
    ['without a header', `evil.com,1\n198.51.100.3,2\n`, ['domain evil.com', 'ipv4 198.51.100.3']],
    ['separated by semicolons', `name;sha256\nx;${SHA256}\n`, [`sha256 ${SHA256}`]],
    [
      'separated by tabs',
      `name\tip\nx\t198.51.100.3\ny\t198.51.100.4\n`,
      ['ipv4 198.51.100.3', 'ipv4 198.51.100.4'],
    ],
    [
      'with quotes, line breaks in them, and a byte order mark',
      `\uFEFF"name","md5"\r\n"a\nb","${MD5}"\r\n`,
      [`md5 ${MD5}`],
    ],
    [
      'with several columns of IOCs',
      `md5,sha1,sha256\n${MD5},${SHA1},${SHA256}\n`,
      [`md5 ${MD5}`, `sha1 ${SHA1}`, `sha256 ${SHA256}`],
    ],
    [
      'with a column named after domains',
      `domain,x\nsetup.zip,1\nevil.bit,2\n`,
      ['domain setup.zip', 'domain evil.bit'],
    ],
    [
      'with several IOCs in a cell',
      `ips,x\n"198.51.100.3, 198.51.100.4",1\n198.51.100.5,2\n`,
      ['ipv4 198.51.100.3', 'ipv4 198.51.100.4', 'ipv4 198.51.100.5'],
    ],
    [
      'with IOCs among prose alone',
      `when,text\nnow,we saw that evil.com was contacted\nthen,and nothing else was\n`,
      ['domain evil.com'],
    ],
    ['with e-mail addresses', `mail,ip\nbob@evil.com,198.51.100.3\n`, ['ipv4 198.51.100.3']],
    [
      'of the library itself, whose types count and whose other columns do not',
      `type,value,source\ndomain,setup.zip,other.com\nhostname,'-x.evil.bit,other.net\nurl,http://evil.com/,198.51.100.3\n`,
      ['domain setup.zip', 'hostname -x.evil.bit', 'url http://evil.com/'],
    ],
    [
      'with rows of different length',
      `evil.com\n198.51.100.3,2,3\n`,
      ['domain evil.com', 'ipv4 198.51.100.3'],
    ],
    [
      'in UTF-16 that a browser took for UTF-8',
      `\uFFFD\uFFFD${Array.from('ip,x\n198.51.100.3,1\n').join('\0')}\0`,
      ['ipv4 198.51.100.3'],
    ],
  ])('%s', (_, content, expected) => {
    expect(keys(content, { format: 'csv' })).toEqual(expected);
  });

  it('that is broken is read as text, and says so', () => {
    const { items, faults } = readImport('a,"evil.com\nb,198.51.100.3\n', { format: 'csv' });
    expect(items.map(({ value }) => value)).toEqual(['evil.com', '198.51.100.3']);
    expect(faults[0]?.reason).toContain('cannot be read as CSV');
  });
});

describe('STIX', () => {
  const bundle = (...objects: unknown[]): string =>
    JSON.stringify({ type: 'bundle', id: 'bundle--1', objects });
  const id = (type: string): string => `${type}--00000000-0000-4000-8000-000000000000`;

  it.each<[string, string, string[]]>([
    [
      'observables of 2.1',
      bundle(
        { type: 'ipv4-addr', id: id('ipv4-addr'), value: '198.51.100.3' },
        { type: 'ipv6-addr', id: id('ipv6-addr'), value: '2001:DB8::1' },
        { type: 'domain-name', id: id('domain-name'), value: 'Evil.zip' },
        { type: 'hostname', id: id('hostname'), value: 'www.evil.com' },
        { type: 'url', id: id('url'), value: 'https://evil.com/A' },
        { type: 'file', id: id('file'), hashes: { MD5: MD5.toUpperCase(), 'SHA-256': SHA256 } },
        { type: 'artifact', id: id('artifact'), hashes: { MD5 } },
        { type: 'email-addr', id: id('email-addr'), value: 'bob@evil.com' },
      ),
      [
        'ipv4 198.51.100.3',
        'ipv6 2001:db8::1',
        'domain evil.zip',
        'hostname www.evil.com',
        'url https://evil.com/A',
        `sha256 ${SHA256}`,
        `md5 ${MD5}`,
      ],
    ],
    [
      'observed data of 2.0',
      bundle({
        type: 'observed-data',
        id: id('observed-data'),
        objects: {
          0: { type: 'domain-name', value: 'evil.com' },
          1: { type: 'file', hashes: { 'SHA-1': SHA1 } },
        },
      }),
      ['domain evil.com', `sha1 ${SHA1}`],
    ],
    [
      'patterns',
      bundle(
        {
          type: 'indicator',
          id: id('indicator'),
          pattern_type: 'stix',
          pattern:
            "[domain-name:value = 'evil.com' OR ipv4-addr:value = '198.51.100.3'] AND [url:value = 'http://evil.com/a']",
        },
        {
          type: 'indicator',
          id: id('indicator'),
          pattern: `[file:hashes.MD5 = '${MD5}' AND file:hashes.'SHA-1' = '${SHA1}']`,
        },
        {
          type: 'indicator',
          id: id('indicator'),
          pattern_type: 'yara',
          pattern: 'rule x { condition: true }',
        },
      ),
      ['domain evil.com', 'ipv4 198.51.100.3', 'url http://evil.com/a', `sha1 ${SHA1}`],
    ],
    [
      'a list of objects',
      JSON.stringify([{ type: 'url', id: id('url'), value: 'http://evil.com/' }]),
      ['url http://evil.com/'],
    ],
    [
      'one object',
      `\uFEFF${JSON.stringify({ type: 'url', id: id('url'), value: 'http://evil.com/' })}`,
      ['url http://evil.com/'],
    ],
  ])('%s', (_, content, expected) => {
    const { format, items } = readImport(content);
    expect(format).toBe('stix');
    expect(items.map(iocKey)).toEqual(expected);
  });

  it.each<[string, string, RegExp]>([
    ['what is not JSON', '{"type":"bundle",\n"objects": [}', /^The content is not JSON: /],
    ['JSON that is no STIX', '{"a": 1}', /^The content is not STIX: /],
    [
      'a pattern without anything to look up',
      bundle({ type: 'indicator', id: id('indicator'), pattern: "[url:value LIKE '%evil%']" }),
      /^\[url:value LIKE '%evil%'\] compares nothing/,
    ],
    [
      'a bad value',
      bundle({ type: 'ipv4-addr', id: id('ipv4-addr'), value: '198.51.100.0/24' }),
      /^198\.51\.100\.0\/24 is a network/,
    ],
    [
      'a file that is known by its SHA-512 only',
      bundle({ type: 'file', id: id('file'), hashes: { 'SHA-512': 'a'.repeat(128) } }),
      /is a SHA-512 hash/,
    ],
  ])('says what is wrong with %s', (_, content, expected) => {
    const { items, faults } = readImport(content, { format: 'stix' });
    expect(items).toEqual([]);
    expect(faults.map(({ text, reason }) => `${text} ${reason}`)).toEqual([expect.stringMatching(expected)]);
  });
});

describe('detectFormat', () => {
  it.each<[string, string | undefined, string]>([
    ['evil.com\n198.51.100.3\n', undefined, 'text'],
    ['Hello, we saw evil.com, and more.\nThen, later, evil.net, too.\n', undefined, 'text'],
    ['| a | b |\n|---|---|\n| evil.com | x |\n', undefined, 'text'],
    ['a,b\nevil.com,x\n', undefined, 'csv'],
    ['evil.com', 'list.CSV', 'csv'],
    ['a;b;c\n1;2;evil.com\n', undefined, 'csv'],
    ['{"hits": [{"domain": "evil.com"}]}', undefined, 'text'],
    [' {"objects": [], "type": "bundle"}', undefined, 'stix'],
    ['[]', 'x.stix', 'stix'],
    ['', undefined, 'text'],
  ])('%j (%s) is %s', (content, filename, expected) => {
    expect(detectFormat(content, filename)).toBe(expected);
  });
});
