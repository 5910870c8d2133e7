import { parseUrl } from '../shared/parse-url.js';
import { BadValue, defineFormat, type Format } from './format.js';
import { asBoolean, text } from './formats.js';

const PLACEHOLDER = /^change_?me$/i;

/** Whether the text is the placeholder of the sample files. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value);
}

/** A secret that travels in an HTTP header. */
export const token: Format<string> = defineFormat({
  name: 'token',
  parse: (value) => {
    if (isPlaceholder(value))
      throw new BadValue('is the placeholder of the sample', 'Replace it with the real token.');
    if (/^(["']).*\1$/.test(value)) {
      throw new BadValue('is wrapped in quotation marks', 'Write it without them.');
    }
    if (!/^[\x21-\x7e]+$/.test(value)) {
      throw new BadValue(
        'holds white space or characters that no token has',
        'Copy the token again, in one line and without quotation marks.',
      );
    }
    return value;
  },
  jsonSchema: { type: ['string', 'number'] },
});

/** Hides user name and password of a URL, even of a broken one: everything up to the last `@` is taken for them. */
export function withoutUserinfo(url: string): string {
  return url.replace(/\/\/.*@/gs, '//***@');
}

/** @returns the text without trailing slashes, and what it means. */
function readHttpUrl(value: string): { readonly text: string; readonly url: URL } {
  const url = parseUrl(value);
  if (url === undefined || !/^https?:\/\//i.test(value) || url.hostname === '') {
    throw new BadValue(
      'is not an http or https URL',
      'Write the whole URL, beginning with http:// or https://.',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new BadValue('has a query or a fragment', 'Write the URL without anything from ? or # on.');
  }
  return { text: value.replace(/\/+$/, ''), url };
}

function passwordOf(url: string): readonly string[] {
  const { password } = new URL(url);
  return password === '' ? [] : [password, decodeLeniently(password)];
}

function decodeLeniently(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/**
 * An http or https URL that paths are appended to; trailing slashes are dropped. User and password are refused: `fetch`
 * does not accept them, and other clients drop them silently.
 */
export const httpUrl: Format<string> = defineFormat({
  name: 'http or https URL',
  parse: (value) => {
    const { text, url } = readHttpUrl(value);
    if (url.username !== '' || url.password !== '') {
      throw new BadValue(
        'holds a user name or a password, which would not be sent',
        'Write the URL without them. What a proxy in front of OpenCTI wants can be sent with OPENCTI_CUSTOM_HEADERS.',
      );
    }
    return text;
  },
  jsonSchema: { type: 'string', pattern: '^\\s*[Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+(/[^?#]*)?$' },
  variableSchema: { type: 'string', format: 'uri' },
});

/** An HTTP proxy; a host and port without a scheme mean http, as they do for curl and Python. */
export const proxyUrl: Format<string> = defineFormat({
  name: 'proxy URL',
  parse: (value) => readHttpUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`).text,
  mask: withoutUserinfo,
  secrets: passwordOf,
  jsonSchema: { type: 'string' },
});

/** A URL of any scheme that is secret as a whole, since it may hold a password. Whoever uses it judges the rest. */
export const secretUrl: Format<string> = {
  ...text,
  secrets: (value) => [value, ...(parseUrl(value) === undefined ? [] : passwordOf(value))],
};

/** The path of a URL. */
export const urlPath: Format<string> = defineFormat({
  name: 'URL path',
  parse: (value) => {
    if (!/^\/[^\s?#]*$/.test(value)) {
      throw new BadValue(
        'is not the path of a URL',
        'Write a path that begins with / and has no ?, # or space.',
      );
    }
    return value;
  },
  jsonSchema: { type: 'string', pattern: '^\\s*/[^\\s?#]*\\s*$' },
});

/** Whether the text is PEM itself and not the path of a PEM file (protocol reference §14). */
export function isPemText(value: string): boolean {
  return value.trimStart().startsWith('-----BEGIN');
}

/** A certificate or key: PEM text, or the path of a PEM file. */
export const pem: Format<string> = defineFormat({
  name: 'PEM text or path',
  parse: (value) => value,
  mask: (value) => (isPemText(value) ? '[PEM text]' : value),
  jsonSchema: { type: 'string' },
});

/** Whether and how certificates are checked: yes, no, or the path of a CA bundle. */
export const tlsVerification: Format<boolean | string> = defineFormat<boolean | string>({
  name: 'yes, no, or path of a CA bundle',
  parse: (value) => asBoolean(value) ?? value,
  mask: (value) => (typeof value === 'string' && isPemText(value) ? '[PEM text]' : String(value)),
  jsonSchema: { type: ['boolean', 'integer', 'string'], minimum: 0, maximum: 1 },
});

/** Name and value of an HTTP header. */
export type Header = readonly [name: string, value: string];

/** The headers in the order in which they are written; `undefined` stands for one that HTTP could not carry. */
function readHeaders(text: string): readonly (Header | undefined)[] {
  return text
    .split(';')
    .filter((pair) => pair.trim() !== '')
    .map((pair): Header | undefined => {
      const colon = pair.indexOf(':');
      const name = pair.slice(0, Math.max(colon, 0)).trim();
      const content = pair.slice(colon + 1).trim();
      const valid = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(content);
      return valid ? [name, content] : undefined;
    });
}

/**
 * HTTP headers, written `name:value;name2:value2`. A malformed one is left out, as in the Python client (protocol
 * reference §1.2).
 */
export const headers: Format<readonly Header[]> = defineFormat<readonly Header[]>({
  name: 'name:value;name2:value2',
  parse: (value) => readHeaders(value).filter((header) => header !== undefined),
  remarks: (value) =>
    readHeaders(value).flatMap((header, index) =>
      header === undefined ? [`header ${index + 1} is not of the form name:value and is ignored`] : [],
    ),
  show: (list) => list.map(([name, value]) => `${name}:${value}`).join(';'),
  mask: (list) => list.map(([name]) => `${name}:***`).join(';'),
  secrets: (list) => list.map(([, value]) => value),
  jsonSchema: { type: 'string' },
});
