import type { Writable } from 'node:stream';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { SecretRegistry } from './redact.js';

export interface LoggerOptions {
  /** Name of the connector, repeated in every line. */
  readonly name: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** One JSON object per line with the keys of OpenCTI's own connectors, or lines for a person. */
  readonly json: boolean;
  readonly secrets: SecretRegistry;
  /** Where the lines go; standard error by default, since commands print their results on standard output. */
  readonly destination?: NodeJS.WritableStream;
}

/**
 * The logger of the process. JSON lines have the shape that OpenCTI's connectors have
 * (`timestamp`, `level`, `name`, `message`, `attributes`), so that existing log pipelines keep working.
 */
export function createLogger(options: LoggerOptions): Logger {
  const output = options.destination ?? process.stderr;
  const sink = options.json
    ? output
    : pretty({
        messageKey: 'message',
        timestampKey: 'timestamp',
        ignore: 'name',
        destination: output as Writable,
        sync: true,
      });
  const redacting = {
    write: (line: string) => {
      sink.write(options.secrets.redactJson(line));
    },
  };
  return pino(
    {
      level: options.level,
      base: { name: options.name },
      messageKey: 'message',
      nestedKey: 'attributes',
      errorKey: 'error',
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
      serializers: { error: pino.stdSerializers.err },
    },
    redacting,
  );
}
