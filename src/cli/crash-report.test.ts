import { describe, expect, it } from 'vitest';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import { CrashReport } from './crash-report.js';

const never = (line: string): void => {
  throw new Error(`nothing is printed, but was: ${line}`);
};

describe('an error that nobody caught', () => {
  it('is logged as fatal, with where it comes from', () => {
    const { logger, lines } = recordedLogger();
    const report = new CrashReport();
    report.logTo(logger);
    report.tell(new TypeError('lost'), 'unhandledRejection', never);
    expect(lines).toMatchObject([
      { level: 'fatal', origin: 'unhandledRejection', error: { type: 'TypeError', message: 'lost' } },
    ]);
  });

  it('is told without its message while nobody knows what is secret', () => {
    const printed: string[] = [];
    const error = new TypeError('a-secret\nof several lines', { cause: new Error('a-secret') });
    new CrashReport().tell(error, 'uncaughtException', (line) => printed.push(line));
    expect(printed[0]).toBe('unexpected error (TypeError) ends the process; please report it');
    expect(printed[1]).toMatch(/^ {4}at .*crash-report\.test/);
    expect(printed.join('\n')).not.toMatch(/secret|several/);
  });

  it.each(['a-secret', undefined, { token: 'a-secret' }])('may be anything (%j)', (thrown) => {
    const printed: string[] = [];
    new CrashReport().tell(thrown, 'unhandledRejection', (line) => printed.push(line));
    expect(printed).toEqual([`unexpected error (${typeof thrown}) ends the process; please report it`]);
  });
});
