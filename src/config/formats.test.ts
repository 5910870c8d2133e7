import { Ajv } from 'ajv';
import convict from 'convict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadValue, type Format } from './format.js';
import { metricNamePart, oneOf, port, textOfAtLeast, wholeNumber, wordList, yesOrNo } from './formats.js';
import { optional, type Option } from './option.js';
import {
  headers,
  httpUrl,
  isPemText,
  pem,
  proxyUrl,
  tlsVerification,
  token,
  urlPath,
  withoutUserinfo,
} from './network-formats.js';
import { declaredOptions } from './schema.js';

/** The remedy with which a format refuses a text. */
function remedyFor(format: Format<unknown>, text: string): string {
  try {
    format.parse(text);
  } catch (error) {
    if (error instanceof BadValue) return error.remedy;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was accepted`);
}

describe('yes or no', () => {
  it.each(['true', 'True', 'TRUE', 'yes', 'YES', 'on', 'y', 'T', '1'])('reads %s as yes', (text) => {
    expect(yesOrNo.parse(text)).toBe(true);
  });

  it.each(['false', 'False', 'FALSE', 'no', 'No', 'off', 'N', 'f', '0'])('reads %s as no', (text) => {
    expect(yesOrNo.parse(text)).toBe(false);
  });

  it.each(['2', 'enabled', 'tru', 'null', '-'])('refuses %s', (text) => {
    expect(remedyFor(yesOrNo, text)).toBe('Write true or false (also yes/no, on/off, y/n, t/f, 1/0).');
  });
});

describe('whole number', () => {
  it.each([
    ['1', 1],
    ['256', 256],
    ['+8', 8],
    ['010', 10],
    ['10.0', 10],
  ])('reads %s', (text, value) => {
    expect(wholeNumber(1, 256).parse(text)).toBe(value);
  });

  it.each(['0', '257', '-1', '1.5', '1e2', '0x10', 'many', '1 000', 'Infinity'])('refuses %s', (text) => {
    expect(remedyFor(wholeNumber(1, 256), text)).toBe('Write a whole number from 1 to 256.');
  });

  it('recognises the address that Kubernetes injects for a service', () => {
    expect(remedyFor(port, 'tcp://192.0.2.1:5672')).toContain('enableServiceLinks: false');
  });
});

describe('one of some words', () => {
  const tlp = oneOf(['TLP:CLEAR', 'TLP:AMBER+STRICT'], { 'tlp:white': 'TLP:CLEAR' });

  it('reads a word in any case and puts its spelling right', () => {
    expect(tlp.parse('tlp:amber+strict')).toBe('TLP:AMBER+STRICT');
  });

  it('reads an alias', () => {
    expect(tlp.parse('TLP:WHITE')).toBe('TLP:CLEAR');
  });

  it('suggests the word that was meant', () => {
    expect(remedyFor(tlp, 'TLP:CLAER')).toBe('Did you mean TLP:CLEAR?');
  });

  it('lists the words when none was nearly meant', () => {
    expect(remedyFor(tlp, 'purple')).toBe('Write one of TLP:CLEAR, TLP:AMBER+STRICT.');
  });

  it('does not take the names of inherited properties for aliases', () => {
    expect(remedyFor(tlp, 'constructor')).toContain('Write one of');
  });
});

describe('list', () => {
  it('trims words, drops empty and repeated ones and puts known spellings right', () => {
    expect(wordList(['IPv4-Addr', 'Url']).parse(' url , ipv4-addr,, Case-Rfi,URL,')).toEqual([
      'Url',
      'IPv4-Addr',
      'Case-Rfi',
    ]);
  });

  it('keeps to its own words beside another list', () => {
    const declare = (word: string): Option<readonly string[]> =>
      optional({ doc: '', env: word.toUpperCase(), type: wordList([word]) });
    const settings = convict({ first: declare('Alpha'), second: declare('Beta') });
    settings.load({ first: 'alpha', second: 'beta' });
    expect([settings.get('first'), settings.get('second')]).toEqual([['Alpha'], ['Beta']]);
  });

  it('refuses a list of nothing', () => {
    expect(remedyFor(wordList([]), ' , ')).toBe('Write at least one name, separated by commas.');
  });
});

describe('texts', () => {
  it('refuses a text that is too short', () => {
    expect(remedyFor(textOfAtLeast(2), 'x')).toBe('Write at least 2 characters.');
  });

  it.each(['9lives', 'a-b', 'a b', 'é'])('refuses %s as part of a metric name', (text) => {
    expect(remedyFor(metricNamePart, text)).toContain('letters, digits and underscores');
  });
});

describe('token', () => {
  it.each(['ChangeMe', 'changeme', 'CHANGE_ME'])('refuses the placeholder %s', (text) => {
    expect(remedyFor(token, text)).toBe('Replace it with the real token.');
  });

  it.each(['two words', 'line\nbreak', 'naïve', '"quoted"'])(
    'refuses %j, which cannot stand in a header',
    (text) => {
      expect(() => token.parse(text)).toThrow(BadValue);
    },
  );
});

describe('http or https URL', () => {
  it('keeps a base path and drops trailing slashes', () => {
    expect(httpUrl.parse('https://opencti.example.com/base//')).toBe('https://opencti.example.com/base');
  });

  it.each([
    'opencti.example.com',
    'ftp://example.com',
    'http://',
    'http:example.com',
    'https://exa mple.com',
    '//x',
  ])('refuses %s', (text) => {
    expect(remedyFor(httpUrl, text)).toBe('Write the whole URL, beginning with http:// or https://.');
  });

  it.each(['https://example.com/?a=b', 'https://example.com/#top'])(
    'refuses %s, to which no path can be added',
    (text) => {
      expect(remedyFor(httpUrl, text)).toBe('Write the URL without anything from ? or # on.');
    },
  );

  it.each(['https://me:hunter22@example.com', 'https://me@example.com/a', 'https://:hunter22@example.com'])(
    'refuses %s, of which an HTTP client drops the user',
    (text) => {
      expect(remedyFor(httpUrl, text)).toBe(
        'Write the URL without them. What a proxy in front of OpenCTI wants can be sent with OPENCTI_CUSTOM_HEADERS.',
      );
      expect(new Ajv().validate(httpUrl.jsonSchema, text)).toBe(false);
    },
  );

  it('does not take an @ in the path for a user', () => {
    expect(httpUrl.parse('https://example.com/@me')).toBe('https://example.com/@me');
    expect(new Ajv().validate(httpUrl.jsonSchema, 'https://example.com/@me')).toBe(true);
  });

  it('hides user name and password', () => {
    expect(proxyUrl.mask('https://me:hunter22@example.com/a')).toBe('https://***@example.com/a');
    expect(withoutUserinfo('no url at all')).toBe('no url at all');
  });

  it.each([
    'http://me:p@ss@proxy.example.com',
    'http://me:p/ss@proxy.example.com',
    'http://me:p ss@proxy.example.com',
    'http://me:p\nss@proxy.example.com',
  ])('hides the whole password of %j', (url) => {
    expect(withoutUserinfo(url)).toBe('http://***@proxy.example.com');
  });

  it('takes a proxy without a scheme for an http proxy', () => {
    expect(proxyUrl.parse('proxy.example.com:3128')).toBe('http://proxy.example.com:3128');
  });

  it('keeps user name and password of a proxy', () => {
    expect(proxyUrl.parse('http://me:secret@proxy.example.com:3128')).toBe(
      'http://me:secret@proxy.example.com:3128',
    );
  });

  it('knows the password of a proxy as written and as meant', () => {
    expect(proxyUrl.secrets?.('http://me:a%2Fb@proxy.example.com:3128')).toEqual(['a%2Fb', 'a/b']);
    expect(proxyUrl.secrets?.('http://me:50%25%zz@proxy.example.com:3128')).toEqual(['50%25%zz', '50%25%zz']);
    expect(proxyUrl.secrets?.('http://proxy.example.com:3128')).toEqual([]);
  });
});

describe('URL path, certificates, verification', () => {
  it.each(['api/callback', '/a b', '/a?b', ''])('refuses the path %j', (text) => {
    expect(() => urlPath.parse(text)).toThrow(BadValue);
  });

  it('tells PEM text from a path and does not show it', () => {
    expect(isPemText('-----BEGIN CERTIFICATE-----\nAAAA')).toBe(true);
    expect(pem.mask('-----BEGIN CERTIFICATE-----\nAAAA')).toBe('[PEM text]');
    expect(pem.mask('/ca.pem')).toBe('/ca.pem');
  });

  it.each([
    ['True', true],
    ['no', false],
    ['/etc/ca.pem', '/etc/ca.pem'],
  ])('reads the verification %s', (text, value) => {
    expect(tlsVerification.parse(text)).toBe(value);
  });
});

describe('headers', () => {
  it('splits pairs at semicolons and each at its first colon', () => {
    expect(headers.parse('X-One: a:b ;X-Two:c;')).toEqual([
      ['X-One', 'a:b'],
      ['X-Two', 'c'],
    ]);
  });

  it.each(['nonsense', ':value', 'bad name:value', 'X-Two:a\r\nX-Evil: b', 'X-Two:\u2713'])(
    'leaves out %j and says which one it is, not what it holds',
    (pair) => {
      expect(headers.parse(`X-One:a;${pair}`)).toEqual([['X-One', 'a']]);
      expect(headers.remarks?.(`X-One:a;${pair}`)).toEqual([
        'header 2 is not of the form name:value and is ignored',
      ]);
    },
  );

  it('has no remarks on headers that are well formed', () => {
    expect(headers.remarks?.('X-One:a;;X-Two:b;')).toEqual([]);
  });

  it('hides the values', () => {
    expect(headers.mask([['X-One', 'hunter22']])).toBe('X-One:***');
    expect(headers.secrets?.([['X-One', 'hunter22']])).toEqual(['hunter22']);
  });
});

describe('every format in use', () => {
  const formats = [...new Map(declaredOptions.map(({ option }) => [option.type.name, option.type])).values()];
  const ajv = new Ajv({ allowUnionTypes: true });

  it.each(formats.map((format) => [format.name, format] as const))(
    '%s reads back what it shows and refuses with a remedy, whatever the text',
    (_name, format) => {
      fc.assert(
        fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.integer().map(String)), (raw) => {
          const written = raw.trim();
          fc.pre(written !== '');
          try {
            const value = format.parse(written);
            expect(format.parse(format.show(value))).toEqual(value);
          } catch (error) {
            expect(error).toBeInstanceOf(BadValue);
          }
        }),
      );
    },
  );

  it('accepts the default of every option that uses it, as a value and in the JSON Schema', () => {
    const refused = declaredOptions.filter(({ option }) => {
      if (option.default === undefined) return false;
      const readBack = option.type.parse(option.type.show(option.default));
      expect(readBack).toEqual(option.default);
      return !ajv.validate(option.type.jsonSchema, option.default);
    });
    expect(refused.map(({ path }) => path)).toEqual([]);
  });
});
