import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions } from './logger.js';
import { SecretRegistry } from './redact.js';

/** A logger and the text that it has written. */
function setUp(options: Partial<LoggerOptions> = {}): {
  logger: ReturnType<typeof createLogger>;
  text: () => string;
} {
  let text = '';
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString('utf8');
      done();
    },
  });
  const logger = createLogger({
    name: 'VirusTotal',
    level: 'info',
    json: true,
    secrets: new SecretRegistry(),
    destination,
    ...options,
  });
  return { logger, text: () => text };
}

describe('createLogger', () => {
  it('writes JSON lines with the keys of the platform’s own connectors', () => {
    const { logger, text } = setUp();
    logger.warn({ workId: 'work_1' }, 'daily quota exhausted');
    const line = JSON.parse(text()) as Record<string, unknown>;
    expect(Object.keys(line).sort()).toEqual(['attributes', 'level', 'message', 'name', 'timestamp']);
    expect(line).toMatchObject({
      level: 'WARN',
      name: 'VirusTotal',
      message: 'daily quota exhausted',
      attributes: { workId: 'work_1' },
    });
    expect(new Date(String(line.timestamp)).toISOString()).toBe(line.timestamp);
  });

  it('leaves out what is below the level', () => {
    const { logger, text } = setUp({ level: 'error' });
    logger.warn('not now');
    expect(text()).toBe('');
  });

  it('writes lines for a person when JSON is not wanted', () => {
    const { logger, text } = setUp({ json: false });
    logger.info({ workId: 'work_1' }, 'request settled');
    expect(text()).toContain('request settled');
    expect(text()).toContain('work_1');
    expect(() => JSON.parse(text()) as unknown).toThrow(SyntaxError);
  });

  it.each([true, false])('never writes a secret, wherever it comes from (JSON: %s)', (json) => {
    const secrets = new SecretRegistry();
    secrets.add('p"ss/word 1');
    const { logger, text } = setUp({ json, secrets });
    logger.error(
      { error: new Error('refused p"ss/word 1'), url: 'amqp://u:p%22ss%2Fword%201@host' },
      'with p"ss/word 1',
    );
    expect(text()).toContain('[redacted]');
    for (const spelling of ['p"ss/word 1', 'p\\"ss/word 1', 'p%22ss%2Fword%201'])
      expect(text()).not.toContain(spelling);
  });
});

describe('SecretRegistry', () => {
  it('ignores what is too short to be told from ordinary text', () => {
    const secrets = new SecretRegistry();
    secrets.add('guest');
    secrets.add(undefined);
    expect(secrets.redact('guest of honour')).toBe('guest of honour');
  });
});
