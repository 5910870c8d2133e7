import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';
import { SecretRegistry } from './redact.js';

/** What a person, or a machine, could make of a text: every way in which it may have been encoded is undone. */
function readings(text: string): string[] {
  const decoded = [text];
  const undo = (change: (each: string) => string): void => {
    decoded.push(
      ...decoded.flatMap((each) => {
        const changed = change(each);
        return changed === each ? [] : [changed];
      }),
    );
  };
  undo((each) => each.replaceAll('+', ' '));
  undo((each) =>
    each.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString()),
  );
  undo((each) => each.replace(/\\(["'\\])/g, '$1'));
  const encoded = decoded.flatMap((each) => each.match(/[\w+/-]{8,}={0,2}/g) ?? []);
  return [...decoded, ...encoded.map((each) => Buffer.from(each, 'base64').toString('utf8'))];
}

/** Every text in a parsed log line, names included. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => [name, ...textsIn(each)]);
}

/** Logs everything that errors of this product, and of what it stands on, could say about a secret. */
function logAround(secret: string, json: boolean, known: boolean): string {
  let text = '';
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString('utf8');
      done();
    },
  });
  const secrets = new SecretRegistry();
  if (known) secrets.add(secret);
  const logger = createLogger({ name: 'VirusTotal', level: 'debug', json, secrets, destination });
  const url = new URL('amqp://somebody@host:5672/');
  url.password = secret;
  const form = new URLSearchParams({ key: secret }).toString();
  const basic = (user: string): string => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
  const innermost = new Error(`connect to ${url.href} failed`);
  const nested = new Error(`refused ${secret}`, { cause: new AggregateError([innermost], `key=${secret}`) });
  const outer = Object.assign(new Error(JSON.stringify({ token: secret }), { cause: nested }), {
    headers: { authorization: basic('u'), 'proxy-authorization': [basic('ab'), basic('abc')] },
    path: `/users/${encodeURIComponent(secret)}/overall_quotas?${form}`,
    shown: inspect({ token: secret }),
  });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    logger[level]({ error: outer, reason: nested.message, [secret]: 1 }, `with ${secret}`);
    logger[level]({ reason: inspect(outer), stack: nested.stack }, encodeURIComponent(secret).toLowerCase());
  }
  return text;
}

/** Where the secret can be read, with what stands around it. */
function leaksIn(texts: readonly string[], secret: string): string[] {
  return texts
    .flatMap(readings)
    .filter((text) => text.includes(secret))
    .map((text) => text.slice(Math.max(0, text.indexOf(secret) - 40), text.indexOf(secret) + 80));
}

/** What anybody could choose for a password or a token, and what people do choose. */
const anySecret = fc.oneof(
  fc.string({ minLength: 6, maxLength: 60 }),
  fc.string({ minLength: 6, maxLength: 60, unit: 'grapheme' }),
  fc.stringMatching(/^[\w\-+/=@:!"'\\%& ]{6,40}$/),
  fc.base64String({ minLength: 8, maxLength: 64 }),
  fc.uuid(),
);

describe('SecretRegistry', () => {
  it('lets no secret out of the logger, in any encoding, at any level, however deep', () => {
    fc.assert(
      fc.property(anySecret, (secret) => {
        // Such as "      ", which stands in every stack, or "redacted".
        fc.pre(secret.trim().length >= 6 && !logAround('k3pt-0ut-0f-1t', true, true).includes(secret));
        const lines = logAround(secret, true, true).trim().split('\n');
        expect(lines).toHaveLength(8);
        const texts = lines.flatMap((line) => textsIn(JSON.parse(line)));
        expect(leaksIn(texts, secret)).toEqual([]);
      }),
    );
  });

  it('would find it otherwise', () => {
    const lines = logAround('s3cr3t "word/', true, false).trim().split('\n');
    const texts = textsIn(JSON.parse(lines[0] ?? ''));
    const found = texts.filter((text) => readings(text).some((each) => each.includes('s3cr3t "word/')));
    // Message, reason, name of a field, message and stack of the error, three headers, path, inspected, …
    expect(found.length).toBeGreaterThanOrEqual(9);
  });

  it('keeps it out of lines for a person as well', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w\-+/=@:!%&]{8,40}$/), (secret) => {
        expect(leaksIn([logAround(secret, false, true)], secret)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('redacts the longer of two secrets that begin alike', () => {
    const secrets = new SecretRegistry();
    secrets.add('password');
    secrets.add('password-of-proxy');
    expect(secrets.redact('password-of-proxy and password')).toBe('[redacted] and [redacted]');
  });

  it('takes the user name away with the password that it was encoded with', () => {
    const secrets = new SecretRegistry();
    secrets.add('s3cr3t-word');
    for (const user of ['', 'a', 'ab', 'abc']) {
      const header = `Basic ${Buffer.from(`${user}:s3cr3t-word`).toString('base64')}`;
      expect(secrets.redact(header)).toBe('Basic [redacted]');
    }
  });

  it('leaves JSON to be JSON, also beside quotation marks', () => {
    const secrets = new SecretRegistry();
    secrets.add('"secret"');
    const json = JSON.stringify({ said: 'secret', quoted: 'a "secret" word' });
    expect(JSON.parse(secrets.redactJson(json))).toEqual({ said: 'secret', quoted: 'a [redacted] word' });
  });
});
